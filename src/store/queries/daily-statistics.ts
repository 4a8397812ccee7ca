// How many findings were there at the end of each day?

import { type FindingState, findingStates } from '../../domain/finding.ts'
import type { Severity } from '../../domain/severity.ts'
import { type Access, type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { summedStepsWithin } from '../rollups/asset-steps.ts'
import { assetEventColumns, dailySteps, findingEventColumns, listed, standingKinds } from '../rollups/daily-steps.ts'
import { allOf, type Fragment } from './conditions.ts'
import type { LeftOutFindings } from './finding-statistics.ts'
import { type ImportedTotals, loadImportedTotals } from './imported-totals.ts'
import { loadHistoryHorizon } from './moment.ts'
import { countOutOfScopeThen } from './out-of-scope.ts'
import { looksAtTags, visible } from './scope.ts'
import { perSeverity, type SeverityCounts, totalOf } from './severity-counts.ts'

export type Standing = 'counted' | 'unlicensed' | 'untracked' | 'gone' | 'ended'

/** Findings of one day by standing, state and severity. */
export type Cells = ReadonlyMap<string, number>

export interface DayOfFindings {
  readonly day: string
  /** Open findings of the default count. */
  readonly total: number
  readonly by_severity: SeverityCounts
  readonly by_state: Readonly<Record<FindingState, number>>
  readonly by_state_and_severity: Readonly<Record<FindingState, SeverityCounts>>
  readonly left_out: LeftOutFindings
}

export interface DailyStatistics {
  readonly level: 'source'
  /** The days there are: the earliest date that the sources gave, and the last on which they were read. */
  readonly first_day: string | null
  readonly last_day: string | null
  /** Days before are as they were known when their history went to the archive. Null when none did. */
  readonly settled_before: string | null
  readonly items: DayOfFindings[]
  /** What another product counted before our own first reading; never added to ours. */
  readonly imported: ImportedTotals
}

export interface DailyRequest {
  /** Dates, both included. Without them the last 30 days there are. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly source_id?: readonly number[] | undefined
}

/** Only days there are: before the first nothing is known, and after the last nothing was read. */
export async function loadDailyStatistics(database: ScopedDatabase, request: DailyRequest): Promise<DailyStatistics> {
  const { first_day, last_day, has_assets } = await loadSpan(database, request.source_id)
  const settled_before = (await loadHistoryHorizon(database))?.slice(0, 10) ?? null
  if (first_day === null || last_day === null) {
    const imported = await loadImportedTotals(database, request)
    return { level: 'source', first_day, last_day, settled_before, items: [], imported }
  }
  const to = request.to !== undefined && request.to < last_day ? request.to : last_day
  const from = request.from ?? addDays(to, -29)
  const days = await loadDays(
    database,
    { from: later(from, first_day), to, pendingTo: to, has_assets },
    request.source_id,
  )
  const listedDays = days.map(({ day }) => day)
  const [outside, imported] = await Promise.all([
    countOutOfScopeThen(database, listedDays, request.source_id, settled_before),
    loadImportedTotals(database, { ...request, from }),
  ])
  return {
    level: 'source',
    first_day,
    last_day,
    settled_before,
    items: days.map(({ day, cells }) => dayOf(day, cells, outside.get(day) ?? null)),
    imported,
  }
}

/**
 * The totals of one day; of a day after the last they are the last's. Undefined when a source has none at all yet.
 * @param counted what the count is of
 */
export async function loadDay(
  database: ScopedDatabase,
  day: string,
  sourceIds: readonly number[] | undefined,
  counted: readonly Standing[],
): Promise<DayOfFindings | undefined> {
  const { last_day, is_whole, has_assets } = await loadSpan(database, sourceIds)
  if (!is_whole || last_day === null) return undefined
  const stored = day > last_day ? last_day : day
  const settledBefore = (await loadHistoryHorizon(database))?.slice(0, 10) ?? null
  const [[loaded], outside] = await Promise.all([
    loadDays(database, { from: stored, to: stored, pendingTo: day, has_assets }, sourceIds),
    countOutOfScopeThen(database, [day], sourceIds, settledBefore),
  ])
  return loaded && dayOf(day, loaded.cells, outside.get(day) ?? null, counted)
}

interface Span {
  readonly first_day: string | null
  readonly last_day: string | null
  /** Every source that has any history has totals. */
  readonly is_whole: boolean
  /** Likewise of the days of each asset. */
  readonly has_assets: boolean
}

async function loadSpan(database: ScopedDatabase, sourceIds?: readonly number[]): Promise<Span> {
  const ids = sourcesWithin(database.access, sourceIds) ?? null
  const { rows } = await sql<Span>`
select min(first_day)::text as first_day, max(last_day)::text as last_day,
       coalesce(bool_and(rolled_up or is_empty), true) as is_whole, coalesce(bool_and(has_assets or is_empty), true) as has_assets
from (
select d.first_day, d.last_day, d.source_id is not null as rolled_up, coalesce(d.has_assets, false) as has_assets,
       not exists (select from finding_event e where e.source_id = s.source_id) as is_empty
from source s
left join daily_span d on d.source_id = s.source_id
where ${ids}::integer[] is null or s.source_id = any(${ids}::integer[])
) as one`.execute(database.kysely)
  return rows[0]!
}

interface Row {
  readonly day: string
  readonly standing: Standing
  readonly severity: Severity
  readonly state: FindingState
  readonly findings: number
  /** Noted by a part of a run and not rolled up yet: it counts on its day and all after it. */
  readonly is_pending: boolean
}

interface Days {
  readonly from: string
  readonly to: string
  /** The day up to which what is not rolled up yet counts on the last of these days. */
  readonly pendingTo: string
  /** Whether the days of each asset are kept. */
  readonly has_assets: boolean
}

async function loadDays(
  database: ScopedDatabase,
  wanted: Days,
  sourceIds?: readonly number[],
): Promise<{ readonly day: string; readonly cells: Cells }[]> {
  const { from, to } = wanted
  const ofAssets = wanted.has_assets ? keptSteps : stepsOfAssets
  const loaded = looksAtTags(database.access) ? ofAssets : storedTotals
  const { rows } = await loaded(database, wanted, sourceIds).execute(database.kysely)
  const byDay = Map.groupBy(rows, row => row.day)
  const since = new Map<string, number>()
  const days: { day: string; cells: Cells }[] = []
  for (let day = from; day <= to; day = addDays(day, 1)) {
    const ofDay = byDay.get(day) ?? []
    for (const row of ofDay) if (row.is_pending) add(since, row)
    const cells = new Map(since)
    for (const row of ofDay) if (!row.is_pending) add(cells, row)
    days.push({ day, cells })
  }
  return days
}

function storedTotals({ access }: ScopedDatabase, { from, to, pendingTo }: Days, sourceIds?: readonly number[]) {
  const chosen = sourcesWithin(access, sourceIds)
  const ids = sql`${chosen ?? null}::integer[]`
  return sql<Row>`
select day::text as day, value as standing, severity, state, sum(findings)::float8 as findings, false as is_pending
from daily_total
where dimension = 'standing' and day between ${from}::date and ${to}::date
  and level = ${chosen ? 'source' : 'estate'} and (${ids} is null or source_id = any(${ids}))
group by day, value, severity, state
union all
select least(greatest(day, ${from}::date), ${to}::date)::text, standing, severity, state, sum(findings)::float8, true
from daily_change
where day <= ${pendingTo}::date and (${ids} is null or source_id = any(${ids}))
group by 1, standing, severity, state`
}

/** Totals are kept of whole sources. Of some of their assets they are added up from what is kept of each of these. */
function keptSteps({ access }: ScopedDatabase, { from, to, pendingTo }: Days, sourceIds?: readonly number[]) {
  const chosen = sourcesWithin(access, sourceIds)
  const shown = (alias: string) =>
    allOf([
      ...visible(access, alias),
      ...(chosen ? [sql`${sql.ref(`${alias}.source_id`)} = any(${chosen}::integer[])`] : []),
    ])
  const steps = sql`
select unnest(k.steps) as step from asset_steps k where ${shown('k')}
union all
select unnest(n.steps) from asset_step_change n where ${shown('n')}`
  return sql<Row>`
with step as (${steps})
select day::text as day, standing, severity, state, findings::float8 as findings, true as is_pending
from (${sql.raw(summedStepsWithin('select step from step', { from, to, until: pendingTo }))}) as kept`
}

/** Where that is not kept yet, from the events of these assets, as a rebuild makes those of a source. */
function stepsOfAssets({ access }: ScopedDatabase, { from, to, pendingTo }: Days, sourceIds?: readonly number[]) {
  const steps = dailySteps(
    `select 1 as sign, ${findingEventColumns('e')}
   from finding_event e
   where e.asset_id in (select asset_id from shown_asset)`,
    `select 1 as sign, ${assetEventColumns('e')}
   from asset_event e
   where e.asset_id in (select asset_id from shown_asset) and e.kind in (${listed(standingKinds)})`,
  )
  return sql<Row>`
with ${shownAssets(access, sourceIds)}
select least(greatest(day, ${from}::date), ${to}::date)::text as day, standing, severity, state,
       sum(findings)::float8 as findings, true as is_pending
from (${sql.raw(steps)}) as step
where day <= ${pendingTo}::date
group by 1, standing, severity, state`
}

function shownAssets(access: Access, sourceIds?: readonly number[]): Fragment {
  const chosen = sourcesWithin(access, sourceIds) ?? null
  return sql`shown_asset as materialized (
  select a.asset_id
  from asset a
  where ${allOf(visible(access, 'a'))}
    and (${chosen}::integer[] is null or a.source_id = any(${chosen}::integer[]))
)`
}

export function cellOf(standing: Standing, state: FindingState, severity: Severity): string {
  return `${standing} ${state} ${severity}`
}

function add(cells: Map<string, number>, { standing, state, severity, findings }: Row): void {
  const cell = cellOf(standing, state, severity)
  cells.set(cell, (cells.get(cell) ?? 0) + findings)
}

/**
 * @param outside of the ended ones those that were outside the scope; null where that is not known
 * @param counted what the count is of; the default count's only, unless more is asked back in
 */
export function dayOf(
  day: string,
  cells: Cells,
  outside: number | null,
  counted: readonly Standing[] = ['counted'],
): DayOfFindings {
  const sum = (standings: readonly Standing[], state: FindingState, severity: Severity) =>
    standings.reduce((total, standing) => total + (cells.get(cellOf(standing, state, severity)) ?? 0), 0)
  const ofState = (state: FindingState) => perSeverity(severity => sum(counted, state, severity))
  const open = (standing: Standing) =>
    counted.includes(standing)
      ? 0
      : totalOf(perSeverity(s => sum([standing], 'open', s) + sum([standing], 'reopened', s)))
  const byStateAndSeverity = { open: ofState('open'), reopened: ofState('reopened'), fixed: ofState('fixed') }
  const bySeverity = perSeverity(s => byStateAndSeverity.open[s] + byStateAndSeverity.reopened[s])
  return {
    day,
    total: totalOf(bySeverity),
    by_severity: bySeverity,
    by_state: {
      open: totalOf(byStateAndSeverity.open),
      reopened: totalOf(byStateAndSeverity.reopened),
      fixed: totalOf(byStateAndSeverity.fixed),
    },
    by_state_and_severity: byStateAndSeverity,
    left_out: {
      unlicensed: open('unlicensed'),
      untracked: open('untracked'),
      gone: open('gone'),
      ended: findingStates.reduce((n, state) => n + totalOf(perSeverity(s => sum(['ended'], state, s))), 0),
      out_of_scope: outside,
    },
  }
}

function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** Dates of one form compare as texts. */
function later(a: string, b: string): string {
  return a < b ? b : a
}
