// How many findings are there by state and severity, and what does the count leave out?

import { type FindingState, findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, assetConditions, countingConditions } from './conditions.ts'
import type { AssetFilter } from './filters.ts'
import { loadLastSyncAt } from './freshness.ts'
import { perSeverity, type SeverityCounts, totalOf } from './severity-counts.ts'

export interface LeftOutFindings {
  readonly unlicensed: number
  readonly untracked: number
  readonly gone: number
  readonly ended: number
  /** Of the ended ones; null where only their number is kept. */
  readonly out_of_scope: number | null
}

export interface FindingStatistics {
  readonly as_of: string | null
  readonly level: 'source'
  readonly total: number
  readonly by_severity: SeverityCounts
  readonly by_state: Readonly<Record<FindingState, number>>
  readonly by_state_and_severity: Readonly<Record<FindingState, SeverityCounts>>
  readonly affected_assets: number
  readonly left_out: LeftOutFindings
  readonly last_sync_at: string | null
}

const cells = findingStates.flatMap(state => severities.map(severity => `${state}_${severity}`))
const openCells = cells.filter(cell => !cell.startsWith('fixed_'))
const open = openCells.map(cell => `t.${cell}`).join(' + ')

/** From the counts kept beside each asset: no finding is read. */
export async function loadFindingStatistics(database: ScopedDatabase, filter: AssetFilter): Promise<FindingStatistics> {
  const sums = sql<Readonly<Record<string, number>>>`
with matching as (
  select a.status = 'live' as is_live, a.is_licensed is false as is_unlicensed, a.is_tracked is false as is_untracked,
         ${allOf(countingConditions(filter))} as is_counted, ${sql.raw(cells.map(cell => `t.${cell}`).join(', '))},
         ${sql.raw(open)} as open, t.ended, t.out_of_scope
  from asset a
  join asset_total t on t.asset_id = a.asset_id
  where ${allOf(assetConditions(database.access, { ...filter, include: ['all'] }))}
)
select ${sql.raw(cells.map(cell => `coalesce(sum(${cell}) filter (where is_counted), 0)::float8 as ${cell}`).join(',\n       '))},
       count(*) filter (where is_counted and open > 0) as affected_assets,
       coalesce(sum(open) filter (where not is_counted and is_live and is_unlicensed), 0)::float8 as unlicensed,
       coalesce(sum(open) filter (where not is_counted and is_live and is_untracked and not is_unlicensed), 0)::float8
         as untracked,
       coalesce(sum(open) filter (where not is_counted and not is_live), 0)::float8 as gone,
       coalesce(sum(ended), 0)::float8 as ended, coalesce(sum(out_of_scope), 0)::float8 as out_of_scope
from matching`.execute(database.kysely)
  const [{ rows }, as_of, last_sync_at] = await Promise.all([
    sums,
    loadAsOf(database, filter.source_id),
    loadLastSyncAt(database, filter.source_id),
  ])
  const row = rows[0]!
  const cell = (state: FindingState, severity: string) => row[`${state}_${severity}`]!
  const ofState = (state: FindingState) => perSeverity(severity => cell(state, severity))
  const bySeverity = perSeverity(severity => cell('open', severity) + cell('reopened', severity))
  const byState = (state: FindingState) => totalOf(ofState(state))
  return {
    as_of,
    level: 'source',
    total: totalOf(bySeverity),
    by_severity: bySeverity,
    by_state: { open: byState('open'), reopened: byState('reopened'), fixed: byState('fixed') },
    by_state_and_severity: { open: ofState('open'), reopened: ofState('reopened'), fixed: ofState('fixed') },
    affected_assets: row.affected_assets!,
    left_out: {
      unlicensed: row.unlicensed!,
      untracked: row.untracked!,
      gone: row.gone!,
      ended: row.ended!,
      out_of_scope: row.out_of_scope!,
    },
    last_sync_at,
  }
}
