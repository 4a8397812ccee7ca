import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../lib/api.ts'

/** What is seen of each kind without scrolling. */
const offersAtMost = 6

/** By name, address, FQDN or id; whatever the default count leaves out. */
export function foundAssetsQuery(text: string) {
  return queryOptions({
    queryKey: ['assets', 'found', text],
    queryFn: ({ signal }) =>
      api.call(
        'listAssets',
        {
          query: { q: text.slice(0, 200), include: ['all'], sort: '-open_critical', limit: offersAtMost, total: false },
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
  })
}

/** By name, id or CVE. */
export function foundPluginsQuery(text: string) {
  return queryOptions({
    queryKey: ['plugins', 'found', text],
    queryFn: ({ signal }) =>
      api.call('listPlugins', { query: { q: text.slice(0, 200), limit: offersAtMost, total: false } }, { signal }),
    placeholderData: keepPreviousData,
  })
}
