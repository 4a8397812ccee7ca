import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { AssetFilter } from '../../contract/filters.ts'
import type { Page } from '../../contract/page.ts'
import type { RunFilter } from '../../contract/sync.ts'
import { api } from './api.ts'
import type { AssetSearch } from './asset-search.ts'
import { defaultAssetSort } from './asset-search.ts'
import { followServerClock } from './clock.ts'
import type { FindingSearch } from './finding-search.ts'
import { defaultFindingSort } from './finding-search.ts'

export const pageSize = 100

/** Everything the pages ask, by name. The first part of a key says what makes it old (app/live.tsx). */

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: ({ signal }) => api.call('listSources', {}, { signal }),
})

export const syncQuery = queryOptions({
  queryKey: ['sync'],
  queryFn: async ({ signal }) => {
    const status = await api.call('getSyncStatus', {}, { signal })
    followServerClock(status.at)
    return status
  },
  refetchInterval: 30_000,
})

export function findingStatisticsQuery(filter: Partial<AssetFilter> = {}) {
  return queryOptions({
    queryKey: ['statistics', 'findings', filter],
    queryFn: ({ signal }) => api.call('getFindingStatistics', { query: filter }, { signal }),
  })
}

export function assetStatisticsQuery(filter: Partial<AssetFilter> = {}) {
  return queryOptions({
    queryKey: ['statistics', 'assets', filter],
    queryFn: ({ signal }) => api.call('getAssetStatistics', { query: filter }, { signal }),
  })
}

/** How many findings match, without their rows. */
export function findingCountQuery(filter: FindingSearch) {
  return queryOptions({
    queryKey: ['statistics', 'finding-count', filter],
    queryFn: async ({ signal }) => {
      const page = await api.call('listFindings', { query: { ...filter, limit: 1, total: true } }, { signal })
      return { total: page.total ?? 0, isExact: page.total_is_exact !== false }
    },
  })
}

/** How many assets match, without their rows. */
export function assetCountQuery(filter: AssetSearch) {
  return queryOptions({
    queryKey: ['statistics', 'asset-count', filter],
    queryFn: async ({ signal }) => {
      const page = await api.call('listAssets', { query: { ...filter, limit: 1, total: true } }, { signal })
      return { total: page.total ?? 0, isExact: page.total_is_exact !== false }
    },
  })
}

export function findingsQuery({ sort = defaultFindingSort, ...filter }: FindingSearch) {
  return infiniteQueryOptions({
    queryKey: ['findings', filter, sort],
    queryFn: ({ signal, pageParam }) =>
      api.call('listFindings', { query: { ...filter, sort, limit: pageSize, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function assetsQuery({ sort = defaultAssetSort, ...filter }: AssetSearch) {
  return infiniteQueryOptions({
    queryKey: ['assets', filter, sort],
    queryFn: ({ signal, pageParam }) =>
      api.call('listAssets', { query: { ...filter, sort, limit: pageSize, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function findingQuery(id: string) {
  return queryOptions({
    queryKey: ['finding', id],
    queryFn: ({ signal }) => api.call('getFinding', { params: { id } }, { signal }),
  })
}

export function findingHistoryQuery(id: string) {
  return queryOptions({
    queryKey: ['finding', id, 'history'],
    queryFn: ({ signal }) => api.call('getFindingHistory', { params: { id } }, { signal }),
  })
}

export function assetQuery(id: string) {
  return queryOptions({
    queryKey: ['asset', id],
    queryFn: ({ signal }) => api.call('getAsset', { params: { id } }, { signal }),
  })
}

export function assetTimelineQuery(id: string) {
  return queryOptions({
    queryKey: ['asset', id, 'timeline'],
    queryFn: ({ signal }) => api.call('getAssetTimeline', { params: { id } }, { signal }),
  })
}

export function assetOwnerQuery(id: string) {
  return queryOptions({
    queryKey: ['asset', id, 'owner'],
    queryFn: ({ signal }) => api.call('getAssetOwner', { params: { id } }, { signal }),
  })
}

export function groupRulesQuery() {
  return queryOptions({
    queryKey: ['group-rules'],
    queryFn: ({ signal }) => api.call('listGroupRules', {}, { signal }),
  })
}

/** The runs of a scan, by the id that assets and findings name it by. */
export function scanRunsQuery(scanId: string) {
  return queryOptions({
    queryKey: ['scan', scanId, 'runs'],
    queryFn: ({ signal }) => api.call('listScanRuns', { params: { id: scanId }, query: { limit: 10 } }, { signal }),
  })
}

export type AssetFindingsShown = 'open' | 'fixed' | 'all'

export function assetFindingsQuery(id: string, shown: AssetFindingsShown) {
  const filter =
    shown === 'open' ? {} : shown === 'fixed' ? { state: ['fixed' as const] } : { include: ['all' as const] }
  return infiniteQueryOptions({
    queryKey: ['asset', id, 'findings', shown],
    queryFn: ({ signal, pageParam }) =>
      api.call('listAssetFindings', { params: { id }, query: { ...filter, limit: 15, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function jobsQuery(filter: RunFilter) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'list', filter],
    queryFn: ({ signal, pageParam }) =>
      api.call('listJobs', { query: { ...filter, limit: 50, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function jobQuery(id: number) {
  return queryOptions({
    queryKey: ['jobs', id],
    queryFn: ({ signal }) => api.call('getJob', { params: { id } }, { signal }),
  })
}

export function jobLogQuery(id: number) {
  return queryOptions({
    queryKey: ['jobs', id, 'log'],
    queryFn: ({ signal }) => api.call('getJobLog', { params: { id } }, { signal }),
  })
}

export interface RecordFilter {
  readonly q?: string
}

export function rejectedQuery(filter: RecordFilter) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'rejected', filter],
    queryFn: ({ signal, pageParam }) =>
      api.call('listRejected', { query: { ...filter, limit: pageSize, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function qualityIssuesQuery(filter: RecordFilter) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'quality', filter],
    queryFn: ({ signal, pageParam }) =>
      api.call('listQualityIssues', { query: { ...filter, limit: pageSize, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

/** The rows of every page read so far, and what the first page says of them all. */
export function rowsOf<T>(pages: { readonly pages: readonly Page<T>[] }) {
  return { rows: pages.pages.flatMap(page => page.items), first: pages.pages[0] }
}

export const paging = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { readonly next_cursor: string | null }) => page.next_cursor ?? undefined,
  placeholderData: keepPreviousData,
  // A list never moves by itself: the reader is told of new rows and asks for them.
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
  staleTime: 60_000,
} as const
