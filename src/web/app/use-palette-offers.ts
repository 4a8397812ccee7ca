import { useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { pluginName } from '../../domain/plugin-name.ts'
import { sourcesQuery } from '../lib/queries.ts'
import { searchOf, viewsQuery } from '../lib/saved-views.ts'
import { meQuery, useHasRole, useSignOut } from '../lib/session.ts'
import { useStartSync } from '../lib/sync-actions.ts'
import { type AppPage, pages } from './pages.ts'
import { foundAssetsQuery, foundPluginsQuery } from './palette-queries.ts'
import { useGoTo } from './use-page-search.ts'

/** One thing that the palette can do. */
export interface Offer {
  readonly id: string
  readonly label: string
  readonly about?: string
  readonly isOutside?: boolean
  readonly run: () => void
}

export interface OfferGroup {
  readonly title: string
  readonly offers: readonly Offer[]
}

const typingMs = 150
const places: readonly AppPage[] = pages

/** What the palette offers for a text: nothing that the person may not do. */
export function usePaletteOffers(text: string): {
  readonly groups: readonly OfferGroup[]
  readonly isLooking: boolean
} {
  const wanted = text.trim()
  const [settled] = useDebouncedValue(wanted, typingMs)
  const found = useFound(settled)
  const groups = [
    { title: 'Assets', offers: found.assets },
    { title: 'CVE', offers: useCve(wanted) },
    { title: 'Plugins', offers: found.plugins },
    { title: 'Pages', offers: usePages(wanted) },
    { title: 'Views', offers: useViews(wanted) },
    { title: 'Do', offers: useActions(wanted) },
  ]
  return { groups: groups.filter(group => group.offers.length > 0), isLooking: found.isLooking || settled !== wanted }
}

function useFound(text: string) {
  const navigate = useNavigate()
  const isWorth = text.length >= 2
  const assets = useQuery({ ...foundAssetsQuery(text), enabled: isWorth })
  const plugins = useQuery({ ...foundPluginsQuery(text), enabled: isWorth })
  return {
    isLooking: isWorth && (assets.isFetching || plugins.isFetching),
    assets: (isWorth ? (assets.data ?? []) : []).map(
      (asset): Offer => ({
        id: `asset-${asset.id}`,
        label: asset.name,
        about: [asset.ipv4s[0] ?? asset.ipv6s[0], asset.operating_systems[0], asset.source].filter(Boolean).join(' · '),
        isOutside: true,
        run: () => void navigate({ to: '/assets/tenable/$id', params: { id: String(asset.id) } }),
      }),
    ),
    plugins: (isWorth ? (plugins.data?.items ?? []) : []).map(
      (plugin): Offer => ({
        id: `plugin-${plugin.plugin_id}-${plugin.owner_source_id}`,
        label: pluginName(plugin.name, plugin.plugin_id),
        about: `plugin ${plugin.plugin_id}`,
        isOutside: true,
        run: () => void navigate({ to: '/vulnerabilities/tenable', search: { plugin_id: [plugin.plugin_id] } }),
      }),
    ),
  }
}

function useCve(text: string): readonly Offer[] {
  const navigate = useNavigate()
  if (!/^CVE-\d{4}-\d{4,}$/i.test(text)) return []
  const cve = text.toUpperCase()
  return [
    {
      id: `cve-${cve}`,
      label: cve,
      about: 'open findings of it',
      run: () => void navigate({ to: '/vulnerabilities/tenable', search: { cve: [cve] } }),
    },
  ]
}

function usePages(text: string): readonly Offer[] {
  const goTo = useGoTo()
  const { data: me } = useQuery(meQuery)
  return places
    .filter(page => page.role !== 'admin' || me?.administers_users === true)
    .filter(page => fits(text, page.label, page.words))
    .map(page => ({
      id: `page-${page.to}`,
      label: page.label,
      run: () => void goTo(page),
    }))
}

function useViews(text: string): readonly Offer[] {
  const navigate = useNavigate()
  const { data } = useQuery(viewsQuery())
  const paths = new Map(places.map(page => [page.list, page]))
  return (data?.items ?? []).flatMap(view => {
    const page = paths.get(view.page)
    if (page === undefined || !fits(text, view.name, 'view')) return []
    const run = () => void navigate({ to: page.to, search: searchOf(view) })
    return [{ id: `view-${view.id}`, label: view.name, about: page.label, isOutside: true, run }]
  })
}

function useActions(text: string): readonly Offer[] {
  const navigate = useNavigate()
  const { setColorScheme } = useMantineColorScheme()
  const signOut = useSignOut()
  const start = useStartSync()
  const mayStart = useHasRole('operator')
  const { data: sources } = useQuery(sourcesQuery)
  const readable = (sources?.items ?? []).filter(source => source.kind !== 'files')
  const syncing = (mayStart ? readable : []).flatMap(source =>
    (['delta', 'full'] as const).map(kind => ({
      id: `sync-${source.id}-${kind}`,
      label: `${kind === 'full' ? 'Full sync' : 'Sync'} of ${source.name}`,
      isOutside: true,
      run: () => {
        start.mutate({ sourceId: source.id, kind })
        void navigate({ to: '/admin/tenable/sync' })
      },
    })),
  )
  const themes = (['light', 'dark', 'auto'] as const).map(scheme => ({
    id: `theme-${scheme}`,
    label: scheme === 'auto' ? 'Theme of the system' : `${scheme === 'light' ? 'Light' : 'Dark'} theme`,
    run: () => setColorScheme(scheme),
  }))
  const leaving = { id: 'sign-out', label: 'Sign out', run: () => signOut.mutate('here') }
  return [...syncing, ...themes, leaving].filter(offer => fits(text, offer.label, offer.id))
}

/** Every word begins one of the words. */
function fits(text: string, ...words: readonly (string | undefined)[]): boolean {
  const known = words
    .join(' ')
    .toLowerCase()
    .split(/[\s-]+/)
  return text
    .toLowerCase()
    .split(/\s+/)
    .every(part => known.some(word => word.startsWith(part)))
}
