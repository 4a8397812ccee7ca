import { z } from 'zod'
import { confidences, fileFormats } from '../domain/file-reading.ts'
import { findingStates } from '../domain/finding.ts'
import { severities } from '../domain/severity.ts'
import { pageOf, pageQuery } from './page.ts'
import {
  AssetId,
  Count,
  Day,
  Instant,
  Int4Id,
  instantInput,
  listOf,
  numeric,
  PluginId,
  RunId,
  text,
} from './primitives.ts'

export const importStatuses = [
  ...(['received', 'reading', 'ready', 'applying', 'applied', 'undoing', 'undone', 'abandoned', 'failed'] as const),
] as const

export const importActions = [
  ...([
    'open',
    'add_fixed',
    'return',
    'reopen',
    'close',
    'change',
    'update',
    'same',
    'older',
    'absent',
    'gone',
  ] as const),
] as const
export type ImportAction = (typeof importActions)[number]

/** What the file shows wholly, by the word of the person who imports it. */
export const ImportScope = z
  .strictObject({
    covers: z
      .enum(['nothing', 'hosts', 'estate'])
      .describe(
        'nothing: it closes nothing; hosts: all there is of each machine in it; estate: every machine of the source',
      ),
    severities: z.array(z.enum(severities)).optional().describe('only these were exported; all when left out'),
    hosts: z
      .array(text(500))
      .max(10_000)
      .optional()
      .describe('with hosts: machines by name or address that it covers though nothing was found on them'),
  })
  .meta({ id: 'ImportScope' })
export type ImportScope = z.infer<typeof ImportScope>

export const ImportNumbers = z
  .object({
    ...(Object.fromEntries(importActions.map(action => [action, Count])) as Record<ImportAction, typeof Count>),
    rejected: Count,
    hosts: Count,
    new_hosts: Count,
    gone_hosts: Count,
    plugins: Count,
    compliance: Count.describe('results of audits; they are merged with the findings'),
  })
  .meta({ id: 'ImportNumbers' })
export type ImportNumbers = z.infer<typeof ImportNumbers>

export const ConfidenceMark = z
  .object({
    fact: z.string().describe('of a finding: machine, port, severity, state, first_found, last_found, last_fixed'),
    mark: z.enum(confidences).describe('as it was seen; worked out from what was seen; or taken for want of better'),
    findings: Count,
    why: z.string(),
  })
  .meta({ id: 'ConfidenceMark' })

/** What a file keeps of days of the past. */
export const ImportPast = z
  .object({
    total_days: Count.describe('days with totals, as the other product made them'),
    first_day: Day.nullable(),
    last_day: Day.nullable(),
    snapshots: z
      .array(z.object({ day: Day, rows: Count, findings: Count }))
      .describe('days of which the file has the whole picture; as_of answers for them'),
    left_out: z
      .array(z.object({ table: z.string(), rows: Count }))
      .describe('what the file has and is not brought over'),
  })
  .meta({ id: 'ImportPast' })

export const ImportView = z
  .object({
    id: z.int().min(1),
    source_id: Int4Id,
    source: z.string(),
    status: z.enum(importStatuses),
    trigger: z.enum(['cli', 'api', 'folder']),
    file_name: z.string(),
    size_bytes: Count,
    sha256: z.string(),
    format: z.enum(fileFormats).nullable().describe('null until it has been read'),
    encoding: z.string().nullable(),
    delimiter: z.string().nullable(),
    columns: z.array(z.string()),
    unknown_columns: z.array(z.string()).describe('kept with each finding under their own names'),
    notes: z.array(z.string()).describe('what was mended or guessed while it was read'),
    confidence: z.array(ConfidenceMark).describe('how well the facts of its findings are known; empty for exports'),
    past: ImportPast.nullable().describe('null for a file that keeps none'),
    incomplete: z.string().nullable().describe('why the file is no complete picture; then it closes nothing'),
    closes_nothing_because: z.string().nullable().describe('although its scope says that it might'),
    scope: ImportScope,
    observed_at: Instant.nullable().describe('the moment the file speaks for'),
    observed_from: z.enum(['person', 'file', 'upload']).nullable(),
    rows_read: Count,
    bytes_read: Count.describe('unpacked, while it is read'),
    numbers: ImportNumbers.nullable().describe('what applying would do, or did'),
    token: z.string().nullable().describe('stands for the numbers; applying takes it'),
    undo: z.object({ reverted: Count, kept: Count }).nullable(),
    same_as: z.int().nullable().describe('an earlier import of the very same file that is applied'),
    run_id: RunId.nullable(),
    undo_run_id: RunId.nullable(),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    created_by: z.string(),
    created_at: Instant,
    ready_at: Instant.nullable(),
    applied_at: Instant.nullable(),
    undone_at: Instant.nullable(),
  })
  .meta({ id: 'Import' })
