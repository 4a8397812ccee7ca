import type { Plugin } from './plugin.ts'

/** A plugin with what decides between two descriptions of it. */
export interface RankedPlugin {
  readonly plugin: Plugin
  /** Lower wins at equal modification. */
  readonly sourceRank: number
  /** When the answer was read. ISO 8601. */
  readonly readAt: string
}

/**
 * Two descriptions of one plugin as one. The newer modification wins; VPR, which moves without it, by its own date. What
 * the winner leaves out is kept from the other: null never overwrites. The order of the two does not matter.
 */
export function mergePlugin(a: RankedPlugin, b: RankedPlugin): RankedPlugin {
  const [winner, other] = beats(a, b) ? [a, b] : [b, a]
  const merged = { ...winner.plugin } as Record<keyof Plugin, unknown>
  for (const field of Object.keys(other.plugin) as (keyof Plugin)[]) merged[field] ??= other.plugin[field]
  // Endpoints of one source know different fields that have no column.
  if (winner.plugin.extra && other.plugin.extra) merged.extra = { ...other.plugin.extra, ...winner.plugin.extra }
  if (isVprNewer(other, winner)) {
    for (const field of vprFields) merged[field] = other.plugin[field] ?? merged[field]
  }
  return { ...winner, plugin: merged as unknown as Plugin }
}

const vprFields = ['vprScore', 'vprUpdatedAt', 'vpr'] as const

function beats(a: RankedPlugin, b: RankedPlugin): boolean {
  return (
    order(instant(a.plugin.modifiedAt), instant(b.plugin.modifiedAt)) ??
    order(-a.sourceRank, -b.sourceRank) ??
    order(Date.parse(a.readAt), Date.parse(b.readAt)) ??
    // Two answers of one read that differ: any fixed choice will do, as long as it is the same for both orders.
    JSON.stringify(a.plugin) >= JSON.stringify(b.plugin)
  )
}

function isVprNewer(other: RankedPlugin, winner: RankedPlugin): boolean {
  return order(instant(other.plugin.vprUpdatedAt), instant(winner.plugin.vprUpdatedAt)) === true
}

function instant(iso: string | null): number {
  return iso === null ? Number.NEGATIVE_INFINITY : Date.parse(iso)
}

/** undefined when equal. */
function order(a: number, b: number): boolean | undefined {
  return a === b ? undefined : a > b
}
