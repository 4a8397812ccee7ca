import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from './api.ts'
import { type DeviceSearch, defaultDeviceSort, deviceFilterOf } from './device-search.ts'
import { pageSize, paging } from './queries.ts'

export function devicesQuery(search: DeviceSearch) {
  const filter = deviceFilterOf(search)
  const { sort = defaultDeviceSort } = search
  return infiniteQueryOptions({
    queryKey: ['devices', filter, sort],
    queryFn: ({ signal, pageParam }) =>
      api.call('listDevices', { query: { ...filter, sort, limit: pageSize, cursor: pageParam } }, { signal }),
    ...paging,
  })
}

export function deviceCountQuery(search: DeviceSearch) {
  const filter = deviceFilterOf(search)
  return queryOptions({
    queryKey: ['statistics', 'device-count', filter],
    queryFn: async ({ signal }) => {
      const page = await api.call('listDevices', { query: { ...filter, limit: 1 } }, { signal })
      return { total: page.total ?? 0, isExact: page.total_is_exact !== false }
    },
  })
}

/** What a person may mean by another device. */
export function foundDevicesQuery(text: string) {
  return queryOptions({
    queryKey: ['devices', 'found', text],
    queryFn: ({ signal }) =>
      api.call('listDevices', { query: { q: text.slice(0, 200), limit: 8, total: false } }, { signal }),
  })
}

export function deviceQuery(id: string) {
  return queryOptions({
    queryKey: ['device', id],
    queryFn: ({ signal }) => api.call('getDevice', { params: { id: Number(id) } }, { signal }),
  })
}

export function deviceFindingsQuery(id: number) {
  return queryOptions({
    queryKey: ['device', String(id), 'findings'],
    queryFn: ({ signal }) => api.call('listDeviceFindings', { params: { id } }, { signal }),
  })
}

export const deviceReviewsQuery = infiniteQueryOptions({
  queryKey: ['devices', 'review'],
  queryFn: ({ signal, pageParam }) =>
    api.call('listDeviceReviews', { query: { limit: 25, cursor: pageParam } }, { signal }),
  ...paging,
})

export const deviceDecisionsQuery = infiniteQueryOptions({
  queryKey: ['devices', 'decisions'],
  queryFn: ({ signal, pageParam }) =>
    api.call('listDeviceDecisions', { query: { limit: 100, cursor: pageParam } }, { signal }),
  ...paging,
})

export const estateStatisticsQuery = queryOptions({
  queryKey: ['statistics', 'estate'],
  queryFn: ({ signal }) => api.call('getEstateStatistics', {}, { signal }),
})

export function estateDaysQuery(from: string) {
  return queryOptions({
    queryKey: ['statistics', 'estate-days', from],
    queryFn: ({ signal }) => api.call('getDailyEstateStatistics', { query: { from } }, { signal }),
  })
}
