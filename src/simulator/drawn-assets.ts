import { type Asset, isLive } from './asset.ts'
import { type AssetKind, assetKinds } from './asset-kinds.ts'
import { dayMs, minuteMs } from './clock.ts'
import { fraction, hash32, topic, uuidOf, weighted } from './random.ts'
import { runAtOrBefore, schedules, type Tenant } from './tenant.ts'

export interface EstateSize {
  readonly assets: number
  readonly findings: number
}

export interface NewAsset {
  readonly kind: AssetKind
  readonly at: number
  readonly slots: number
  readonly tracked: boolean
  readonly licensed: boolean
  readonly host?: number
}

export function drawAssets(
  seed: number,
  size: EstateSize,
  tenant: Tenant,
  startMs: number,
  slotLimit: (kind: AssetKind) => number,
): Asset[] {
  const assets = Array.from({ length: size.assets }, (_, index) => drawAsset(seed, index, tenant, startMs))
  let weight = 0
  for (const asset of assets) if (isLive(asset)) weight += appetite(asset)
  const perWeight = weight === 0 ? 0 : size.findings / weight
  for (const asset of assets) asset.slots = Math.min(Math.round(appetite(asset) * perWeight), slotLimit(asset.kind))
  return assets
}

function appetite(asset: Asset): number {
  if (asset.lastScan === 0) return 0
  const spread = fraction(hash32(asset.hash, topic.slot, 3))
  return asset.kind.findings * (0.4 + 1.2 * spread) * (spread > 0.97 ? 3 : 1)
}

function drawAsset(seed: number, index: number, tenant: Tenant, startMs: number): Asset {
  const hash = hash32(seed, topic.asset, index)
  const draw = (k: number) => fraction(hash32(hash, topic.asset, k))
  const kind = assetKinds[weighted(kindWeights, draw(1))]!
  const createdAt = Math.floor(startMs - (20 + draw(2) ** 2 * 880) * dayMs)
  const hasAgent = draw(3) < kind.agent
  const tracked = !(draw(4) < 0.02 && kind.sources.includes('NESSUS_SCAN') && !hasAgent && kind.cloud === undefined)
  const schedule = scheduleOf(kind, hasAgent)
  const scanned = kind.name === 'discovered' ? draw(5) < 0.4 : kind.name !== 'webapp'
  const seen = scanned
    ? lastSightings(tenant, schedule, createdAt, startMs, draw)
    : { lastRun: 0, lastScan: 0, lastIndexed: 0 }
  const isDeleted = tracked && draw(6) < 0.025
  const isTerminated = !isDeleted && kind.cloud !== undefined && draw(7) < 0.12
  const leftAt = Math.floor(startMs - draw(8) * Math.min(20 * dayMs, startMs - createdAt))
  return {
    index,
    kind,
    host: index,
    hash,
    uuid: uuidOf(seed, topic.asset, index),
    tracked,
    hasAgent,
    network: draw(9) < 0.7 ? 0 : draw(9) < 0.9 ? 1 : 2,
    schedule: kind.name === 'webapp' ? -1 : schedule,
    createdAt,
    isNew: false,
    scanAtStart: seen.lastScan,
    licensed: kind.licensed && draw(10) >= 0.02,
    updatedAt: isDeleted || isTerminated ? leftAt : Math.max(seen.lastIndexed, createdAt + 60_000),
    deletedAt: isDeleted ? leftAt : 0,
    terminatedAt: isTerminated ? leftAt : 0,
    goneAt: 0,
    departure: undefined,
    nameRevision: 0,
    tags: drawTags(hash, tenant, kind),
    slots: 0,
    firstScan: scanned ? createdAt : 0,
    ...seen,
  }
}

const kindWeights = assetKinds.map(kind => kind.weight)

export function scheduleOf(kind: AssetKind, hasAgent: boolean): number {
  if (hasAgent) return schedules.agents
  if (kind.cloud !== undefined) return schedules.cloud
  if (kind.name === 'discovered' || kind.name === 'printer') return schedules.discovery
  return kind.platform === 'network' ? schedules.network : schedules.servers
}

/** One asset in ten was last seen more than a month ago; one in thirty had its results indexed many hours late. */
function lastSightings(
  tenant: Tenant,
  schedule: number,
  createdAt: number,
  startMs: number,
  draw: (k: number) => number,
) {
  const scan = tenant.scans[schedule]!
  const isStale = draw(20) < 0.1
  const lagMs = draw(21) < 0.03 ? (5 + draw(22) * 25) * 3_600_000 : (1 + draw(22) * 19) * minuteMs
  const offsetMs = (5 + draw(23) * 85) * minuteMs
  const latest = startMs - offsetMs - lagMs - (isStale ? (31 + draw(24) * 150) * dayMs : 0)
  const lastRun = runAtOrBefore(scan, Math.max(latest, createdAt))
  const lastScan = Math.max(Math.floor(lastRun + offsetMs), createdAt)
  return { lastRun, lastScan, lastIndexed: Math.min(Math.floor(lastScan + lagMs), startMs) }
}

function drawTags(hash: number, tenant: Tenant, kind: AssetKind): number {
  let tags = 0
  tenant.tags.forEach((tag, n) => {
    const carries = tag.isDynamic
      ? kind.platform === 'linux' && kind.name !== 'webapp'
      : hash32(hash, topic.tag, n) % 6 === 0
    if (carries) tags |= 1 << n
  })
  return tags
}

export function bornAsset(seed: number, tenant: Tenant, index: number, draft: NewAsset, limit: number): Asset {
  const hash = hash32(seed, topic.asset, index)
  const hasAgent = draft.tracked && fraction(hash32(hash, topic.asset, 3)) < draft.kind.agent
  const slots = Math.min(draft.slots, limit)
  return {
    index,
    kind: draft.kind,
    host: draft.host ?? index,
    hash,
    uuid: uuidOf(seed, topic.asset, index),
    tracked: draft.tracked,
    hasAgent,
    network: 0,
    schedule: draft.kind.name === 'webapp' ? -1 : scheduleOf(draft.kind, hasAgent),
    createdAt: draft.at,
    isNew: true,
    scanAtStart: 0,
    licensed: draft.licensed,
    updatedAt: draft.at,
    deletedAt: 0,
    terminatedAt: 0,
    goneAt: 0,
    departure: undefined,
    nameRevision: 0,
    tags: drawTags(hash, tenant, draft.kind),
    slots,
    firstScan: slots === 0 ? 0 : draft.at,
    lastScan: slots === 0 ? 0 : draft.at,
    lastIndexed: slots === 0 ? 0 : draft.at,
    lastRun: slots === 0 ? 0 : draft.at - 10 * minuteMs,
  }
}
