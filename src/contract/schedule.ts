import { z } from 'zod'
import { streamNames } from '../domain/batch.ts'
import { scheduleKinds, weekDays } from '../domain/schedule.ts'
import { Count, Instant, Int4Id, preprocessed, RunId, text } from './primitives.ts'

const clock = (pattern: RegExp) => z.string().regex(pattern, 'must be a time such as 08:00')

/** When nothing starts, week after week, on the wall clock of the schedule's zone. */
export const Blackout = z
  .strictObject({
    days: z
      .array(z.enum(weekDays))
      .min(1)
      .max(7)
      .default([...weekDays])
      .describe('on which it begins; every day when left out'),
    from: clock(/^([01]\d|2[0-3]):[0-5]\d$/),
    to: clock(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/).describe('earlier than from: on the next day'),
  })
  .meta({ id: 'Blackout' })
export type Blackout = z.infer<typeof Blackout>

const scheduleFields = {
  kind: z.enum(scheduleKinds),
  streams: z.array(z.enum(streamNames)).min(1).max(20).nullable().describe('null: all that the source offers'),
  cron: text(200).nullable().describe('five parts, on the wall clock of time_zone; or interval_hours'),
  interval_hours: z.number().min(0.25).max(8_784).nullable().describe('hours that pass; or cron'),
  time_zone: text(64).describe('as Europe/Berlin'),
  jitter_seconds: z.int().min(0).max(3_600).describe('each time is moved by up to so many seconds'),
  blackout: z.array(Blackout).max(50).describe('what falls into one starts at its end'),
  is_paused: z.boolean(),
}

export const ScheduleView = z
  .object({
    id: Int4Id,
    source_id: Int4Id,
    source: z.string(),
    name: z.string(),
    ...scheduleFields,
    next_at: Instant.nullable().describe('null: paused, or the source is switched off or has no keys'),
    last_due_at: Instant.nullable(),
    last_run_id: RunId.nullable().describe('the run that did its work'),
    managed_by: z.enum(['people', 'environment']).describe('environment: its times follow the environment'),
  })
  .meta({ id: 'Schedule' })
export type ScheduleView = z.infer<typeof ScheduleView>

export const ScheduleList = z
  .object({
    is_on: z.boolean().describe('this server starts runs by itself; TENABLE_SYNC_ENABLED=false switches that off'),
    items: z.array(ScheduleView),
  })
  .meta({ id: 'ScheduleList' })
export type ScheduleList = z.infer<typeof ScheduleList>

/** Adds a schedule, or changes the one of that name: what is left out stays. */
export const ScheduleChange = z
  .strictObject({
    source_id: Int4Id.optional().describe('needed when there are several sources'),
    name: text(100).describe('every source has changes, plugins and everything'),
    ...z.object(scheduleFields).partial().shape,
  })
  .refine(change => typeof change.cron !== 'string' || typeof change.interval_hours !== 'number', {
    message: 'give a cron pattern or an interval, not both',
    path: ['interval_hours'],
  })
  .meta({ id: 'ScheduleChange' })
export type ScheduleChange = z.output<typeof ScheduleChange>

/** All schedules, those of one source, or one. */
export const ScheduleChoice = preprocessed(
  // A POST without a body means all.
  body => body ?? {},
  z.strictObject({ id: Int4Id.optional(), source_id: Int4Id.optional() }).meta({ id: 'ScheduleChoice' }),
)
export type ScheduleChoice = z.output<typeof ScheduleChoice>

export const PauseAnswer = z
  .object({ changed: Count.describe('schedules that were not so before'), items: z.array(ScheduleView) })
  .meta({ id: 'PauseAnswer' })
export type PauseAnswer = z.infer<typeof PauseAnswer>

export const UpcomingRun = z
  .object({
    at: Instant,
    is_due: z.boolean().describe('its time has come; it starts when the run that is there has ended'),
    schedule_id: Int4Id,
    schedule: z.string(),
    source_id: Int4Id,
    source: z.string(),
    kind: scheduleFields.kind,
    streams: scheduleFields.streams,
  })
  .meta({ id: 'UpcomingRun' })
export type UpcomingRun = z.infer<typeof UpcomingRun>

export const UpcomingList = z
  .object({ is_on: z.boolean().describe('this server starts runs by itself'), items: z.array(UpcomingRun) })
  .meta({ id: 'UpcomingList' })
export type UpcomingList = z.infer<typeof UpcomingList>
