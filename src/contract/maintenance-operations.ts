import { z } from 'zod'
import {
  ArchiveFiles,
  ArchiveRequest,
  CleanupRequest,
  Maintenance,
  MaintenanceJob,
  RestoreRequest,
  Retention,
  RetentionChange,
  Verification,
} from './maintenance.ts'
import { json, noQuery, problems } from './operation-parts.ts'
import { flag, numeric } from './primitives.ts'

const dryRun = z.strictObject({
  dry_run: flag().optional().describe('true: count what would be done, and change nothing'),
})

const job = 'The job; it goes on when it takes longer than a few seconds, and its own path shows how far it is.'

const work = {
  role: 'admin',
  tags: ['maintenance'],
  query: dryRun,
  isBodyOptional: true,
  responses: { 202: json(MaintenanceJob, job), ...problems(404, 409, 413, 415, 422) },
} as const

/** What is kept, for how long, and what becomes of it. */
export const maintenanceOperations = {
  getMaintenance: {
    role: 'admin',
    summary: 'The classes of data: how much there is, how old, and for how long it stays',
    tags: ['maintenance'],
    query: noQuery,
    responses: { 200: json(Maintenance), ...problems() },
  },
  changeRetention: {
    role: 'admin',
    summary: 'Change for how long classes of data stay in the database',
    description:
      'Classes not named stay as they are. What is older goes to the archive, once a day. With dry_run the rules are checked and answered as they would be.',
    tags: ['maintenance'],
    query: dryRun,
    body: RetentionChange,
    responses: { 200: json(Retention), ...problems(413, 415, 422) },
  },
  listArchiveFiles: {
    role: 'admin',
    summary: 'The files of the archive, by class and month',
    tags: ['maintenance'],
    query: noQuery,
    responses: { 200: json(ArchiveFiles), ...problems() },
  },
  startArchive: {
    ...work,
    summary: 'Write old rows to the archive, and take them out of the database',
    body: ArchiveRequest,
  },
  startArchiveRestore: {
    ...work,
    summary: 'Put archived rows back into the database',
    body: RestoreRequest,
  },
  startCleanup: {
    ...work,
    summary: 'Remove rows that belong to nothing',
    body: CleanupRequest,
  },
  getVerification: {
    role: 'admin',
    summary: 'The last verdict on the store, and whether somebody looks now',
    tags: ['maintenance'],
    query: noQuery,
    responses: { 200: json(Verification), ...problems() },
  },
  startVerification: {
    role: 'admin',
    summary: 'Look for damage: at everything that must be true of a sound store',
    description: 'It goes on by itself; one look at a time. Nothing is repaired: the command line does that.',
    tags: ['maintenance'],
    query: noQuery,
    responses: { 202: json(Verification, 'It looks.'), ...problems() },
  },
  getMaintenanceJob: {
    role: 'admin',
    summary: 'One piece of maintenance: how far it is, and what came of it',
    tags: ['maintenance'],
    params: z.strictObject({ id: numeric(z.int().min(1)) }),
    query: noQuery,
    responses: { 200: json(MaintenanceJob), ...problems(404) },
  },
} as const
