import type { AssetFilter } from '../../contract/filters.ts'
import type { ScanFilter, ScanSortKey } from '../../contract/scans.ts'
import { assetFields } from './asset-search.ts'
import { wordsOf } from './field-words.ts'
import { type Field, readFilter } from './filter-fields.ts'
import { oneOf, type RawSearch, valuesOf } from './search-params.ts'

export type ScanSort = ScanSortKey | `-${ScanSortKey}`
/** What the URL of the scans page holds. */
export type ScanSearch = Partial<ScanFilter> & { readonly sort?: ScanSort }

export const defaultScanSort: ScanSort = '-last_run'
const sorts = ['name', '-name', 'last_run', '-last_run', 'id', '-id'] as const satisfies readonly ScanSort[]

export const scanFields = [
  { key: 'q', kind: 'text', label: 'Text', group: 'Search' },
  { key: 'status', kind: 'texts', label: 'Status', group: 'Scan', hint: 'completed, running, empty …' },
  { key: 'type', kind: 'texts', label: 'Type', group: 'Scan', hint: 'remote, agent, ps …' },
  { key: 'is_enabled', kind: 'flag', label: 'Schedule', group: 'Scan', yes: 'on', no: 'off' },
  { key: 'owner', kind: 'texts', label: 'Owner', group: 'Scan', hint: 'The whole name' },
  { key: 'folder', kind: 'texts', label: 'Folder', group: 'Scan', hint: 'Its name' },
  { key: 'source_id', kind: 'ids', label: 'Source', group: 'Scan', hint: 'Its number' },
  {
    key: 'include',
    kind: 'set',
    label: 'Also show',
    group: 'Left out by default',
    options: [{ value: 'gone', label: 'Those the source no longer lists' }],
  },
] as const satisfies readonly Field<keyof ScanFilter>[]

export const scanWords = wordsOf(scanFields)

export function readScanSearch(raw: RawSearch): ScanSearch {
  const filter = readFilter(scanFields, raw) as Partial<ScanFilter>
  const sort = oneOf(raw, 'sort', sorts)
  return sort === undefined ? filter : { ...filter, sort }
}

export const coverageDimensions = ['network', 'os', 'owner', 'tag'] as const
export type CoverageDimension = (typeof coverageDimensions)[number]
/** What the URL of the coverage page holds: which assets, and how long ago is not lately. */
export type CoverageSearch = Partial<AssetFilter> & { readonly days?: number; readonly by?: CoverageDimension }

export const defaultDays = 30

export function readCoverageSearch(raw: RawSearch): CoverageSearch {
  const filter = readFilter(assetFields, raw) as Partial<AssetFilter>
  const days = Number(valuesOf(raw, 'days')[0])
  const by = oneOf(raw, 'by', coverageDimensions)
  return {
    ...filter,
    ...(Number.isInteger(days) && days >= 1 && days <= 3650 && days !== defaultDays ? { days } : {}),
    ...(by === undefined || by === 'network' ? {} : { by }),
  }
}
