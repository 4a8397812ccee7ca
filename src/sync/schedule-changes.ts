import type { StreamName } from '../connectors/connector.ts'
import type { BlackoutWindow, ScheduleKind } from '../domain/schedule.ts'
import type { Clock } from '../platform/clock.ts'
import { ConfigError, NotFoundError } from '../platform/errors.ts'
import { type Actor, recordAudit } from '../store/audit.ts'
import type { Database, Queryable } from '../store/database.ts'
import {
  deleteSchedule,
  findSchedule,
  holdSchedules,
  listSchedules,
  moveSchedule,
  type Schedule,
  type ScheduleTerms,
  saveSchedule,
  setPaused,
} from '../store/schedules.ts'
import { getSource } from '../store/sources.ts'
import { checkRule, longestGapHours, nextOccurrence } from './schedule.ts'

export interface ScheduleDeps {
  readonly database: Database
  readonly clock: Clock
}

/** What is left out stays; a pattern takes the place of an interval and the other way round. */
export interface ScheduleChange {
  readonly kind?: ScheduleKind
  readonly streams?: readonly StreamName[] | null
  readonly cron?: string | null
  readonly intervalHours?: number | null
  readonly timeZone?: string
  readonly jitterSeconds?: number
  readonly blackout?: readonly BlackoutWindow[]
  readonly isPaused?: boolean
}

/** All schedules, those of a source, or one. */
export interface ScheduleChoice {
  readonly scheduleId?: number | undefined
  readonly sourceId?: number | undefined
  /** Of those only the ones of these sources: no others are the caller's to change. */
  readonly withinSources?: readonly number[]
}

/**
 * Adds a schedule to a source, or changes the one of that name.
 * @throws NotFoundError `source_not_found`
 * @throws ConfigError `bad_schedule`, `schedule_managed_by_environment`
 */
export async function setSchedule(
  { database, clock }: ScheduleDeps,
  at: { readonly sourceId: number; readonly name: string },
  change: ScheduleChange,
  actor: Actor,
): Promise<Schedule> {
  const { sourceId, name } = at
  return database.transaction(async connection => {
    const source = await getSource(connection, sourceId)
    await holdSchedules(connection, sourceId)
    const all = await listSchedules(connection, sourceId)
    const before = all.find(schedule => schedule.name === name)
    const now = clock.now()
    const terms = termsOf(before, change, all[0]?.timeZone ?? 'UTC', now)
    if (before) refuseEnvironmentTimes(before, terms)
    checkRule({ id: before?.id ?? 0, ...terms }, now)
    const gap = longestGapHours({ id: before?.id ?? 0, ...terms }, now)
    const id = await saveSchedule(
      connection,
      sourceId,
      name,
      { ...terms, nextAt: null, longestGapHours: gap },
      before?.managedBy ?? 'people',
    )
    await moveSchedule(connection, id, nextOccurrence({ id, ...terms }, now)?.at ?? null)
    const after = await getSchedule(connection, id)
    const detail = { source: source.name, name, ...differences(before, after) }
    const action = before ? 'schedule.changed' : 'schedule.created'
    await recordAudit(connection, { actor, action, subject: `schedule:${id}`, detail })
    return after
  })
}

/**
 * Pauses or resumes schedules; a resumed one goes on with its next time. Answers those chosen, and how many were changed.
 * @throws NotFoundError `schedule_not_found`, `source_not_found`
 */
export async function pauseSchedules(
  { database, clock }: ScheduleDeps,
  choice: ScheduleChoice,
  isPaused: boolean,
  actor: Actor,
): Promise<{ readonly schedules: readonly Schedule[]; readonly changed: number }> {
  return database.transaction(async connection => {
    const { withinSources } = choice
    const chosen = (await choose(connection, choice)).filter(
      schedule => withinSources === undefined || withinSources.includes(schedule.sourceId),
    )
    let changed = 0
    for (const { sourceId, id } of chosen) {
      await holdSchedules(connection, sourceId)
      const before = await getSchedule(connection, id)
      if (before.isPaused === isPaused) continue
      const next = isPaused ? null : (nextOccurrence(before, clock.now())?.at ?? null)
      await setPaused(connection, id, isPaused, next)
      const detail = { source: before.source, name: before.name }
      const action = isPaused ? 'schedule.paused' : 'schedule.resumed'
      await recordAudit(connection, { actor, action, subject: `schedule:${id}`, detail })
      changed += 1
    }
    const ids = new Set(chosen.map(schedule => schedule.id))
    const after = await listSchedules(connection, choice.sourceId)
    return { schedules: after.filter(schedule => ids.has(schedule.id)), changed }
  })
}

/**
 * @throws NotFoundError `schedule_not_found`
 * @throws ConfigError `schedule_managed_by_environment`
 */
