import { z } from 'zod'
import { json, noQuery, problems } from './operation-parts.ts'
import { Int4Id, numeric, numericListOf } from './primitives.ts'
import { PauseAnswer, ScheduleChange, ScheduleChoice, ScheduleList, ScheduleView, UpcomingList } from './schedule.ts'

const pausing = {
  role: 'operator',
  tags: ['sync'],
  query: noQuery,
  body: ScheduleChoice,
  isBodyOptional: true,
  responses: { 200: json(PauseAnswer), ...problems(404, 413, 415) },
} as const

/** When sources are read by themselves. */
export const scheduleOperations = {
  listSchedules: {
    role: 'viewer',
    summary: 'When each source is read by itself',
    tags: ['sync'],
    query: z.strictObject({ source_id: numericListOf(Int4Id).optional() }),
    responses: { 200: json(ScheduleList), ...problems() },
  },
  saveSchedule: {
    role: 'operator',
    summary: 'Add a schedule, or change the one of that name',
    description:
      'Of a schedule that is managed by the environment only blackout, jitter_seconds and is_paused can be changed here.',
    tags: ['sync'],
    query: noQuery,
    body: ScheduleChange,
    responses: { 200: json(ScheduleView), ...problems(404, 409, 413, 415, 422) },
  },
  removeSchedule: {
    role: 'operator',
    summary: 'Remove a schedule',
    tags: ['sync'],
    params: z.strictObject({ id: numeric(Int4Id) }),
    query: noQuery,
    responses: { 200: json(ScheduleView, 'Removed.'), ...problems(404, 409) },
  },
  pauseSchedules: { ...pausing, summary: 'Start nothing by itself, until resumed' },
  resumeSchedules: { ...pausing, summary: 'Start runs by itself again, from the next time on' },
  listUpcoming: {
    role: 'viewer',
    summary: 'The runs that come next',
    tags: ['sync'],
    query: z.strictObject({
      source_id: numericListOf(Int4Id).optional(),
      limit: numeric(z.int().min(1).max(100)).default(10),
    }),
    responses: { 200: json(UpcomingList), ...problems() },
  },
} as const
