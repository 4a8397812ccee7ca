import type { ScheduleChoice } from '../../contract/schedule.ts'
import { reachesSource } from '../../store/access.ts'
import type { Actor } from '../../store/audit.ts'
import { getSourceToActOn } from '../../store/queries/visible-sources.ts'
import { findSchedule, listSchedules } from '../../store/schedules.ts'
import { pauseSchedules, removeSchedule, scheduleNotFound, setSchedule } from '../../sync/schedule-changes.ts'
import { scheduleView, upcomingRuns } from '../../sync/upcoming.ts'
import type { Handlers, Services } from '../handler.ts'
import { onlySource } from './configuration.ts'

export const scheduleHandlers = {
  listSchedules: async ({ engine, clock, ...services }, { query }) => ({
    is_on: engine.isScheduling,
    items: (await chosen(services, query.source_id)).map(schedule => scheduleView(schedule, clock.now())),
  }),

  saveSchedule: async (services, { body, actor }) => {
    const meant = body.source_id ?? (await onlySource(services, 'Say which with source_id.')).id
    const { id: sourceId } = await getSourceToActOn(services.database, meant)
    const schedule = await setSchedule(
      writing(services),
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

  removeSchedule: async (services, { params, actor }) => {
    await refuseOthersSchedule(services, params.id)
    return scheduleView(await removeSchedule(writing(services), params.id, actor), services.clock.now())
  },

  pauseSchedules: (services, { body, actor }) => pause(services, body, true, actor),
  resumeSchedules: (services, { body, actor }) => pause(services, body, false, actor),

  listUpcoming: async ({ engine, clock, ...services }, { query }) => ({
    is_on: engine.isScheduling,
    items: upcomingRuns(await chosen(services, query.source_id), clock.now(), query.limit),
  }),
} satisfies Partial<Handlers>

async function chosen(
  { database, unscoped }: Pick<Services, 'database' | 'unscoped'>,
  sourceIds: readonly number[] | undefined,
) {
  const schedules = (await listSchedules(unscoped)).filter(one => reachesSource(database.access, one.sourceId))
  return sourceIds ? schedules.filter(schedule => sourceIds.includes(schedule.sourceId)) : schedules
}

async function pause(services: Services, choice: ScheduleChoice, isPaused: boolean, actor: Actor) {
  const { isWhole, wholeSources } = services.database.access
  if (choice.id !== undefined) await refuseOthersSchedule(services, choice.id)
  if (choice.source_id !== undefined) await getSourceToActOn(services.database, choice.source_id)
  const { schedules, changed } = await pauseSchedules(
    writing(services),
    {
      scheduleId: choice.id,
      sourceId: choice.source_id,
      ...(isWhole ? {} : { withinSources: wholeSources }),
    },
    isPaused,
    actor,
  )
  return { changed, items: schedules.map(schedule => scheduleView(schedule, services.clock.now())) }
}

function writing({ unscoped, clock }: Services) {
  return { database: unscoped, clock }
}

/** @throws NotFoundError `schedule_not_found` also for one that may not be seen; TenfoldError `access_narrowed` */
async function refuseOthersSchedule({ database, unscoped }: Services, scheduleId: number): Promise<void> {
  const schedule = await findSchedule(unscoped, scheduleId)
  if (!schedule || !reachesSource(database.access, schedule.sourceId)) throw scheduleNotFound(scheduleId)
  await getSourceToActOn(database, schedule.sourceId)
}
