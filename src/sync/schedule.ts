import { createHash } from 'node:crypto'
import { Cron } from 'croner'
import type { BlackoutWindow } from '../domain/schedule.ts'
import { ConfigError, messageOf } from '../platform/errors.ts'
import { dayMs, isTimeZone } from '../platform/zoned-time.ts'
import { afterBlackout, minutesOf } from './blackout.ts'

/** When a schedule is due: by a cron pattern on the wall clock of its zone, or every so many hours that pass. */
export interface ScheduleRule {
  /** Decides, with the time itself, how far the jitter moves it. */
  readonly id: number
  readonly cron: string | null
  readonly intervalHours: number | null
  /** Intervals are counted from here. ISO 8601. */
  readonly anchorAt: string
  readonly timeZone: string
  readonly jitterSeconds: number
  readonly blackout: readonly BlackoutWindow[]
}

export interface Occurrence {
  /** As the pattern or the interval has it. */
  readonly plannedFor: Date
  /** With the jitter, and after the blackout that it falls into. */
  readonly at: Date
}

const hourMs = 3_600_000
/** A run costs exports of the vendor's small queue. */
export const shortestGapMs = hourMs / 4

/**
 * The next time after an instant. Whatever was missed before is not made up for: after downtime one run is due, not many.
 * A wall time that the clocks skip is due when they have jumped; one that comes twice is due once.
 * @returns undefined when there is none
 */
export function nextOccurrence(rule: ScheduleRule, after: Date): Occurrence | undefined {
  const planned = rule.cron === null ? nextInterval(rule, after) : nextOfCron(rule.cron, rule.timeZone, after)
  if (planned === undefined) return undefined
  const allowed = afterBlackout(rule.blackout, rule.timeZone, planned)
  if (allowed === undefined) return undefined
  const at = afterBlackout(rule.blackout, rule.timeZone, allowed + jitterMs(rule, planned))
  return at === undefined ? undefined : { plannedFor: new Date(planned), at: new Date(at) }
}

/** The times after an instant, one after the other. Several that a blackout moves to its end are one. */
export function* occurrences(rule: ScheduleRule, after: Date): Generator<Occurrence> {
  let last = after
  for (;;) {
    const next = nextOccurrence(rule, last)
    if (!next) return
    yield next
    last = next.at
  }
}

/** When a run that is due may start: now, or at the end of the blackout that it is late in. */
export function allowedFrom(rule: ScheduleRule, now: Date): Date {
  return new Date(afterBlackout(rule.blackout, rule.timeZone, now.getTime()) ?? now.getTime() + dayMs)
}

/** The longest time between two occurrences, hours: data older than that is late. */
export function longestGapHours(rule: ScheduleRule, from: Date): number {
  return Math.max(...gapsMs(rule, from)) / hourMs
}

/** @throws ConfigError `bad_schedule`, with the field in its context */
export function checkRule(rule: ScheduleRule, now: Date): void {
  const timing = rule.cron === null ? 'interval_hours' : 'cron'
  if ((rule.cron === null) === (rule.intervalHours === null)) {
    throw badSchedule(timing, 'A schedule has either a cron pattern or an interval in hours.')
  }
  if (!isTimeZone(rule.timeZone)) {
    throw badSchedule('time_zone', `There is no time zone ${rule.timeZone}. Name one as Europe/Berlin or UTC.`)
  }
  if (rule.cron !== null) checkCron(rule.cron, rule.timeZone)
  // Without the blackout, whose end may lie shortly before the next time.
  const shortest = Math.min(...gapsMs({ ...rule, blackout: [] }, now))
  if (shortest === Number.POSITIVE_INFINITY) throw badSchedule(timing, 'The pattern names no time that ever comes.')
  if (shortest < shortestGapMs) {
    throw badSchedule(timing, 'It asks for runs less than 15 minutes apart, which is the shortest time.')
  }
  if (rule.jitterSeconds * 1000 >= shortest) {
    throw badSchedule('jitter_seconds', 'The jitter is as long as the time between two runs; make it shorter.')
  }
  checkBlackout(rule, now)
}

function checkBlackout(rule: ScheduleRule, now: Date): void {
  for (const { from, to, days } of rule.blackout) {
    if (days.length === 0) throw badSchedule('blackout', 'A blackout names the days on which it begins.')
    if (minutesOf(from) === minutesOf(to)) {
      throw badSchedule('blackout', `A blackout from ${from} to ${to} has no length; a whole day is 00:00 to 24:00.`)
    }
  }
  if (nextOccurrence(rule, now) === undefined) throw badSchedule('blackout', 'The blackout leaves no time to run.')
}

/** Times between occurrences: over more than a week, so that every day's windows are in it. */
function gapsMs(rule: ScheduleRule, from: Date): readonly number[] {
  const gaps: number[] = []
  let before: Date | undefined
  for (const { at } of occurrences({ ...rule, jitterSeconds: 0 }, from)) {
    if (before) gaps.push(at.getTime() - before.getTime())
    before = at
    if (gaps.length >= 1000 || (gaps.length >= 3 && at.getTime() - from.getTime() > 9 * dayMs)) break
  }
  return gaps
}

function nextInterval({ intervalHours, anchorAt }: ScheduleRule, after: Date): number {
  const interval = (intervalHours ?? 1) * hourMs
  const anchor = Date.parse(anchorAt)
  return anchor + (Math.floor((after.getTime() - anchor) / interval) + 1) * interval
}

function nextOfCron(pattern: string, timeZone: string, after: Date): number | undefined {
  return cronOf(pattern, timeZone).nextRun(after)?.getTime()
}

function checkCron(pattern: string, timeZone: string): void {
  // croner puts the present time in for a question mark: the next time would depend on when it is asked for.
  if (pattern.includes('?')) throw badSchedule('cron', 'A cron pattern may not hold a question mark.')
  try {
    cronOf(pattern, timeZone)
  } catch (cause) {
    const why = messageOf(cause).replace(/^CronPattern: /, '')
    throw badSchedule('cron', `The cron pattern "${pattern}" is not understood: ${why}`, cause)
  }
}

function cronOf(pattern: string, timeZone: string): Cron {
  // A time that comes twice is due once also in a list of hours, as Vixie cron has it.
  return new Cron(pattern, { timezone: timeZone, mode: '5-part', paused: true, fixedTimeRule: 'no-wildcard' })
}

/** The same for the same time on every server, so that they agree about when it is due. */
function jitterMs({ id, jitterSeconds }: ScheduleRule, planned: number): number {
  if (jitterSeconds === 0) return 0
  const part = createHash('sha256').update(`${id} ${planned}`).digest().readUInt32BE() / 2 ** 32
  return Math.floor(part * jitterSeconds) * 1000
}

function badSchedule(field: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError('bad_schedule', message, { context: { field }, ...(cause === undefined ? {} : { cause }) })
}
