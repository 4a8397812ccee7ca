import { type Asset, isLive } from './asset.ts'
import {
  type FindingChange,
  fixFinding,
  noteAsset,
  openFinding,
  resurfaceFinding,
  supersedeAsset,
  type World,
} from './changes.ts'
import { dayMs, hourMs, minuteMs } from './clock.ts'
import type { Moment } from './events.ts'
import type { LifePace } from './life-pace.ts'
import { hash32, Random, topic } from './random.ts'
import type { ScanBook } from './scans.ts'
import { runAtOrBefore } from './tenant.ts'

/** A scan of one asset: what it saw at one instant becomes readable at a later one. */
export interface AssetScan {
  readonly asset: Asset
  readonly scannedAt: number
  readonly indexedAt: number
  readonly runStartedAt: number
}

export interface AssetScans {
  /** Starts the runs that are due after `from` until `to`. */
  start(from: number, to: number, pace: LifePace): void
  /** Makes readable what is indexed by then. */
  index(until: number, pace: LifePace): void
  apply(scan: AssetScan, pace: LifePace): void
}

export function createAssetScans(world: World, scans: ScanBook, seed: number, random: Random): AssetScans {
  const { estate } = world
  const row = estate.newRow()
  let pending: AssetScan[] = []

  const change = (asset: Asset, count: number, own: Random, by: FindingChange, moment: Moment): void => {
    if (asset.slots === 0) return
    for (let n = 0, tries = 0; n < count && tries < count * 20; tries++) {
      if (estate.read(asset, own.below(asset.slots), row) && by(world, row, moment)) n++
    }
  }

  const apply = ({ asset, scannedAt, indexedAt, runStartedAt }: AssetScan, pace: LifePace): void => {
    if (!isLive(asset) || scannedAt <= asset.lastScan) return
    const moment = { at: indexedAt, happenedAt: scannedAt }
    if (!asset.tracked) {
      supersedeAsset(world, asset, moment).lastRun = runStartedAt
      return
    }
    const days = asset.lastScan === 0 ? 0 : Math.min((scannedAt - asset.lastScan) / dayMs, 30)
    const own = new Random(hash32(seed, topic.life, asset.index, Math.floor(scannedAt / 1000)))
    const amount = (rate: number) => wholeOf(asset.slots * rate * days, own)
    change(asset, amount(pace.fixed), own, fixFinding, moment)
    change(asset, amount(pace.resurfaced), own, resurfaceFinding, moment)
    for (let left = amount(pace.found); left > 0; left--) openFinding(world, asset, moment)
    if (asset.firstScan === 0) asset.firstScan = scannedAt
    asset.lastScan = scannedAt
    asset.lastIndexed = indexedAt
    asset.lastRun = runStartedAt
    asset.updatedAt = Math.max(asset.updatedAt, indexedAt)
    noteAsset(world, asset, moment, 'asset_scanned')
  }

  return {
    start: (from, to, pace) => {
      // An asset whose results are late is not scanned again before they are in.
      const waiting = new Set(pending.map(scan => scan.asset.index))
      estate.tenant.scans.forEach((definition, schedule) => {
        if (!scans.isEnabled(schedule)) return
        for (let start = runAtOrBefore(definition, to); start > from; start -= definition.periodMs) {
          for (const asset of estate.assets) {
            if (asset.schedule !== schedule || asset.lastScan === 0 || !isLive(asset) || waiting.has(asset.index))
              continue
            if (random.chance(pace.reached)) pending.push(drawScan(asset, start, pace, random))
          }
        }
      })
    },
    index: (until, pace) => {
      const ready = pending.filter(scan => scan.indexedAt <= until)
      pending = pending.filter(scan => scan.indexedAt > until)
      ready.sort((a, b) => a.indexedAt - b.indexedAt || a.asset.index - b.asset.index)
      for (const scan of ready) apply(scan, pace)
    },
    apply,
  }
}

/** Indexed within minutes, or many hours late. */
function drawScan(asset: Asset, start: number, pace: LifePace, random: Random): AssetScan {
  const scannedAt = start + Math.floor((5 + random.next() * 85) * minuteMs)
  const isLate = random.chance(pace.indexedLate)
  const lagMs = isLate ? (5 + random.next() * 25) * hourMs : (1 + random.next() * 19) * minuteMs
  return { asset, scannedAt, indexedAt: scannedAt + Math.floor(lagMs), runStartedAt: start }
}

function wholeOf(amount: number, random: Random): number {
  const floor = Math.floor(amount)
  return floor + (random.chance(amount - floor) ? 1 : 0)
}
