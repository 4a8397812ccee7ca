import { z } from 'zod'
import { archiveClasses } from '../domain/archive-class.ts'
import { AnyObject, Count, Instant, Int4Id, preprocessed, text } from './primitives.ts'

export const maintenanceKinds = ['archive', 'restore', 'cleanup', 'retention'] as const

const KeepDays = z.int().min(30).max(36_500).nullable()

export const MaintenanceJob = z
  .object({
    id: z.int(),
    kind: z.enum(maintenanceKinds).describe('retention: what is old by the rules, once a day'),
    is_dry_run: z.boolean().describe('counted only; nothing was changed'),
    options: AnyObject,
    status: z.enum(['pending', 'running', 'completed', 'failed']),
    progress: z.object({ step: z.string().optional(), done: Count.optional(), total: Count.optional() }),
    result: z
      .array(AnyObject)
      .nullable()
      .describe('one for each month archived, file restored or kind of row cleaned up; null until it has ended'),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    actor_kind: z.string(),
    actor: z.string(),
    created_at: Instant,
    started_at: Instant.nullable(),
    finished_at: Instant.nullable(),
  })
  .meta({ id: 'MaintenanceJob' })
export type MaintenanceJob = z.infer<typeof MaintenanceJob>

export const RetentionRule = z
  .object({
    class: z.enum(archiveClasses),
    about: z.string(),
    keep_days: KeepDays.describe('null: for ever'),
    updated_at: Instant,
  })
  .meta({ id: 'RetentionRule' })

export const Retention = z.object({ items: z.array(RetentionRule) }).meta({ id: 'Retention' })

export const Maintenance = z
  .object({
    classes: z.array(
      RetentionRule.extend({
        bytes: Count.describe('tables and indexes'),
        estimated_rows: Count.describe('as the server estimates'),
        oldest_at: Instant.nullable(),
        archived_rows: Count,
        archived_bytes: Count,
        archive_files: Count,
      }),
    ),
    kept_for_ever: z.array(z.object({ class: z.string(), reason: z.string() })),
    archive_folder: z.string(),
    history_archived_before: Instant.nullable().describe('an instant before it has no answer here; null when all have'),
    database_bytes: Count,
    jobs: z.array(MaintenanceJob).describe('the latest, newest first'),
  })
  .meta({ id: 'Maintenance' })
export type Maintenance = z.infer<typeof Maintenance>

export const ArchiveFile = z
  .object({
    file_name: z.string(),
    class: z.enum(archiveClasses),
    month: z.string().describe('its first day'),
    horizon_at: Instant,
    status: z.enum(['writing', 'written', 'archived', 'restored']),
    row_count: Count,
    file_bytes: Count,
    file_sha256: z.string().nullable(),
    first_at: Instant.nullable(),
    last_at: Instant.nullable(),
    archived_at: Instant.nullable(),
    restored_at: Instant.nullable(),
  })
  .meta({ id: 'ArchiveFile' })
export type ArchiveFile = z.infer<typeof ArchiveFile>

export const ArchiveFiles = z.object({ items: z.array(ArchiveFile) }).meta({ id: 'ArchiveFiles' })

export const RetentionChange = z
  .strictObject({
    rules: z
      .array(z.strictObject({ class: text(60), keep_days: KeepDays.describe('null: for ever') }))
      .min(1)
      .max(50),
  })
  .meta({ id: 'RetentionChange', examples: [{ rules: [{ class: 'finding_event', keep_days: 730 }] }] })

/** A POST without a body asks for the defaults. */
const orNothing = (body: unknown) => body ?? {}

export const ArchiveRequest = preprocessed(
  orNothing,
  z
    .strictObject({
      class: z.array(text(60)).min(1).max(50).optional().describe('all classes that have an age, when left out'),
      older_than_days: z.int().min(30).max(36_500).optional().describe('instead of the ages of the rules'),
    })
    .meta({ id: 'ArchiveRequest', examples: [{ class: ['finding_event'], older_than_days: 400 }] }),
)

export const RestoreRequest = preprocessed(
  orNothing,
  z
    .strictObject({
      file: text(200).optional().describe('the name of one file'),
      class: text(60).optional(),
      month: z.iso.date().optional().describe('the first day of the month'),
    })
    .meta({ id: 'RestoreRequest', examples: [{ class: 'finding_event', month: '2025-03-01' }] }),
)

export const CleanupRequest = preprocessed(
  orNothing,
  z
    .strictObject({
      source_id: Int4Id.optional().describe('a source that was removed: everything that it brought goes'),
      provisional_days: z.int().min(1).max(36_500).optional().describe('90 when left out'),
    })
    .meta({ id: 'CleanupRequest', examples: [{}] }),
)

export const Verification = z
  .object({
    is_running: z.boolean().describe('this server looks now'),
    progress: z.object({ done: Count, total: Count, check: z.string() }).nullable().describe('while it looks'),
    error: z.string().nullable().describe('why the last look of this server came to no verdict'),
    last: z
      .object({
        id: z.int(),
        started_at: Instant,
        finished_at: Instant,
        is_sound: z.boolean(),
        checks: Count.describe('things that must be true of a sound store'),
        damages: z.array(
          z.object({ check: z.string(), about: z.string(), found: Count, samples: z.array(z.string()) }),
        ),
      })
      .nullable()
      .describe('the last verdict, whoever asked for it; null: nobody ever did'),
  })
  .meta({ id: 'Verification' })
export type Verification = z.infer<typeof Verification>
