import type { StreamName } from '../domain/batch.ts'
import type { BlackoutWindow, ScheduleKind } from '../domain/schedule.ts'
import type { Queryable } from './database.ts'
import { mayStart } from './source-health.ts'

// When each source is read by itself. What a rule means is reckoned elsewhere; here are its rows.

export interface Schedule {
  readonly id: number
  readonly sourceId: number
  readonly source: string
  readonly name: string
  readonly kind: ScheduleKind
  /** null: all that the source offers. */
  readonly streams: readonly StreamName[] | null
  readonly cron: string | null
  readonly intervalHours: number | null
  readonly anchorAt: string
  readonly timeZone: string
  readonly jitterSeconds: number
  readonly blackout: readonly BlackoutWindow[]
  readonly isPaused: boolean
  /** null until a server has reckoned it. */
  readonly nextAt: string | null
  readonly longestGapHours: number
  readonly lastDueAt: string | null
  readonly lastRunId: number | null
  readonly managedBy: 'people' | 'environment'
  /** The source is switched on and has keys. */
  readonly isReadable: boolean
}

/** What a person or the environment decides about a schedule. */
export interface ScheduleTerms {
  readonly kind: ScheduleKind
  readonly streams: readonly StreamName[] | null
  readonly cron: string | null
  readonly intervalHours: number | null
  readonly anchorAt: string
  readonly timeZone: string
  readonly jitterSeconds: number
  readonly blackout: readonly BlackoutWindow[]
  readonly isPaused: boolean
  readonly nextAt: string | null
  readonly longestGapHours: number
}

const selection = `
select c.schedule_id as "id", c.source_id as "sourceId", s.name as "source", c.name, c.kind, c.streams, c.cron,
       c.interval_hours as "intervalHours", c.anchor_at as "anchorAt", c.time_zone as "timeZone",
       c.jitter_seconds as "jitterSeconds", c.blackout, c.is_paused as "isPaused", c.next_at as "nextAt",
       c.longest_gap_hours as "longestGapHours", c.last_due_at as "lastDueAt", c.last_run_id as "lastRunId",
       c.managed_by as "managedBy", s.is_enabled and s.credentials is not null as "isReadable"
from schedule c
join source s using (source_id)
where s.removed_at is null`

type ScheduleRow = Schedule & Record<string, unknown>

/** Those of the sources that are not removed, in the order they were made. */
export async function listSchedules(queryable: Queryable, sourceId?: number): Promise<readonly Schedule[]> {
  const { rows } = await queryable.query<ScheduleRow>(
    `${selection}
  and ($1::integer is null or c.source_id = $1)
order by c.source_id, c.schedule_id`,
    [sourceId ?? null],
  )
  return rows
}

export async function findSchedule(queryable: Queryable, scheduleId: number): Promise<Schedule | undefined> {
  const { rows } = await queryable.query<ScheduleRow>(`${selection} and c.schedule_id = $1`, [scheduleId])
  return rows[0]
}

/** Sources with a schedule to look at: due, never reckoned, or moved out of sight by a clock that was wrong. */
export async function findDueSources(queryable: Queryable, now: Date): Promise<readonly number[]> {
  const { rows } = await queryable.query<{ source_id: number }>(
    `select distinct c.source_id
     from schedule c
     join source s using (source_id)
     where ${isToBeSeen} and s.removed_at is null and s.is_enabled and s.credentials is not null and ${mayStart('$1')}
     order by c.source_id`,
    [now.toISOString()],
  )
  return rows.map(row => row.source_id)
}

/** Refusals that time does not mend. */
const lasting = [
  'bad_credentials',
  'forbidden',
  'keys_needed',
  'other_source',
  'records_rejected',
  'wrong_encryption_key',
]

/**
 * Makes full schedules due again whose run failed or was not complete an hour ago, at most three times in a day: the next
 * time of their own may be a week away, and only a complete full run notices what is gone.
 */
export async function bringForwardFailed(queryable: Queryable, now: Date): Promise<void> {
  await queryable.query(
    `update schedule c
     set next_at = $1
     from run r
     where r.run_id = c.last_run_id and c.kind = 'full' and r.kind = 'full' and not c.is_paused
       and c.next_at > $1::timestamptz + interval '1 hour'
       and r.status in ('failed', 'partial') and coalesce(r.error_code, '') <> all ($2::text[])
       and r.finished_at <= $1::timestamptz - interval '1 hour'
       and not exists (select from run newer
                       where newer.source_id = c.source_id and newer.kind = 'full' and newer.run_id > r.run_id
                         and newer.status in ('pending', 'running', 'completed'))
       and (select count(*)
            from run tried
            where tried.source_id = c.source_id and tried.kind = 'full' and tried.trigger = 'schedule'
              and tried.created_at > $1::timestamptz - interval '1 day') < 4`,
    [now.toISOString(), lasting],
  )
}

