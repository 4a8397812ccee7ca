import { z } from 'zod'
import { streamNames } from '../domain/batch.ts'
import { pageOf } from './page.ts'
import {
  AnyJson,
  AnyObject,
  AssetId,
  Count,
  flag,
  Instant,
  Int4Id,
  instantInput,
  listOf,
  numericListOf,
  PluginId,
  preprocessed,
  RunId,
  text,
} from './primitives.ts'
import { SourceScope } from './scope.ts'

export const runKinds = ['full', 'delta', 'targeted', 'import'] as const
export type RunKind = (typeof runKinds)[number]
export const runStatuses = ['pending', 'running', 'completed', 'partial', 'failed', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]
export const runTriggers = ['cli', 'api', 'schedule', 'start', 'demo'] as const
export const streamStatuses = [
  'pending',
  'planning',
  'reading',
  'completed',
  'incomplete',
  'skipped',
  'failed',
  'cancelled',
] as const

/** Some assets, or some plugins. */
export const RunTarget = z
  .object({ asset_ids: z.array(AssetId).optional(), plugin_ids: z.array(PluginId).optional() })
  .meta({ id: 'RunTarget' })

export const RowCounts = z
  .object({ received: Count, inserted: Count, changed: Count, unchanged: Count, rejected: Count, bytes: Count })
  .meta({ id: 'RowCounts' })
export type RowCounts = z.infer<typeof RowCounts>

export const RunStreamView = z
  .object({
    stream: z.enum(streamNames),
    status: z.enum(streamStatuses),
    since: Instant.nullable().describe('null: everything the source has'),
    overlap_seconds: Count.nullable().describe('how far `since` lies before the reading that it starts from'),
    watermark_at: Instant.nullable().describe('up to when the stream is known complete'),
    vendor_status: z.string().nullable(),
    parts_total: Count.nullable().describe('as the vendor says; null while it does not know'),
    parts_done: Count,
    parts_reading: Count,
    parts_available: Count.describe('ready and not yet taken'),
    parts_failed: Count,
    counts: RowCounts,
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    started_at: Instant.nullable(),
    finished_at: Instant.nullable(),
  })
  .meta({ id: 'RunStream' })
export type RunStreamView = z.infer<typeof RunStreamView>

/** One run, as its rows in the ledger are at this instant. */
export const RunView = z
  .object({
    id: RunId,
    import_id: RunId.describe('the id, as older programs call it'),
    source_id: Int4Id,
    source: z.string(),
    kind: z.enum(runKinds),
    trigger: z.enum(runTriggers),
    status: z.enum(runStatuses),
    streams: z.array(RunStreamView),
    counts: RowCounts,
    processed: Count.describe('records received, as older programs call it'),
    cancel_requested_at: Instant.nullable(),
    created_at: Instant,
    started_at: Instant.nullable(),
    finished_at: Instant.nullable(),
    duration_ms: Count.nullable().describe('from start to end, or to now while it runs'),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    notes: z.array(z.string()),
    target: RunTarget.nullable().describe('what a targeted run is about; null for every other kind'),
    scope: SourceScope.nullable().describe(
      'the part of the source that it asks for: {} is everything; null: not planned yet',
    ),
  })
  .meta({ id: 'Run' })
export type RunView = z.infer<typeof RunView>

export const ChunkView = z
  .object({
    part_id: z.string(),
    status: z.enum(['available', 'reading', 'done', 'failed', 'cancelled']),
    attempts: Count,
    worker: z.string().nullable().describe('the process that reads it or has read it: host, number, life'),
    faults: z.array(z.string()).describe('codes of the readings that failed, also when a later one succeeded'),
    counts: RowCounts,
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
    available_at: Instant,
    started_at: Instant.nullable(),
    finished_at: Instant.nullable(),
    decode_ms: Count.nullable(),
    stage_ms: Count.nullable(),
    merge_ms: Count.nullable(),
  })
  .meta({ id: 'Chunk' })
export type ChunkView = z.infer<typeof ChunkView>

export const ExportJobView = z
  .object({
    id: z.int(),
    stream: z.string(),
    export_id: z.string(),
    status: z.enum(['open', 'complete', 'incomplete', 'expired', 'cancelled']),
    reason: z.string().nullable(),
    asked: AnyJson.describe('the request as we sent it'),
    echoed: AnyJson.describe('what the vendor understood'),
    notes: z.array(z.string()),
    read_at: Instant.describe('the instant the rows speak for, on the vendor’s clock'),
    created_at: Instant,
    finished_at: Instant.nullable(),
    chunks: z.array(ChunkView),
  })
  .meta({ id: 'ExportJob' })
export type ExportJobView = z.infer<typeof ExportJobView>

export const RunDetail = RunView.extend({
  exports: z.array(ExportJobView),
  rejected: Count,
  quality_issues: Count,
}).meta({ id: 'RunDetail' })
export type RunDetail = z.infer<typeof RunDetail>

export const RunPage = pageOf(RunView, 'RunPage')
export type RunPage = z.infer<typeof RunPage>

export const runFilterShape = {
  source_id: numericListOf(Int4Id).optional(),
  status: listOf(z.enum(runStatuses)).optional(),
  kind: listOf(z.enum(runKinds)).optional(),
  trigger: listOf(z.enum(runTriggers)).optional().describe('what asked for it'),
  started_from: instantInput().optional().describe('included; of a run that has not started, when it was asked for'),
  started_to: instantInput().optional().describe('not included'),
}
export const RunFilter = z.strictObject(runFilterShape)
export type RunFilter = z.infer<typeof RunFilter>

