import type { Database, Queryable } from './database.ts'

// The processes that read sources. Each says every two seconds that it is alive.

export type WorkerRole = 'server' | 'worker' | 'command'

export interface WorkerRow {
  readonly owner: string
  readonly role: WorkerRole
  readonly threads: number
  readonly started_at: string
  readonly heartbeat_age_ms: number
}

export async function beatWorker(
  database: Queryable,
  worker: { readonly owner: string; readonly role: WorkerRole; readonly threads: number },
): Promise<void> {
  const { rows } = await database.query<{ is_new: boolean }>(
    `insert into worker as w (owner, role, threads) values ($1, $2, $3)
     on conflict (owner) do update set role = excluded.role, heartbeat_at = clock_timestamp()
     returning xmax = 0 as is_new`,
    [worker.owner, worker.role, worker.threads],
  )
  if (rows[0]?.is_new) await forgetTheOld(database)
}

/** Processes that ended without a word long ago, and keys that nobody has used since. */
async function forgetTheOld(database: Queryable): Promise<void> {
  await database.query("delete from worker where heartbeat_at < clock_timestamp() - interval '1 day'")
  await database.query("delete from request_budget where counted_at < now() - interval '1 day'")
}

export async function forgetWorker(database: Queryable, owner: string): Promise<void> {
  await database.query('delete from worker where owner = $1', [owner])
}

export async function listWorkers(database: Queryable): Promise<readonly WorkerRow[]> {
  const { rows } = await database.query<WorkerRow & Record<string, unknown>>(
    `select owner, role, threads, started_at,
            (extract(epoch from clock_timestamp() - heartbeat_at) * 1000)::float8 as heartbeat_age_ms
     from worker
     order by started_at`,
  )
  return rows
}

/** What the sessions of one process are called, so that others can find them. */
export function sessionName(life: string): string {
  return `tenfold ${life}`
}

/**
 * Ends the sessions of a process that is silent: frozen or cut off, it would hold the locks of a part half merged, and
 * whoever reads that part again would wait for it.
 */
export async function endSessionsOf(database: Database, life: string): Promise<number> {
  const { rows } = await database.query<{ ended: boolean }>(
    `select pg_terminate_backend(pid) as ended
     from pg_stat_activity
     where datname = current_database() and usename = current_user and pid <> pg_backend_pid()
       and application_name = $1`,
    [sessionName(life)],
  )
  return rows.length
}
