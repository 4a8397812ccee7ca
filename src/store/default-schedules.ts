import type { JsonObject } from '../domain/json.ts'
import { dayMs, instantsOf, wallTimeAt } from '../platform/zoned-time.ts'
import { type Actor, recordAudit } from './audit.ts'
import type { Queryable } from './database.ts'
import { listSchedules, type Schedule, type ScheduleTerms, saveSchedule } from './schedules.ts'

/** How often a source is read unless somebody says otherwise. */
export interface ScheduleDefaults {
  readonly intervalHours: number
  readonly fullIntervalHours: number
  /** In which it is Sunday, 02:00. */
  readonly timeZone: string
}

export const usualSchedules: ScheduleDefaults = { intervalHours: 4, fullIntervalHours: 168, timeZone: 'UTC' }

/** The schedules that every source has. */
export const defaultScheduleNames = ['changes', 'plugins', 'everything'] as const
type DefaultName = (typeof defaultScheduleNames)[number]

/** A source's own settings go before the defaults. */
export interface ScheduledSource {
  readonly id: number
  readonly settings: JsonObject
}

export async function insertDefaultSchedules(
  connection: Queryable,
  source: ScheduledSource,
  defaults: ScheduleDefaults,
  managedBy: 'people' | 'environment',
): Promise<void> {
  const terms = defaultTerms(withSettings(defaults, source.settings), new Date())
  for (const name of defaultScheduleNames) await saveSchedule(connection, source.id, name, terms[name], managedBy)
}

/**
 * Makes the timing of a source's default schedules what is wanted now; blackouts, jitter and pauses are people's and stay.
 * @param names only these
 */
export async function followDefaults(
  connection: Queryable,
  source: ScheduledSource,
  defaults: ScheduleDefaults,
  actor: Actor,
  names: readonly DefaultName[] = defaultScheduleNames,
): Promise<void> {
  const wanted = defaultTerms(withSettings(defaults, source.settings), new Date())
  const present = await listSchedules(connection, source.id)
  for (const name of names) {
    const before = present.find(schedule => schedule.name === name)
    if (!before || isTimedAs(before, wanted[name])) continue
    const { jitterSeconds, blackout, isPaused, managedBy } = before
    await saveSchedule(connection, source.id, name, { ...wanted[name], jitterSeconds, blackout, isPaused }, managedBy)
    await recordAudit(connection, {
      actor,
      action: 'schedule.changed',
      subject: `schedule:${before.id}`,
      detail: { source_id: source.id, name, before: timingOf(before), after: timingOf(wanted[name]) },
    })
  }
}

/** The default schedules whose times the settings of a source decide, and that a change of these concerns. */
export function schedulesOfSettings(before: JsonObject, after: JsonObject): readonly DefaultName[] {
  return [
    ...(before.sync_interval_hours === after.sync_interval_hours ? [] : (['changes'] as const)),
    ...(before.full_sync_interval_hours === after.full_sync_interval_hours ? [] : (['everything'] as const)),
  ]
}

function withSettings(defaults: ScheduleDefaults, settings: JsonObject): ScheduleDefaults {
  const { sync_interval_hours: hours, full_sync_interval_hours: fullHours } = settings
  return {
    ...defaults,
    ...(typeof hours === 'number' ? { intervalHours: hours } : {}),
    ...(typeof fullHours === 'number' ? { fullIntervalHours: fullHours } : {}),
  }
}

function defaultTerms(defaults: ScheduleDefaults, now: Date): Readonly<Record<DefaultName, ScheduleTerms>> {
  const { timeZone } = defaults
  const common = {
    cron: null,
    intervalHours: null,
    anchorAt: now.toISOString(),
    timeZone,
    jitterSeconds: 0,
    blackout: [],
    isPaused: false,
    nextAt: null,
  }
  return {
    changes: {
      ...common,
      kind: 'delta',
      streams: ['assets', 'findings', 'networks', 'scanners', 'agents', 'tags', 'scans', 'compliance'],
      intervalHours: defaults.intervalHours,
      longestGapHours: defaults.intervalHours,
    },
    plugins: { ...common, kind: 'delta', streams: ['plugins'], cron: '30 1 * * *', longestGapHours: 24 },
    everything: { ...common, kind: 'full', streams: null, ...timingOfFull(defaults, now) },
  }
}

/** In the small hours: once a day, once a week, or every so many hours from a night on. */
function timingOfFull({ fullIntervalHours, timeZone }: ScheduleDefaults, now: Date) {
  if (fullIntervalHours === 24) return { cron: '0 2 * * *', longestGapHours: 24 }
  if (fullIntervalHours === 168) return { cron: '0 2 * * sun', longestGapHours: 168 }
  const midnight = Math.floor(wallTimeAt(now.getTime(), timeZone) / dayMs) * dayMs
  const night = instantsOf(midnight + 2 * 3_600_000, timeZone).earliest
  return {
    intervalHours: fullIntervalHours,
    anchorAt: new Date(night).toISOString(),
    longestGapHours: fullIntervalHours,
  }
}

type Timing = Pick<Schedule, 'cron' | 'intervalHours' | 'timeZone'>

function timingOf({ cron, intervalHours, timeZone }: Timing) {
  return { cron, interval_hours: intervalHours, time_zone: timeZone }
}

function isTimedAs(one: Timing, other: Timing): boolean {
  return one.cron === other.cron && one.intervalHours === other.intervalHours && one.timeZone === other.timeZone
}
