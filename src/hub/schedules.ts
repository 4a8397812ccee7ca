import { systemClock } from '../platform/clock.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import type { ScheduleView } from '../store/queries/schedule-view.ts'
import { listSchedules, type Schedule } from '../store/schedules.ts'
import {
  pauseSchedules,
  removeSchedule,
  type ScheduleChange,
  type ScheduleChoice,
  setSchedule,
} from '../sync/schedule-changes.ts'
import { scheduleView, type UpcomingRun, upcomingRuns } from '../sync/upcoming.ts'

/** When sources are read by themselves. */
export interface Schedules {
  list(sourceId?: number): Promise<readonly ScheduleView[]>
  upcoming(limit: number, sourceId?: number): Promise<readonly UpcomingRun[]>
  set(
    at: { readonly sourceId: number; readonly name: string },
    change: ScheduleChange,
    actor: Actor,
  ): Promise<ScheduleView>
  remove(scheduleId: number, actor: Actor): Promise<ScheduleView>
  /** Answers the schedules chosen. */
  pause(choice: ScheduleChoice, isPaused: boolean, actor: Actor): Promise<readonly ScheduleView[]>
}

export function schedulesOf(database: Database): Schedules {
  const deps = { database, clock: systemClock }
  const view = (schedule: Schedule) => scheduleView(schedule, systemClock.now())
  return {
    list: async sourceId => (await listSchedules(database, sourceId)).map(view),
    upcoming: async (limit, sourceId) =>
      upcomingRuns(await listSchedules(database, sourceId), systemClock.now(), limit),
    set: async (at, change, actor) => view(await setSchedule(deps, at, change, actor)),
    remove: async (scheduleId, actor) => view(await removeSchedule(deps, scheduleId, actor)),
    pause: async (choice, isPaused, actor) => {
      const { schedules } = await pauseSchedules(deps, choice, isPaused, actor)
      return schedules.map(view)
    },
  }
}
