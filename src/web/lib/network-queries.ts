import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { SubnetView } from '../../contract/directories.ts'
import type { Page } from '../../contract/page.ts'
import { api } from './api.ts'
import {
  defaultIpv4Prefix,
  defaultIpv6Prefix,
  type NetworkSearch,
  type NetworkTab,
  networkFilterOf,
} from './network-search.ts'
import { pageSize, paging } from './queries.ts'

// Each list knows only its own fields; the search is read for the list that is shown.

export function networksQuery(search: NetworkSearch) {
  const query = { ...networkFilterOf(search), sort: search.sort as 'name', limit: pageSize }
  return infiniteQueryOptions({
    queryKey: ['networks', query],
    queryFn: ({ signal, pageParam }) =>
      api.call('listNetworks', { query: { ...query, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function scannersQuery(search: NetworkSearch) {
  const query = { ...networkFilterOf(search), sort: search.sort, limit: pageSize }
  return infiniteQueryOptions({
    queryKey: ['scanners', query],
    queryFn: ({ signal, pageParam }) =>
      api.call('listScanners', { query: { ...query, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function agentsQuery(search: NetworkSearch) {
  const query = { ...networkFilterOf(search), sort: search.sort, limit: pageSize }
  return infiniteQueryOptions({
    queryKey: ['agents', query],
    queryFn: ({ signal, pageParam }) => api.call('listAgents', { query: { ...query, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function tagsQuery(search: NetworkSearch) {
  const query = { ...networkFilterOf(search), sort: search.sort as 'name', limit: pageSize }
  return infiniteQueryOptions({
    queryKey: ['tags', query],
    queryFn: ({ signal, pageParam }) => api.call('listTags', { query: { ...query, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

/** How many entries of a list match, without their rows. */
export function directoryCountQuery(list: NetworkTab, search: NetworkSearch) {
  const query = { ...networkFilterOf(search), limit: 1 }
  return queryOptions({
    queryKey: ['statistics', 'directory-count', list, query],
    queryFn: async ({ signal }) => {
      const page = await firstPageOf(list, query, signal)
      return { total: page.total ?? 0, isExact: page.total_is_exact !== false }
    },
  })
}

function firstPageOf(list: NetworkTab, query: Partial<NetworkSearch>, signal: AbortSignal): Promise<Page<unknown>> {
  switch (list) {
    case 'networks':
      return api.call('listNetworks', { query: query as object }, { signal })
    case 'scanners':
      return api.call('listScanners', { query: query as object }, { signal })
    case 'agents':
      return api.call('listAgents', { query: query as object }, { signal })
    case 'tags':
      return api.call('listTags', { query: query as object }, { signal })
  }
}

export function networkQuery(id: string) {
  return queryOptions({
    queryKey: ['network', id],
    queryFn: ({ signal }) => api.call('getNetwork', { params: { id } }, { signal }),
  })
}

type Prefixes = Pick<NetworkSearch, 'ipv4_prefix' | 'ipv6_prefix'>

export function prefixesOf({ ipv4_prefix = defaultIpv4Prefix, ipv6_prefix = defaultIpv6Prefix }: Prefixes) {
  return { ipv4_prefix, ipv6_prefix }
}

/** Read on up to as many as a graph can use. */
export const subnetsAtMost = 2_000

/** Subnets, all of them up to a bound: a graph needs the largest, which may stand anywhere in their order. */
export function subnetsQuery(id: string, prefixes: Prefixes) {
  const query = { ...prefixesOf(prefixes), limit: 500 }
  return queryOptions({
    queryKey: ['network', id, 'subnets', query],
    queryFn: async ({ signal }) => {
      const items: SubnetView[] = []
      let total = 0
      for (let cursor: string | undefined; ; ) {
        const page = await api.call('listSubnets', { params: { id }, query: { ...query, cursor } }, { signal })
        items.push(...page.items)
        total = page.total ?? total
        cursor = page.next_cursor ?? undefined
        if (cursor === undefined || items.length >= subnetsAtMost) return { items, total, as_of: page.as_of }
      }
    },
  })
}

export function multiHomedQuery(id: string, prefixes: Prefixes) {
  const query = { ...prefixesOf(prefixes), limit: 200 }
  return infiniteQueryOptions({
    queryKey: ['network', id, 'multi-homed', query],
    queryFn: ({ signal, pageParam }) =>
      api.call('listMultiHomed', { params: { id }, query: { ...query, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function tagMembersQuery(id: string, asOf: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['tag', id, asOf ?? null],
    queryFn: ({ signal, pageParam }) =>
      api.call('listTagMembers', { params: { id }, query: { as_of: asOf, limit: 100, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

/** One tag, as its list tells it: by the source’s id, which our id ends with. */
export function tagQuery(id: string) {
  return queryOptions({
    queryKey: ['tag', id, 'itself'],
    queryFn: async ({ signal }) => {
      const query = { q: id.replace(/^\d+-/, '').slice(0, 200), include: ['gone' as const], limit: 100 }
      const page = await api.call('listTags', { query }, { signal })
      return page.items.find(tag => tag.id === id) ?? null
    },
  })
}
