import { getRouteApi, Link, Outlet, useParams, useRouterState } from '@tanstack/react-router'
import { NarrowedNote } from '../../components/narrowed-note.tsx'
import { PageFrame } from '../../components/page.tsx'
import { PageTabs } from '../../components/page-tabs.tsx'
import { useRememberSearch } from '../../lib/list-preferences.ts'
import type { NetworkTab } from '../../lib/network-search.ts'
import { AgentsList, NetworksList, ScannersList, TagsList } from './directory-lists.tsx'

const route = getRouteApi('/networks')

const tabs = [
  { tab: 'networks', label: 'Networks' },
  { tab: 'scanners', label: 'Scanners' },
  { tab: 'agents', label: 'Agents' },
  { tab: 'tags', label: 'Tags' },
] as const satisfies readonly { tab: NetworkTab; label: string }[]

/** Where assets stand, what looks at them, and how they are sorted. */
export function NetworksPage() {
  const search = route.useSearch()
  // The address of a tag, sent to somebody, stands beside the list of tags.
  const isTag = useRouterState({ select: state => state.location.pathname.startsWith('/networks/tags/') })
  const { tab = isTag ? 'tags' : 'networks' } = search
  const { as_of: _day, ...rest } = search
  useRememberSearch('networks', rest)
  const isDetailed = useParams({ strict: false, select: params => params.id !== undefined })
  return (
    <PageFrame title="Networks" details={<Outlet />} isDetailed={isDetailed}>
      <PageTabs label="About networks">
        {tabs.map(one => (
          <Link
            key={one.tab}
            to="/networks"
            search={one.tab === 'networks' ? {} : { tab: one.tab }}
            activeOptions={{ exact: true }}
            aria-current={one.tab === tab ? 'page' : undefined}
          >
            {one.label}
          </Link>
        ))}
      </PageTabs>
      <NarrowedNote what="networks, scanners, agents and tags" />
      {tab === 'networks' && <NetworksList search={search} />}
      {tab === 'scanners' && <ScannersList search={search} />}
      {tab === 'agents' && <AgentsList search={search} />}
      {tab === 'tags' && <TagsList search={search} />}
    </PageFrame>
  )
}
