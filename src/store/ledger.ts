import type { StreamName } from '../domain/batch.ts'
import type { DirectoryList } from '../domain/directory.ts'
import { findingStates } from '../domain/finding.ts'
import type { JsonObject } from '../domain/json.ts'
import { everything, type SourceScope } from '../domain/scope.ts'
import { severities } from '../domain/severity.ts'
import type { Database, Queryable } from './database.ts'
import { locks } from './locks.ts'
import { noCounts, type PartCounts } from './merge/counts.ts'
import { directoryTables } from './merge/directory-columns.ts'
import { revokeClaims } from './part-claims.ts'

// The ledger: what each run asked, was told, and has read. A crash resumes from it; progress is its rows.

export type RunStatus = 'pending' | 'running' | 'completed' | 'partial' | 'failed' | 'cancelled'
export type FinalStatus = Exclude<RunStatus, 'pending' | 'running'>
export type StreamStatus =
  | 'pending'
  | 'planning'
  | 'reading'
  | 'completed'
  | 'incomplete'
  | 'skipped'
  | 'failed'
  | 'cancelled'

export interface RunRow {
  readonly run_id: number
  readonly source_id: number
  readonly kind: 'full' | 'delta' | 'targeted' | 'import'
  readonly trigger: string
  readonly streams: readonly StreamName[]
  readonly target: RunTarget | null
  readonly status: RunStatus
  readonly fence: number
  readonly owner: string | null
  readonly heartbeat_age_ms: number | null
  readonly cancel_requested_at: string | null
}

const runColumns = `run_id, source_id, kind, trigger, streams, target, status, fence, owner, cancel_requested_at,
  (extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as heartbeat_age_ms`

/** What a targeted run is about: some assets by our ids, or some plugins. */
export type RunTarget =
  | { readonly asset_ids: readonly number[]; readonly plugin_ids?: undefined }
  | { readonly plugin_ids: readonly number[]; readonly asset_ids?: undefined }

export interface NewRun {
  readonly sourceId: number
  readonly kind: 'full' | 'delta'
  readonly trigger: string
  readonly streams: readonly StreamName[]
}

/** Queues a run, or answers the one that the source already has pending or running. */
export async function queueRun(database: Queryable, run: NewRun): Promise<{ runId: number; created: boolean }> {
  for (;;) {
    const created = await database.query<{ run_id: number }>(
      `insert into run (source_id, kind, trigger, streams) values ($1, $2, $3, $4)
       on conflict (source_id) where status in ('pending', 'running') and kind <> 'targeted' do nothing
       returning run_id`,
      [run.sourceId, run.kind, run.trigger, run.streams],
    )
    if (created.rows[0]) return { runId: created.rows[0].run_id, created: true }
    const active = await database.query<{ run_id: number }>(
      "select run_id from run where source_id = $1 and status in ('pending', 'running') and kind <> 'targeted'",
      [run.sourceId],
    )
    // None: it ended between the two statements.
    if (active.rows[0]) return { runId: active.rows[0].run_id, created: false }
  }
}

/**
 * Runs that nobody works on: pending ones, and running ones to be judged by their owner and heartbeat. Begun ones first,
 * then those that a person asked for, then those of schedules.
 */
export async function findOpenRuns(database: Queryable): Promise<readonly RunRow[]> {
  const { rows } = await database.query<RunRow>(
    `select ${runColumns} from run where status in ('pending', 'running')
     order by status = 'pending', trigger = 'schedule', run_id`,
  )
  return rows
}

export async function findRun(database: Queryable, runId: number): Promise<RunRow | undefined> {
  const { rows } = await database.query<RunRow>(`select ${runColumns} from run where run_id = $1`, [runId])
  return rows[0]
}

/**
 * Takes a run over from the holder of `fence`. Answers the new fence, or undefined when somebody else was quicker. Waits
 * for the commit of a part that is just being finished by the older holder.
 */
export async function claimRun(
  database: Queryable,
  runId: number,
  fence: number,
  owner: string,
): Promise<number | undefined> {
  const { rows } = await database.query<{ fence: number }>(
    `update run
     set status = 'running', fence = fence + 1, owner = $3, heartbeat_at = clock_timestamp(),
         started_at = coalesce(started_at, clock_timestamp())
     where run_id = $1 and fence = $2 and status in ('pending', 'running')
     returning fence`,
    [runId, fence, owner],
  )
  return rows[0]?.fence
}

