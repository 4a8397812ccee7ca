import { z } from 'zod'
import { json, noQuery, type OperationSpec, problems } from './operation-parts.ts'
import { Int4Id, numeric } from './primitives.ts'
import { SourceView } from './sources.ts'
import { RetryFailedAnswer, RetryFailedRequest } from './sync.ts'

const sourceId = z.strictObject({ id: numeric(Int4Id) })

export const jobOperations = {
  retryFailedJobs: {
    role: 'operator',
    summary: 'Run again what failed in the last days and no later run has made up for: one run for each source',
    description:
      'Partial runs too, when they left a stream unread. One that is partial only because records could not be read would ' +
      'be so again, and is left out.',
    tags: ['sync'],
    query: noQuery,
    body: RetryFailedRequest,
    isBodyOptional: true,
    responses: { 200: json(RetryFailedAnswer), ...problems(413, 415, 422) },
  },
  pauseSource: {
    role: 'operator',
    summary: 'Start nothing of a source by itself until it is resumed',
    description: 'What runs goes on, and a person may still start a run.',
    tags: ['configuration', 'sync'],
    params: sourceId,
    query: noQuery,
    responses: { 200: json(SourceView, 'Paused.'), ...problems(404) },
  },
  resumeSource: {
    role: 'operator',
    summary: 'Let the schedules of a paused source start runs again',
    description: 'What was due meanwhile is made up for by one run.',
    tags: ['configuration', 'sync'],
    params: sourceId,
    query: noQuery,
    responses: { 200: json(SourceView, 'Resumed.'), ...problems(404) },
  },
} as const satisfies Readonly<Record<string, OperationSpec>>
