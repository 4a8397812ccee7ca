import { iso } from './clock.ts'

/** What happened in the tenant, one entry per change: the oracle for history. */
export type SimulatorEvent = FindingEvent | AssetEvent | PluginEvent

interface EventBase {
  readonly seq: number
  /** When the change could first be read, on the tenant's clock. */
  readonly at: string
  /** When it happened out there: for a scan's results, the scan. */
  readonly happened_at: string
}

export interface FindingEvent extends EventBase {
  readonly kind: FindingEventKind
  readonly asset_uuid: string
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  /** After the change. */
  readonly state: string
  readonly severity: string
}

export interface AssetEvent extends EventBase {
  readonly kind: AssetEventKind
  readonly asset_uuid: string
  /** For a superseded asset its next id, for a tagged one `+` or `-` and the tag value's id. */
  readonly detail?: string
}

export interface PluginEvent extends EventBase {
  readonly kind: PluginEventKind
  readonly plugin_id: number
}

export const findingEventKinds = [
  'finding_opened',
  'finding_fixed',
  'finding_resurfaced',
  'finding_recast',
  'finding_accepted',
  'finding_rule_lifted',
  'finding_removed',
  'finding_restored',
] as const
export const assetEventKinds = [
  'asset_created',
  'asset_scanned',
  'asset_deleted',
  'asset_terminated',
  'asset_aged_out',
  'asset_superseded',
  'asset_emptied',
  'asset_unlicensed',
  'asset_renamed',
  'asset_tagged',
  'asset_restored',
] as const
export const pluginEventKinds = ['plugin_modified', 'plugin_rescored'] as const

export type FindingEventKind = (typeof findingEventKinds)[number]
export type AssetEventKind = (typeof assetEventKinds)[number]
export type PluginEventKind = (typeof pluginEventKinds)[number]

/** When a change can be read, and when it happened out there; milliseconds. */
export interface Moment {
  readonly at: number
  readonly happenedAt: number
}

export interface EventLog {
  /** `assetIndex` is the asset's place in the estate. */
  addFinding(kind: FindingEventKind, moment: Moment, assetIndex: number, finding: FindingKey): void
  addAsset(kind: AssetEventKind, moment: Moment, assetIndex: number, detail?: string): void
  addPlugin(kind: PluginEventKind, moment: Moment, pluginId: number): void
  read(after?: number, limit?: number): Iterable<SimulatorEvent>
  count(): number
}

export interface FindingKey {
  readonly pluginId: number
  readonly port: number
  readonly protocol: string
  readonly state: string
  readonly severity: string
}

const kinds = [...findingEventKinds, ...assetEventKinds, ...pluginEventKinds]
const protocols = ['TCP', 'UDP', 'ICMP']
const states = ['OPEN', 'REOPENED', 'FIXED']
const severities = ['info', 'low', 'medium', 'high', 'critical']

/** Numbers for each event: kind, at, happenedAt, asset, plugin, port, and protocol, state and severity in one. */
const width = 7

/** Kept as numbers: a month of a large estate is millions of events. */
export function createEventLog(assetUuidAt: (index: number) => string): EventLog {
  const cells: number[] = []
  const details = new Map<number, string>()
  const count = () => cells.length / width
  const put = (kind: string, { at, happenedAt }: Moment, asset: number, plugin: number, port: number, rest: number) => {
    cells.push(kinds.indexOf(kind as (typeof kinds)[number]), at, happenedAt, asset, plugin, port, rest)
  }
  const eventAt = (n: number): SimulatorEvent => {
    const [kindIndex = 0, at = 0, happenedAt = 0, asset = 0, plugin = 0, port = 0, rest = 0] = cells.slice(
      n * width,
      (n + 1) * width,
    )
    const kind = kinds[kindIndex]!
    const base = { seq: n + 1, at: iso(at), happened_at: iso(happenedAt) }
    if (isOneOf(pluginEventKinds, kind)) return { ...base, kind, plugin_id: plugin }
    const asset_uuid = assetUuidAt(asset)
    if (isOneOf(assetEventKinds, kind)) {
      const detail = details.get(n)
      return { ...base, kind, asset_uuid, ...(detail === undefined ? {} : { detail }) }
    }
    return {
      ...base,
      kind,
      asset_uuid,
      plugin_id: plugin,
      port,
      protocol: protocols[rest % 3]!,
      state: states[Math.floor(rest / 3) % 3]!,
      severity: severities[Math.floor(rest / 9)]!,
    }
  }
  return {
    addFinding: (kind, moment, asset, { pluginId, port, protocol, state, severity }) =>
      put(
        kind,
        moment,
        asset,
        pluginId,
        port,
        protocols.indexOf(protocol) + 3 * states.indexOf(state) + 9 * severities.indexOf(severity),
      ),
    addAsset: (kind, moment, asset, detail) => {
      if (detail !== undefined) details.set(count(), detail)
      put(kind, moment, asset, 0, 0, 0)
    },
    addPlugin: (kind, moment, pluginId) => put(kind, moment, 0, pluginId, 0, 0),
    read: function* (after = 0, limit = Number.POSITIVE_INFINITY) {
      const end = Math.min(count(), after + limit)
      for (let n = after; n < end; n++) yield eventAt(n)
    },
    count,
  }
}

function isOneOf<T extends string>(list: readonly T[], kind: string): kind is T {
  return (list as readonly string[]).includes(kind)
}