/** Says that the holder is alive; answers whether it still holds the run, and whether somebody asked it to stop. */
export async function beat(
  database: Queryable,
  runId: number,
  fence: number,
): Promise<{ isHeld: boolean; isCancelled: boolean }> {
  const { rows } = await database.query<{ cancelled: boolean }>(
    `update run set heartbeat_at = clock_timestamp()
     where run_id = $1 and fence = $2 and status = 'running'
     returning cancel_requested_at is not null as cancelled`,
    [runId, fence],
  )
  return { isHeld: rows.length > 0, isCancelled: rows[0]?.cancelled ?? false }
}

/** Asks the holder to stop. A pending run ends at once. False when the run had already ended. */
export async function requestCancel(database: Queryable, runId: number): Promise<boolean> {
  const { rowCount } = await database.query(
    `update run
     set cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
         status = case when status = 'pending' then 'cancelled' else status end,
         finished_at = case when status = 'pending' then clock_timestamp() end
     where run_id = $1 and status in ('pending', 'running')`,
    [runId],
  )
  return rowCount === 1
}

export interface StreamRow {
  readonly stream: StreamName
  readonly status: StreamStatus
  readonly since: string | null
}

export async function openStreams(
  database: Queryable,
  runId: number,
  streams: readonly StreamName[],
): Promise<readonly StreamRow[]> {
  await database.query('insert into run_stream (run_id, stream) select $1, unnest($2::text[]) on conflict do nothing', [
    runId,
    streams,
  ])
  const { rows } = await database.query<StreamRow>('select stream, status, since from run_stream where run_id = $1', [
    runId,
  ])
  return rows
}

export interface StreamUpdate {
  readonly status?: StreamStatus
  readonly vendorStatus?: string
  readonly partsTotal?: number | null
  readonly watermarkAt?: string | null
  /** What is asked for; null for everything. */
  readonly window?: { readonly since: string | null; readonly overlapSeconds: number | null }
  readonly error?: { readonly code: string; readonly message: string }
  /** Of whoever writes: a holder that was replaced changes nothing. */
  readonly fence?: number
}

const endedStreams: readonly StreamStatus[] = ['completed', 'incomplete', 'skipped', 'failed', 'cancelled']

export async function updateStream(
  database: Queryable,
  runId: number,
  stream: StreamName,
  update: StreamUpdate,
): Promise<void> {
  await database.query(
    `update run_stream
     set status = coalesce($3, status), vendor_status = coalesce($4, vendor_status),
         parts_total = coalesce($5, parts_total), watermark_at = coalesce($6, watermark_at),
         error_code = case when $3 is null then error_code else $7 end,
         error_message = case when $3 is null then error_message else $8 end,
         since = case when $10 then $11 else since end,
         overlap_seconds = case when $10 then $12 else overlap_seconds end,
         started_at = coalesce(started_at, clock_timestamp()),
         finished_at = case when $9 then clock_timestamp() else finished_at end
     where run_id = $1 and stream = $2
       and ($13::bigint is null or exists (select from run where run_id = $1 and fence = $13))`,
    [
      runId,
      stream,
      update.status ?? null,
      update.vendorStatus ?? null,
      update.partsTotal ?? null,
      update.watermarkAt ?? null,
      update.error?.code ?? null,
      update.error?.message ?? null,
      update.status !== undefined && endedStreams.includes(update.status),
      update.window !== undefined,
      update.window?.since ?? null,
      update.window?.overlapSeconds ?? null,
      update.fence ?? null,
    ],
  )
}

export interface ExportRow {
  readonly export_job_id: number
  readonly export_id: string
  readonly asked: JsonObject
  readonly read_at: string
  readonly status: 'open' | 'complete' | 'incomplete' | 'expired' | 'cancelled'
  readonly attempt: number
}

/** Exports of a stream of this run, oldest first. */
export async function listExports(
  database: Queryable,
  runId: number,
  stream: StreamName,
): Promise<readonly ExportRow[]> {
  const { rows } = await database.query<ExportRow>(
    `select export_job_id, export_id, asked, read_at, status, attempt from export_job
     where run_id = $1 and stream = $2 order by export_job_id`,
    [runId, stream],
  )
  return rows
}

export interface NewExport {
  readonly exportId: string
  readonly asked: JsonObject
  readonly echoed: unknown
  readonly notes: readonly string[]
  readonly readAt: string
  /** Which asking of the same window it is. */
  readonly attempt?: number
}

