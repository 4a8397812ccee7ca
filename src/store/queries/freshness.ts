// How fresh is each source, and is it fresh enough?

import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { type Circuit, healthy, type SourceHealth } from '../source-health.ts'
import type { SourceKind } from '../source-row.ts'
import { loadAsOf } from './as-of.ts'
import { allOf } from './conditions.ts'
import { loadCurrentRuns } from './run-list.ts'
import { loadRuns, type RunStatus, type RunView } from './run-view.ts'
import { ofVisibleSources, ofWholeSources } from './scope.ts'
import { loadSourceCalls, type SourceCallView } from './source-calls.ts'

export interface SourceFreshness {
  readonly source_id: number
  readonly source: string
  readonly kind: SourceKind
  readonly is_enabled: boolean
  readonly as_of: string | null
  readonly last_sync_at: string | null
  readonly stale_after: string | null
  readonly is_stale: boolean
  readonly last_run: RunView | null
  readonly last_complete_run: RunView | null
  readonly health: HealthView
}

/** Why nothing of a source starts by itself; null words when it does. */
export interface HealthView {
  readonly is_paused: boolean
  readonly needs_key: boolean
  readonly circuit: Circuit
  /** Runs in a row that the source refused or that could not reach it. */
  readonly failures: number
  readonly opened_at: string | null
  readonly probe_at: string | null
  readonly error_code: string | null
  readonly words: string | null
}

export interface SyncStatistics {
  readonly as_of: string | null
  readonly at: string
  readonly is_stale: boolean
  readonly is_running: boolean
  readonly active: RunView[]
  readonly sources: SourceFreshness[]
  readonly runs: Readonly<Record<RunStatus, number>>
  readonly calls: SourceCallView[]
  readonly rejected: number
  readonly quality_issues: number
}

/** Without a schedule or a setting of its own, a source is meant to be read this often. */
const defaultIntervalHours = 4

/** @param now decides what is stale */
export async function loadSyncStatistics(database: ScopedDatabase, now: Date): Promise<SyncStatistics> {
  const [as_of, sources, current, calls, totals] = await Promise.all([
    loadAsOf(database),
    loadFreshness(database, now),
    loadCurrentRuns(database),
    loadSourceCalls(database, now),
    sql<Record<RunStatus, number> & { rejected: number; quality_issues: number }>`
with last_run as (
  select max(l.run_id) as run_id
  from run l
  where ${allOf([sql`l.kind <> 'targeted'`, ...ofWholeSources(database.access, 'l.source_id')])}
  group by l.source_id
)
select count(*) filter (where status = 'pending') as pending,
       count(*) filter (where status = 'running') as running,
       count(*) filter (where status = 'completed') as completed,
       count(*) filter (where status = 'partial') as partial,
       count(*) filter (where status = 'failed') as failed,
       count(*) filter (where status = 'cancelled') as cancelled,
       (select count(*) from rejected_record where run_id in (select run_id from last_run)) as rejected,
       (select count(*) from quality_issue where run_id in (select run_id from last_run)) as quality_issues
from run r
where ${allOf(ofVisibleSources(database.access, 'r.source_id'))}`.execute(database.kysely),
  ])
  const { rejected, quality_issues, ...runs } = totals.rows[0]!
  const active = current.filter(run => run.status === 'pending' || run.status === 'running')
  return {
    as_of,
    at: now.toISOString(),
    is_stale: sources.some(source => source.is_enabled && source.is_stale),
    is_running: active.length > 0,
    active,
    sources,
    runs,
    calls,
    rejected,
    quality_issues,
  }
}

