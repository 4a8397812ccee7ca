import type { Asset } from './asset.ts'
import { isLive } from './asset.ts'
import { createAssetScans } from './asset-scans.ts'
import { now, tagAsset, type World } from './changes.ts'
import { dayMs, hourMs, minuteMs, type SimulatorClock } from './clock.ts'
import { createDailyChanges } from './daily-changes.ts'
import { defaultPace, type LifePace } from './life-pace.ts'
import { hash32, Random, topic } from './random.ts'
import type { ScanBook } from './scans.ts'

export { defaultPace, type LifePace } from './life-pace.ts'

export interface Life {
  /** Lives up to the clock's present. */
  liveOn(pace?: Partial<LifePace>): void
  /** With a real clock: lives what passed since the last call, once a minute at most. */
  catchUp(): void
  /** A scan of one asset whose results can be read at `indexedAt`. */
  scan(asset: Asset, scannedAt: number, indexedAt: number, runStartedAt: number): void
  /** Everything a scan definition covers, seen and indexed at once. */
  scanCovered(schedule: number, startedAt: number, at: number): void
  tag(asset: Asset, tag: number, isSet: boolean): void
  readonly world: World
}

export interface LifeParts extends World {
  readonly scans: ScanBook
  readonly clock: SimulatorClock
  readonly seed: number
}

/** Time passes in hours: scans start and are indexed, people set rules, assets and plugins come, change and go. */
export function createLife(parts: LifeParts, given: Partial<LifePace>, isReal: boolean): Life {
  const { estate, events, scans, clock, seed } = parts
  const world: World = { estate, events }
  const random = new Random(hash32(seed, topic.life, 0))
  const usual: LifePace = { ...defaultPace, ...given }
  const assetScans = createAssetScans(world, scans, seed, random)
  const daily = createDailyChanges(world, random)
  let livedUntil = clock.now()

  const liveOn = (changed: Partial<LifePace> = {}): void => {
    const pace = { ...usual, ...changed }
    const target = clock.now()
    while (livedUntil < target) {
      const to = Math.min(livedUntil + hourMs, target)
      assetScans.start(livedUntil, to, pace)
      assetScans.index(to, pace)
      daily.live(to, (to - livedUntil) / dayMs, pace)
      livedUntil = to
    }
  }

  return {
    world,
    liveOn,
    catchUp: () => {
      if (isReal && clock.now() - livedUntil >= minuteMs) liveOn()
    },
    scan: (asset, scannedAt, indexedAt, runStartedAt) =>
      assetScans.apply({ asset, scannedAt, indexedAt, runStartedAt }, usual),
    scanCovered: (schedule, startedAt, at) => {
      const covered = estate.assets.filter(
        asset => asset.schedule === schedule && isLive(asset) && asset.lastScan !== 0,
      )
      for (const asset of covered)
        assetScans.apply({ asset, scannedAt: at, indexedAt: at, runStartedAt: startedAt }, usual)
    },
    tag: (asset, tag, isSet) => {
      tagAsset(world, asset, now(clock.now()), tag, isSet)
    },
  }
}
