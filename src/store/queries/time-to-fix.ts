// How long did the fixes of a period take, and those of the period before?

import { type Severity, severities } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, severityCondition } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { chooseFindings } from './finding-choice.ts'
import { dayAfter, dayOf, type FlowFilter, midnight } from './finding-flow.ts'

export interface TimeToFix {
  readonly fixes: number
  readonly median_days: number | null
  readonly p90_days: number | null
}

export interface PeriodOfFixes extends TimeToFix {
  /** The first day and the first after the last, in UTC. */
  readonly from: string
  readonly to: string
  readonly by_severity: Readonly<Record<Severity, TimeToFix>>
}

export interface Mttr {
  readonly as_of: string | null
  readonly level: 'source'
  readonly current: PeriodOfFixes
  readonly previous: PeriodOfFixes
}

export interface MttrRequest {
  readonly filter: FlowFilter
  /** The last so many days, today with them; the period before is as long. */
  readonly days: number
}

interface Row extends TimeToFix {
  readonly is_current: boolean
  readonly severity: Severity | null
}

// The vendor's own count of seconds before ours; date_part and not extract, whose exact decimals cost as much as all the rest.
const daysToFix = sql`coalesce(f.time_taken_to_fix::float8, date_part('epoch', f.last_fixed - f.first_found)) / 86400::float8`

/**
 * Of findings that are fixed now, by the day of their last fix: what a filter on state and last_fixed lists.
 * @param now today is its day in UTC
 */
export async function loadMttr(database: ScopedDatabase, request: MttrRequest, now: Date): Promise<Mttr> {
  const to = dayAfter(dayOf(now), 1)
  const from = dayAfter(to, -request.days)
  const before = dayAfter(from, -request.days)
  const filter: FindingFilter = { ...request.filter, state: ['fixed'] }
  const choice = await chooseFindings(database, filter)
  const conditions = [
    sql`f.last_fixed >= ${midnight(before)} and f.last_fixed < ${midnight(to)}`,
    ...severityCondition(filter),
    ...choice.conditions,
  ]
  const [{ rows }, as_of] = await Promise.all([
    sql<Row>`
with fix as (
  select f.last_fixed >= ${midnight(from)} as is_current, f.severity, ${daysToFix} as days
  from ${choice.from}
  where ${allOf(conditions)}
)
select is_current, severity, count(*) as fixes,
       percentile_cont(0.5) within group (order by days) filter (where days >= 0) as median_days,
       percentile_cont(0.9) within group (order by days) filter (where days >= 0) as p90_days
from fix
group by grouping sets ((is_current), (is_current, severity))`.execute(database.kysely),
    loadAsOf(database, filter.source_id),
  ])
  const of = (isCurrent: boolean) => rows.filter(row => row.is_current === isCurrent)
  return {
    as_of,
    level: 'source',
    current: { from, to, ...periodOf(of(true)) },
    previous: { from: before, to: from, ...periodOf(of(false)) },
  }
}

function periodOf(rows: readonly Row[]): Omit<PeriodOfFixes, 'from' | 'to'> {
  const of = (severity: Severity | null) => timeToFix(rows.find(row => row.severity === severity))
  return {
    ...of(null),
    by_severity: Object.fromEntries(severities.map(severity => [severity, of(severity)])) as Record<
      Severity,
      TimeToFix
    >,
  }
}

function timeToFix(row: Row | undefined): TimeToFix {
  return { fixes: row?.fixes ?? 0, median_days: row?.median_days ?? null, p90_days: row?.p90_days ?? null }
}
