import type { Asset } from './asset.ts'
import { dayMs, minuteMs } from './clock.ts'
import type { FindingRow } from './finding-row.ts'
import type { PluginCatalogue, Pool, Severity } from './plugin-catalogue.ts'
import { portChoices } from './plugin-vocabulary.ts'
import { fraction, hash32, topic } from './random.ts'

export const slotSpace = 4096

/**
 * Which plugin, where. Groups of five slots hold four plugins: the fifth slot is the first plugin on another port, so
 * that (asset, plugin) alone is no key. Plugins alternate between what every asset shows and its platform's own.
 */
export function placeFinding(
  seed: number,
  plugins: PluginCatalogue,
  asset: Asset,
  slot: number,
  row: FindingRow,
): void {
  const group = Math.floor(slot / 5)
  const inGroup = slot % 5
  const ordinal = group * 4 + (inGroup === 4 ? 0 : inGroup)
  const isCommon = ordinal % 5 < 3
  const poolName: Pool = isCommon ? 'common' : asset.kind.platform
  const pool = plugins.pool(poolName)
  const walk = hash32(seed, topic.slot, asset.host, isCommon ? 1 : 2)
  const nth = Math.floor(ordinal / 5) * (isCommon ? 3 : 2) + (isCommon ? ordinal % 5 : (ordinal % 5) - 3)
  // Common plugins are taken from the start of the pool so that they recur on every asset; the stride shuffles the rest.
  const start = isCommon ? walk % 7 : walk % pool.length
  const stride = isCommon ? 1 : 1 + ((walk >>> 8) % (pool.length - 1))
  row.asset = asset
  row.slot = slot
  row.hash = hash32(seed, topic.finding, asset.host, slot)
  row.plugin = plugins.at(pool[(start + nth * stride) % pool.length]!)
  const choices = portChoices[row.plugin.portClass]
  const first = hash32(seed, topic.finding, asset.host, -1 - ordinal) % choices.length
  row.port = choices[(first + (inGroup === 4 ? 1 : 0)) % choices.length]!
}

export function slotsWithin(plugins: PluginCatalogue, platform: Pool): number {
  const ordinals =
    Math.min(Math.floor((plugins.pool('common').length * 5) / 3), Math.floor((plugins.pool(platform).length * 5) / 2)) -
    5
  return Math.min(Math.floor(ordinals / 4) * 5, slotSpace - 1)
}

/** What had become of a finding by the time the simulation starts. */
export function liveAtStart(asset: Asset, row: FindingRow, startMs: number): void {
  const { hash, plugin } = row
  const draw = (k: number) => fraction(hash32(hash, topic.status, k))
  row.isRemoved = false
  row.severity = plugin.severity
  row.modification = 'NONE'
  row.lastFixed = 0
  row.resurfacedAt = 0
  row.lastFound = 0
  row.runStartedAt = 0
  row.indexedAt = 0
  row.state = 'OPEN'
  if (asset.isNew) {
    row.firstFound = asset.firstScan
    return
  }
  const earliest = Math.min(Math.max(asset.createdAt, plugin.publishedAt), asset.scanAtStart)
  row.firstFound = wholeSeconds(earliest + Math.floor(draw(1) * (asset.scanAtStart - earliest)), draw(2))
  const fate = draw(3)
  const lived = asset.scanAtStart - row.firstFound
  if (fate < 0.12 && lived > dayMs) {
    const fixedAt = row.firstFound + Math.floor((0.2 + 0.8 * draw(4)) * lived)
    row.state = 'FIXED'
    row.lastFixed = fixedAt
    row.lastFound = fixedAt - Math.min(Math.floor(fixedAt - row.firstFound), dayMs)
    row.runStartedAt = row.lastFound - 15 * minuteMs
    row.indexedAt = Math.min(fixedAt + 7 * minuteMs + (hash % 600_000), startMs)
  } else if (fate < 0.16 && lived > dayMs) {
    row.state = 'REOPENED'
    row.lastFixed = row.firstFound + Math.floor(0.5 * lived)
    row.resurfacedAt = row.firstFound + Math.floor((0.6 + 0.4 * draw(4)) * lived)
  }
  const rule = draw(5)
  if (plugin.severity > 0 && rule < 0.015) {
    row.modification = 'RECASTED'
    row.severity = (plugin.severity === 4 ? 3 : plugin.severity - 1) as Severity
  } else if (plugin.severity > 0 && rule < 0.03) {
    row.modification = 'ACCEPTED'
  }
}

/** Some services write whole seconds, most write milliseconds. */
function wholeSeconds(ms: number, at: number): number {
  return at < 0.3 ? ms - (ms % 1000) : ms
}
