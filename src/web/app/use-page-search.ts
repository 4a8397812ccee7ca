import { useQuery } from '@tanstack/react-query'
import type { ListPage } from '../../domain/list-page.ts'
import { preferencesQuery } from '../lib/list-preferences.ts'
import { searchOf, viewsQuery } from '../lib/saved-views.ts'
import type { RawSearch } from '../lib/search-params.ts'

/**
 * What a list is opened with when one goes to its page: the view that is one's default, else as one left it. Its bare
 * address stays what it says: everything, for the numbers that lead there.
 */
export function usePageSearch(): (list: ListPage | undefined) => RawSearch {
  const preferences = useQuery(preferencesQuery).data?.items ?? []
  const hasDefaults = preferences.some(preference => preference.default_view_id !== null)
  const views = useQuery({ ...viewsQuery(), enabled: hasDefaults }).data?.items ?? []
  return list => {
    const preference = preferences.find(one => one.page === list)
    if (preference === undefined) return {}
    return searchOf(views.find(view => view.id === preference.default_view_id) ?? preference)
  }
}
