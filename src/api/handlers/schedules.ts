import type { ScheduleChoice } from '../../contract/schedule.ts'
import type { Actor } from '../../store/audit.ts'
import { listSchedules } from '../../store/schedules.ts'
import { pauseSchedules, removeSchedule, setSchedule } from '../../sync/schedule-changes.ts'
import { scheduleView, upcomingRuns } from '../../sync/upcoming.ts'
import type { Handlers, Services } from '../handler.ts'
import { onlySource } from './configuration.ts'

export const scheduleHandlers = {
  listSchedules: async ({ database, engine, clock }, { query }) => ({
    is_on: engine.isScheduling,
    items: (await chosen(database, query.source_id)).map(schedule => scheduleView(schedule, clock.now())),
  }),

  saveSchedule: async (services, { body, actor }) => {
    const sourceId = body.source_id ?? (await onlySource(services, 'Say which with source_id.')).id
    const schedule = await setSchedule(
      services,
      { sourceId, name: body.name },
      {
        ...(body.kind === undefined ? {} : { kind: body.kind }),
        ...(body.streams === undefined ? {} : { streams: body.streams }),
        ...(body.cron === undefined ? {} : { cron: body.cron }),
        ...(body.interval_hours === undefined ? {} : { intervalHours: body.interval_hours }),
        ...(body.time_zone === undefined ? {} : { timeZone: body.time_zone }),
        ...(body.jitter_seconds === undefined ? {} : { jitterSeconds: body.jitter_seconds }),
        ...(body.blackout === undefined ? {} : { blackout: body.blackout }),
        ...(body.is_paused === undefined ? {} : { isPaused: body.is_paused }),
      },
      actor,
    )
    return scheduleView(schedule, services.clock.now())
  },

  removeSchedule: async (services, { params, actor }) =>
    scheduleView(await removeSchedule(services, params.id, actor), services.clock.now()),

  pauseSchedules: (services, { body, actor }) => pause(services, body, true, actor),
  resumeSchedules: (services, { body, actor }) => pause(services, body, false, actor),

  listUpcoming: async ({ database, engine, clock }, { query }) => ({
    is_on: engine.isScheduling,
    items: upcomingRuns(await chosen(database, query.source_id), clock.now(), query.limit),
  }),
} satisfies Partial<Handlers>

async function chosen(database: Services['database'], sourceIds: readonly number[] | undefined) {
  const schedules = await listSchedules(database)
  return sourceIds ? schedules.filter(schedule => sourceIds.includes(schedule.sourceId)) : schedules
}

async function pause(services: Services, choice: ScheduleChoice, isPaused: boolean, actor: Actor) {
  const { schedules, changed } = await pauseSchedules(
    services,
    { scheduleId: choice.id, sourceId: choice.source_id },
    isPaused,
    actor,
  )
  return { changed, items: schedules.map(schedule => scheduleView(schedule, services.clock.now())) }
}