/** Writes down an export, or finds it when the run already knows it. */
export async function recordExport(
  database: Queryable,
  runId: number,
  stream: StreamName,
  record: NewExport,
): Promise<number> {
  const { rows } = await database.query<{ export_job_id: number }>(
    `insert into export_job as e (run_id, stream, export_id, asked, echoed, notes, read_at, attempt)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (run_id, stream, export_id) do update
     set echoed = coalesce(excluded.echoed, e.echoed), status = 'open', reason = null, finished_at = null
     returning export_job_id`,
    [
      runId,
      stream,
      record.exportId,
      JSON.stringify(record.asked),
      record.echoed === null ? null : JSON.stringify(record.echoed),
      record.notes,
      record.readAt,
      record.attempt ?? 1,
    ],
  )
  return rows[0]!.export_job_id
}

export async function endExport(
  database: Queryable,
  exportJobId: number,
  status: Exclude<ExportRow['status'], 'open'>,
  reason: string | null,
): Promise<void> {
  await database.query(
    'update export_job set status = $2, reason = $3, finished_at = clock_timestamp() where export_job_id = $1',
    [exportJobId, status, reason],
  )
  // What another process still reads of it must not be written into a run that has moved on.
  if (status !== 'complete') await revokeClaims(database, exportJobId)
}

/**
 * Writes down a part that can be read. Answers how often reading it was begun, also by processes that died of it;
 * undefined when it was already read to its end.
 */
export async function recordPart(
  database: Queryable,
  exportJobId: number,
  partId: string,
  detail: JsonObject,
): Promise<number | undefined> {
  const { rows } = await database.query<{ attempts: number }>(
    `insert into export_chunk as c (export_job_id, part_id, detail) values ($1, $2, $3)
     on conflict (export_job_id, part_id) do update set status = 'available', owner = null where c.status <> 'done'
     returning attempts`,
    [exportJobId, partId, JSON.stringify(detail)],
  )
  return rows[0]?.attempts
}

/** @param againMs how long nobody should read an available one */
export async function failPart(
  database: Queryable,
  exportJobId: number,
  partId: string,
  status: 'available' | 'failed' | 'cancelled',
  error: { readonly code: string; readonly message: string } | null,
  againMs = 0,
): Promise<void> {
  await database.query(
    `update export_chunk set status = $3, error_code = $4, error_message = $5, owner = null, failure = null,
            faults = case when $4::text is null then faults else faults || $4::text end,
            available_at = clock_timestamp() + make_interval(secs => $6::float8 / 1000),
            finished_at = case when $3 = 'available' then null else clock_timestamp() end
     where export_job_id = $1 and part_id = $2 and status <> 'done'`,
    [exportJobId, partId, status, error?.code ?? null, error?.message ?? null, againMs],
  )
}

/** Parts of a run that the source could not make. */
export async function recordUnmadeParts(
  database: Queryable,
  exportJobId: number,
  partIds: readonly string[],
  status: 'failed' | 'cancelled',
): Promise<void> {
  await database.query(
    `insert into export_chunk (export_job_id, part_id, detail, status, error_code)
     select $1, part_id, '{}', $3, 'not_made_by_source' from unnest($2::text[]) as p (part_id)
     on conflict do nothing`,
    [exportJobId, partIds, status],
  )
}

export async function addNote(database: Queryable, runId: number, note: string): Promise<void> {
  await database.query('update run set notes = notes || $2::text where run_id = $1 and not notes @> array[$2::text]', [
    runId,
    note,
  ])
}

