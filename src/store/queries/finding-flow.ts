// How many findings were found, fixed and came back on each day, and how many passed their time?

import { severities } from '../../domain/severity.ts'
import { type ScopedDatabase, wholeAccess } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment, findingConditions, openSince, severityCondition } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { chooseFindings } from './finding-choice.ts'
import { assetsOf, type FindingsOfAssets, isOfAssets } from './findings-of-assets.ts'
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
  const buckets = bucketsBetween(from, to, per === 'week' ? 7 : 1)
  // Of all states together: they ask the same of the assets.
  const assets = isOfAssets(filter) ? await assetsOf(database, filter) : undefined
  const [found, fixed, resurfaced, fellDue, as_of] = await Promise.all([
    countPer(buckets, database, everyState, { date: sql`f.first_found`, isOfMost: true }, assets),
    countPer(buckets, database, { ...filter, state: ['fixed'] }, { date: sql`f.last_fixed` }, assets),
    countPer(buckets, database, { ...filter, state: ['reopened'] }, { date: sql`f.resurfaced_date` }, assets),
    request.due && countFellDue(buckets, database, filter, assets),
    loadAsOf(database, filter.source_id),
  ])
  const items = buckets.map(bucket => ({
    ...bucket,
    found: found.get(bucket.from) ?? 0,
    fixed: fixed.get(bucket.from) ?? 0,
    resurfaced: resurfaced.get(bucket.from) ?? 0,
    ...(fellDue ? { fell_due: fellDue.get(bucket.from) ?? 0 } : {}),
  }))
  return { as_of, level: 'source', items }
}

interface Bucket {
  /** The first day and the first after the last. */
  readonly from: string
  readonly to: string
}

/** How many, by the first day of each bucket. */
type PerBucket = ReadonlyMap<string, number>

/** What puts a finding into a bucket. */
interface Counted {
  readonly date: Fragment
  /** So many days after the date. */
  readonly daysLater?: number
  /** Of the finding itself, as an index has it. */
  readonly condition?: Fragment
  /** So many that those of the assets left out are counted sooner than each is asked whose it is. */
  readonly isOfMost?: boolean
}

/** Each severity by itself, by since when it is open: as finding_since_idx has it. */
async function countFellDue(
  buckets: readonly Bucket[],
  database: ScopedDatabase,
  filter: FindingFilter,
  assets: FindingsOfAssets | undefined,
): Promise<PerBucket> {
  const limits = (await loadSla(database)).filter(({ severity }) => filter.severity?.includes(severity) ?? true)
  const counts = await Promise.all(
    limits.flatMap(({ severity, days: daysLater }) => {
      if (daysLater === null) return []
      const condition = sql`severity_rank(f.severity) = ${sql.lit(severities.indexOf(severity))}`
      return [
        countPer(
          buckets,
          database,
          { ...filter, severity: undefined },
          { date: openSince, daysLater, condition },
          assets,
        ),
      ]
    }),
  )
  return new Map(buckets.map(({ from }) => [from, counts.reduce((sum, count) => sum + (count.get(from) ?? 0), 0)]))
}

function countPer(
  buckets: readonly Bucket[],
  database: ScopedDatabase,
  filter: FindingFilter,
  counted: Counted,
  assets: FindingsOfAssets | undefined,
): Promise<PerBucket> {
  return assets
    ? countByStretches(buckets, database, filter, counted, assets)
    : countByDays(buckets, database, filter, counted)
}

/**
 * Of each bucket a stretch of an index is counted, with nothing made of its rows: grouped by the day of each date they would
 * take twice as long.
 */
async function countByStretches(
  buckets: readonly Bucket[],
  { kysely }: ScopedDatabase,
  filter: FindingFilter,
  { date, daysLater = 0, condition = sql`true`, isOfMost = false }: Counted,
  { within, leftOut }: FindingsOfAssets,
): Promise<PerBucket> {
  const others = isOfMost ? leftOut : undefined
  const { include, state } = filter
  const conditions = allOf([
    condition,
    ...findingConditions(wholeAccess, { include, state }),
    ...severityCondition(filter),
  ])
  const { rows } = await sql<{ day: string; findings: number }>`
with bucket as (
  select day, (day - ${daysLater}::integer)::timestamp at time zone 'utc' as from_at,
         (until - ${daysLater}::integer)::timestamp at time zone 'utc' as to_at
  from unnest(${buckets.map(({ from }) => from)}::date[], ${buckets.map(({ to }) => to)}::date[]) as d (day, until)
), left_out as (
  select width_bucket(${date}, (select array_agg(from_at order by day) from bucket)) as place, count(*) as findings
  from unnest(${others ?? []}::bigint[]) as o (asset_id)
  -- by asset, and not by date
  cross join lateral (select * from finding f where f.asset_id = o.asset_id and ${conditions} offset 0) as f
  where ${date} >= (select min(from_at) from bucket) and ${date} < (select max(to_at) from bucket)
  group by 1
)
select b.day::text as day,
       ((select count(*)
         from finding f
         where ${date} >= b.from_at and ${date} < b.to_at and ${conditions} and ${others ? sql`true` : within})
        - coalesce(l.findings, 0))::float8 as findings
from (select *, row_number() over (order by day) as place from bucket) as b
left join left_out l on l.place = b.place`.execute(kysely)
  return new Map(rows.map(row => [row.day, row.findings]))
}

async function countByDays(
  buckets: readonly Bucket[],
  database: ScopedDatabase,
  filter: FindingFilter,
  { date, daysLater = 0, condition = sql`true` }: Counted,
): Promise<PerBucket> {
  const choice = await chooseFindings(database, filter)
  const moved = (day: string | undefined) => midnight(dayAfter(day ?? '', -daysLater))
  const within = sql`${date} >= ${moved(buckets[0]?.from)} and ${date} < ${moved(buckets.at(-1)?.to)}`
  // UTC by its offset: a zone's name would be looked up for each row.
  const { rows } = await sql<{ day: string; findings: number }>`
select (day + ${daysLater}::integer)::text as day, findings
from (
select timezone(interval '0', ${date})::date as day, count(*) as findings
from ${choice.from}
where ${allOf([within, condition, ...severityCondition(filter), ...choice.conditions])}
group by 1) as per_day`.execute(database.kysely)
  return new Map(
    buckets.map(({ from, to }) => [
      from,
      rows.reduce((sum, { day, findings }) => (day >= from && day < to ? sum + findings : sum), 0),
    ]),
  )
}

function bucketsBetween(from: string, to: string, days: number): readonly Bucket[] {
  const buckets: Bucket[] = []
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
