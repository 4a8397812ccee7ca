// What do the rows of the ledger say of these runs?

import { type StreamName, streamNames } from '../../domain/batch.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'
import { allOf } from './conditions.ts'
import { ofVisibleSources } from './scope.ts'

export type RunKind = 'full' | 'delta' | 'targeted' | 'import'
export type RunStatus = 'pending' | 'running' | 'completed' | 'partial' | 'failed' | 'cancelled'
export type RunTrigger = 'cli' | 'api' | 'schedule' | 'start' | 'demo'
export type StreamStatus =
  | 'pending'
  | 'planning'
  | 'reading'
  | 'completed'
  | 'incomplete'
  | 'skipped'
  | 'failed'
  | 'cancelled'

/** As people look for them: what all needs first, then what there is most of. */
const streamOrder = ['plugins', 'assets', 'findings', ...streamNames]

export interface RowCounts {
  readonly received: number
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
  readonly bytes: number
}

export interface RunStreamView {
  readonly stream: StreamName
  readonly status: StreamStatus
  readonly since: string | null
  readonly overlap_seconds: number | null
  readonly watermark_at: string | null
  readonly vendor_status: string | null
  readonly parts_total: number | null
  readonly parts_done: number
  readonly parts_reading: number
  readonly parts_available: number
  readonly parts_failed: number
  readonly counts: RowCounts
  readonly error_code: string | null
  readonly error_message: string | null
  readonly started_at: string | null
  readonly finished_at: string | null
}

/** One run, as its rows in the ledger are at this instant. */
export interface RunView {
  readonly id: number
  readonly import_id: number
  readonly source_id: number
  readonly source: string
  readonly kind: RunKind
  readonly trigger: RunTrigger
  readonly status: RunStatus
  readonly streams: RunStreamView[]
  readonly counts: RowCounts
  readonly processed: number
  readonly cancel_requested_at: string | null
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly duration_ms: number | null
  readonly error_code: string | null
  readonly error_message: string | null
  readonly notes: string[]
  /** What a targeted run is about; null for every other kind. */
  readonly target: { readonly asset_ids?: number[]; readonly plugin_ids?: number[] } | null
  /** What the run asks the source for; null before it is planned. */
  readonly scope: JsonObject | null
}

type RunRow = Omit<RunView, 'streams' | 'counts' | 'processed'> & { readonly wanted: readonly StreamName[] }
type StreamRow = Omit<RunStreamView, 'counts'> & RowCounts & { readonly run_id: number }

/** Newest first. `conditions` are over `run r` and `source s`. */
export async function loadRuns(
  database: ScopedDatabase,
  conditions: readonly Fragment[],
  limit: number,
): Promise<readonly RunView[]> {
  const { rows } = await sql<RunRow>`
select r.run_id as id, r.run_id as import_id, r.source_id, s.name as source, r.kind, r.trigger, r.status,
       r.streams as wanted, r.cancel_requested_at, r.created_at, r.started_at, r.finished_at,
       round(extract(epoch from coalesce(r.finished_at, clock_timestamp()) - r.started_at) * 1000)::float8 as duration_ms,
       r.error_code, r.error_message, r.notes, r.target, r.scope
from run r
join source s on s.source_id = r.source_id
where ${allOf([...conditions, ...ofVisibleSources(database.access, 'r.source_id')])}
order by r.run_id desc
limit ${sql.lit(limit)}`.execute(database.kysely)
  const streams = await loadStreams(
    database,
    rows.map(row => row.id),
  )
  return rows.map(row => presentRun(row, streams.get(row.id) ?? []))
}

export async function findRunView(database: ScopedDatabase, runId: number): Promise<RunView | undefined> {
  const runs = await loadRuns(database, [sql`r.run_id = ${runId}`], 1)
  return runs[0]
}

async function loadStreams(database: ScopedDatabase, runIds: readonly number[]): Promise<Map<number, StreamRow[]>> {
  if (runIds.length === 0) return new Map()
  // Rows are counted over every export of the stream; parts only over those that still stand: one that expired was asked
  // again, and its parts would be counted twice against the total.
  const { rows } = await sql<StreamRow>`
select rs.run_id, rs.stream, rs.status, rs.since, rs.overlap_seconds, rs.watermark_at, rs.vendor_status, rs.parts_total, rs.error_code,
       rs.error_message, rs.started_at, rs.finished_at, c.*
from run_stream rs
cross join lateral (
  -- One part stands for those of an old run that are in the archive.
  select coalesce(sum(coalesce((c.detail ->> 'archived_parts')::bigint, 1)) filter (where j.stands and c.status = 'done'),
                  0)::float8 as parts_done,
         count(*) filter (where j.stands and c.status = 'reading') as parts_reading,
         count(*) filter (where j.stands and c.status = 'available') as parts_available,
         count(*) filter (where j.stands and c.status in ('failed', 'cancelled')) as parts_failed,
         coalesce(sum(c.received), 0)::float8 as received, coalesce(sum(c.inserted), 0)::float8 as inserted,
         coalesce(sum(c.changed), 0)::float8 as changed, coalesce(sum(c.unchanged), 0)::float8 as unchanged,
         coalesce(sum(c.rejected), 0)::float8 as rejected, coalesce(sum(c.bytes), 0)::float8 as bytes
  from (
    select e.export_job_id,
           e.status in ('open', 'complete') or e.export_job_id = max(e.export_job_id) over () as stands
    from export_job e
    where e.run_id = rs.run_id and e.stream = rs.stream
  ) as j
  join export_chunk c on c.export_job_id = j.export_job_id
) as c
where rs.run_id = any(${runIds}::bigint[])
order by rs.run_id, array_position(${streamOrder}::text[], rs.stream)`.execute(database.kysely)
  return Map.groupBy(rows, row => row.run_id)
}

function presentRun({ wanted, ...run }: RunRow, rows: readonly StreamRow[]): RunView {
  const opened = new Map(rows.map(row => [row.stream, presentStream(row)]))
  const status: StreamStatus = run.finished_at === null ? 'pending' : 'skipped'
  const streams: RunStreamView[] = [
    ...opened.values(),
    ...wanted.filter(stream => !opened.has(stream)).map(stream => ({ ...unopenedStream, stream, status })),
  ]
  const counts = streams.reduce((sum, stream) => addCounts(sum, stream.counts), noRowCounts)
  return { ...run, streams, counts, processed: counts.received }
}

function presentStream(row: StreamRow): RunStreamView {
  const { run_id: _runId, received, inserted, changed, unchanged, rejected, bytes, ...stream } = row
  return { ...stream, counts: { received, inserted, changed, unchanged, rejected, bytes } }
}

export const noRowCounts: RowCounts = { received: 0, inserted: 0, changed: 0, unchanged: 0, rejected: 0, bytes: 0 }

function addCounts(a: RowCounts, b: RowCounts): RowCounts {
  return {
    received: a.received + b.received,
    inserted: a.inserted + b.inserted,
    changed: a.changed + b.changed,
    unchanged: a.unchanged + b.unchanged,
    rejected: a.rejected + b.rejected,
    bytes: a.bytes + b.bytes,
  }
}

/** A stream that the run was asked for and has not come to. */
const unopenedStream: Omit<RunStreamView, 'stream' | 'status'> = {
  since: null,
  overlap_seconds: null,
  watermark_at: null,
  vendor_status: null,
  parts_total: null,
  parts_done: 0,
  parts_reading: 0,
  parts_available: 0,
  parts_failed: 0,
  counts: noRowCounts,
  error_code: null,
  error_message: null,
  started_at: null,
  finished_at: null,
}
