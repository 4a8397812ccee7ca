import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import type { Page } from '../../../contract/page.ts'
import { FilteredList, listSentence } from '../../components/filtered-list.tsx'
import { AsOf } from '../../components/list/counting-note.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { api } from '../../lib/api.ts'
import { chipsOf, type FilterValues } from '../../lib/filter-fields.ts'
import { agentsQuery, directoryCountQuery, networksQuery, scannersQuery, tagsQuery } from '../../lib/network-queries.ts'
import {
  type NetworkSearch,
  type NetworkTab,
  networkFields,
  networkFilterOf,
  networkWords,
  readNetworkSearch,
} from '../../lib/network-search.ts'
import type { RawSearch } from '../../lib/search-params.ts'
import { AgentCard, NetworkCard, ScannerCard, TagCard } from './network-cards.tsx'
import { agentColumns, networkColumns, scannerColumns, tagColumns } from './network-columns.tsx'

interface ListProps {
  readonly search: NetworkSearch
}

export function NetworksList({ search }: ListProps) {
  const shared = useShared('networks', search)
  const query = useInfiniteQuery(networksQuery(search))
  return (
    <>
      <Sentence page={query.data?.pages[0]} of="network" tab="networks" filter={shared.filter} />
      <FilteredList
        {...shared}
        of="network"
        label="Networks"
        searchLabel="Name, description or id of a network"
        allWell="The source has no networks."
        view={useListView('networks', networkColumns)}
        query={query}
        file={format => api.url('exportNetworks', { query: { ...shared.filter, format } })}
        rowKey={row => row.id}
        rowName={row => row.name}
        card={row => <NetworkCard row={row} />}
        onOpen={row => shared.open('/networks/$id', row.id)}
      />
    </>
  )
}

export function ScannersList({ search }: ListProps) {
  const shared = useShared('scanners', search)
  const query = useInfiniteQuery(scannersQuery(search))
  return (
    <>
      <Sentence page={query.data?.pages[0]} of="scanner" tab="scanners" filter={shared.filter} />
      <FilteredList
        {...shared}
        of="scanner"
        label="Scanners"
        searchLabel="Name, host or address of a scanner"
        allWell="The source has no scanners."
        view={useListView('scanners', scannerColumns)}
        query={query}
        file={format => api.url('exportScanners', { query: { ...shared.filter, format } })}
        rowKey={row => row.id}
        rowName={row => row.name}
        card={row => <ScannerCard row={row} />}
        onOpen={() => undefined}
      />
    </>
  )
}

export function AgentsList({ search }: ListProps) {
  const shared = useShared('agents', search)
  const navigate = useNavigate()
  const query = useInfiniteQuery(agentsQuery(search))
  return (
    <>
      <Sentence page={query.data?.pages[0]} of="agent" tab="agents" filter={shared.filter} />
      <FilteredList
        {...shared}
        of="agent"
        label="Agents"
        searchLabel="Name or address of an agent"
        allWell="The source has no agents."
        view={useListView('agents', agentColumns)}
        query={query}
        file={format => api.url('exportAgents', { query: { ...shared.filter, format } })}
        rowKey={row => row.id}
        rowName={row => row.name}
        card={row => <AgentCard row={row} />}
        onOpen={({ asset }) => {
          if (asset !== null) void navigate({ to: '/assets/tenable/$id', params: { id: String(asset.id) } })
        }}
      />
    </>
  )
}

export function TagsList({ search }: ListProps) {
  const shared = useShared('tags', search)
  const query = useInfiniteQuery(tagsQuery(search))
  return (
    <>
      <Sentence page={query.data?.pages[0]} of="tag" tab="tags" filter={shared.filter} />
      <FilteredList
        {...shared}
        of="tag"
        label="Tags"
        searchLabel="Category, value or description of a tag"
        allWell="The source has no tags."
        view={useListView('tags', tagColumns)}
        query={query}
        file={format => api.url('exportTags', { query: { ...shared.filter, format } })}
        rowKey={row => row.id}
        rowName={row => `${row.category}:${row.value}`}
        card={row => <TagCard row={row} />}
        onOpen={row => shared.open('/networks/tags/$id', row.id)}
      />
    </>
  )
}

interface SentenceProps {
  readonly page: Page<unknown> | undefined
  readonly of: string
  readonly tab: NetworkTab
  readonly filter: FilterValues
}

/** How many, and how true. */
function Sentence({ page, of, tab, filter }: SentenceProps) {
  if (page === undefined) return <p style={{ margin: 0, minHeight: 24 }} />
  return (
    <p style={{ margin: 0, fontSize: '1.0625rem' }}>
      {listSentence(page, of, chipsOf(networkFields[tab], filter).length > 0)}{' '}
      <span className="dim" style={{ fontSize: '0.8125rem' }}>
        <AsOf at={page.as_of} level={page.level} />
      </span>
    </p>
  )
}

/** What is the same for each list of the page. */
function useShared(tab: NetworkTab, search: NetworkSearch) {
  const navigate = useNavigate()
  const openId = useParams({ strict: false, select: params => params.id })
  const { sort, ipv4_prefix, ipv6_prefix } = search
  const kept = { tab, ipv4_prefix, ipv6_prefix }
  const go = (next: NetworkSearch) => void navigate({ to: '/networks', search: next })
  return {
    fields: networkFields[tab],
    words: networkWords[tab],
    filter: networkFilterOf(search),
    search,
    onFilter: (next: FilterValues) => go(readNetworkSearch({ ...next, ...kept, sort })),
    onApply: (next: RawSearch) => go(readNetworkSearch({ ...next, ...kept })),
    countOf: (wanted: FilterValues) => directoryCountQuery(tab, readNetworkSearch({ ...wanted, tab })),
    sort: sort ?? 'name',
    openKey: openId,
    open: (to: '/networks/$id' | '/networks/tags/$id', id: string) =>
      void navigate({ to, params: { id }, search: true, resetScroll: false, replace: openId !== undefined }),
  }
}
