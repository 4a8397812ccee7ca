import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { AuditFilter } from '../../contract/audit.ts'
import type { SweepFilter } from '../../contract/sweeps.ts'
import type { RunFilter } from '../../contract/sync.ts'
import { api } from './api.ts'

/** What the pages of settings and of the console ask. The first part of a key says what makes it old (app/live.tsx). */

export const schedulesQuery = queryOptions({
  queryKey: ['schedules'],
  queryFn: ({ signal }) => api.call('listSchedules', {}, { signal }),
})

export const upcomingQuery = queryOptions({
  queryKey: ['schedules', 'upcoming'],
  queryFn: ({ signal }) => api.call('listUpcoming', { query: { limit: 20 } }, { signal }),
  refetchInterval: 60_000,
})

/** The latest runs of a filter, for the charts. */
export function chartRunsQuery(filter: RunFilter, limit: number) {
  return queryOptions({
    queryKey: ['jobs', 'charts', filter, limit],
    queryFn: ({ signal }) => api.call('listJobs', { query: { ...filter, limit } }, { signal }),
    placeholderData: keepPreviousData,
  })
}

export function sweepsQuery(filter: SweepFilter) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'sweeps', filter],
    queryFn: ({ signal, pageParam }) =>
      api.call('listSweeps', { query: { ...filter, limit: 25, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

/** A sweep with the first rows of what it would end. */
export function sweepQuery(runId: number) {
  return queryOptions({
    queryKey: ['jobs', 'sweeps', runId],
    queryFn: ({ signal }) => api.call('getSweep', { params: { id: runId }, query: { limit: 20 } }, { signal }),
  })
}

/** Networks of a source, to choose from. */
export function networksOfQuery(sourceId: number) {
  return queryOptions({
    queryKey: ['sources', 'networks', sourceId],
    queryFn: ({ signal }) =>
      api.call('listNetworks', { query: { source_id: [sourceId], limit: 500, total: false } }, { signal }),
  })
}

export function tagsOfQuery(sourceId: number) {
  return queryOptions({
    queryKey: ['sources', 'tags', sourceId],
    queryFn: ({ signal }) =>
      api.call('listTags', { query: { source_id: [sourceId], limit: 500, total: false } }, { signal }),
  })
}

export const verificationQuery = queryOptions({
  queryKey: ['verification'],
  queryFn: ({ signal }) => api.call('getVerification', {}, { signal }),
  refetchInterval: query => (query.state.data?.is_running === true ? 1_000 : false),
})

export const maintenanceQuery = queryOptions({
  queryKey: ['maintenance'],
  queryFn: ({ signal }) => api.call('getMaintenance', {}, { signal }),
})

export const feedsQuery = queryOptions({
  queryKey: ['feeds'],
  queryFn: ({ signal }) => api.call('listFeeds', {}, { signal }),
})

export const groupRulesQuery = queryOptions({
  queryKey: ['group-rules'],
  queryFn: ({ signal }) => api.call('listGroupRules', {}, { signal }),
})

export function auditQuery(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ signal, pageParam }) =>
      api.call('listAudit', { query: { ...filter, limit: 50, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

const paging = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { readonly next_cursor: string | null }) => page.next_cursor ?? undefined,
  placeholderData: keepPreviousData,
} as const
