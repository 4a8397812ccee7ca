import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Comparison, Pair } from '../../contract/reconciliation.ts'
import { api } from './api.ts'
import type { ReconciliationSearch } from './reconciliation-search.ts'

export const reconciliationQuery = queryOptions({
  queryKey: ['reconciliation', 'pairs'],
  queryFn: ({ signal }) => api.call('getReconciliation', {}, { signal }),
  refetchInterval: query => (query.state.data?.items.some(pair => pair.latest?.status === 'running') ? 1500 : false),
})

/** What the differences list asks for. */
export function differenceFilter({ cause, level, q }: ReconciliationSearch) {
  return {
    level: level ? [level] : ['finding' as const, 'asset' as const],
    ...(cause ? { cause: [cause] } : {}),
    ...(q ? { q } : {}),
  }
}

export function differencesQuery(comparisonId: number, search: ReconciliationSearch) {
  const filter = differenceFilter(search)
  return infiniteQueryOptions({
    queryKey: ['reconciliation', 'differences', comparisonId, filter],
    queryFn: ({ pageParam, signal }) =>
      api.call(
        'listDifferences',
        {
          params: { id: comparisonId },
          query: { ...filter, limit: 100, ...(pageParam === '' ? {} : { cursor: pageParam }) },
        },
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: page => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}

/** The latest look at what a source counts of itself, and where it differs. */
export function countsQuery(sourceId: number) {
  return queryOptions({
    queryKey: ['reconciliation', 'counts', sourceId],
    queryFn: async ({ signal }) => {
      const list = await api.call(
        'listComparisons',
        { query: { source_id: sourceId, kind: 'counts', limit: 1 } },
        { signal },
      )
      const comparison: Comparison | null = list.items[0] ?? null
      if (!comparison?.has_differences) return { comparison, differences: [] }
      const differences = await api.call(
        'listDifferences',
        { params: { id: comparison.id }, query: { level: ['count'], limit: 100 } },
        { signal },
      )
      return { comparison, differences: differences.items }
    },
    refetchInterval: query => (query.state.data?.comparison?.status === 'running' ? 1500 : false),
  })
}

export const cutoversQuery = queryOptions({
  queryKey: ['reconciliation', 'cutovers'],
  queryFn: ({ signal }) => api.call('listCutovers', {}, { signal }),
})

export function qualityQuery(pair: Pair | undefined) {
  const sources = pair ? [pair.files_source_id, pair.api_source_id] : undefined
  return queryOptions({
    queryKey: ['reconciliation', 'quality', sources],
    queryFn: ({ signal }) =>
      api.call('getDataQuality', { query: { days: 90, ...(sources ? { source_id: sources } : {}) } }, { signal }),
  })
}