export async function loadFreshness(database: ScopedDatabase, now: Date): Promise<SourceFreshness[]> {
  const { rows } = await sql<{
    source_id: number
    name: string
    kind: SourceKind
    is_enabled: boolean
    interval_hours: number | null
    last_run_id: number | null
    last_complete_run_id: number | null
    health: SourceHealth | null
  }>`
select s.source_id, s.name, s.kind, s.is_enabled,
       coalesce(
         (select min(c.longest_gap_hours)
          from schedule c
          where c.source_id = s.source_id and (c.streams is null or 'findings' = any(c.streams))),
         case when jsonb_typeof(s.settings -> 'sync_interval_hours') = 'number'
              then (s.settings ->> 'sync_interval_hours')::float8 end) as interval_hours,
       (select to_jsonb(h) from source_health h where h.source_id = s.source_id) as health,
       (select max(r.run_id) from run r where r.source_id = s.source_id and r.kind <> 'targeted') as last_run_id,
       (select max(r.run_id) from run r
        where r.source_id = s.source_id and r.status = 'completed' and 'findings' = any(r.streams)
          and r.kind <> 'targeted') as last_complete_run_id
from source s
where s.removed_at is null and ${allOf(ofVisibleSources(database.access, 's.source_id'))}
order by s.source_id`.execute(database.kysely)
  const ids = rows.flatMap(row => [row.last_run_id, row.last_complete_run_id]).filter(id => id !== null)
  const runs = new Map(
    (await loadRuns(database, [sql`r.run_id = any(${ids}::bigint[])`], ids.length)).map(run => [run.id, run]),
  )
  return Promise.all(
    rows.map(async row => {
      const asOf = await loadAsOf(database, [row.source_id])
      const complete = runs.get(row.last_complete_run_id ?? 0) ?? null
      // Nothing reads files by itself, so that nothing is late.
      const isRead = row.kind !== 'files'
      const staleAfter =
        asOf === null || !isRead
          ? null
          : new Date(Date.parse(asOf) + 2 * (row.interval_hours ?? defaultIntervalHours) * 3_600_000)
      return {
        source_id: row.source_id,
        source: row.name,
        kind: row.kind,
        is_enabled: row.is_enabled,
        as_of: asOf,
        last_sync_at: complete?.finished_at ?? null,
        stale_after: staleAfter?.toISOString() ?? null,
        is_stale: isRead && (staleAfter === null || now > staleAfter),
        last_run: runs.get(row.last_run_id ?? 0) ?? null,
        last_complete_run: complete,
        health: presentHealth(row.name, row.health ?? healthy),
      }
    }),
  )
}

function presentHealth(name: string, health: SourceHealth): HealthView {
  return {
    is_paused: health.paused_at !== null,
    needs_key: health.needs_key_at !== null,
    circuit: health.circuit,
    failures: health.failures,
    opened_at: instantOf(health.opened_at),
    probe_at: instantOf(health.probe_at),
    error_code: health.error_code,
    words: wordsOf(name, health),
  }
}

/** What stands in the way, and the remedy. */
function wordsOf(name: string, health: SourceHealth): string | null {
  if (health.needs_key_at !== null) {
    return `${name} needs a new key: it refuses the one that is saved since ${instantOf(health.needs_key_at)}. Nothing starts by itself until a new one is saved.`
  }
  if (health.circuit !== 'closed') {
    const next =
      health.circuit === 'half_open'
        ? 'A run tries now whether it answers again.'
        : `The next scheduled run tries after ${instantOf(health.probe_at)}; a run that you start tries at once.`
    return `${name} failed ${health.failures} times in a row (${health.error_code}). ${next}`
  }
  if (health.paused_at !== null)
    return `${name} is paused since ${instantOf(health.paused_at)}: no schedule starts a run of it.`
  return null
}

/** Inside JSON PostgreSQL writes instants with an offset. */
function instantOf(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString()
}

/** When the last complete run finished. */
export async function loadLastSyncAt(database: ScopedDatabase, sourceIds?: readonly number[]): Promise<string | null> {
  const ids = sourcesWithin(database.access, sourceIds) ?? null
  const { rows } = await sql<{ at: string | null }>`
select max(r.finished_at) as at
from run r
join source s on s.source_id = r.source_id
where r.status = 'completed' and r.kind <> 'targeted' and s.removed_at is null
  and (${ids}::integer[] is null or r.source_id = any(${ids}::integer[]))`.execute(database.kysely)
  return rows[0]?.at ?? null
}