const isToBeSeen = `not c.is_paused
       and (c.next_at is null or c.next_at <= $1
            or c.next_at > $1::timestamptz + make_interval(secs => (c.longest_gap_hours + 25) * 3600 + c.jitter_seconds))`

/**
 * The schedules of a source to look at, for whoever may move them on: nothing when another server has them in hand. Held
 * until the transaction ends.
 */
export async function takeDueSchedules(
  connection: Queryable,
  sourceId: number,
  now: Date,
): Promise<readonly Schedule[]> {
  // Weaker than an update of the key, so that runs of the source can be written meanwhile.
  const held = await connection.query(
    `select from source s
     where s.source_id = $1 and s.removed_at is null and s.is_enabled and s.credentials is not null and ${mayStart('$2')}
     for no key update of s skip locked`,
    [sourceId, now.toISOString()],
  )
  if (held.rows.length === 0) return []
  // A statement of its own: it sees what the one that held them before us has committed.
  const { rows } = await connection.query<ScheduleRow>(`${selection} and c.source_id = $2 and ${isToBeSeen}`, [
    now.toISOString(),
    sourceId,
  ])
  return rows
}

/** Sets when a schedule is due next; `done` says which run does the work of the time that it was due at. */
export async function moveSchedule(
  connection: Queryable,
  scheduleId: number,
  nextAt: Date | null,
  done?: { readonly dueAt: string; readonly runId: number },
): Promise<void> {
  await connection.query(
    `update schedule
     set next_at = $2, last_due_at = coalesce($3, last_due_at), last_run_id = coalesce($4, last_run_id)
     where schedule_id = $1`,
    [scheduleId, nextAt?.toISOString() ?? null, done?.dueAt ?? null, done?.runId ?? null],
  )
}

/** Adds a schedule, or changes the one of that name. */
export async function saveSchedule(
  connection: Queryable,
  sourceId: number,
  name: string,
  terms: ScheduleTerms,
  managedBy: 'people' | 'environment',
): Promise<number> {
  const { rows } = await connection.query<{ schedule_id: number }>(
    `insert into schedule (source_id, name, kind, streams, cron, interval_hours, anchor_at, time_zone, jitter_seconds,
                           blackout, is_paused, next_at, longest_gap_hours, managed_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (source_id, name) do update
     set kind = excluded.kind, streams = excluded.streams, cron = excluded.cron,
         interval_hours = excluded.interval_hours, anchor_at = excluded.anchor_at, time_zone = excluded.time_zone,
         jitter_seconds = excluded.jitter_seconds, blackout = excluded.blackout, is_paused = excluded.is_paused,
         next_at = excluded.next_at, longest_gap_hours = excluded.longest_gap_hours,
         managed_by = excluded.managed_by, updated_at = now()
     returning schedule_id`,
    [
      sourceId,
      name,
      terms.kind,
      terms.streams,
      terms.cron,
      terms.intervalHours,
      terms.anchorAt,
      terms.timeZone,
      terms.jitterSeconds,
      JSON.stringify(terms.blackout),
      terms.isPaused,
      terms.nextAt,
      terms.longestGapHours,
      managedBy,
    ],
  )
  return rows[0]!.schedule_id
}

export async function setPaused(
  connection: Queryable,
  scheduleId: number,
  isPaused: boolean,
  nextAt: Date | null,
): Promise<void> {
  await connection.query(
    'update schedule set is_paused = $2, next_at = $3, updated_at = now() where schedule_id = $1',
    [scheduleId, isPaused, nextAt?.toISOString() ?? null],
  )
}

export async function deleteSchedule(connection: Queryable, scheduleId: number): Promise<void> {
  await connection.query('delete from schedule where schedule_id = $1', [scheduleId])
}

/** Takes the schedules of a source in hand, so that no server starts a run of one that is being changed. */
export async function holdSchedules(connection: Queryable, sourceId: number): Promise<void> {
  await connection.query('select from source where source_id = $1 for no key update', [sourceId])
}
