// What is kept of the findings of each plugin, and when may it be asked instead of the findings?

import { type FindingState, findingStates } from '../../domain/finding.ts'
import { type Severity, severities } from '../../domain/severity.ts'
import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { keptPluginTotals } from '../rollups/plugin-totals.ts'
import { allOf, type Fragment } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import type { FindingChoice } from './finding-choice.ts'
import { looksAtTags, visible } from './scope.ts'
import type { SeverityCounts } from './severity-counts.ts'

/** Counts of plugins on assets of the default count; several rows of one plugin and source add up. */
export const keptPlugins: Fragment = sql`(${sql.raw(keptPluginTotals)})`

/** The cells that a filter chooses, and the others, over a group of rows `f` of `keptPlugins`. */
export interface KeptCells {
  readonly findings: Fragment
  readonly of: (severity: Severity) => Fragment
  /** The worst severity among them; null when there are none. */
  readonly rank: Fragment
  /** Whether the assets with something open are those of the filter. */
  readonly isWhole: Fragment
}

/**
 * The filter's own count, where the totals can tell it: nothing is asked of single assets, ports or dates.
 * Undefined when only the findings can.
 */
export function keptCells(database: ScopedDatabase, filter: FindingFilter): KeptCells | undefined {
  if (looksAtTags(database.access)) return undefined
  const asked = Object.entries(filter).filter(([, value]) => value !== undefined)
  if (asked.some(([name]) => !toldByTotals.has(name))) return undefined
  if (filter.include?.some(one => one !== 'fixed')) return undefined
  const withFixed = filter.include?.includes('fixed') ?? false
  const states = filter.state ?? findingStates.filter(state => withFixed || state !== 'fixed')
  const isChosen = (state: FindingState, severity: Severity) =>
    states.includes(state) && (filter.severity?.includes(severity) ?? true)
  const cells = findingStates.flatMap(state =>
    severities.map((severity, rank) => ({ state, severity, rank, column: `f.${state}_${severity}` })),
  )
  const chosen = cells.filter(cell => isChosen(cell.state, cell.severity))
  const sumOf = (some: typeof cells) =>
    sql.raw(some.length === 0 ? '0' : `sum(${some.map(cell => cell.column).join(' + ')})`)
  const ranks = severities
    .map((_severity, rank) => ({ rank, some: chosen.filter(cell => cell.rank === rank) }))
    .filter(({ some }) => some.length > 0)
    .reverse()
    .map(({ rank, some }) => sql`when ${sumOf(some)} > 0 then ${sql.lit(rank)}`)
  const otherThanOpen = cells.filter(({ state, severity }) => (state === 'fixed') === isChosen(state, severity))
  return {
    findings: sumOf(chosen),
    of: severity => sumOf(chosen.filter(cell => cell.severity === severity)),
    rank: ranks.length === 0 ? sql`null::integer` : sql`case ${sql.join(ranks, sql` `)} end`,
    isWhole: sql`${sumOf(otherThanOpen)} = 0`,
  }
}

const toldByTotals: ReadonlySet<string> = new Set<keyof FindingFilter>([
  ...(['source_id', 'plugin_id', 'include', 'state', 'severity', 'q'] as const),
  ...(['family', 'cve', 'is_kev', 'kev_due_from', 'kev_due_to', 'exploit_available', 'has_patch'] as const),
  ...(['vpr_min', 'vpr_max', 'cvss_min', 'cvss_max', 'epss_min', 'epss_max'] as const),
])

/** Of the rows `f` of `keptPlugins` those that a filter means. */
export function keptConditions(
  database: ScopedDatabase,
  filter: FindingFilter,
  byPlugin: readonly Fragment[],
): readonly Fragment[] {
  return [
    ...visible(database.access, 'f'),
    ...(filter.source_id ? [sql`f.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.plugin_id ? [sql`f.plugin_id = any(${filter.plugin_id}::integer[])`] : []),
    ...byPlugin,
  ]
}

/** How many findings of each severity a filter chooses. Undefined when only the findings can tell. */
export async function countKept(
  database: ScopedDatabase,
  filter: FindingFilter,
  { byPlugin }: Pick<FindingChoice, 'byPlugin'>,
): Promise<SeverityCounts | undefined> {
  const cells = keptCells(database, filter)
  if (!cells || !byPlugin || !(await keepsPlugins(database, filter.source_id))) return undefined
  const sums = severities.map(severity => sql`coalesce(${cells.of(severity)}, 0)::float8 as ${sql.ref(severity)}`)
  const { rows } = await sql<SeverityCounts>`
select ${sql.join(sums)}
from ${keptPlugins} f
where ${allOf(keptConditions(database, filter, byPlugin))}`.execute(database.kysely)
  return rows[0]
}

/** Whether totals are kept of every source that has anything: not while one is loaded for the first time. */
export async function keepsPlugins(database: ScopedDatabase, sourceIds?: readonly number[]): Promise<boolean> {
  const ids = sourcesWithin(database.access, sourceIds) ?? null
  const { rows } = await sql<{ is_kept: boolean }>`
select not exists (
  select from source s
  where (${ids}::integer[] is null or s.source_id = any(${ids}::integer[]))
    and not exists (select from plugin_total_span k where k.source_id = s.source_id)
    and exists (select from asset a where a.source_id = s.source_id)) as is_kept`.execute(database.kysely)
  return rows[0]!.is_kept
}