export async function removeSchedule({ database }: ScheduleDeps, scheduleId: number, actor: Actor): Promise<Schedule> {
  return database.transaction(async connection => {
    const before = await getSchedule(connection, scheduleId)
    if (before.managedBy === 'environment') throw managedByEnvironment(before)
    await holdSchedules(connection, before.sourceId)
    await deleteSchedule(connection, scheduleId)
    const detail = { source: before.source, name: before.name, ...differences(before, undefined) }
    await recordAudit(connection, { actor, action: 'schedule.removed', subject: `schedule:${scheduleId}`, detail })
    return before
  })
}

type Terms = Omit<ScheduleTerms, 'nextAt' | 'longestGapHours'>

function termsOf(before: Schedule | undefined, change: ScheduleChange, timeZone: string, now: Date): Terms {
  const usual = { kind: 'delta' as const, streams: null, cron: null, intervalHours: null, jitterSeconds: 0 }
  const kept = before ?? { ...usual, timeZone, blackout: [], isPaused: false }
  const timing =
    typeof change.cron === 'string'
      ? { cron: change.cron.trim(), intervalHours: null }
      : typeof change.intervalHours === 'number'
        ? { cron: null, intervalHours: change.intervalHours }
        : { cron: kept.cron, intervalHours: kept.intervalHours }
  return {
    kind: change.kind ?? kept.kind,
    streams: change.streams === undefined ? kept.streams : change.streams && [...new Set(change.streams)],
    ...timing,
    // A new interval is counted from now.
    anchorAt: before && before.intervalHours === timing.intervalHours ? before.anchorAt : now.toISOString(),
    timeZone: change.timeZone ?? kept.timeZone,
    jitterSeconds: change.jitterSeconds ?? kept.jitterSeconds,
    blackout: change.blackout ?? kept.blackout,
    isPaused: change.isPaused ?? kept.isPaused,
  }
}

function refuseEnvironmentTimes(before: Schedule, wanted: Terms): void {
  if (before.managedBy !== 'environment') return
  const decided = ({ kind, streams, cron, intervalHours, timeZone }: Terms) =>
    JSON.stringify([kind, streams, cron, intervalHours, timeZone])
  if (decided(before) !== decided(wanted)) throw managedByEnvironment(before)
}

function managedByEnvironment({ id, name, source }: Schedule): ConfigError {
  return new ConfigError(
    'schedule_managed_by_environment',
    `Schedule ${name} of ${source} follows the environment. Change TENABLE_SYNC_INTERVAL_HOURS, TENABLE_FULL_SYNC_INTERVAL_HOURS or TZ and start again; here it can be paused, and given a blackout and jitter.`,
    { context: { scheduleId: id } },
  )
}

async function choose(connection: Queryable, { scheduleId, sourceId }: ScheduleChoice): Promise<readonly Schedule[]> {
  if (sourceId !== undefined) await getSource(connection, sourceId)
  if (scheduleId === undefined) return listSchedules(connection, sourceId)
  const schedule = await getSchedule(connection, scheduleId)
  if (sourceId !== undefined && schedule.sourceId !== sourceId) throw scheduleNotFound(scheduleId)
  return [schedule]
}

async function getSchedule(connection: Queryable, scheduleId: number): Promise<Schedule> {
  const schedule = await findSchedule(connection, scheduleId)
  if (!schedule) throw scheduleNotFound(scheduleId)
  return schedule
}

export function scheduleNotFound(scheduleId: number): NotFoundError {
  return new NotFoundError(
    'schedule_not_found',
    `There is no schedule ${scheduleId}. The list of schedules shows them.`,
  )
}

/** The terms that changed, before and after. */
function differences(before: Schedule | undefined, after: Schedule | undefined) {
  const [was, is] = [before && said(before), after && said(after)]
  const keys = Object.keys(was ?? is ?? {}) as (keyof ReturnType<typeof said>)[]
  const changed = keys.filter(key => JSON.stringify(was?.[key]) !== JSON.stringify(is?.[key]))
  const pick = (terms: ReturnType<typeof said> | undefined) =>
    terms ? Object.fromEntries(changed.map(key => [key, terms[key]])) : null
  return { before: pick(was), after: pick(is) }
}

function said(schedule: Schedule) {
  return {
    kind: schedule.kind,
    streams: schedule.streams && [...schedule.streams],
    cron: schedule.cron,
    interval_hours: schedule.intervalHours,
    time_zone: schedule.timeZone,
    jitter_seconds: schedule.jitterSeconds,
    blackout: schedule.blackout.map(({ days, from, to }) => ({ days: [...days], from, to })),
    is_paused: schedule.isPaused,
  }
}
