import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { ListPreference } from '../../contract/views.ts'
import type { ListPage } from '../../domain/list-page.ts'
import { api } from './api.ts'
import { type RawSearch, searchText } from './search-params.ts'

/** Long enough that a word being typed is not remembered letter by letter. */
const settledMs = 1_000

/** What the person last chose for each list; it goes with them to any browser. */
export const preferencesQuery = queryOptions({
  queryKey: ['list-preferences'],
  queryFn: ({ signal }) => api.call('getListPreferences', {}, { signal }),
  staleTime: 300_000,
})

export type PreferenceChange = Partial<
  Pick<ListPreference, 'columns' | 'density' | 'filter' | 'sort' | 'default_view_id'>
>

/** What was last chosen for one list, and how to choose otherwise: seen at once, kept as soon as it can be. */
export function usePreference(page: ListPage) {
  const client = useQueryClient()
  const { data } = useQuery(preferencesQuery)
  const preference = data?.items.find(item => item.page === page)
  const { mutate } = useMutation({
    mutationFn: (change: PreferenceChange) => api.call('setListPreference', { body: { page, ...change } }),
    onMutate: change => {
      client.setQueryData(preferencesQuery.queryKey, before => {
        const items = before?.items ?? []
        const own = items.find(item => item.page === page) ?? untouched(page)
        return { items: [...items.filter(item => item.page !== page), { ...own, ...change }] }
      })
    },
    onError: () => client.invalidateQueries({ queryKey: preferencesQuery.queryKey }),
  })
  return { preference, isKnown: data !== undefined, choose: mutate }
}

/** Remembers the filter and the order that a list was last seen with: the page is opened with them again. */
export function useRememberSearch(page: ListPage, search: RawSearch): void {
  const { preference, isKnown, choose } = usePreference(page)
  const { sort, ...rest } = search
  const filter = searchText(rest)
  const order = typeof sort === 'string' ? sort : null
  const isSame = (preference?.filter ?? '') === filter && (preference?.sort ?? null) === order
  useEffect(() => {
    if (!isKnown || isSame) return
    const timer = window.setTimeout(() => choose({ filter, sort: order }), settledMs)
    return () => window.clearTimeout(timer)
  }, [isKnown, isSame, filter, order, choose])
}

function untouched(page: ListPage): ListPreference {
  return { page, filter: '', sort: null, columns: null, density: null, default_view_id: null, updated_at: '' }
}
