// How many findings were found, fixed and came back on each day, and how many passed their time?

import { severities } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment, openSince, severityCondition } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { chooseFindings } from './finding-choice.ts'
import { loadSla } from './sla.ts'

export type FlowFilter = Omit<FindingFilter, 'state' | 'end_cause' | 'is_overdue'>

export interface FlowOfFindings {
  /** The first day and the first after the last, in UTC. */
  readonly from: string
  readonly to: string
  readonly found: number
  readonly fixed: number
  readonly resurfaced: number
  readonly fell_due?: number
}

export interface FindingFlow {
  readonly as_of: string | null
  readonly level: 'source'
  readonly items: FlowOfFindings[]
}

export interface FlowRequest {
  readonly filter: FlowFilter
  /** The last so many days, today with them. */
  readonly days: number
  readonly per: 'day' | 'week'
  /** Also counts what passed its SLA: no index has the dates of that. */
  readonly due?: boolean | undefined
}

/**
 * From the dates of the findings as they are now: each number is that of rows which a filter on the same dates lists.
 * @param now today is its day in UTC
 */
export async function loadFindingFlow(database: ScopedDatabase, request: FlowRequest, now: Date): Promise<FindingFlow> {
  const { filter, per } = request
  const to = dayAfter(dayOf(now), 1)
  const wanted = dayAfter(to, -request.days)
  const from = per === 'week' ? mondayOf(wanted) : wanted
  const everyState: FindingFilter = { ...filter, include: [...(filter.include ?? []), 'fixed'] }
  const within = (column: Fragment) => sql`${column} >= ${midnight(from)} and ${column} < ${midnight(to)}`
  const [found, fixed, resurfaced, fellDue, as_of] = await Promise.all([
    perDay(database, everyState, sql`f.first_found`, within(sql`f.first_found`)),
    perDay(database, { ...filter, state: ['fixed'] }, sql`f.last_fixed`, within(sql`f.last_fixed`)),
    perDay(database, { ...filter, state: ['reopened'] }, sql`f.resurfaced_date`, within(sql`f.resurfaced_date`)),
    request.due && loadFellDue(database, filter, { from, to }),
    loadAsOf(database, filter.source_id),
  ])
  const items = bucketsBetween(from, to, per === 'week' ? 7 : 1).map(bucket => ({
    ...bucket,
    found: sumWithin(found, bucket),
    fixed: sumWithin(fixed, bucket),
    resurfaced: sumWithin(resurfaced, bucket),
    ...(fellDue ? { fell_due: sumWithin(fellDue, bucket) } : {}),
  }))
  return { as_of, level: 'source', items }
}

type PerDay = ReadonlyMap<string, number>

/** Each severity by itself, open since so many days before the period: as finding_since_idx has it. */
async function loadFellDue(
  database: ScopedDatabase,
  filter: FindingFilter,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<PerDay> {
  const limits = (await loadSla(database)).filter(limit => limit.days !== null)
  const [first, ...others] = limits.map(({ severity, days }) => {
    const wait = sql`make_interval(days => ${days}::integer)`
    return sql`(severity_rank(f.severity) = ${sql.lit(severities.indexOf(severity))}
  and ${openSince} >= ${midnight(from)} - ${wait} and ${openSince} < ${midnight(to)} - ${wait})`
  })
  if (!first) return new Map()
  const dueAt = sql`(${openSince} + make_interval(days => l.days))`
  const fallsDue = sql`(${sql.join([first, ...others], sql` or `)})`
  return perDay(database, filter, dueAt, fallsDue, sql`join sla l on l.severity = f.severity`)
}

async function perDay(
  database: ScopedDatabase,
  filter: FindingFilter,
  date: Fragment,
  condition: Fragment,
  join: Fragment = sql``,
): Promise<PerDay> {
  const { from, conditions } = await chooseFindings(database, filter)
  const { rows } = await sql<{ day: string; findings: number }>`
select day::text, findings
from (
select (${date} at time zone 'utc')::date as day, count(*) as findings
from ${from}
${join}
where ${allOf([condition, ...severityCondition(filter), ...conditions])}
group by 1) as per_day`.execute(database.kysely)
  return new Map(rows.map(row => [row.day, row.findings]))
}

function sumWithin(counts: PerDay, { from, to }: { readonly from: string; readonly to: string }): number {
  let sum = 0
  for (const [day, findings] of counts) if (day >= from && day < to) sum += findings
  return sum
}

function bucketsBetween(from: string, to: string, days: number): { readonly from: string; readonly to: string }[] {
  const buckets: { from: string; to: string }[] = []
  for (let day = from; day < to; day = dayAfter(day, days)) {
    const end = dayAfter(day, days)
    buckets.push({ from: day, to: end < to ? end : to })
  }
  return buckets
}

/** The first moment of a day in UTC. */
export function midnight(day: string): Fragment {
  return sql`${`${day}T00:00:00Z`}::timestamptz`
}

export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10)
}

export function dayAfter(day: string, days: number): string {
  return dayOf(new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000))
}

function mondayOf(day: string): string {
  return dayAfter(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7))
}
