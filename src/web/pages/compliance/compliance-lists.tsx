import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { FilteredList } from '../../components/filtered-list.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { api } from '../../lib/api.ts'
import { complianceCountQuery, complianceGroupsQuery, complianceResultsQuery } from '../../lib/compliance-queries.ts'
import {
  type ComplianceSearch,
  complianceFields,
  complianceFilterOf,
  complianceWords,
  defaultComplianceSort,
  readComplianceSearch,
} from '../../lib/compliance-search.ts'
import type { FilterValues } from '../../lib/filter-fields.ts'
import type { RawSearch } from '../../lib/search-params.ts'
import {
  assetColumnsOf,
  CheckCard,
  ComplianceAssetCard,
  checkColumns,
  ResultCard,
  resultColumns,
} from './compliance-columns.tsx'

interface ListProps {
  readonly search: ComplianceSearch
}

/** Those that fail most first. */
export function ChecksList({ search }: ListProps) {
  const shared = useShared(search)
  return (
    <FilteredList
      {...shared}
      of="check"
      label="Checks"
      view={useListView('compliance-checks', checkColumns)}
      query={useInfiniteQuery(complianceGroupsQuery('check', search))}
      file={format => api.url('exportCompliance', { query: { ...shared.filter, format, group: 'check' } })}
      rowKey={row => String(row.id)}
      rowName={row => row.name}
      card={row => <CheckCard row={row} />}
      onOpen={row => shared.openCheck(row.id)}
    />
  )
}

/** Those that fail most first. */
export function AssetsList({ search }: ListProps) {
  const shared = useShared(search)
  const navigate = useNavigate()
  const columns = useMemo(() => assetColumnsOf(search), [search])
  return (
    <FilteredList
      {...shared}
      of="asset"
      label="Assets by compliance"
      view={useListView('compliance-assets', columns)}
      query={useInfiniteQuery(complianceGroupsQuery('asset', search))}
      file={format => api.url('exportCompliance', { query: { ...shared.filter, format, group: 'asset' } })}
      rowKey={row => String(row.id)}
      rowName={row => row.name}
      card={row => <ComplianceAssetCard row={row} />}
      onOpen={row => void navigate({ to: '/assets/tenable/$id', params: { id: String(row.id) } })}
    />
  )
}

export function ResultsList({ search }: ListProps) {
  const shared = useShared(search)
  return (
    <FilteredList
      {...shared}
      of="result"
      label="Results"
      view={useListView('compliance', resultColumns)}
      query={useInfiniteQuery(complianceResultsQuery(search))}
      file={format => api.url('exportCompliance', { query: { ...shared.filter, format } })}
      rowKey={row => `${row.asset.id}.${row.check.id}`}
      rowName={row => `${row.check.name}, ${row.asset.name}`}
      card={row => <ResultCard row={row} />}
      onOpen={row => shared.openCheck(row.check.id)}
    />
  )
}

/** What is the same for each way to look at the results. */
function useShared(search: ComplianceSearch) {
  const navigate = useNavigate()
  const openId = useParams({ strict: false, select: params => params.id })
  const { by, as_of, sort } = search
  const go = (next: ComplianceSearch) => void navigate({ to: '/compliance/tenable', search: next })
  return {
    fields: complianceFields,
    words: complianceWords,
    filter: complianceFilterOf(search),
    search,
    onFilter: (next: FilterValues) => go(readComplianceSearch({ ...next, by, as_of, sort })),
    onApply: (next: RawSearch) => go(readComplianceSearch({ ...next, by, as_of })),
    searchLabel: 'Check, audit file or reference',
    countOf: (wanted: FilterValues) => complianceCountQuery(readComplianceSearch({ ...wanted, as_of })),
    allWell: 'The source has no compliance results.',
    sort: sort ?? defaultComplianceSort,
    openKey: openId,
    openCheck: (id: number) =>
      void navigate({
        to: '/compliance/tenable/$id',
        params: { id: String(id) },
        search: true,
        resetScroll: false,
        replace: openId !== undefined,
      }),
  }
}
