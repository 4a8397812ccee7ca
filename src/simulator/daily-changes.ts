import { type Asset, isLive } from './asset.ts'
import { assetKinds } from './asset-kinds.ts'
import {
  acceptFinding,
  createAsset,
  deleteAsset,
  departAsset,
  liftRule,
  now,
  recastFinding,
  renameAsset,
  tagAsset,
  terminateAsset,
  unlicenseAsset,
  type World,
} from './changes.ts'
import type { FindingRow } from './finding-row.ts'
import type { LifePace } from './life-pace.ts'
import { type Random, weighted } from './random.ts'

export interface DailyChanges {
  /** What people, clouds and the vendor change without any scan, over a stretch that ends at `at`. */
  live(at: number, days: number, pace: LifePace): void
}

export function createDailyChanges(world: World, random: Random): DailyChanges {
  const { estate, events } = world
  const row = estate.newRow()
  const debts = new Map<string, number>()

  /** Turns a rate into whole events, carrying the rest over. */
  const due = (name: string, amount: number): number => {
    const debt = (debts.get(name) ?? 0.5) + amount
    debts.set(name, debt % 1)
    return Math.floor(debt)
  }

  const anyAsset = (): Asset => estate.assets[random.below(estate.assets.length)]!

  /** Rules are applied by people at any time: only the indexing time of the row moves. */
  const rules = (at: number, days: number, pace: LifePace): void => {
    const isRated = (found: FindingRow) => found.plugin.severity > 0
    const table: readonly (readonly [string, number, (row: FindingRow) => boolean])[] = [
      ['recast', pace.recast, found => isRated(found) && recastFinding(world, found, now(at))],
      ['accepted', pace.accepted, found => isRated(found) && acceptFinding(world, found, now(at))],
      ['lifted', (pace.recast + pace.accepted) / 4, found => liftRule(world, found, now(at))],
    ]
    for (const [name, rate, change] of table) {
      const count = due(name, rate * estate.assets.length * findingsOfAsset * days)
      for (let n = 0, tries = 0; n < count && tries < count * 200; tries++) {
        const asset = anyAsset()
        if (isLive(asset) && asset.slots > 0 && estate.read(asset, random.below(asset.slots), row) && change(row)) n++
      }
    }
  }

  const assets = (at: number, days: number, pace: LifePace): void => {
    const moment = now(at)
    for (let left = due('created', pace.assetsCreated * estate.assets.length * days); left > 0; left--) {
      const kind = assetKinds[weighted(kindWeights, random.next())]!
      createAsset(world, moment, { kind: kind.name, findings: Math.round(kind.findings * (10 + random.next() * 50)) })
    }
    const drawTag = () => random.below(estate.tenant.tags.length)
    const table: readonly (readonly [string, number, (asset: Asset) => boolean])[] = [
      ['deleted', pace.assetsDeleted, asset => deleteAsset(world, asset, moment)],
      [
        'terminated',
        pace.assetsTerminated,
        asset => asset.kind.cloud !== undefined && terminateAsset(world, asset, moment),
      ],
      ['unlicensed', pace.assetsUnlicensed, asset => unlicenseAsset(world, asset, moment)],
      ['renamed', pace.assetsRenamed, asset => renameAsset(world, asset, moment)],
      ['aged out', pace.assetsAgedOut, asset => departAsset(world, asset, moment, 'aged_out')],
      ['tagged', pace.assetsTagged, asset => tagAsset(world, asset, moment, drawTag())],
    ]
    for (const [name, rate, change] of table) {
      const count = due(name, rate * estate.assets.length * days)
      for (let n = 0, tries = 0; n < count && tries < 500; tries++) {
        const asset = anyAsset()
        if (isLive(asset) && asset.tracked && change(asset)) n++
      }
    }
  }

  const plugins = (at: number, days: number, pace: LifePace): void => {
    const { size, modify, rescore } = estate.plugins
    for (let left = due('modified', pace.pluginsModified * size * days); left > 0; left--) {
      events.addPlugin('plugin_modified', now(at), modify(random.below(size), at).id)
    }
    for (let left = due('rescored', pace.pluginsRescored * size * days); left > 0; left--) {
      events.addPlugin('plugin_rescored', now(at), rescore(random.below(size)).id)
    }
  }

  return {
    live: (at, days, pace) => {
      rules(at, days, pace)
      assets(at, days, pace)
      plugins(at, days, pace)
    },
  }
}

const findingsOfAsset = 40
const kindWeights = assetKinds.map(kind => kind.weight)
