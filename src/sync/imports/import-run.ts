import { ConfigError } from '../../platform/errors.ts'
import type { Database } from '../../store/database.ts'
import type { ImportRow } from '../../store/imports/imports.ts'
import { insertImportRun } from '../../store/imports/run-row.ts'
import * as ledger from '../../store/ledger.ts'
import { closeRun, type RunEndDeps } from '../run-end.ts'

/** An import in the ledger: a run of one export with one part. */
export interface ImportRun {
  readonly runId: number
  readonly fence: number
  readonly exportJobId: number
  readonly exportId: string
  readonly partId: string
}

const partId = 'file'
/** What else is in a file goes with its findings, in one transaction. */
const streams = ['findings'] as const

/**
 * @param hasPart an undoing reads nothing
 * @throws ConfigError `source_busy` when another import of the source is being applied
 */
export async function beginImportRun(
  database: Database,
  item: ImportRow,
  owner: string,
  readAt: string,
  hasPart: boolean,
): Promise<ImportRun> {
  const run = await insertImportRun(database, {
    sourceId: item.source_id,
    trigger: item.trigger === 'folder' ? 'schedule' : item.trigger,
    streams,
    owner,
  })
  if (!run) {
    throw new ConfigError('source_busy', 'Another import of this source is being applied. Try again when it has ended.')
  }
  await ledger.openStreams(database, run.runId, streams)
  const exportId = `import-${item.import_id}`
  const exportJobId = await ledger.recordExport(database, run.runId, 'findings', {
    exportId,
    asked: { file: item.file_name, sha256: item.sha256, scope: JSON.parse(JSON.stringify(item.scope)) },
    echoed: null,
    notes: [],
    readAt,
  })
  if (hasPart) await ledger.recordPart(database, exportJobId, partId, {})
  return { ...run, exportJobId, exportId, partId }
}

export async function endImportRun(
  deps: Omit<RunEndDeps, 'limits'>,
  item: ImportRow,
  run: ImportRun,
  status: 'completed' | 'failed',
  error: { readonly code: string; readonly message: string } | null,
): Promise<void> {
  const { database } = deps
  for (const stream of streams) {
    const watermarkAt = status === 'completed' ? item.observed_at : null
    const update = { status, watermarkAt, partsTotal: 1, fence: run.fence }
    await ledger.updateStream(database, run.runId, stream, error ? { ...update, error } : update)
  }
  await ledger.endExport(
    database,
    run.exportJobId,
    status === 'completed' ? 'complete' : 'incomplete',
    error?.message ?? null,
  )
  await closeRun(deps, { ...run, sourceId: item.source_id }, { status, error })
}
