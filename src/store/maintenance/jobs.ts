import type { JsonObject } from '../../domain/json.ts'
import { codeOf, messageOf, NotFoundError } from '../../platform/errors.ts'
import type { Actor } from '../audit.ts'
import type { Connection, Database, Queryable } from '../database.ts'
import { locks } from '../locks.ts'

// Work that takes longer than a call: a row says what is wanted, how far it is and what came of it. Who works on a job
// holds a lock of its number, so that one whose process died is seen and begun again; all of this work is safe to repeat.

export const maintenanceKinds = ['archive', 'restore', 'cleanup', 'retention'] as const
export type MaintenanceKind = (typeof maintenanceKinds)[number]
export type MaintenanceStatus = 'pending' | 'running' | 'completed' | 'failed'

export interface MaintenanceJob {
  readonly id: number
  readonly kind: MaintenanceKind
  readonly is_dry_run: boolean
  readonly options: JsonObject
  readonly status: MaintenanceStatus
  readonly progress: { readonly step?: string; readonly done?: number; readonly total?: number }
  readonly result: readonly JsonObject[] | null
  readonly error_code: string | null
  readonly error_message: string | null
  readonly actor_kind: Actor['kind']
  readonly actor: string
  readonly created_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
}

const columns = `maintenance_job_id as id, kind, is_dry_run, options, status, progress, result, error_code, error_message,
  actor_kind, actor, created_at, started_at, finished_at`

export interface NewJob {
  readonly kind: MaintenanceKind
  readonly isDryRun: boolean
  readonly options: JsonObject
  readonly actor: Actor
}

export async function queueJob(queryable: Queryable, job: NewJob): Promise<MaintenanceJob> {
  const { rows } = await queryable.query<MaintenanceJob>(
    `insert into maintenance_job (kind, is_dry_run, options, actor_kind, actor) values ($1, $2, $3, $4, $5)
     returning ${columns}`,
    [job.kind, job.isDryRun, JSON.stringify(job.options), job.actor.kind, job.actor.name],
  )
  return rows[0]!
}

/** One a day, whoever asks and however often. */
export async function queueDailyRetention(database: Database): Promise<void> {
  await database.transaction(async connection => {
    await connection.query('select pg_advisory_xact_lock($1)', [locks.maintenanceDaily])
    await connection.query(
      `insert into maintenance_job (kind, is_dry_run, options, actor_kind, actor)
       select 'retention', false, '{}', 'schedule', 'retention'
       where not exists (select from maintenance_job
                         where kind = 'retention' and not is_dry_run and created_at > now() - interval '1 day')`,
    )
  })
}

/** @throws NotFoundError `maintenance_job_not_found` */
export async function getJob(queryable: Queryable, id: number): Promise<MaintenanceJob> {
  const { rows } = await queryable.query<MaintenanceJob>(
    `select ${columns} from maintenance_job where maintenance_job_id = $1`,
    [id],
  )
  if (!rows[0])
    throw new NotFoundError('maintenance_job_not_found', `There is no maintenance job ${id}.`, { context: { id } })
  return rows[0]
}

/** Newest first. */
export async function listJobs(queryable: Queryable, limit: number): Promise<readonly MaintenanceJob[]> {
  const { rows } = await queryable.query<MaintenanceJob>(
    `select ${columns} from maintenance_job order by maintenance_job_id desc limit $1`,
    [limit],
  )
  return rows
}

const isHeld = `exists (select from pg_locks l
  where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
    and l.classid = ${locks.maintenanceJob} and l.objid = j.maintenance_job_id::integer and l.objsubid = 2)`

/** The oldest job that nobody works on; undefined when there is none. The lock stays with the connection. */
export async function takeJob(connection: Connection): Promise<MaintenanceJob | undefined> {
  const { rows } = await connection.query<{ id: number }>(
    `select j.maintenance_job_id as id from maintenance_job j
     where j.status in ('pending', 'running') and not ${isHeld}
     order by j.maintenance_job_id`,
  )
  for (const { id } of rows) {
    const locked = await connection.query<{ held: boolean }>('select pg_try_advisory_lock($1, $2::integer) as held', [
      locks.maintenanceJob,
      id,
    ])
    if (!locked.rows[0]?.held) continue
    const { rows: taken } = await connection.query<MaintenanceJob>(
      `update maintenance_job set status = 'running', started_at = clock_timestamp(), progress = '{}'
       where maintenance_job_id = $1 and status in ('pending', 'running')
       returning ${columns}`,
      [id],
    )
    if (taken[0]) return taken[0]
    await releaseJob(connection, id)
  }
  return undefined
}

export async function releaseJob(connection: Connection, id: number): Promise<void> {
  await connection.query('select pg_advisory_unlock($1, $2::integer)', [locks.maintenanceJob, id])
}

export async function noteProgress(
  queryable: Queryable,
  id: number,
  progress: MaintenanceJob['progress'],
): Promise<void> {
  await queryable.query('update maintenance_job set progress = $2 where maintenance_job_id = $1', [
    id,
    JSON.stringify(progress),
  ])
}

export async function completeJob(queryable: Queryable, id: number, result: readonly JsonObject[]): Promise<void> {
  await queryable.query(
    `update maintenance_job set status = 'completed', finished_at = clock_timestamp(), result = $2, progress = '{}'
     where maintenance_job_id = $1`,
    [id, JSON.stringify(result)],
  )
}

export async function failJob(queryable: Queryable, id: number, thrown: unknown): Promise<void> {
  await queryable.query(
    `update maintenance_job set status = 'failed', finished_at = clock_timestamp(), error_code = $2, error_message = $3
     where maintenance_job_id = $1`,
    [id, codeOf(thrown), messageOf(thrown).replaceAll('\0', ' ').toWellFormed()],
  )
}

/** It waits for its turn, which somebody else has. */
export async function putBackJob(queryable: Queryable, id: number): Promise<void> {
  await queryable.query("update maintenance_job set status = 'pending' where maintenance_job_id = $1", [id])
}
