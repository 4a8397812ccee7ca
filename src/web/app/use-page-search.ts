import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { ListPreference, SavedView } from '../../contract/views.ts'
import type { ListPage } from '../../domain/list-page.ts'
import { preferencesQuery } from '../lib/list-preferences.ts'
import { searchOf, viewsQuery } from '../lib/saved-views.ts'
import type { RawSearch } from '../lib/search-params.ts'
import type { AppPage } from './pages.ts'

/** So long a step to a page waits for what is known of its list. */
const patienceMs = 1_500

/**
 * What a list is opened with when one goes to its page: the view that is one's default, else as one left it. Its bare
 * address stays what it says: everything, for the numbers that lead there.
 */
export function usePageSearch(list: ListPage | undefined): { readonly search: RawSearch; readonly isKnown: boolean } {
  const preferences = useQuery(preferencesQuery).data?.items
  const hasDefault = needsViews(preferences)
  const views = useQuery({ ...viewsQuery(), enabled: hasDefault }).data?.items
  return {
    search: searchFor(list, preferences, views),
    isKnown: list === undefined || (preferences !== undefined && (!hasDefault || views !== undefined)),
  }
}

/** Goes to a page with what its list is opened with, also when one is quicker than the answer that tells it. */
export function useGoTo(): (page: AppPage) => Promise<void> {
  const client = useQueryClient()
  const navigate = useNavigate()
  return async ({ to, list }) => {
    const search = list === undefined ? {} : await Promise.race([loadedSearch(client, list), afterPatience()])
    await navigate({ to, search })
  }
}

async function loadedSearch(client: QueryClient, list: ListPage): Promise<RawSearch> {
  try {
    const { items } = await client.ensureQueryData(preferencesQuery)
    const views = needsViews(items) ? (await client.ensureQueryData(viewsQuery())).items : undefined
    return searchFor(list, items, views)
  } catch {
    // The page says itself what it cannot read.
    return {}
  }
}

function afterPatience(): Promise<RawSearch> {
  return new Promise(resolve => window.setTimeout(resolve, patienceMs, {}))
}

function needsViews(preferences: readonly ListPreference[] = []): boolean {
  return preferences.some(preference => preference.default_view_id !== null)
}

function searchFor(
  list: ListPage | undefined,
  preferences: readonly ListPreference[] = [],
  views: readonly SavedView[] = [],
): RawSearch {
  const preference = preferences.find(one => one.page === list)
  if (preference === undefined) return {}
  return searchOf(views.find(view => view.id === preference.default_view_id) ?? preference)
}
