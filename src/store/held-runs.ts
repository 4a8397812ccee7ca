import type { Queryable } from './database.ts'

// Runs as their holder, and those that help it, keep them or let them go.

/** Lets go of a run that is not ended: whoever looks next takes it up at once. */
export async function releaseRun(database: Queryable, runId: number, fence: number): Promise<void> {
  await database.query(
    `update run set owner = null, heartbeat_at = null where run_id = $1 and fence = $2 and status = 'running'`,
    [runId, fence],
  )
}

/** Of these runs, those that are still running under the fence named, and that nobody asked to stop. */
export async function stillRunning(
  database: Queryable,
  runs: readonly { readonly runId: number; readonly fence: number }[],
): Promise<ReadonlySet<number>> {
  const { rows } = await database.query<{ run_id: number }>(
    `select r.run_id
     from unnest($1::bigint[], $2::bigint[]) as h (run_id, fence)
     join run r on r.run_id = h.run_id and r.fence = h.fence
     where r.status = 'running' and r.cancel_requested_at is null`,
    [runs.map(run => run.runId), runs.map(run => run.fence)],
  )
  return new Set(rows.map(row => row.run_id))
}
