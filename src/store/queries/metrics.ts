// What does a monitor want to know of runs, sources and the queue, as numbers alone?

import type { Database } from '../database.ts'

export interface StoreMetrics {
  readonly runs: readonly { readonly status: string; readonly runs: number }[]
  readonly sources: readonly {
    readonly source_id: number
    /** Null before the first success. */
    readonly seconds_since_success: number | null
  }[]
  readonly calls: readonly {
    readonly source_id: number
    readonly calls: number
    readonly failed: number
    readonly refused: number
    readonly timed: number
    readonly seconds: number
  }[]
  readonly parts: readonly {
    readonly stream: string
    readonly parts: number
    readonly failed: number
    readonly decode_seconds: number
    readonly stage_seconds: number
    readonly merge_seconds: number
    readonly inserted: number
    readonly changed: number
    readonly unchanged: number
    readonly rejected: number
  }[]
  readonly undelivered: number
}

const runStatuses = ['pending', 'running', 'completed', 'partial', 'failed', 'cancelled']

export async function loadStoreMetrics(database: Database): Promise<StoreMetrics> {
  const [runs, sources, calls, parts, outbox] = await Promise.all([
    database.query<StoreMetrics['runs'][number]>(
      `select s.status, count(r.run_id) as runs
       from unnest($1::text[]) as s (status) left join run r on r.status = s.status
       group by s.status`,
      [runStatuses],
    ),
    database.query<StoreMetrics['sources'][number]>(
      `select s.source_id,
              extract(epoch from now() - max(r.finished_at) filter (where r.status = 'completed'))::float8
                as seconds_since_success
       from source s left join run r on r.source_id = s.source_id
       where s.removed_at is null
       group by s.source_id`,
    ),
    database.query<StoreMetrics['calls'][number]>(
      `select source_id, sum(calls)::float8 as calls, sum(failed)::float8 as failed, sum(refused)::float8 as refused,
              sum(timed)::float8 as timed, sum(total_ms)::float8 / 1000 as seconds
       from source_call join source s using (source_id)
       where s.removed_at is null
       group by source_id`,
    ),
    database.query<StoreMetrics['parts'][number]>(
      `select j.stream, count(*) filter (where c.status = 'done') as parts, count(*) filter (where c.status = 'failed') as failed,
              coalesce(sum(c.decode_ms), 0)::float8 / 1000 as decode_seconds,
              coalesce(sum(c.stage_ms), 0)::float8 / 1000 as stage_seconds,
              coalesce(sum(c.merge_ms), 0)::float8 / 1000 as merge_seconds,
              sum(c.inserted)::float8 as inserted, sum(c.changed)::float8 as changed,
              sum(c.unchanged)::float8 as unchanged, sum(c.rejected)::float8 as rejected
       from export_job j join export_chunk c using (export_job_id)
       group by j.stream`,
    ),
    database.query<{ undelivered: number }>(
      'select count(*) as undelivered from (select from outbox where delivered_at is null limit 100000) as o',
    ),
  ])
  return {
    runs: runs.rows,
    sources: sources.rows,
    calls: calls.rows,
    parts: parts.rows,
    undelivered: outbox.rows[0]?.undelivered ?? 0,
  }
}
