import { z } from 'zod'
import { jobId, json, noQuery, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'
import { SweepDetail, SweepPage, SweepView, sweepFilterShape, sweepRowQuery } from './sweeps.ts'

const deciding = { role: 'operator', tags: ['sync'], params: jobId, query: noQuery } as const

/** What full runs end, and what waits for a person to decide. */
export const sweepOperations = {
  listSweeps: {
    role: 'viewer',
    summary: 'What full runs have ended or would end, newest first',
    description: 'A sweep that would end too much at once is held until a person confirms or rejects it.',
    tags: ['sync'],
    query: z.strictObject({ ...sweepFilterShape, ...pageQuery }),
    responses: { 200: json(SweepPage), ...problems() },
  },
  getSweep: {
    role: 'viewer',
    summary: 'The sweep of one run, with a page of the rows that it would end',
    tags: ['sync'],
    params: jobId,
    query: sweepRowQuery,
    responses: { 200: json(SweepDetail), ...problems(404) },
  },
  confirmSweep: {
    ...deciding,
    summary: 'End what a held sweep names',
    description:
      'It is queued, and carried out by the server or a worker: follow it by `GET` of the sweep, until `status` is `applied`.',
    responses: { 202: json(SweepView, 'Queued.'), ...problems(404, 409) },
  },
  rejectSweep: {
    ...deciding,
    summary: 'Leave everything that a held sweep names as it is',
    responses: { 200: json(SweepView), ...problems(404, 409) },
  },
} as const
