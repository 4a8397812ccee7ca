import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ProblemError } from '../../client/index.ts'
import type { Role } from '../../domain/role.ts'
import { includesRole } from '../../domain/role.ts'
import { api } from './api.ts'

/** Who is signed in. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => api.call('getMe', {}, { signal }),
  staleTime: 60_000,
})

export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: ({ signal }) => api.call('getSignInOptions', {}, { signal }),
})

/** Whether the person may do what needs a role; false until it is known. */
export function useHasRole(needed: Role): boolean {
  const { data } = useQuery(meQuery)
  return data?.role !== undefined && data.role !== null && includesRole(data.role, needed)
}

/** The session is over, or there was none. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 401 && error.code !== 'wrong_password'
}

/** Everything of the person before is forgotten with their session. */
export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (where: 'here' | 'everywhere') => api.call(where === 'here' ? 'signOut' : 'endSessions'),
    onSuccess: () => leave(client),
  })
}

function leave(client: QueryClient): void {
  client.clear()
  // A page load, so that nothing of what was shown stays in memory.
  window.location.assign('/login')
}

/** A path of this server, whatever the address says: nobody is sent elsewhere after signing in. */
export function pathWithin(wanted: string | undefined): string {
  if (wanted === undefined || !wanted.startsWith('/')) return '/'
  const url = new URL(wanted, window.location.origin)
  return url.origin === window.location.origin ? url.pathname + url.search + url.hash : '/'
}
