import type { StreamName } from '../../domain/batch.ts'
import type { BlackoutWindow, ScheduleKind } from '../../domain/schedule.ts'
import type { Schedule } from '../schedules.ts'

/** A schedule as lists show it. */
export interface ScheduleView {
  readonly id: number
  readonly source_id: number
  readonly source: string
  readonly name: string
  readonly kind: ScheduleKind
  readonly streams: StreamName[] | null
  readonly cron: string | null
  readonly interval_hours: number | null
  readonly time_zone: string
  readonly jitter_seconds: number
  readonly blackout: ScheduleBlackout[]
  readonly is_paused: boolean
  readonly next_at: string | null
  readonly last_due_at: string | null
  readonly last_run_id: number | null
  readonly managed_by: 'people' | 'environment'
}

type ScheduleBlackout = Omit<BlackoutWindow, 'days'> & { readonly days: BlackoutWindow['days'][number][] }

/** @param nextAt when it is due next, reckoned where no server has done so yet */
export function presentSchedule(schedule: Schedule, nextAt: Date | null): ScheduleView {
  const willRun = schedule.isReadable && !schedule.isPaused
  return {
    id: schedule.id,
    source_id: schedule.sourceId,
    source: schedule.source,
    name: schedule.name,
    kind: schedule.kind,
    streams: schedule.streams && [...schedule.streams],
    cron: schedule.cron,
    interval_hours: schedule.intervalHours,
    time_zone: schedule.timeZone,
    jitter_seconds: schedule.jitterSeconds,
    blackout: schedule.blackout.map(window => ({ ...window, days: [...window.days] })),
    is_paused: schedule.isPaused,
    next_at: willRun ? (schedule.nextAt ?? nextAt?.toISOString() ?? null) : null,
    last_due_at: schedule.lastDueAt,
    last_run_id: schedule.lastRunId,
    managed_by: schedule.managedBy,
  }
}
