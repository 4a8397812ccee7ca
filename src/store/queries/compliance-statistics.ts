// How many checks pass and fail, by audit file, and on each day?

import { type ComplianceState, complianceStates } from '../../domain/compliance.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { byAuditFiles } from './compliance-choice.ts'
import { complianceTables } from './compliance-results.ts'
import { type ComplianceCounts, countsByState, sumsByState } from './compliance-view.ts'
import { allOf, complianceConditions, type Fragment } from './conditions.ts'
import type { ComplianceFilter } from './filters.ts'
import { keptCompliance } from './kept-compliance.ts'

export interface ComplianceStatistics {
  readonly as_of: string | null
  readonly total: number
  readonly counts: ComplianceCounts
  readonly by_audit_file: {
    readonly audit_file: string
    readonly checks: number
    readonly assets: number
    readonly counts: ComplianceCounts
  }[]
  /** At the end of each day in UTC. */
  readonly days: { readonly day: string; readonly counts: ComplianceCounts }[]
}

export interface ComplianceStatisticsRequest {
  readonly filter: ComplianceFilter
  /** Days in UTC, both included; the last 30 unless given. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** What is counted as it was then; the days are as they are asked for. */
  readonly asOf?: string | undefined
  readonly now: Date
}

export async function loadComplianceStatistics(
  database: ScopedDatabase,
  asked: ComplianceStatisticsRequest,
): Promise<ComplianceStatistics> {
  const filter = await byAuditFiles(database, asked.filter)
  const request = { ...asked, filter }
  const [asOf, files, days] = await Promise.all([
    loadAsOf(database, filter.source_id),
    sql<ComplianceStatistics['by_audit_file'][number]>`${auditFileGroups(database, request)}`.execute(database.kysely),
    loadDays(database, request),
  ])
  const counts = sumOf(files.rows)
  const total = complianceStates.reduce((sum, state) => sum + counts[state], 0)
  return { as_of: asOf, total, counts, by_audit_file: files.rows, days }
}

function sumOf(files: ComplianceStatistics['by_audit_file']): ComplianceCounts {
  const counts = { ...noCounts }
  for (const file of files) for (const state of complianceStates) counts[state] += file.counts[state]
  return counts
}

const noCounts: ComplianceCounts = { passed: 0, failed: 0, warning: 0, skipped: 0, error: 0, unknown: 0 }

/** One row for each audit file. */
export function auditFileGroups(
  database: ScopedDatabase,
  { filter, asOf }: Pick<ComplianceStatisticsRequest, 'filter' | 'asOf'>,
): Fragment {
  const conditions = allOf(complianceConditions(database.access, filter))
  const kept = asOf === undefined ? keptCompliance(database.access, filter) : undefined
  // Of single checks there is little to count, and of the past no check can be asked whether it had results.
  if (asOf !== undefined || filter.check_id) {
    return sql`
select c.audit_file, count(distinct r.check_id) as checks, count(distinct r.asset_id) as assets, ${countsByState} as counts
${complianceTables(asOf, 'whole')}
where ${conditions}
group by c.audit_file
order by c.audit_file`
  }
  const cell = kept
    ? sql`${kept}, cell as (
  select audit_file, asset_id, state, sum(results)::integer as results
  from chosen
  group by audit_file, asset_id, state
  having sum(results) > 0 and ${filter.state ? sql`state = any(${filter.state}::text[])` : sql`true`}
)`
    : sql`cell as (
  select c.audit_file, r.asset_id, r.state, count(*)::integer as results
  ${complianceTables(undefined, 'whole')}
  where ${conditions}
  group by c.audit_file, r.asset_id, r.state
)`
  return sql`
with ${cell}, checked as (
  select c.audit_file, count(*) as checks
  from compliance_check c
  where exists (select from compliance_result r join asset a on a.asset_id = r.asset_id where r.check_id = c.check_id and ${conditions})
  group by c.audit_file
)
select f.*, (select checks from checked where checked.audit_file = f.audit_file) as checks
from (select audit_file, count(distinct asset_id) as assets, ${sumsByState} as counts from cell group by audit_file) as f
order by f.audit_file`
}

async function loadDays(
  database: ScopedDatabase,
  { filter, from, to, now }: ComplianceStatisticsRequest,
): Promise<ComplianceStatistics['days']> {
  const last = to ?? now.toISOString().slice(0, 10)
  const first = from ?? new Date(Date.parse(last) - 29 * 86_400_000).toISOString().slice(0, 10)
  const { state, ...others } = filter
  const kept = keptCompliance(database.access, others)
  const { rows } = await sql<{ day: string; state: ComplianceState; results: number }>`
with ${kept ?? stepsOfResults(database, others)}, daily as (
  -- what was before the first day counts on it
  select greatest(day, ${first}::date) as day, state, sum(results) as change
  from chosen
  where day <= ${last}::date
  group by 1, 2
)
select to_char(d.day, 'YYYY-MM-DD') as day, w.state,
       coalesce(sum(y.change) over (partition by w.state order by d.day), 0)::float8 as results
from generate_series(${first}::date, ${last}::date, interval '1 day') as d (day)
cross join unnest(${complianceStates}::text[]) as w (state)
left join daily y on y.day = d.day::date and y.state = w.state
order by 1, 2`.execute(database.kysely)
  const days = new Map<string, Record<ComplianceState, number>>()
  for (const row of rows) {
    if (state && !state.includes(row.state)) row.results = 0
    const counts = days.get(row.day) ?? { passed: 0, failed: 0, warning: 0, skipped: 0, error: 0, unknown: 0 }
    counts[row.state] = row.results
    days.set(row.day, counts)
  }
  return [...days].map(([day, counts]) => ({ day, counts }))
}

/*
 * Each result counts from its first_seen with the outcome it had then, which is what its first event says was before, or
 * what it has now; each event takes one outcome away and gives another; an end takes the last one away.
 */
function stepsOfResults(database: ScopedDatabase, filter: ComplianceFilter): Fragment {
  // Which results count is asked of them as they are now; those that have ended did count until then.
  const conditions = complianceConditions(database.access, {
    ...filter,
    include: [...(filter.include ?? []), 'ended'],
  })
  // UTC by its offset: a zone's name would be looked up for each row.
  const day = (instant: Fragment) => sql`timezone(interval '0', ${instant})::date`
  const began = day(sql`coalesce(r.first_seen, r.recorded_at)`)
  return sql`events as materialized (
  select e.asset_id, e.check_id, e.event_id, e.kind, e.state, e.before, ${day(sql`coalesce(e.happened_at, e.recorded_at)`)} as day,
         ${began} as began_on, r.state as state_now
  ${complianceTables(undefined)}
  join compliance_event e on e.asset_id = r.asset_id and e.check_id = r.check_id
  where ${allOf(conditions)}
), firsts as (
  select distinct on (asset_id, check_id) began_on, state_now, before
  from events
  order by asset_id, check_id, event_id
), chosen as (
  -- Most results have no event: those are counted with what they are now, and the few others are put right.
  select ${began} as day, r.state, count(*) as results
  ${complianceTables(undefined, 'whole')}
  where ${allOf(conditions)}
  group by 1, 2
  union all
  select f.began_on, x.state, x.change
  from firsts f
  cross join lateral (values (f.state_now, -1), (f.before, 1)) as x (state, change)
  where f.before is not null
  union all
  select day, before, -1 from events where kind <> 'returned'
  union all
  select day, state, 1 from events where kind <> 'ended'
)`
}
