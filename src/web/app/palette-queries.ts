import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { AssetFilter } from '../../contract/filters.ts'
import { api } from '../lib/api.ts'

/** What is seen of each kind without scrolling. */
const offersAtMost = 6

/** By name, address, FQDN or id, whatever the default count leaves out; a whole address means that one machine first. */
export function foundAssetsQuery(text: string) {
  return queryOptions({
    queryKey: ['assets', 'found', text],
    queryFn: async ({ signal }) => {
      const find = async (query: Partial<AssetFilter>) => {
        const asked = { ...query, include: ['all' as const], sort: 'name' as const, limit: offersAtMost, total: false }
        return (await api.call('listAssets', { query: asked }, { signal })).items
      }
      const [exact, partly] = await Promise.all([
        isAddress(text) ? find({ ip: [text] }) : [],
        find({ q: text.slice(0, 200) }),
      ])
      const others = partly.filter(one => !exact.some(other => other.id === one.id))
      return [...exact, ...others].slice(0, offersAtMost)
    },
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

/** Whole enough to be asked for; half an address is only part of one. */
function isAddress(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}
