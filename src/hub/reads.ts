import { systemClock } from '../platform/clock.ts'
import { unrestricted } from '../store/access.ts'
import { type AuditVerdict, verifyAudit } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { assetFile, findingFile } from '../store/export-file.ts'
import type { ExportFormat, TextFormat } from '../store/export-format.ts'
import { hasCompleteFindings } from '../store/ledger.ts'
import { readThroughLoss } from '../store/lost-connection.ts'
import { type AgentListRequest, type AgentView, listAgents } from '../store/queries/agent-list.ts'
import type { AssetExportOptions } from '../store/queries/asset-export.ts'
import { type AssetListRequest, listAssets } from '../store/queries/asset-list.ts'
import type { AssetView } from '../store/queries/asset-view.ts'
import { type Changes, type ChangesRequest, loadChanges } from '../store/queries/changes.ts'
import type { FindingExportOptions } from '../store/queries/finding-export.ts'
import { type FindingListRequest, listFindings } from '../store/queries/finding-list.ts'
import type { FindingView } from '../store/queries/finding-view.ts'
import type { Moment } from '../store/queries/moment.ts'
import { listNetworks, type NetworkListRequest, type NetworkView } from '../store/queries/network-list.ts'
import type { RowsPage } from '../store/queries/rows-page.ts'
import { getRunView } from '../store/queries/run-detail.ts'
import { listRuns } from '../store/queries/run-list.ts'
import type { RunView } from '../store/queries/run-view.ts'
import { loadStatusReport, type StatusReport } from '../store/queries/status-report.ts'
import { loadStatusThen, type StatusThen } from '../store/queries/status-then.ts'
import { type DirectoryTagView, listTags, type TagListRequest } from '../store/queries/tag-list.ts'
import { findWatermarks } from '../store/reading-window.ts'
import { listWorkers, type WorkerRow } from '../store/workers.ts'
import { type AssetTarget, targetOfAssets } from '../sync/refresh.ts'
import { type ServiceReads, serviceReadsOf } from './services.ts'

/** What the mirror and its ledger are asked. */
export interface Reads extends ServiceReads {
  status(): Promise<StatusReport>
  /** The same at a moment of the past. */
  statusThen(moment: Moment): Promise<StatusThen>
  changes(request: ChangesRequest): Promise<Changes>
  /** @throws NotFoundError `job_not_found` */
  run(runId: number): Promise<RunView>
  /** Pending and running ones. */
  openRuns(): Promise<readonly RunView[]>
  /** Whether a delta has something to start from. */
  hasWatermark(sourceId: number): Promise<boolean>
  /** Whether the source was ever read to its end. */
  hasCompleteRun(sourceId: number): Promise<boolean>
  /** @throws NotFoundError `asset_not_found`; ConfigError `several_sources_meant`, `too_many_assets` */
  targetOfAssets(names: readonly string[]): Promise<AssetTarget>
  assets(request: AssetListRequest): Promise<RowsPage<AssetView>>
  findings(request: FindingListRequest): Promise<RowsPage<FindingView>>
  networks(request: NetworkListRequest): Promise<RowsPage<NetworkView>>
  agents(request: AgentListRequest): Promise<RowsPage<AgentView>>
  tags(request: TagListRequest): Promise<RowsPage<DirectoryTagView>>
  /** A file, a batch of rows at a time: text, but for Parquet. */
  exportAssets(request: AssetExportOptions & { readonly format: TextFormat }): AsyncIterable<string>
  exportAssets(request: AssetExportOptions & { readonly format: ExportFormat }): AsyncIterable<string | Uint8Array>
  exportFindings(request: FindingExportOptions & { readonly format: TextFormat }): AsyncIterable<string>
  exportFindings(request: FindingExportOptions & { readonly format: ExportFormat }): AsyncIterable<string | Uint8Array>
  verifyAudit(): Promise<AuditVerdict>
  /** The processes that read sources. */
  workers(): Promise<readonly WorkerRow[]>
}

export function readsOf(of: Database): Reads {
  // Whoever runs the command line on this machine reads the database itself.
  const database = unrestricted(of)
  const open = { filter: { status: ['pending', 'running'] as const }, limit: 1000, total: false }
  return {
    ...serviceReadsOf(of),
    status: () => loadStatusReport(database, systemClock.now()),
    statusThen: moment => loadStatusThen(database, moment),
    changes: request => loadChanges(database, request),
    run: runId => readThroughLoss(() => getRunView(database, runId)),
    openRuns: async () => (await listRuns(database, open)).items,
    hasWatermark: async sourceId => (await findWatermarks(of, sourceId)).size > 0,
    hasCompleteRun: sourceId => hasCompleteFindings(of, sourceId),
    targetOfAssets: names => targetOfAssets(of, names),
    assets: request => listAssets(database, request),
    findings: request => listFindings(database, request),
    networks: request => listNetworks(database, request),
    agents: request => listAgents(database, request),
    tags: request => listTags(database, request),
    exportAssets: (({ format, ...options }: AssetExportOptions & { readonly format: ExportFormat }) =>
      assetFile(database, options, format)) as Reads['exportAssets'],
    exportFindings: (({ format, ...options }: FindingExportOptions & { readonly format: ExportFormat }) =>
      findingFile(database, options, format)) as Reads['exportFindings'],
    verifyAudit: () => verifyAudit(of),
    workers: () => listWorkers(of),
  }
}