export type ImportView = z.infer<typeof ImportView>

export const ImportPage = pageOf(ImportView, 'ImportPage')

export const ImportPlanRow = z
  .object({
    step: z.int(),
    action: z.enum(importActions),
    reason: z.string(),
    row_number: z.int().nullable().describe('of the first row in the file about it; null when the file has none'),
    row_count: Count,
    asset: z.string(),
    asset_id: AssetId.nullable(),
    plugin_id: PluginId,
    plugin: z.string().nullable(),
    port: z.int(),
    protocol: z.string(),
    instance: z.string(),
    state: z.enum(findingStates),
    severity: z.enum(severities),
    state_before: z.enum(findingStates).nullable(),
    severity_before: z.enum(severities).nullable(),
    undo: z.enum(['reverted', 'kept']).nullable(),
  })
  .meta({ id: 'ImportPlanRow' })
export type ImportPlanRow = z.infer<typeof ImportPlanRow>
export const ImportPlanPage = pageOf(ImportPlanRow, 'ImportPlanPage')

export const ImportRejectedRow = z
  .object({ row_number: z.int(), reason: z.string(), raw: z.string() })
  .meta({ id: 'ImportRejectedRow' })
export type ImportRejectedRow = z.infer<typeof ImportRejectedRow>
export const ImportRejectedPage = pageOf(ImportRejectedRow, 'ImportRejectedPage')

export const importKey = z.strictObject({ id: numeric(z.int().min(1)) })

/** How a file is taken; with a form the same are its fields. */
export const importQuery = z.strictObject({
  name: text(300).optional().describe('of the file, when the body is the file itself'),
  source: text(200).optional().describe('name of the source of files, or its id; a new name makes one'),
  covers: ImportScope.shape.covers.optional(),
  severities: listOf(z.enum(severities)).optional(),
  observed_at: instantInput().optional().describe('when the findings were true; the file’s own date when left out'),
  time_zone: text(64).optional().describe('of times that name none, as +02:00 or Europe/Berlin; UTC when left out'),
  date_order: z.enum(['day-first', 'month-first']).optional(),
  state: z
    .enum(['open', 'fixed'])
    .optional()
    .describe('of an export without a state: Security Center’s Mitigated is fixed'),
})
export type ImportQuery = z.output<typeof importQuery>

/** What the form of an older program says, by its own names. */
export const stagingForm = z.object({ scanDate: importQuery.shape.observed_at, source: importQuery.shape.source })

export const importFilterShape = {
  source_id: numeric(Int4Id).optional(),
  status: listOf(z.enum(importStatuses)).optional(),
}
export const importListQuery = z.strictObject({ ...importFilterShape, ...pageQuery })

export const importRowQuery = z.strictObject({
  action: listOf(z.enum(importActions)).optional(),
  undo: z.enum(['reverted', 'kept']).optional(),
  ...pageQuery,
})
export const importRejectedQuery = z.strictObject({ ...pageQuery })

/** Nothing: the file comes as a stream. */
export const ImportUpload = z.strictObject({}).optional()

export const ImportChange = z.strictObject({ scope: ImportScope }).meta({ id: 'ImportChange' })
export const ImportApply = z
  .strictObject({ token: text(64).describe('of the numbers that were looked at') })
  .meta({ id: 'ImportApply' })

/** What an older program expects. */
export const StagingAnswer = z
  .object({
    success: z.boolean(),
    importId: z.int(),
    sessionId: z.string().nullable(),
    message: z.string(),
    summary: z
      .object({
        newCves: Count,
        resolvedCves: Count,
        significantChange: z.boolean().describe('they are more than a quarter of the CVEs that were open'),
      })
      .nullable()
      .describe('null until it is applied'),
    import: ImportView,
  })
  .meta({ id: 'StagingAnswer' })
