// How many findings were there at a moment of the past, by state and severity?

import { type FindingState, findingStates } from '../../domain/finding.ts'
import { type Severity, severities } from '../../domain/severity.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, assetConditions, countingConditions, type Fragment } from './conditions.ts'
import { cellOf, type DayOfFindings, dayOf, loadDay, type Standing } from './daily-statistics.ts'
import type { AssetFilter } from './filters.ts'
import type { FindingStatistics } from './finding-statistics.ts'
import { findingsThen } from './findings-then.ts'
import { loadLastSyncAt } from './freshness.ts'
import { type HistoryNote, key, loadHistoryNote, type Moment, refuseArchived } from './moment.ts'

export interface FindingStatisticsThen extends Omit<FindingStatistics, 'affected_assets'> {
  /** Null for the end of a day, whose totals do not tell. */
  readonly affected_assets: number | null
  readonly history: HistoryNote
}

/**
 * The end of a day over whole sources is read from its totals; any other moment or filter is counted from the findings.
 * @throws ConfigError `not_of_the_past` for a filter that asks what is not kept, `history_archived`
 */
export async function loadFindingStatisticsThen(
  database: ScopedDatabase,
  filter: AssetFilter,
  moment: Moment,
): Promise<FindingStatisticsThen> {
  if (filter.open_severity) {
    throw new ConfigError('not_of_the_past', 'open_severity asks for the present; it cannot be asked of the past.', {
      context: { field: 'open_severity' },
    })
  }
  const [kept, history, last_sync_at] = await Promise.all([
    fromTotals(database, filter, moment),
    loadHistoryNote(database, moment, filter.source_id),
    loadLastSyncAt(database, filter.source_id),
  ])
  if (!kept) await refuseArchived(database, moment)
  const { counts, affectedAssets } = kept
    ? { counts: kept, affectedAssets: null }
    : await fromFindings(database, filter, moment)
  const { day: _day, ...rest } = counts
  return {
    as_of: moment.asOf ?? null,
    level: 'source',
    ...rest,
    affected_assets: affectedAssets,
    last_sync_at,
    history,
  }
}

const everyStanding: readonly Standing[] = ['counted', 'unlicensed', 'untracked', 'gone']

/** Undefined when totals cannot tell. */
async function fromTotals(
  database: ScopedDatabase,
  { source_id, include, ...rest }: AssetFilter,
  { asOf, knownAt }: Moment,
): Promise<DayOfFindings | undefined> {
  const isWhole = Object.values(rest).every(value => value === undefined)
  const day = asOf && endedDay(asOf)
  if (!day || knownAt !== undefined || !isWhole) return undefined
  if (include === undefined) return loadDay(database, day, source_id, ['counted'])
  return include.includes('all') ? loadDay(database, day, source_id, everyStanding) : undefined
}

/** The day whose last microsecond this is. */
function endedDay(instant: string): string | undefined {
  return /^(\d{4}-\d{2}-\d{2})T23:59:59\.999999Z$/.exec(instant)?.[1]
}

interface Row {
  readonly standing: Standing
  readonly state: FindingState
  readonly severity: Severity
  readonly findings: number
}

const cells = findingStates.flatMap(state => severities.map(severity => ({ state, severity })))

/** The counts that are kept beside each asset, one row each; of ended ones only how many there are, and for their scope. */
const keptCounts = sql`
  select t.asset_id, c.state, c.severity, c.is_ended, c.is_outside, c.findings
  from asset_total t
  cross join lateral (values
    ${sql.join(cells.map(({ state, severity }) => sql`(${sql.lit(state)}, ${sql.lit(severity)}, false, false, t.${sql.ref(`${state}_${severity}`)})`))},
    ('open', 'info', true, false, t.ended - t.out_of_scope),
    ('open', 'info', true, true, t.out_of_scope)
  ) as c (state, severity, is_ended, is_outside, findings)
  where c.findings <> 0`

/**
 * What is kept beside the assets, without the findings that were other then and with them as they were: findings that did
 * not change are not read.
 */
async function fromFindings(
  database: ScopedDatabase,
  filter: AssetFilter,
  moment: Moment,
): Promise<{ readonly counts: DayOfFindings; readonly affectedAssets: number }> {
  const then = findingsThen(moment, { source_id: sourcesWithin(database.access, filter.source_id) })
  const perAsset = (from: Fragment, sign: Fragment) => sql`
  select f.asset_id, case when f.ended_at is null then f.state else 'open' end,
         case when f.ended_at is null then f.severity else 'info' end, f.ended_at is not null,
         f.end_cause is not distinct from 'out_of_scope', ${sign} count(*)
  from ${from}
  group by 1, 2, 3, 4, 5`
  const { rows } = await sql<Row & { readonly affected: number; readonly outside: number }>`
with ${then.tables}, of_asset as (
  ${keptCounts}
  union all
  ${perAsset(sql`later_finding join finding f using (${key})`, sql`-`)}
  union all
  ${perAsset(then.changed, sql``)}
), summed as (
  select asset_id, state, severity, is_ended, is_outside, sum(findings) as findings
  from of_asset
  group by asset_id, state, severity, is_ended, is_outside
  having sum(findings) <> 0
), standing as (
  select o.asset_id, o.state, o.severity, o.is_outside, o.findings,
         case when o.is_ended then 'ended'
              when ${allOf(countingConditions(filter))} then 'counted'
              else asset_standing(a.status, a.is_licensed, a.is_tracked) end as standing
  from summed o
  join ${then.assets} on a.asset_id = o.asset_id
  where ${allOf(assetConditions(database.access, { ...filter, include: ['all'] }))}
)
select standing, state, severity, sum(findings)::float8 as findings,
       (select count(distinct asset_id) from standing where standing = 'counted' and state <> 'fixed') as affected,
       (select coalesce(sum(findings), 0) from standing where is_outside)::float8 as outside
from standing
group by standing, state, severity`.execute(database.kysely)
  const counts = new Map(rows.map(row => [cellOf(row.standing, row.state, row.severity), row.findings]))
  return { counts: dayOf('', counts, rows[0]?.outside ?? 0), affectedAssets: rows[0]?.affected ?? 0 }
}
