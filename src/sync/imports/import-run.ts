import { ConfigError, StoreError } from '../../platform/errors.ts'
import type { Connection, Database } from '../../store/database.ts'
import type { ImportRow } from '../../store/imports/imports.ts'
import { insertImportRun } from '../../store/imports/run-row.ts'
import * as ledger from '../../store/ledger.ts'
import { closeRun, type RunEndDeps, writeEnd } from '../run-end.ts'

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

/**
 * Ends the run in the transaction that did its work: whatever becomes of this process, there is no import that is applied
 * and whose run is open.
 * @throws StoreError `fenced`
 */
export async function completeImportRun(
  deps: Omit<RunEndDeps, 'limits'>,
  connection: Connection,
  item: ImportRow,
  run: ImportRun,
): Promise<void> {
  const { runId, fence, exportJobId } = run
  for (const stream of streams) {
    const update = { status: 'completed', watermarkAt: item.observed_at, partsTotal: 1, fence } as const
    await ledger.updateStream(connection, runId, stream, update)
  }
  await ledger.endExport(connection, exportJobId, 'complete', null)
  const end = { status: 'completed', error: null } as const
  if (await writeEnd(deps, connection, { ...run, sourceId: item.source_id }, end)) return
  throw new StoreError('fenced', `Run ${runId} was taken over or ended; what this process did of it is dropped.`)
}

export async function failImportRun(
  deps: Omit<RunEndDeps, 'limits'>,
  item: ImportRow,
  run: ImportRun,
  error: { readonly code: string; readonly message: string },
): Promise<void> {
  const { database } = deps
  for (const stream of streams) {
    const update = { status: 'failed', watermarkAt: null, partsTotal: 1, fence: run.fence, error } as const
    await ledger.updateStream(database, run.runId, stream, update)
  }
  await ledger.endExport(database, run.exportJobId, 'incomplete', error.message)
  await closeRun(deps, { ...run, sourceId: item.source_id }, { status: 'failed', error })
}
