import type { Queryable } from './database.ts'

/** Calls to one source in one hour, or what is to be added to them. */
export interface SourceCalls {
  readonly sourceId: number
  /** The hour's first instant. */
  readonly hour: Date
  readonly calls: number
  readonly failed: number
  readonly refused: number
  readonly timed: number
  readonly slow: number
  readonly totalMs: number
  readonly longestMs: number
  readonly bytes: number
  /** Of the timed ones, how many took up to each step, and more than the last. */
  readonly latencies: readonly number[]
  readonly allowedPerMinute: number
}

/** Milliseconds. Never to be changed: the counts that are kept are by these. */
export const latencySteps = [50, 100, 200, 400, 800, 1600, 3200, 5000, 10_000] as const

/** Adds to what is counted already, by us or by others. */
export async function addSourceCalls(queryable: Queryable, counted: readonly SourceCalls[]): Promise<void> {
  for (const one of counted) {
    await queryable.query(
      `insert into source_call as c (source_id, hour, calls, failed, refused, timed, slow, total_ms, longest_ms, bytes,
                                     allowed_per_minute, latencies)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       on conflict (source_id, hour) do update
       set calls = c.calls + excluded.calls, failed = c.failed + excluded.failed, refused = c.refused + excluded.refused,
           timed = c.timed + excluded.timed, slow = c.slow + excluded.slow, total_ms = c.total_ms + excluded.total_ms,
           longest_ms = greatest(c.longest_ms, excluded.longest_ms), bytes = c.bytes + excluded.bytes,
           allowed_per_minute = excluded.allowed_per_minute,
           latencies = (select array_agg(coalesce(mine, 0) + coalesce(theirs, 0) order by step)
                        from unnest(c.latencies, excluded.latencies) with ordinality as l (mine, theirs, step))`,
      [
        one.sourceId,
        one.hour.toISOString(),
        one.calls,
        one.failed,
        one.refused,
        one.timed,
        one.slow,
        one.totalMs,
        one.longestMs,
        one.bytes,
        one.allowedPerMinute,
        one.latencies,
      ],
    )
  }
}
