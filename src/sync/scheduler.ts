import type { StreamName } from '../connectors/connector.ts'
import type { Clock } from '../platform/clock.ts'
import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database, Queryable } from '../store/database.ts'
import { findOpenRuns, hasCompleteFindings, type RunRow } from '../store/ledger.ts'
import {
  bringForwardFailed,
  findDueSources,
  moveSchedule,
  type Schedule,
  takeDueSchedules,
} from '../store/schedules.ts'
import { noteProbe } from '../store/source-health.ts'
import { offeredStreams } from './connection.ts'
import type { RunKind } from './engine-contract.ts'
import { requestRunIn } from './request-run.ts'
import { allowedFrom, nextOccurrence } from './schedule.ts'

export interface SchedulerDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

const lookMs = 10_000

/** Queues the runs that are due. Several servers may do so over one database: each run is queued once. */
export class Scheduler {
  readonly #deps: SchedulerDeps
  readonly #stopping = new AbortController()
  #looking: Promise<void> | undefined

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
  }

  get isOn(): boolean {
    return this.#looking !== undefined && !this.#stopping.signal.aborted
  }

  start(): void {
    this.#looking ??= this.#look()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#looking
  }

  async #look(): Promise<void> {
    const { clock } = this.#deps
    while (!this.#stopping.signal.aborted) {
      await queueDueRuns(this.#deps, clock.now())
      await clock.sleep(lookMs, this.#stopping.signal).catch(() => undefined)
    }
  }
}

/**
 * Queues what is due at an instant; answers the runs it made. A source that fails does not hold up the others.
 */
export async function queueDueRuns({ database, log }: SchedulerDeps, now: Date): Promise<readonly number[]> {
  const queued: number[] = []
  try {
    await bringForwardFailed(database, now)
    for (const sourceId of await findDueSources(database, now)) {
      try {
        const runId = await database.transaction(connection => workSource(connection, sourceId, now))
        if (runId === undefined) continue
        queued.push(runId)
        log.info({ source_id: sourceId, run_id: runId }, 'a scheduled run was queued')
      } catch (error) {
        log.error({ source_id: sourceId, error: messageOf(error) }, 'the schedules of a source could not be followed')
      }
    }
  } catch (error) {
    log.error({ error: messageOf(error) }, 'could not look for schedules that are due')
  }
  return queued
}

/** One source's schedules. It has one run at a time, so at most one is queued; the broadest does the work of the others. */
async function workSource(connection: Queryable, sourceId: number, now: Date): Promise<number | undefined> {
  const due: Schedule[] = []
  for (const schedule of await takeDueSchedules(connection, sourceId, now)) {
    if (await isDue(connection, schedule, now)) due.push(schedule)
  }
  let queued: number | undefined
  for (const schedule of due.sort(byReach)) {
    let active = await findActiveRun(connection, sourceId)
    if (active === undefined) {
      const { runId, created } = await queue(connection, schedule)
      if (created) {
        queued = runId
        // Where the circuit is open this is the run that tries whether the source answers again.
        await noteProbe(connection, sourceId)
      }
      // Not ours when somebody asked for a run at the same moment.
      active = await findActiveRun(connection, sourceId)
    }
    // Else it stays due until the run that is there has ended: a full that a delta holds up must not wait for a week.
    if (active !== undefined && covers(active, schedule)) await moveOn(connection, schedule, now, active.run_id)
  }
  return queued
}

/** Whether it may start now; when it may not, the time at which it may is written down. */
async function isDue(connection: Queryable, schedule: Schedule, now: Date): Promise<boolean> {
  // Never reckoned: from when it was made, so that a source that has waited for a server is read at once.
  const reckoned =
    schedule.nextAt === null ? nextOccurrence(schedule, new Date(schedule.anchorAt))?.at : new Date(schedule.nextAt)
  // What lies ahead is reckoned anew: it was never, or by a clock that was wrong.
  const isReached = reckoned !== undefined && reckoned <= now
  const at = isReached ? allowedFrom(schedule, now) : nextOccurrence(schedule, now)?.at
  if (at !== undefined && at <= now) return true
  await moveSchedule(connection, schedule.id, at ?? null)
  return false
}

async function queue(connection: Queryable, schedule: Schedule) {
  const { sourceId, name, streams } = schedule
  const kind = await kindOf(connection, schedule)
  return requestRunIn(
    connection,
    schedule.source,
    { sourceId, kind, trigger: 'schedule', ...(streams && kind === schedule.kind ? { streams } : {}) },
    { kind: 'schedule', name },
    { schedule: name },
  )
}

/** A source that was never read to its end has no changes: it is read whole. */
async function kindOf(connection: Queryable, { kind, streams, sourceId }: Schedule): Promise<RunKind> {
  if (kind === 'full' || !(streams ?? offeredStreams).includes('findings')) return kind
  return (await hasCompleteFindings(connection, sourceId)) ? 'delta' : 'full'
}

async function moveOn(connection: Queryable, schedule: Schedule, now: Date, runId: number): Promise<void> {
  const dueAt = schedule.nextAt ?? now.toISOString()
  await moveSchedule(connection, schedule.id, nextOccurrence(schedule, now)?.at ?? null, { dueAt, runId })
}

async function findActiveRun(connection: Queryable, sourceId: number): Promise<RunRow | undefined> {
  return (await findOpenRuns(connection)).find(run => run.source_id === sourceId)
}

/** Whether the work of a schedule is being done by a run that is there already. */
function covers(run: RunRow, schedule: Schedule): boolean {
  if (run.cancel_requested_at !== null) return false
  const wanted: readonly StreamName[] = schedule.streams ?? offeredStreams
  return (run.kind === 'full' || schedule.kind === 'delta') && wanted.every(stream => run.streams.includes(stream))
}

/** Those that do the work of others go first. */
function byReach(one: Schedule, other: Schedule): number {
  const reach = ({ kind, streams }: Schedule) => (kind === 'full' ? 100 : 0) + (streams ?? offeredStreams).length
  return reach(other) - reach(one)
}
