import { queryOptions } from '@tanstack/react-query'
import { api } from './api.ts'

/** People, tokens and browsers: small lists, read whole. */

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: ({ signal }) => api.call('listUsers', {}, { signal }),
})

export const tenantsQuery = queryOptions({
  queryKey: ['tenants'],
  queryFn: ({ signal }) => api.call('listTenants', {}, { signal }),
})

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: ({ signal }) => api.call('listTokens', {}, { signal }),
})

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => api.call('listSessions', {}, { signal }),
})