const older: Readonly<Record<string, string>> = { sourceId: 'source_id', configId: 'source_id', config_id: 'source_id' }

/** Which source and how. Without a source: the only one there is. */
export const SyncRequest = preprocessed(
  body => {
    // A POST without a body asks for the defaults.
    if (body === undefined || body === null) return {}
    if (typeof body !== 'object' || Array.isArray(body)) return body
    return Object.fromEntries(Object.entries(body).map(([name, value]) => [older[name] ?? name, value]))
  },
  z
    .strictObject({
      source_id: Int4Id.optional().describe('needed when there are several sources; older name: configId'),
      kind: z.enum(['full', 'delta']).default('full'),
      streams: z
        .array(z.enum(streamNames))
        .min(1)
        .max(streamNames.length)
        .optional()
        .describe('all the source offers when left out'),
      wait: z.boolean().default(false).describe('answer when the run has ended'),
    })
    .meta({ id: 'SyncRequest' }),
)
export type SyncRequest = z.output<typeof SyncRequest>

export const SyncAnswer = z
  .object({
    success: z.boolean().describe('the run was accepted; with wait, that it completed'),
    processed: Count.describe('records received so far'),
    importId: RunId.describe('the id of the run'),
    created: z.boolean().describe('false: the source already had this run pending or running'),
    job: RunView,
  })
  .meta({ id: 'SyncAnswer' })
export type SyncAnswer = z.infer<typeof SyncAnswer>

/** Which failures are to be made up for. */
export const RetryFailedRequest = preprocessed(
  body => (body === undefined || body === null ? {} : body),
  z
    .strictObject({
      days: z.int().min(1).max(90).default(7).describe('failed and partial runs of the last so many days'),
    })
    .meta({ id: 'RetryFailedRequest' }),
)
export type RetryFailedRequest = z.output<typeof RetryFailedRequest>

export const RetryFailedAnswer = z
  .object({
    items: z.array(
      z.object({
        retries: RunId.describe('the run that failed, or left something unread'),
        created: z.boolean().describe('false: the source already had a run pending or running'),
        job: RunView,
      }),
    ),
  })
  .meta({ id: 'RetryFailedAnswer' })
export type RetryFailedAnswer = z.infer<typeof RetryFailedAnswer>

export const CancelAnswer = z
  .object({ cancelled: z.boolean().describe('false: it had already ended'), job: RunView })
  .meta({ id: 'CancelAnswer' })
export type CancelAnswer = z.infer<typeof CancelAnswer>

export const StopAnswer = z
  .object({ success: z.literal(true), stopped: Count.describe('runs asked to stop') })
  .meta({ id: 'StopAnswer' })
export type StopAnswer = z.infer<typeof StopAnswer>

export const LogEntry = z
  .object({
    at: Instant,
    level: z.enum(['info', 'warn', 'error']),
    event: z.string().describe('constant, so that events can be counted'),
    stream: z.string().nullable(),
    message: z.string(),
    fields: AnyObject,
  })
  .meta({ id: 'LogEntry' })
export type LogEntry = z.infer<typeof LogEntry>

export const RunLog = z
  .object({ job_id: RunId, items: z.array(LogEntry), is_truncated: z.boolean() })
  .meta({ id: 'RunLog' })
export type RunLog = z.infer<typeof RunLog>

export const RejectedView = z
  .object({
    id: z.int(),
    run_id: RunId,
    source_id: Int4Id,
    source: z.string().nullable(),
    stream: z.string(),
    export_id: z.string(),
    part_id: z.string(),
    reason: z.string(),
    raw: z.string().describe('the record as received: hostile text'),
    recorded_at: Instant,
  })
  .meta({ id: 'Rejected' })
export type RejectedView = z.infer<typeof RejectedView>
export const RejectedPage = pageOf(RejectedView, 'RejectedPage')
export type RejectedPage = z.infer<typeof RejectedPage>

export const QualityIssueView = z
  .object({
    id: z.int(),
    run_id: RunId,
    source_id: Int4Id,
    source: z.string().nullable(),
    stream: z.string(),
    field: z.string(),
    problem: z.string(),
    record: z.string(),
    recorded_at: Instant,
  })
  .meta({ id: 'QualityIssue' })
export type QualityIssueView = z.infer<typeof QualityIssueView>
export const QualityIssuePage = pageOf(QualityIssueView, 'QualityIssuePage')
export type QualityIssuePage = z.infer<typeof QualityIssuePage>

export const recordFilterShape = {
  source_id: numericListOf(Int4Id).optional(),
  run_id: numericListOf(RunId).optional(),
  stream: listOf(z.enum(streamNames)).optional(),
  q: text(200).optional().describe('part of the reason or problem'),
}
export const RecordFilter = z.strictObject(recordFilterShape)
export type RecordFilter = z.infer<typeof RecordFilter>

/** Server-sent: `event: snapshot` at the start and after a gap, then `event: run` for each run that changed. */
export const SyncSnapshot = z
  .object({ at: Instant, jobs: z.array(RunView).describe('pending and running, and the last of each source') })
  .meta({ id: 'SyncSnapshot' })
export type SyncSnapshot = z.infer<typeof SyncSnapshot>

export type SyncEvent =
  | { readonly event: 'snapshot'; readonly data: SyncSnapshot }
  | { readonly event: 'run'; readonly data: RunView }

export const EventsQuery = z.strictObject({
  source_id: numericListOf(Int4Id).optional().describe('only the runs of these sources'),
  once: flag().optional().describe('true: end after the snapshot'),
})
