import type { AssetFilter, FindingFilter } from '../../contract/filters.ts'
import type { ExportFormat, OperationInput } from '../../contract/routes.ts'
import { api } from './api.ts'
import type { PluginSort } from './finding-search.ts'

// Where the files of the large lists are. The columns of a list name columns of its own export (`exportAs`); the server
// refuses any other.

type ColumnsOf<K extends 'exportAssets' | 'exportFindings' | 'exportFindingPlugins'> = NonNullable<
  OperationInput<K>['query']
>['columns']

type Address = (format: ExportFormat, columns?: readonly string[]) => string

export function assetExport(filter: Partial<AssetFilter>): Address {
  return (format, columns) =>
    api.url('exportAssets', { query: { ...filter, format, columns: columns as ColumnsOf<'exportAssets'> } })
}

export function findingExport(filter: Partial<FindingFilter>): Address {
  return (format, columns) =>
    api.url('exportFindings', { query: { ...filter, format, columns: columns as ColumnsOf<'exportFindings'> } })
}

export function pluginExport(filter: Partial<FindingFilter>, sort: PluginSort): Address {
  return (format, columns) =>
    api.url('exportFindingPlugins', {
      query: { ...filter, sort, format, columns: columns as ColumnsOf<'exportFindingPlugins'> },
    })
}
