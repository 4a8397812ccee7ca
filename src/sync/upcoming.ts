import type { StreamName } from '../connectors/connector.ts'
import type { ScheduleKind } from '../domain/schedule.ts'
import { presentSchedule, type ScheduleView } from '../store/queries/schedule-view.ts'
import type { Schedule } from '../store/schedules.ts'
import { allowedFrom, nextOccurrence, occurrences } from './schedule.ts'

export interface UpcomingRun {
  readonly at: string
  readonly is_due: boolean
  readonly schedule_id: number
  readonly schedule: string
  readonly source_id: number
  readonly source: string
  readonly kind: ScheduleKind
  readonly streams: StreamName[] | null
}

/** The runs that come next, of all schedules together. */
export function upcomingRuns(schedules: readonly Schedule[], now: Date, limit: number): UpcomingRun[] {
  return schedules
    .filter(schedule => schedule.isReadable && !schedule.isPaused)
    .flatMap(schedule => timesOf(schedule, now, limit).map(time => present(schedule, time)))
    .sort((one, other) => one.at.localeCompare(other.at) || one.schedule_id - other.schedule_id)
    .slice(0, limit)
}

/** A schedule as lists show it, with its next time also before any server has reckoned it. */
export function scheduleView(schedule: Schedule, now: Date): ScheduleView {
  return presentSchedule(schedule, firstOf(schedule, now) ?? null)
}

interface Time {
  readonly at: Date
  readonly isDue: boolean
}

function timesOf(schedule: Schedule, now: Date, limit: number): readonly Time[] {
  const first = firstOf(schedule, now)
  if (first === undefined) return []
  const isDue = first <= now
  const times: Time[] = [{ at: isDue ? allowedFrom(schedule, now) : first, isDue }]
  for (const { at } of occurrences(schedule, isDue ? now : first)) {
    if (times.length >= limit) break
    times.push({ at, isDue: false })
  }
  return times
}

function firstOf(schedule: Schedule, now: Date): Date | undefined {
  if (schedule.nextAt !== null) return new Date(schedule.nextAt)
  const first = nextOccurrence(schedule, new Date(schedule.anchorAt))?.at
  return first && first > now ? nextOccurrence(schedule, now)?.at : first
}

function present(schedule: Schedule, { at, isDue }: Time): UpcomingRun {
  return {
    at: at.toISOString(),
    is_due: isDue,
    schedule_id: schedule.id,
    schedule: schedule.name,
    source_id: schedule.sourceId,
    source: schedule.source,
    kind: schedule.kind,
    streams: schedule.streams && [...schedule.streams],
  }
}
