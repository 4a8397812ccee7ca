// Runs, records set aside, imports and the audit, as flat rows. They are read newest first and page by page: what comes meanwhile
// stands before the first page, so that no row is told twice and none is left out.

import type { ScopedDatabase } from '../access.ts'
import type { Administration } from '../accounts/administration.ts'
import { type AuditEventView, type AuditFilter, listAuditEvents } from './audit-list.ts'
import type { StreamOptions } from './export-rows.ts'
import { type ImportListRequest, type ImportView, listImports } from './import-list.ts'
import {
  listQualityIssues,
  listRejected,
  type QualityIssueView,
  type RecordFilter,
  type RejectedView,
} from './record-lists.ts'
import type { PageRequest, RowsPage } from './rows-page.ts'
import { listRuns, type RunFilter } from './run-list.ts'
import type { RowCounts, RunView } from './run-view.ts'

/** Without its streams, which the run itself has. */
export type RunExportRow = Pick<
  RunView,
  | 'id'
  | 'source_id'
  | 'source'
  | 'kind'
  | 'trigger'
  | 'status'
  | 'created_at'
  | 'started_at'
  | 'finished_at'
  | 'duration_ms'
  | 'error_code'
  | 'error_message'
  | 'notes'
> &
  RowCounts & { readonly streams: string[] }

export type AuditExportRow = Omit<AuditEventView, 'detail'> & { readonly detail: string }

export type ImportExportRow = Pick<
  ImportView,
  | 'id'
  | 'source_id'
  | 'source'
  | 'status'
  | 'trigger'
  | 'file_name'
  | 'size_bytes'
  | 'sha256'
  | 'format'
  | 'observed_at'
  | 'rows_read'
  | 'run_id'
  | 'undo_run_id'
  | 'error_code'
  | 'error_message'
  | 'created_by'
  | 'created_at'
  | 'applied_at'
  | 'undone_at'
> & {
  readonly covers: ImportView['scope']['covers']
  readonly opened: number | null
  readonly closed: number | null
  readonly changed: number | null
  readonly rejected: number | null
}

/** In the order of the file's columns. */
export const runExportColumns = [
  ...(['id', 'source', 'kind', 'trigger', 'status', 'created_at', 'started_at', 'finished_at', 'duration_ms'] as const),
  ...(['streams', 'received', 'inserted', 'changed', 'unchanged', 'rejected', 'bytes'] as const),
  ...(['error_code', 'error_message', 'notes', 'source_id'] as const),
] as const satisfies readonly (keyof RunExportRow)[]

export const rejectedExportColumns = [
  ...([
    'id',
    'recorded_at',
    'source',
    'run_id',
    'stream',
    'export_id',
    'part_id',
    'reason',
    'raw',
    'source_id',
  ] as const),
] as const satisfies readonly (keyof RejectedView)[]

export const qualityExportColumns = [
  ...(['id', 'recorded_at', 'source', 'run_id', 'stream', 'field', 'problem', 'record', 'source_id'] as const),
] as const satisfies readonly (keyof QualityIssueView)[]

export const auditExportColumns = [
  ...(['id', 'recorded_at', 'actor_kind', 'actor', 'action', 'subject', 'detail', 'hash'] as const),
] as const satisfies readonly (keyof AuditExportRow)[]

export const importExportColumns = [
  ...(['id', 'file_name', 'source', 'status', 'format', 'observed_at', 'created_at', 'created_by', 'trigger'] as const),
  ...(['rows_read', 'size_bytes', 'covers', 'opened', 'closed', 'changed', 'rejected', 'applied_at'] as const),
  ...(['undone_at', 'run_id', 'undo_run_id', 'error_code', 'error_message', 'sha256', 'source_id'] as const),
] as const satisfies readonly (keyof ImportExportRow)[]

export async function* exportRuns(
  database: ScopedDatabase,
  filter: RunFilter,
  options: StreamOptions,
): AsyncGenerator<RunExportRow[]> {
  for await (const runs of eachPage(page => listRuns(database, { filter, ...page }), options)) {
    yield runs.map(({ counts, streams, ...run }) => ({ ...run, ...counts, streams: streams.map(one => one.stream) }))
  }
}

/** A record may be a megabyte, and a page is in memory whole. */
const rawBatch = 50

export function exportRejected(
  database: ScopedDatabase,
  filter: RecordFilter,
  options: StreamOptions,
): AsyncGenerator<RejectedView[]> {
  return eachPage(page => listRejected(database, { filter, ...page }), { batchSize: rawBatch, ...options })
}

export function exportQualityIssues(
  database: ScopedDatabase,
  filter: RecordFilter,
  options: StreamOptions,
): AsyncGenerator<QualityIssueView[]> {
  return eachPage(page => listQualityIssues(database, { filter, ...page }), options)
}

export async function* exportAuditEvents(
  database: ScopedDatabase,
  administration: Administration,
  filter: AuditFilter,
  options: StreamOptions,
): AsyncGenerator<AuditExportRow[]> {
  const pages = eachPage(page => listAuditEvents(database, administration, { filter, ...page }), options)
  for await (const events of pages) {
    yield events.map(event => ({ ...event, detail: JSON.stringify(event.detail) }))
  }
}

export async function* exportImports(
  database: ScopedDatabase,
  filter: ImportListRequest['filter'],
  options: StreamOptions,
): AsyncGenerator<ImportExportRow[]> {
  for await (const imports of eachPage(page => listImports(database, { filter, ...page }), options)) {
    yield imports.map(one => ({
      ...one,
      covers: one.scope.covers,
      opened: one.numbers && one.numbers.open + one.numbers.reopen + one.numbers.return,
      closed: one.numbers && one.numbers.close + one.numbers.absent + one.numbers.gone,
      changed: one.numbers?.change ?? null,
      rejected: one.numbers?.rejected ?? null,
    }))
  }
}

async function* eachPage<R>(
  load: (page: PageRequest) => Promise<RowsPage<R>>,
  { batchSize = 500, signal }: StreamOptions,
): AsyncGenerator<R[]> {
  let cursor: string | undefined
  do {
    signal?.throwIfAborted()
    const page = await load({ limit: batchSize, cursor, total: false })
    if (page.items.length > 0) yield page.items
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
}
