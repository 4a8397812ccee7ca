import type { StreamName } from '../domain/batch.ts'
import type { Queryable } from './database.ts'

// How many assets a chunk of the next export holds, where the last one was too heavy for what is configured.

export async function loadChunkSizes(queryable: Queryable, sourceId: number): Promise<ReadonlyMap<StreamName, number>> {
  const { rows } = await queryable.query<{ stream: StreamName; size: number }>(
    'select stream, size from chunk_size where source_id = $1',
    [sourceId],
  )
  return new Map(rows.map(row => [row.stream, row.size]))
}

/** null: as configured again. */
export async function saveChunkSize(
  queryable: Queryable,
  sourceId: number,
  stream: StreamName,
  size: number | null,
  reason: string,
): Promise<void> {
  if (size === null) {
    await queryable.query('delete from chunk_size where source_id = $1 and stream = $2', [sourceId, stream])
    return
  }
  await queryable.query(
    `insert into chunk_size (source_id, stream, size, reason) values ($1, $2, $3, $4)
     on conflict (source_id, stream) do update set size = excluded.size, reason = excluded.reason, updated_at = now()`,
    [sourceId, stream, size, reason],
  )
}

/** What the chunks of a stream's exports in one run were like. */
export interface ChunkExperience {
  readonly stream: StreamName
  /** Assets in a chunk, as the last export was asked; null where the source decides. */
  readonly asked_size: number | null
  readonly chunks: number
  readonly heaviest_bytes: number
  /** From claim to commit. */
  readonly slowest_seconds: number
  /** Chunks with a reading that failed because there was too much in it, or that the source could not make in time. */
  readonly overloaded: number
}

/** Faults that a smaller chunk cures. */
const overload = [
  'timeout',
  'truncated_body',
  'answer_too_large',
  'payload_too_large',
  'worker_lost',
  'not_made_by_source',
]

export async function chunkExperience(queryable: Queryable, runId: number): Promise<readonly ChunkExperience[]> {
  const { rows } = await queryable.query<ChunkExperience & Record<string, unknown>>(
    `select j.stream,
            max(coalesce(j.asked ->> 'num_assets', j.asked ->> 'chunk_size')::integer) as asked_size,
            count(*)::integer as chunks,
            coalesce(max(c.bytes), 0)::float8 as heaviest_bytes,
            coalesce(max(extract(epoch from c.finished_at - c.started_at)), 0)::float8 as slowest_seconds,
            count(*) filter (where c.faults && $2::text[] or c.error_code = any ($2::text[]))::integer as overloaded
     from export_job j
     join export_chunk c using (export_job_id)
     where j.run_id = $1
     group by j.stream`,
    [runId, overload],
  )
  return rows
}
