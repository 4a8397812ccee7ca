import { z } from 'zod'
import { findingStates } from '../domain/finding.ts'
import { severities } from '../domain/severity.ts'
import { accountOperations } from './account-operations.ts'
import { AssetDetail, AssetPage } from './assets.ts'
import { AuditPage, AuditVerdict, auditFilterShape } from './audit.ts'
import { complianceOperations } from './compliance-operations.ts'
import { deviceOperations } from './device-operations.ts'
import { directoryOperations } from './directory-operations.ts'
import { AssetExportRow, FindingExportRow } from './export-rows.ts'
import { feedOperations } from './feed-operations.ts'
import { AssetSort, FindingSort, filterShapes, findingIncludes, PluginSort } from './filters.ts'
import { FindingDetail, FindingHistory, FindingPage } from './findings.ts'
import { groupOperations } from './group-operations.ts'
import { Liveness, Readiness } from './health.ts'
import { momentQuery } from './history.ts'
import { historyOperations } from './history-operations.ts'
import { importOperations } from './import-operations.ts'
import { jobOperations } from './job-operations.ts'
import { maintenanceOperations } from './maintenance-operations.ts'
import {
  type Caller,
  type ExportFormat,
  exportFormats,
  file,
  jobId,
  json,
  noQuery,
  type OperationSpec,
  problems,
  type ResponseSpec,
  type Role,
  roles,
  searchQuery,
} from './operation-parts.ts'
import { pageQuery } from './page.ts'
import type { OperationId } from './paths.ts'
import { PluginAssetPage, PluginDetail, PluginPage } from './plugins.ts'
import { AnyObject, flag, Int4Id, listOf, numeric, PluginId, text } from './primitives.ts'
import { reconciliationOperations } from './reconciliation-operations.ts'
import { refreshOperations } from './refresh.ts'
import { scanOperations } from './scan-operations.ts'
import { scheduleOperations } from './schedule-operations.ts'
import {
  ConnectionReport,
  SourceCreate,
  SourceList,
  SourceUpdate,
  SourceView,
  TestConnectionRequest,
} from './sources.ts'
import { AssetStatistics, FindingStatistics, SyncStatistics } from './statistics.ts'
import { sweepOperations } from './sweep-operations.ts'
import {
  CancelAnswer,
  EventsQuery,
  QualityIssuePage,
  RejectedPage,
  RunDetail,
  RunLog,
  RunPage,
  RunView,
  recordFilterShape,
  runFilterShape,
  StopAnswer,
  SyncAnswer,
  SyncRequest,
} from './sync.ts'
import { tableExportOperations } from './table-export-operations.ts'
import { viewOperations } from './view-operations.ts'
import { vulnerabilityOperations } from './vulnerability-operations.ts'

export { type Caller, type ExportFormat, exportFormats, type OperationSpec, type ResponseSpec, type Role, roles }

const sourceId = z.strictObject({ id: numeric(Int4Id) })
const assetKey = z.strictObject({ id: text(500).describe('our id, or the vendor’s') })
const findingKey = z.strictObject({ id: text(2_000).describe('our id, or the vendor’s finding_id') })
const pluginKey = z.strictObject({ id: numeric(PluginId) })

const { asset_id: _assetId, ...findingOfAssetShape } = filterShapes.finding

const testConnection = {
  role: 'operator',
  tags: ['configuration'],
  query: noQuery,
  body: TestConnectionRequest,
  responses: { 200: json(ConnectionReport, 'Tried; success says how it went.'), ...problems(404, 413, 415, 422) },
} as const

const startSync = {
  role: 'operator',
  tags: ['sync'],
  query: noQuery,
  body: SyncRequest,
  isBodyOptional: true,
} as const