/** Ends a run that we hold; false when it is no longer ours. */
export async function finishRun(
  database: Queryable,
  runId: number,
  fence: number,
  status: FinalStatus,
  error: { readonly code: string; readonly message: string } | null,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update run
     set status = $3, error_code = $4, error_message = $5, finished_at = clock_timestamp(), heartbeat_at = null
     where run_id = $1 and fence = $2 and status = 'running'`,
    [runId, fence, status, error?.code ?? null, error?.message ?? null],
  )
  return rowCount === 1
}

/**
 * Whether the source's findings were ever read to the end.
 * @param exceptRun a run that is taken up again is still what it was when it began
 */
export async function hasCompleteFindings(
  database: Queryable,
  sourceId: number,
  exceptRun: number | null = null,
): Promise<boolean> {
  const { rows } = await database.query<{ found: boolean }>(
    `select exists (select from run_stream s join run r using (run_id)
                    where r.source_id = $1 and s.stream = 'findings' and s.status = 'completed'
                      and r.kind <> 'targeted' and r.run_id is distinct from $2) as found`,
    [sourceId, exceptRun],
  )
  return rows[0]?.found ?? false
}

export async function isFindingEmpty(database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ empty: boolean }>('select not exists (select from finding) as empty')
  return rows[0]?.empty ?? false
}

/**
 * Partitions of history for this month and the next; call before a run writes events. A month that has events in the
 * default partition already, because a run outlasted its partitions or a clock was wrong, stays there.
 */
export async function ensureEventPartitions(database: Database): Promise<void> {
  await database.transaction(async connection => {
    // Two runs that both miss the partition take turns.
    await connection.query('select pg_advisory_xact_lock($1)', [locks.partitions])
    for (const month of [0, 1]) {
      await connection.query(`
        do $$
        declare
          first date := date_trunc('month', now() at time zone 'utc') + interval '${month} month';
          name text := 'finding_event_' || to_char(first, 'YYYY_MM');
          starts timestamptz := first::timestamp at time zone 'utc';
          ends timestamptz := (first + interval '1 month') at time zone 'utc';
        begin
          if to_regclass('public.' || name) is null
            and not exists (select from finding_event_default where recorded_at >= starts and recorded_at < ends)
          then
            execute format('create table %I partition of finding_event for values from (%L) to (%L)', name, starts, ends);
          end if;
        end $$`)
    }
  })
}

/** What became of the records of a part that is done. */
export async function partCounts(database: Queryable, exportJobId: number, partId: string): Promise<PartCounts> {
  const { rows } = await database.query<PartCounts>(
    `select bytes, received, inserted, changed, unchanged, rejected from export_chunk
     where export_job_id = $1 and part_id = $2`,
    [exportJobId, partId],
  )
  return rows[0] ?? noCounts()
}

/** Exports of a run that the source may still be making. */
export async function listOpenExports(
  database: Queryable,
  runId: number,
): Promise<readonly { readonly stream: StreamName; readonly export_id: string; readonly export_job_id: number }[]> {
  const { rows } = await database.query<{ stream: StreamName; export_id: string; export_job_id: number }>(
    "select stream, export_id, export_job_id from export_job where run_id = $1 and status = 'open'",
    [runId],
  )
  return rows
}

/** Whether we hold any row of a stream of a source within the scope: of those outside none is expected. */
export async function hasRows(
  database: Queryable,
  sourceId: number,
  stream: StreamName,
  scope: SourceScope = everything,
): Promise<boolean> {
  const wanted = scope.severities.length > 0 ? scope.severities : severities
  const held = wanted.flatMap(severity => findingStates.map(state => `${state}_${severity}`)).join(' + ')
  const ended = scope.severities.length > 0 ? '' : ' + ended - out_of_scope'
  const existence: Partial<Record<StreamName, string>> = {
    assets:
      'select exists (select from asset where source_id = $1 and not is_provisional and out_of_scope_at is null) as found',
    findings: `select exists (select from asset_total where source_id = $1 and ${held}${ended} > 0) as found`,
    plugins: 'select $1::integer is not null and exists (select from plugin) as found',
    networks: moreThanMayVanish('network'),
    scanners: moreThanMayVanish('scanner'),
    agents: moreThanMayVanish('agent'),
    tags: moreThanMayVanish('tag'),
    scans: 'select exists (select from scan where source_id = $1 and gone_at is null) as found',
    compliance: 'select exists (select from compliance_result where source_id = $1 and ended_at is null) as found',
  }
  const statement = existence[stream]
  if (statement === undefined) return false
  const { rows } = await database.query<{ found: boolean }>(statement, [sourceId])
  return rows[0]?.found ?? false
}

function moreThanMayVanish(list: DirectoryList): string {
  const atLeast = directoryTables[list].mayVanish
  return `select exists (select from ${list} where source_id = $1 and gone_at is null offset ${atLeast}) as found`
}

/** @param streams all of the run's when left out */
export async function countRejected(
  database: Queryable,
  runId: number,
  streams?: readonly StreamName[],
): Promise<number> {
  const { rows } = await database.query<{ rejected: number }>(
    `select count(*) as rejected from rejected_record
     where run_id = $1 and ($2::text[] is null or stream = any($2::text[]))`,
    [runId, streams ?? null],
  )
  return rows[0]?.rejected ?? 0
}
