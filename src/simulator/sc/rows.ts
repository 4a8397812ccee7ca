import type { FindingRow } from '../finding-row.ts'
import type { Simulation } from '../simulation.ts'
import { type RowTest, readFilters } from './filters.ts'
import { type Host, hostOf, isHost } from './host.ts'

/** The two databases of findings: those open now, and those that went away. */
export type SourceType = 'cumulative' | 'patched'

export interface RowPlace {
  readonly host: Host
  readonly slot: number
}

export interface Rows {
  /** Those of the repositories that the user may see. */
  hosts(): readonly Host[]
  /** Places of the rows that fit, in the order asked for. */
  select(query: RowQuery): readonly RowPlace[]
}

export interface RowQuery {
  readonly sourceType: SourceType
  readonly filters: unknown
  readonly sortField: string | undefined
  readonly isDescending: boolean
}

const kept = 6

/** Lists are kept between pages as long as nothing changed: each page of a large estate would sort it again. */
export function createRows(simulation: Simulation, isModern: () => boolean, hidden: ReadonlySet<number>): Rows {
  const { estate, events, clock } = simulation
  let known: { key: string; hosts: readonly Host[] } | undefined
  const lists = new Map<string, readonly RowPlace[]>()
  const version = () => events.count()

  const hosts = (): readonly Host[] => {
    const key = `${version()} ${isModern()} ${[...hidden].join()}`
    if (known?.key !== key) {
      lists.clear()
      const all = estate.assets.filter(isHost).map(asset => hostOf(simulation, asset, isModern()))
      known = { key, hosts: all.filter(({ repository }) => !hidden.has(repository.id)) }
    }
    return known.hosts
  }
  return {
    hosts,
    select: query => {
      const all = hosts()
      const text = JSON.stringify(query)
      // Days ago are counted from now; seconds are what they are.
      const key = /"\d+:/.test(text) ? `${text} ${clock.now()}` : text
      const before = lists.get(key)
      if (before) return before
      const places = selected(simulation, all, query, readFilters(query.filters, clock.now()))
      for (const oldest of [...lists.keys()].slice(0, Math.max(0, lists.size - kept + 1))) lists.delete(oldest)
      lists.set(key, places)
      return places
    },
  }
}

function selected(
  { estate }: Simulation,
  hosts: readonly Host[],
  { sourceType, sortField, isDescending }: RowQuery,
  test: RowTest,
): readonly RowPlace[] {
  const row = estate.newRow()
  const rank = sortField === undefined ? undefined : (ranks[sortField] ?? ranks.pluginID!)
  const found: { readonly place: RowPlace; readonly rank: number | string }[] = []
  for (const host of hosts) {
    for (let slot = 0; slot < host.asset.slots; slot++) {
      if (!estate.read(host.asset, slot, row)) continue
      if ((row.state === 'FIXED') !== (sourceType === 'patched') || !test(host, row)) continue
      found.push({ place: { host, slot }, rank: rank === undefined ? 0 : rank(host, row) })
    }
  }
  if (rank !== undefined) {
    // Stable: rows of one rank stay in the order of hosts.
    found.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0) * (isDescending ? -1 : 1))
  }
  return found.map(({ place }) => place)
}

const seconds = (ms: number) => Math.floor(ms / 1000)

const ranks: Readonly<Record<string, (host: Host, row: FindingRow) => number | string>> = {
  lastSeen: (_, row) => seconds(row.lastFound),
  firstSeen: (_, row) => seconds(row.firstFound),
  lastMitigated: (_, row) => seconds(row.lastFixed),
  severity: (_, row) => row.severity,
  pluginID: (_, row) => row.plugin.id,
  ip: host => host.ip,
}
