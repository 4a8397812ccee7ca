import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from './api.ts'
import { pageSize, paging } from './queries.ts'
import { type CoverageSearch, defaultDays, defaultScanSort, type ScanSearch } from './scan-search.ts'

export function scansQuery({ sort = defaultScanSort, ...filter }: ScanSearch) {
  return infiniteQueryOptions({
    queryKey: ['scans', filter, sort],
    queryFn: ({ signal, pageParam }) =>
      api.call('listScans', { query: { ...filter, sort, limit: pageSize, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function scanCountQuery({ sort: _sort, ...filter }: ScanSearch) {
  return queryOptions({
    queryKey: ['statistics', 'scan-count', filter],
    queryFn: async ({ signal }) => {
      const page = await api.call('listScans', { query: { ...filter, limit: 1 } }, { signal })
      return { total: page.total ?? 0, isExact: page.total_is_exact !== false }
    },
  })
}

export function scanQuery(id: string) {
  return queryOptions({
    queryKey: ['scan', id],
    queryFn: ({ signal }) => api.call('getScan', { params: { id } }, { signal }),
  })
}

export function scanRunsQuery(id: string) {
  return infiniteQueryOptions({
    queryKey: ['scan', id, 'runs'],
    queryFn: ({ signal, pageParam }) =>
      api.call('listScanRuns', { params: { id }, query: { limit: 25, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function coverageQuery({ days = defaultDays, by: _by, ...filter }: CoverageSearch) {
  return queryOptions({
    queryKey: ['statistics', 'coverage', filter, days],
    queryFn: ({ signal }) => api.call('getScanCoverage', { query: { ...filter, days } }, { signal }),
  })
}
