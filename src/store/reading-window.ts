import type { StreamName } from '../domain/batch.ts'
import type { Queryable } from './database.ts'

// From when a delta of a source must ask, and whether what we remember of it can be believed.

export interface Watermark {
  /** Up to when the stream is known complete, on the source's clock. */
  readonly at: string
  /** The source's clock minus ours in the run that set it; null when it was not known. */
  readonly clockOffsetMs: number | null
}

/** Where each stream of a source was last read to its end. The latest reading counts, whatever clock it was read by. */
export async function findWatermarks(database: Queryable, sourceId: number): Promise<Map<StreamName, Watermark>> {
  const { rows } = await database.query<{ stream: StreamName; at: string; offset_ms: number | null }>(
    `select distinct on (s.stream) s.stream, s.watermark_at as at, r.clock_offset_ms as offset_ms
     from run_stream s
     join run r using (run_id)
     where r.source_id = $1 and s.status = 'completed' and s.watermark_at is not null
     order by s.stream, s.run_id desc`,
    [sourceId],
  )
  return new Map(rows.map(row => [row.stream, { at: row.at, clockOffsetMs: row.offset_ms }]))
}

/** Whether the database was restored from a backup after the last run of a source that read its findings to the end. */
export async function isRestoredSince(database: Queryable, sourceId: number): Promise<boolean> {
  const { rows } = await database.query<{ restored: boolean }>(
    `select exists (
       select from audit_event
       where action = 'backup.restored'
         and recorded_at > (select max(r.finished_at)
                            from run r
                            join run_stream s using (run_id)
                            where r.source_id = $1 and s.stream = 'findings' and s.status = 'completed')
     ) as restored`,
    [sourceId],
  )
  return rows[0]?.restored ?? false
}

/** Of these exports, those that no run of ours knows. */
export async function findUnknownExports(
  database: Queryable,
  exportIds: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    `select id from unnest($1::text[]) as asked (id)
     where not exists (select from export_job j where j.export_id = asked.id)`,
    [exportIds],
  )
  return rows.map(row => row.id)
}

/** Makes a delta a full run; false when it is no longer ours. */
export async function widenRun(database: Queryable, runId: number, fence: number): Promise<boolean> {
  const { rowCount } = await database.query(
    "update run set kind = 'full' where run_id = $1 and fence = $2 and status = 'running'",
    [runId, fence],
  )
  return rowCount === 1
}

export async function recordClockOffset(database: Queryable, runId: number, offsetMs: number | null): Promise<void> {
  await database.query('update run set clock_offset_ms = $2 where run_id = $1', [runId, offsetMs])
}

/** Within this share of the rows' delays an overlap must reach. */
const measuredShare = 0.999
/** Fewer rows than this tell little. */
const rowsAtLeast = 100

/**
 * Learns from the rows of a run how late the source indexes what its scans find. A full run shows them all and says it
 * anew; a delta, which sees a few, can only say that it takes longer.
 */
export async function learnIndexingDelay(database: Queryable, runId: number): Promise<void> {
  await database.query(
    `with told as (
       select d.hours, sum(d.rows) as rows
       from export_job j
       join export_chunk c using (export_job_id)
       cross join unnest(c.indexing_delays) with ordinality as d (rows, hours)
       where j.run_id = $1 and c.status = 'done'
       group by d.hours
     ), counted as (
       select hours, sum(rows) over (order by hours) as within, sum(rows) over () as total
       from told
     ), measured as (
       select min(hours) * 3600 as seconds
       from counted
       where total >= $2 and within >= total * $3::numeric
     )
     update source s
     set indexing_delay_seconds =
       case when r.kind = 'full' then m.seconds else greatest(s.indexing_delay_seconds, m.seconds) end
     from measured m, run r
     where r.run_id = $1 and s.source_id = r.source_id and m.seconds is not null
       and s.indexing_delay_seconds is distinct from m.seconds`,
    [runId, rowsAtLeast, measuredShare],
  )
}

/** Seconds; null while too few rows have told. */
export async function findIndexingDelay(database: Queryable, sourceId: number): Promise<number | null> {
  const { rows } = await database.query<{ seconds: number | null }>(
    'select indexing_delay_seconds as seconds from source where source_id = $1',
    [sourceId],
  )
  return rows[0]?.seconds ?? null
}