/** Every operation of the API; where it is, is in `paths`. */
export const operations = {
  listSources: {
    role: 'viewer',
    summary: 'The configured sources',
    tags: ['configuration'],
    query: noQuery,
    responses: { 200: json(SourceList), ...problems() },
  },
  createSource: {
    role: 'admin',
    summary: 'Add a source',
    description: 'The keys are sealed at rest and never returned.',
    tags: ['configuration'],
    query: noQuery,
    body: SourceCreate,
    responses: { 201: json(SourceView, 'Added.'), ...problems(409, 413, 415, 422) },
  },
  updateOnlySource: {
    role: 'admin',
    summary: 'Change the only source',
    description: 'When there are several, 409 names them: use the path with the id.',
    tags: ['configuration'],
    query: noQuery,
    body: SourceUpdate,
    responses: { 200: json(SourceView), ...problems(404, 409, 413, 415, 422) },
  },
  getSource: {
    role: 'viewer',
    summary: 'One source',
    tags: ['configuration'],
    params: sourceId,
    query: noQuery,
    responses: { 200: json(SourceView), ...problems(404) },
  },
  updateSource: {
    role: 'admin',
    summary: 'Change a source',
    description:
      'What is left out stays. A source managed by the environment is read-only here, but for the scope in its settings. ' +
      'A changed scope makes the next sync read everything; what is then outside is kept and marked, never called gone or fixed.',
    tags: ['configuration'],
    params: sourceId,
    query: noQuery,
    body: SourceUpdate,
    responses: { 200: json(SourceView), ...problems(404, 409, 413, 415, 422) },
  },
  removeSource: {
    role: 'admin',
    summary: 'Remove a source',
    description: 'Its keys are forgotten and it is read no more; what was mirrored stays.',
    tags: ['configuration'],
    params: sourceId,
    query: noQuery,
    responses: { 200: json(SourceView, 'Removed.'), ...problems(404, 409) },
  },
  testConnection: { ...testConnection, summary: 'Try a connection: who the key is and what it may read' },
  testConnectionAlias: { ...testConnection, summary: 'The older name of test-connection' },

  startSync: {
    ...startSync,
    summary: 'Bring a source up to date',
    description: 'A source has one run at a time: when one is there already, it is the answer.',
    responses: {
      200: json(SyncAnswer, 'It was there already, or, with wait, has ended.'),
      202: json(SyncAnswer, 'Started.'),
      ...problems(404, 409, 413, 415, 422),
    },
  },
  getSyncStatus: {
    role: 'viewer',
    summary: 'Whether anything runs, and how fresh each source is',
    tags: ['sync'],
    query: noQuery,
    responses: { 200: json(SyncStatistics), ...problems() },
  },
  listJobs: {
    role: 'viewer',
    summary: 'Runs, newest first',
    tags: ['sync'],
    query: z.strictObject({ ...runFilterShape, ...pageQuery }),
    responses: { 200: json(RunPage), ...problems() },
  },
  createJob: {
    ...startSync,
    summary: 'Queue a run',
    responses: {
      200: json(RunView, 'It was there already.'),
      201: json(RunView, 'Queued.'),
      ...problems(404, 409, 413, 415, 422),
    },
  },
  getJob: {
    role: 'viewer',
    summary: 'One run with its streams, exports and chunks',
    tags: ['sync'],
    params: jobId,
    query: noQuery,
    responses: { 200: json(RunDetail), ...problems(404) },
  },
  cancelJob: {
    role: 'operator',
    summary: 'Stop a run, the vendor’s jobs too',
    tags: ['sync'],
    params: jobId,
    query: noQuery,
    responses: { 200: json(CancelAnswer), ...problems(404) },
  },
  retryJob: {
    role: 'operator',
    summary: 'Run an ended run again: same source, kind, streams and target',
    tags: ['sync'],
    params: jobId,
    query: noQuery,
    responses: {
      200: json(RunView, 'The source already runs.'),
      201: json(RunView, 'Queued.'),
      ...problems(404, 409, 413, 415, 422),
    },
  },
  ...jobOperations,
  getJobLog: {
    role: 'viewer',
    summary: 'What happened in a run, in order',
    tags: ['sync'],
    params: jobId,
    query: noQuery,
    responses: { 200: json(RunLog), ...problems(404) },
  },
  stopSync: {
    role: 'operator',
    summary: 'Stop every run',
    tags: ['sync'],
    query: noQuery,
    responses: { 200: json(StopAnswer), ...problems() },
  },
  followEvents: {
    role: 'viewer',
    summary: 'Progress, as server-sent events',
    description:
      'First `event: snapshot`, then `event: run` for each run whose rows changed. With Last-Event-ID only what came after it.',
    tags: ['sync'],
    query: EventsQuery,
    responses: {
      200: { description: 'A stream that stays open.', content: { 'text/event-stream': z.string() } },
      ...problems(),
    },
  },

  ...scheduleOperations,
  ...refreshOperations,
  ...sweepOperations,
  ...historyOperations,
  ...directoryOperations,
  ...feedOperations,
  ...groupOperations,
  ...deviceOperations,
  ...maintenanceOperations,
  ...importOperations,
  ...reconciliationOperations,
  ...scanOperations,
  ...complianceOperations,
  ...tableExportOperations,
  ...vulnerabilityOperations,

  listAssets: {
    role: 'viewer',
    summary: 'Assets',
    tags: ['assets'],
    search: 'assets',
    query: z.strictObject({ ...filterShapes.asset, ...searchQuery, sort: AssetSort, ...pageQuery }),
    responses: { 200: json(AssetPage), ...problems() },
  },
  getAsset: {
    role: 'viewer',
    summary: 'Everything known of one asset',
    tags: ['assets'],
    params: assetKey,
    query: noQuery,
    responses: { 200: json(AssetDetail), ...problems(404) },
  },
  listAssetFindings: {
    role: 'viewer',
    summary: 'Findings of one asset',
    description: 'Of this asset whatever its status; open ones unless said otherwise.',
    tags: ['assets', 'findings'],
    params: assetKey,
    search: 'findings',
    query: z.strictObject({ ...findingOfAssetShape, ...searchQuery, ...momentQuery, sort: FindingSort, ...pageQuery }),
    responses: { 200: json(FindingPage), ...problems(404, 422) },
  },
  listFindings: {
    role: 'viewer',
    summary: 'Findings',
    tags: ['findings'],
    description:
      'With as_of or known_at as they were: state, severity, modification, end, and what the default count made of the asset. ' +
      'Whatever else the filter asks of assets and plugins is as it is now.',
    search: 'findings',
    query: z.strictObject({ ...filterShapes.finding, ...searchQuery, ...momentQuery, sort: FindingSort, ...pageQuery }),
    responses: { 200: json(FindingPage), ...problems(422) },
  },
  getFinding: {
    role: 'viewer',
    summary: 'One finding with its output, its asset and its plugin',
    tags: ['findings'],
    description:
      'With as_of or known_at its state, severity, modification and end are as they were; the rest is as it was read last.',
    params: findingKey,
    query: z.strictObject(momentQuery),
    responses: { 200: json(FindingDetail), ...problems(404, 422) },
  },
  getFindingHistory: {
    role: 'viewer',
    summary: 'What happened to one finding, oldest first',
    tags: ['findings'],
    params: findingKey,
    query: noQuery,
    responses: { 200: json(FindingHistory), ...problems(404) },
  },
  listPlugins: {
    role: 'viewer',
    summary: 'Plugins',
    tags: ['plugins'],
    query: z.strictObject({
      ...filterShapes.plugin,
      counts: flag().optional().describe('true: count open findings and affected assets of each'),
      sort: PluginSort,
      ...pageQuery,
    }),
    responses: { 200: json(PluginPage), ...problems() },
  },
  getPlugin: {
    role: 'viewer',
    summary: 'Everything known of one plugin',
    tags: ['plugins'],
    params: pluginKey,
    query: z.strictObject({
      source_id: numeric(Int4Id).optional().describe('the owner, when several sources have a custom plugin of this id'),
    }),
    responses: { 200: json(PluginDetail), ...problems(404) },
  },
  listPluginAssets: {
    role: 'viewer',
    summary: 'Assets that have a plugin, by id',
    tags: ['plugins', 'assets'],
    params: pluginKey,
    query: z.strictObject({
      source_id: filterShapes.finding.source_id,
      include: listOf(z.enum(findingIncludes)).optional(),
      state: listOf(z.enum(findingStates)).optional(),
      severity: listOf(z.enum(severities)).optional(),
      ...pageQuery,
    }),
    responses: { 200: json(PluginAssetPage), ...problems(404) },
  },

  getAssetStatistics: {
    role: 'viewer',
    summary: 'Assets counted, with what the default count leaves out',
    tags: ['statistics'],
    search: 'assets',
    query: z.strictObject({ ...filterShapes.asset, ...searchQuery }),
    responses: { 200: json(AssetStatistics), ...problems() },
  },
  getFindingStatistics: {
    role: 'viewer',
    summary: 'Findings counted by state and severity, over the assets of a filter',
    tags: ['statistics'],
    search: 'assets',
    query: z.strictObject({ ...filterShapes.asset, ...searchQuery, ...momentQuery }),
    responses: { 200: json(FindingStatistics), ...problems(422) },
  },
  getSyncStatistics: {
    role: 'viewer',
    summary: 'Runs counted, and how fresh each source is',
    tags: ['statistics'],
    query: noQuery,
    responses: { 200: json(SyncStatistics), ...problems() },
  },

  exportAssets: {
    role: 'viewer',
    summary: 'Assets as a file, streamed, without a cap',
    description: 'The same rows as the list with the same filter; include=all for every row.',
    tags: ['export'],
    search: 'assets',
    query: z.strictObject({
      ...filterShapes.asset,
      ...searchQuery,
      format: z.enum(exportFormats).default('csv'),
      columns: listOf(AssetExportRow.keyof()).optional().describe('which, and in which order; every one when left out'),
    }),
    responses: { 200: file(AssetExportRow), ...problems() },
  },
  exportFindings: {
    role: 'viewer',
    summary: 'Findings as a file, streamed, without a cap',
    description: 'The same rows as the list with the same filter; include=all for every row.',
    tags: ['export'],
    search: 'findings',
    query: z.strictObject({
      ...filterShapes.finding,
      ...searchQuery,
      format: z.enum(exportFormats).default('csv'),
      output: flag().optional().describe('true: with the plugin’s output'),
      columns: listOf(FindingExportRow.keyof())
        .optional()
        .describe('which, and in which order; every one when left out, but for the output'),
    }),
    responses: { 200: file(FindingExportRow), ...problems() },
  },

  listRejected: {
    role: 'analyst',
    summary: 'Records that could not be read, newest first',
    tags: ['quality'],
    query: z.strictObject({ ...recordFilterShape, ...pageQuery }),
    responses: { 200: json(RejectedPage), ...problems() },
  },
  listQualityIssues: {
    role: 'analyst',
    summary: 'Records kept though something in them is impossible, newest first',
    tags: ['quality'],
    query: z.strictObject({ ...recordFilterShape, ...pageQuery }),
    responses: { 200: json(QualityIssuePage), ...problems() },
  },
  listAudit: {
    role: 'admin',
    summary: 'Who started, stopped and changed what, newest first',
    tags: ['audit'],
    query: z.strictObject({ ...auditFilterShape, ...pageQuery }),
    responses: { 200: json(AuditPage), ...problems() },
  },
  verifyAudit: {
    role: 'admin',
    summary: 'Whether the trail is whole: nothing in it was changed, inserted or removed',
    description:
      'Recomputes the chain of hashes from the first event on. That the newest events were cut off it cannot see.',
    tags: ['audit'],
    query: noQuery,
    responses: { 200: json(AuditVerdict), ...problems() },
  },

  ...viewOperations,
  ...accountOperations,

  getOpenApi: {
    role: 'account',
    summary: 'This document',
    tags: ['service'],
    query: noQuery,
    responses: { 200: json(AnyObject), ...problems() },
  },
  getLiveness: {
    role: 'stranger',
    summary: 'The process is alive',
    tags: ['service'],
    query: noQuery,
    responses: { 200: json(Liveness), ...problems() },
  },
  getReadiness: {
    role: 'stranger',
    summary: 'The database can be reached and its schema is current',
    tags: ['service'],
    query: noQuery,
    responses: {
      200: json(Readiness, 'Ready.'),
      ...problems(),
      503: json(Readiness, 'Not ready; the checks say why.'),
    },
  },
  getMetrics: {
    role: 'viewer',
    summary: 'Numbers for Prometheus',
    description: 'Only with TENABLE_ENABLE_METRICS=true.',
    tags: ['service'],
    query: noQuery,
    responses: { 200: { description: 'As asked.', content: { 'text/plain': z.string() } }, ...problems(404) },
  },
} as const satisfies Record<OperationId, OperationSpec>
