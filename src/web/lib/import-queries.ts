import { queryOptions } from '@tanstack/react-query'
import type { ImportView } from '../../contract/imports.ts'
import { api } from './api.ts'
import type { ImportSearch } from './import-search.ts'

/** Still at work on a step. */
export function isMoving({ status }: ImportView): boolean {
  return ['received', 'reading', 'applying', 'undoing'].includes(status)
}

export const importsQuery = queryOptions({
  queryKey: ['imports', 'list'],
  queryFn: ({ signal }) => api.call('listImports', { query: { limit: 100 } }, { signal }),
  refetchInterval: query => (query.state.data?.items.some(isMoving) ? 1500 : false),
})

export function importQuery(id: number) {
  return queryOptions({
    queryKey: ['imports', 'one', id],
    queryFn: ({ signal }) => api.call('getImport', { params: { id } }, { signal }),
    refetchInterval: query => (query.state.data && isMoving(query.state.data) ? 1000 : false),
  })
}

export function importRowsQuery(id: number, show: Exclude<ImportSearch['show'], 'rejected' | undefined>) {
  return queryOptions({
    queryKey: ['imports', 'rows', id, show],
    queryFn: ({ signal }) =>
      api.call(
        'listImportRows',
        {
          params: { id },
          query: { limit: 100, ...(show === 'kept' ? { undo: 'kept' as const } : { action: [show] }) },
        },
        { signal },
      ),
  })
}

export function importRejectedQuery(id: number) {
  return queryOptions({
    queryKey: ['imports', 'rejected', id],
    queryFn: ({ signal }) => api.call('listImportRejected', { params: { id }, query: { limit: 100 } }, { signal }),
  })
}
