import { type AssetKind, assetKinds } from './asset-kinds.ts'
import { fraction, hash32, hex8, hexOf, pick, topic, uuidOf } from './random.ts'

/** Why the tenant no longer shows an asset at all, without ever saying so. */
export type Departure = 'aged_out' | 'superseded' | 'emptied'

/** One asset as the tenant holds it. Instants in milliseconds; 0 is "never". Everything descriptive is derived from `host`. */
export interface Asset {
  readonly index: number
  readonly kind: AssetKind
  /** What it describes: an untracked asset gets a new index and id at each scan of the same host. */
  readonly host: number
  readonly hash: number
  readonly uuid: string
  readonly tracked: boolean
  readonly hasAgent: boolean
  readonly network: number
  /** The scan definition that covers it; -1 for none. */
  readonly schedule: number
  readonly createdAt: number
  /** Born after the start: its first findings are all new. */
  readonly isNew: boolean
  /** Its latest scan when the simulation started: what its findings are derived from must not move with later ones. */
  readonly scanAtStart: number
  licensed: boolean
  updatedAt: number
  deletedAt: number
  terminatedAt: number
  goneAt: number
  departure: Departure | undefined
  nameRevision: number
  /** Bit n: carries tag value n. */
  tags: number
  /** Findings it has or had: slots 0 … slots-1. */
  slots: number
  firstScan: number
  lastScan: number
  lastIndexed: number
  lastRun: number
}

export interface HostFacts {
  readonly name: string
  readonly hostname: string
  readonly fqdn: string | undefined
  readonly ipv4: string
  readonly ipv6: string | undefined
  readonly mac: string
  readonly netbios: string | undefined
  readonly operatingSystems: readonly string[]
  readonly agentUuid: string | undefined
  readonly agentName: string | undefined
  readonly biosUuid: string | undefined
  readonly serial: string | undefined
}

export function kindOf(index: number): AssetKind {
  return assetKinds[index]!
}

export function isShown(asset: Asset): boolean {
  return asset.goneAt === 0
}

export function isLive(asset: Asset): boolean {
  return asset.goneAt === 0 && asset.deletedAt === 0 && asset.terminatedAt === 0
}

/** What a scan of the host finds out about it: a pure function of seed, host and how often it was renamed. */
export function describe(seed: number, asset: Asset): HostFacts {
  const { kind, host } = asset
  const hash = hash32(seed, topic.host, host)
  const suffix = asset.nameRevision === 0 ? '' : `-r${asset.nameRevision}`
  const name = `${kind.namePrefix}-${String(host).padStart(5, '0')}${suffix}`
  const draw = (k: number) => fraction(hash32(hash, topic.host, k))
  const ipv4 = `10.${(host >>> 16) & 255}.${(host >>> 8) & 255}.${host & 255}`
  const named = kind.name !== 'discovered' && draw(1) < 0.9
  const isWindows = kind.platform === 'windows'
  const mac = `00:50:56:${hex8(hash).slice(0, 2)}:${hex8(host).slice(4, 6)}:${hex8(host).slice(6)}`
  return {
    name,
    hostname: named ? name : ipv4,
    fqdn: named && draw(2) < 0.85 ? `${name}.corp.example.com` : undefined,
    ipv4,
    ipv6: draw(3) < 0.15 ? `2001:db8:${(host >>> 8).toString(16)}:${(host & 255).toString(16)}::1` : undefined,
    mac: draw(4) < 0.5 ? mac.toUpperCase() : mac,
    netbios: isWindows && named ? name.toUpperCase().slice(0, 15) : undefined,
    operatingSystems: kind.operatingSystems.length === 0 ? [] : [pick(kind.operatingSystems, hash)],
    agentUuid: asset.hasAgent ? agentUuid(seed, host, draw(5)) : undefined,
    agentName: asset.hasAgent ? name : undefined,
    biosUuid: draw(6) < 0.7 ? cased(uuidOf(seed, topic.host, host, 6), draw(7)) : undefined,
    serial: draw(8) < 0.5 ? `C${hexOf(seed, topic.host, host, 10, 8).toUpperCase()}` : undefined,
  }
}

/** Mostly 32 digits without dashes, as recorded; some with. */
function agentUuid(seed: number, host: number, at: number): string {
  return at < 0.9 ? hexOf(seed, topic.agent, host, 32) : uuidOf(seed, topic.agent, host)
}

function cased(text: string, at: number): string {
  return at < 0.5 ? text.toUpperCase() : text
}
