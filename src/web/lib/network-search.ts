import type { AgentFilter, NetworkFilter, ScannerFilter, TagFilter } from '../../contract/directories.ts'
import { wordsOf } from './field-words.ts'
import { type Field, readFilter } from './filter-fields.ts'
import { dayOf, oneOf, type RawSearch, valuesOf } from './search-params.ts'

export const networkTabs = ['networks', 'scanners', 'agents', 'tags'] as const
export type NetworkTab = (typeof networkTabs)[number]

const sorts = [
  ...(['name', '-name', 'updated_at', '-updated_at'] as const),
  ...(['last_connect_at', '-last_connect_at'] as const),
] as const
type DirectorySort = (typeof sorts)[number]

export const defaultIpv4Prefix = 24
export const defaultIpv6Prefix = 64

/** What the URL of the networks page holds: a list, its filter, and how large a subnet is. */
export type NetworkSearch = Partial<NetworkFilter & ScannerFilter & AgentFilter & TagFilter> & {
  readonly tab?: NetworkTab
  readonly sort?: DirectorySort
  readonly ipv4_prefix?: number
  readonly ipv6_prefix?: number
  /** Of a tag: the day its members are asked of. */
  readonly as_of?: string
}

const text = { key: 'q', kind: 'text', label: 'Text', group: 'Search' } as const
const shared = [
  { key: 'source_id', kind: 'ids', label: 'Source', group: 'Where', hint: 'Its number' },
  {
    key: 'include',
    kind: 'set',
    label: 'Also show',
    group: 'Left out by default',
    options: [{ value: 'gone', label: 'Those the source no longer lists' }],
  },
] as const

/** What each list can be filtered by. */
export const networkFields = {
  networks: [text, ...shared],
  scanners: [
    text,
    { key: 'status', kind: 'texts', label: 'Status', group: 'Scanner', hint: 'on, off' },
    { key: 'type', kind: 'texts', label: 'Type', group: 'Scanner', hint: 'local, managed, pool …' },
    { key: 'is_linked', kind: 'flag', label: 'Linked', group: 'Scanner', yes: 'yes', no: 'no' },
    { key: 'network_name', kind: 'texts', label: 'Network', group: 'Where', hint: 'Its whole name' },
    ...shared,
  ],
  agents: [
    text,
    { key: 'status', kind: 'texts', label: 'Status', group: 'Agent', hint: 'on, off, init' },
    { key: 'health', kind: 'texts', label: 'Health', group: 'Agent', hint: 'healthy, warning, critical' },
    { key: 'group', kind: 'texts', label: 'Group', group: 'Agent', hint: 'The whole name' },
    { key: 'has_asset', kind: 'flag', label: 'Asset', group: 'Agent', yes: 'known here', no: 'not known here' },
    { key: 'network_id', kind: 'texts', label: 'Network', group: 'Where', hint: 'Its id at the source' },
    { key: 'last_connect_from', kind: 'date', label: 'Last heard of from', group: 'Dates' },
    { key: 'last_connect_to', kind: 'date', label: 'Last heard of before', group: 'Dates' },
    ...shared,
  ],
  tags: [
    text,
    { key: 'category', kind: 'texts', label: 'Category', group: 'Tag' },
    { key: 'type', kind: 'texts', label: 'Type', group: 'Tag', hint: 'static, dynamic' },
    ...shared,
  ],
} as const satisfies Record<NetworkTab, readonly Field[]>

export const networkWords = {
  networks: wordsOf(networkFields.networks),
  scanners: wordsOf(networkFields.scanners),
  agents: wordsOf(networkFields.agents),
  tags: wordsOf(networkFields.tags),
} as const

export function readNetworkSearch(raw: RawSearch): NetworkSearch {
  const tab = oneOf(raw, 'tab', networkTabs) ?? 'networks'
  const filter = readFilter(networkFields[tab], raw) as NetworkSearch
  const sort = oneOf(raw, 'sort', sorts)
  const fits = sort !== undefined && (tab === 'scanners' || tab === 'agents' || !sort.endsWith('last_connect_at'))
  return {
    ...filter,
    ...(tab === 'networks' ? {} : { tab }),
    ...(fits ? { sort } : {}),
    ...prefix(raw, 'ipv4_prefix', 32, defaultIpv4Prefix),
    ...prefix(raw, 'ipv6_prefix', 128, defaultIpv6Prefix),
    ...dayOf(raw),
  }
}

/** The filter of the list that is shown. */
export function networkFilterOf({
  tab: _tab,
  sort: _sort,
  ipv4_prefix: _4,
  ipv6_prefix: _6,
  as_of: _day,
  ...filter
}: NetworkSearch) {
  return filter
}

function prefix(raw: RawSearch, key: 'ipv4_prefix' | 'ipv6_prefix', longest: number, usual: number): NetworkSearch {
  const value = Number(valuesOf(raw, key)[0])
  return Number.isInteger(value) && value >= 1 && value <= longest && value !== usual ? { [key]: value } : {}
}
