import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { SavedView } from '../../contract/views.ts'
import type { Density, ListPage } from '../../domain/list-page.ts'
import { api } from './api.ts'
import { preferencesQuery } from './list-preferences.ts'
import { parseSearch, type RawSearch } from './search-params.ts'

export function viewsQuery(page?: ListPage) {
  return queryOptions({
    queryKey: ['views', page ?? null],
    queryFn: ({ signal }) => api.call('listViews', { query: page === undefined ? {} : { page } }, { signal }),
    staleTime: 60_000,
  })
}

/** What a view holds, without its name. */
export interface Appearance {
  readonly filter: string
  readonly sort: string | null
  readonly columns: readonly string[] | null
  readonly density: Density | null
}

export interface NamedView extends Appearance {
  readonly name: string
  readonly is_shared: boolean
  readonly tenant_id: number | null
}

/** The search of a page that a view, or what was last chosen, stands for. */
export function searchOf({ filter, sort }: Pick<Appearance, 'filter' | 'sort'>): RawSearch {
  return sort === null ? parseSearch(filter) : { ...parseSearch(filter), sort }
}

export function useCreateView(page: ListPage) {
  return useViewsMutation((view: NamedView) => api.call('createView', { body: { page, ...unfrozen(view) } }))
}

export function useUpdateView() {
  return useViewsMutation(({ id, ...view }: NamedView & { readonly id: number }) =>
    api.call('updateView', { params: { id }, body: unfrozen(view) }),
  )
}

export function useRemoveView() {
  return useViewsMutation((id: number) => api.call('removeView', { params: { id } }))
}

/** A stored view as it is sent back. */
export function namedView({ name, filter, sort, columns, density, is_shared, tenant_id }: SavedView): NamedView {
  return { name, filter, sort, columns, density, is_shared, tenant_id }
}

function unfrozen({ columns, ...view }: NamedView) {
  return { ...view, columns: columns && [...columns] }
}

function useViewsMutation<V, T>(mutationFn: (variables: V) => Promise<T>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn,
    // A removed view is nobody's default any more.
    onSettled: () =>
      Promise.all([['views'], preferencesQuery.queryKey].map(queryKey => client.invalidateQueries({ queryKey }))),
  })
}
