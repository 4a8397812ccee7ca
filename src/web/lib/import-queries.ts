import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { ImportView } from '../../contract/imports.ts'
import { api } from './api.ts'
import type { ImportSearch } from './import-search.ts'

/** Still at work on a step. */
export function isMoving({ status }: ImportView): boolean {
  return ['received', 'reading', 'applying', 'undoing'].includes(status)
}

export const importsQuery = infiniteQueryOptions({
  queryKey: ['imports', 'list'],
  queryFn: ({ signal, pageParam }) => api.call('listImports', { query: { limit: 100, cursor: pageParam } }, { signal }),
  ...paging(),
  refetchInterval: query => (query.state.data?.pages[0]?.items.some(isMoving) ? 1500 : false),
})

export function importQuery(id: number) {
  return queryOptions({
    queryKey: ['imports', 'one', id],
    queryFn: ({ signal }) => api.call('getImport', { params: { id } }, { signal }),
    refetchInterval: query => (query.state.data && isMoving(query.state.data) ? 1000 : false),
  })
}

export function importRowsQuery(id: number, show: Exclude<ImportSearch['show'], 'rejected' | undefined>) {
  const chosen = show === 'kept' ? { undo: 'kept' as const } : { action: [show] }
  return infiniteQueryOptions({
    queryKey: ['imports', 'rows', id, show],
    queryFn: ({ signal, pageParam }) =>
      api.call('listImportRows', { params: { id }, query: { ...chosen, limit: 100, cursor: pageParam } }, { signal }),
    ...paging(),
  })
}

export function importRejectedQuery(id: number) {
  return infiniteQueryOptions({
    queryKey: ['imports', 'rejected', id],
    queryFn: ({ signal, pageParam }) =>
      api.call('listImportRejected', { params: { id }, query: { limit: 100, cursor: pageParam } }, { signal }),
    ...paging(),
  })
}

function paging() {
  return {
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: { readonly next_cursor: string | null }) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  } as const
}
