import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { ComplianceAssetPage, ComplianceCheckPage, CompliancePage } from '../../contract/compliance.ts'
import { api } from './api.ts'
import { type ComplianceSearch, complianceFilterOf, defaultComplianceSort } from './compliance-search.ts'
import { pageSize, paging } from './queries.ts'

/** What each grouping of the one list answers with. */
interface Pages {
  readonly check: ComplianceCheckPage
  readonly asset: ComplianceAssetPage
}

export function complianceGroupsQuery<G extends keyof Pages>(group: G, search: ComplianceSearch) {
  const filter = complianceFilterOf(search)
  return infiniteQueryOptions({
    queryKey: ['compliance', group, filter],
    queryFn: async ({ signal, pageParam }) => {
      const query = { ...filter, group, limit: pageSize, cursor: pageParam }
      // The group that is asked for says which page it is.
      return (await api.call('listCompliance', { query }, { signal })) as Pages[G]
    },
    ...paging,
  })
}

export function complianceResultsQuery(search: ComplianceSearch) {
  const filter = complianceFilterOf(search)
  const { sort = defaultComplianceSort } = search
  return infiniteQueryOptions({
    queryKey: ['compliance', 'result', filter, sort],
    queryFn: async ({ signal, pageParam }) => {
      const query = { ...filter, sort, limit: pageSize, cursor: pageParam }
      return (await api.call('listCompliance', { query }, { signal })) as CompliancePage
    },
    ...paging,
  })
}

export function complianceStatisticsQuery(search: ComplianceSearch) {
  const filter = complianceFilterOf(search)
  return queryOptions({
    queryKey: ['statistics', 'compliance', filter],
    queryFn: ({ signal }) =>
      api.call('getComplianceStatistics', { query: { ...filter, ...daysOf(filter.as_of) } }, { signal }),
  })
}

export function complianceCountQuery(search: ComplianceSearch) {
  const filter = complianceFilterOf(search)
  return queryOptions({
    queryKey: ['statistics', 'compliance-count', filter],
    queryFn: async ({ signal }) => {
      const page = await api.call('listCompliance', { query: { ...filter, limit: 1 } }, { signal })
      return { total: page.total ?? 0, isExact: page.total_is_exact !== false }
    },
  })
}

export function complianceCheckQuery(id: string, asOf: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['compliance-check', id, asOf ?? null],
    queryFn: ({ signal, pageParam }) =>
      api.call(
        'getComplianceCheck',
        { params: { id: Number(id) }, query: { as_of: asOf, limit: 50, cursor: pageParam } },
        { signal },
      ),
    ...paging,
  })
}

/** Of one check: its outcomes on the last 90 days. */
export function checkDaysQuery(id: string, asOf: string | undefined) {
  return queryOptions({
    queryKey: ['statistics', 'compliance-check', id, asOf ?? null],
    queryFn: ({ signal }) =>
      api.call('getComplianceStatistics', { query: { check_id: [Number(id)], ...daysOf(asOf) } }, { signal }),
  })
}

const daysShown = 90

function daysOf(asOf: string | undefined) {
  const to = asOf ?? new Date().toISOString().slice(0, 10)
  return { from: new Date(Date.parse(to) - (daysShown - 1) * 86_400_000).toISOString().slice(0, 10), to }
}
