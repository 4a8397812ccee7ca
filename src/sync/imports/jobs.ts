import { readFile, type UnpackLimits } from '../../connectors/files/index.ts'
import type { FileSummary } from '../../domain/file-reading.ts'
import type { Clock } from '../../platform/clock.ts'
import { ConfigError, codeOf, messageOf } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Database } from '../../store/database.ts'
import { applyImport, ImportMoved } from '../../store/imports/apply.ts'
import * as imports from '../../store/imports/imports.ts'
import { planImport } from '../../store/imports/plan.ts'
import { clearStaged, stageBatch } from '../../store/imports/staging.ts'
import { undoImport } from '../../store/imports/undo.ts'
import * as ledger from '../../store/ledger.ts'
import { isConnectionLost, readThroughLoss } from '../../store/lost-connection.ts'
import { rollUpTotals } from '../../store/rollups/roll-up.ts'
import { takeTurn } from '../../store/turns.ts'
import { pluginRank } from '../connection.ts'
import { correlateAfterRun } from '../correlation.ts'
import { reconcileAfterImport } from '../reconciliation/after-run.ts'
import { beginImportRun, completeImportRun, failImportRun, type ImportRun } from './import-run.ts'

export interface ImportJobDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly owner: string
  readonly unpackLimits: UnpackLimits
}

export const importSteps = ['stage', 'apply', 'undo'] as const
export type ImportStep = (typeof importSteps)[number]

export interface ImportJob {
  readonly step: ImportStep
  readonly importId: number
}

/** Works one step of an import that this process has claimed. What goes wrong is written into the import's row. */
export async function workImport(deps: ImportJobDeps, job: ImportJob, signal: AbortSignal): Promise<void> {
  const progress = { rows: 0, bytes: 0 }
  const finished = new AbortController()
  const beating = beat(deps, job, progress, finished.signal)
  try {
    await steps[job.step](deps, job.importId, progress, signal)
  } finally {
    finished.abort()
    await beating
  }
}

interface Progress {
  rows: number
  bytes: number
}

const steps: Readonly<
  Record<ImportStep, (deps: ImportJobDeps, importId: number, progress: Progress, signal: AbortSignal) => Promise<void>>
> = { stage, apply, undo }

const beatMs = 2000

async function beat(
  { database, clock, log, owner }: ImportJobDeps,
  { importId, step }: ImportJob,
  progress: Progress,
  finished: AbortSignal,
): Promise<void> {
  while (!finished.aborted) {
    await clock.sleep(beatMs, finished).catch(() => undefined)
    if (finished.aborted) return
    try {
      await imports.beatImport(database, importId, owner, step === 'stage' ? progress : null)
    } catch (error) {
      log.warn({ import_id: importId, error: messageOf(error) }, 'a heartbeat of an import failed')
    }
  }
}

const stagingsAtMost = 3

async function stage(deps: ImportJobDeps, importId: number, progress: Progress, signal: AbortSignal): Promise<void> {
  const { database, log } = deps
  const item = await imports.getImport(database, importId)
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await stageOnce(deps, item, progress, signal)
        return
      } catch (thrown) {
        // The file is still there, and a person should not have to bring it again.
        if (!isConnectionLost(thrown) || attempt >= stagingsAtMost || signal.aborted) throw thrown
        log.warn({ import_id: importId, error: messageOf(thrown) }, 'the database went away; the file is read anew')
        await readThroughLoss(() => imports.getImport(database, importId))
      }
    }
  } catch (thrown) {
    // Stopped: whoever starts next reads the file anew.
    if (signal.aborted) return
    await imports.endStep(database, importId, 'failed', { code: codeOf(thrown), message: messageOf(thrown) })
    if (!(thrown instanceof ConfigError)) throw thrown
  }
}

async function stageOnce(
  deps: ImportJobDeps,
  item: imports.ImportRow,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { database, log } = deps
  const { import_id: importId, stored_at: path } = item
  if (path === null) throw new Error(`import ${importId} has no file`)
  Object.assign(progress, { rows: 0, bytes: 0 })
  await clearStaged(database, importId)
  const summary = await readAll(deps, item, path, progress, signal)
  await imports.noteSummary(database, importId, summary, observedOf(item, summary))
  await database.transaction(async connection => {
    await planImport(connection, await imports.getImport(connection, importId))
    await imports.endStep(connection, importId, 'ready')
  })
  log.info({ import_id: importId, rows: summary.rows, format: summary.format }, 'an import is ready')
}

async function readAll(
  { database, unpackLimits }: ImportJobDeps,
  item: imports.ImportRow,
  path: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<FileSummary> {
  const reading = readFile(path, item.file_name, { ...item.options, limits: unpackLimits }, signal)
  let staging: Promise<void> = Promise.resolve()
  try {
    for (;;) {
      const next = await reading.next()
      await staging
      if (next.done) return next.value
      signal.throwIfAborted()
      const { findings, compliance, rejected, totals } = next.value
      progress.rows += findings.length + compliance.length + rejected.length + totals.length
      progress.bytes = next.value.bytes
      // The next piece is read while the database takes this one.
      staging = stageBatch(database, item.import_id, next.value)
      staging.catch(() => undefined)
    }
  } finally {
    await staging.catch(() => undefined)
    await reading.return(undefined as never)
  }
}

/** A date in the future would keep every later import from changing anything. */
function observedOf(item: imports.ImportRow, summary: FileSummary) {
  const { observedAt } = item.options
  if (observedAt !== undefined) return { at: observedAt, from: 'person' } as const
  if (summary.observedAt !== null && Date.parse(summary.observedAt) <= Date.parse(item.created_at) + 86_400_000) {
    return { at: summary.observedAt, from: 'file' } as const
  }
  return { at: dateOfName(item.file_name, item.created_at) ?? item.created_at, from: 'upload' } as const
}

/** `weekly_2026-11-23.csv` says when. */
function dateOfName(name: string, notAfter: string): string | undefined {
  const found = /(20\d{2})[-_.]?([01]\d)[-_.]?([0-3]\d)/.exec(name)
  if (!found) return undefined
  const [, year, month, day] = found
  const ms = Date.parse(`${year}-${month}-${day}T00:00:00Z`)
  return Number.isNaN(ms) || ms > Date.parse(notAfter) ? undefined : new Date(ms).toISOString()
}

async function apply(deps: ImportJobDeps, importId: number): Promise<void> {
  const { database, owner } = deps
  const item = await imports.getImport(database, importId)
  const expected = item.numbers
  if (!expected || item.observed_at === null) throw new Error(`import ${importId} has no preview`)
  let run: ImportRun | undefined
  try {
    await ledger.ensureEventPartitions(database)
    const held = await beginImportRun(database, item, owner, item.observed_at, true)
    run = held
    const context = {
      runId: run.runId,
      fence: run.fence,
      sourceId: item.source_id,
      exportJobId: run.exportJobId,
      exportId: run.exportId,
      partId: run.partId,
      readAt: item.observed_at,
      sourceRank: pluginRank('files', 'findings') + rankWithinFiles(item.format),
      isFirstLoad: !(await ledger.hasCompleteFindings(database, item.source_id, run.runId)),
      unseenBefore: null,
      isBeside: true,
      isFull: false,
    }
    await applyImport({ database, owner }, importId, expected, context, connection =>
      completeImportRun(deps, connection, item, held),
    )
  } catch (thrown) {
    if (!(await isCommitted(deps, importId, run, 'applied'))) {
      const error = thrown instanceof ImportMoved ? moved : { code: codeOf(thrown), message: messageOf(thrown) }
      if (run) await failImportRun(deps, item, run, error)
      await backTo(deps, importId, 'applying', 'ready', error)
      if (!(thrown instanceof ImportMoved)) throw thrown
      await replan(database, importId)
      return
    }
  }
  await settleTotals(deps, item)
}

/** A .nessus file knows a plugin better than a CSV, and a CSV better than what HexTrackr made of it. */
function rankWithinFiles(format: string | null): number {
  if (format === 'nessus-v2') return 0
  return format?.startsWith('hextrackr:') ? 2 : 1
}

const moved = {
  code: 'import_moved',
  message: 'What the import would do changed since the preview. Look at the new numbers and apply it again.',
}

/** @returns the numbers of now, which are written down */
export async function replan(database: Database, importId: number): Promise<imports.ImportNumbers> {
  return database.transaction(async connection => {
    const item = await imports.getImport(connection, importId, 'for no key update')
    imports.refuseStatus(item, ['ready'], 'previewed')
    await takeTurn(connection, item.source_id, 'alone')
    return planImport(connection, item)
  })
}

async function undo(deps: ImportJobDeps, importId: number): Promise<void> {
  const { database, owner } = deps
  const item = await imports.getImport(database, importId)
  let run: ImportRun | undefined
  try {
    await ledger.ensureEventPartitions(database)
    const held = await beginImportRun(database, item, owner, deps.clock.now().toISOString(), false)
    run = held
    await ledger.addNote(database, run.runId, `It takes back import ${importId} of ${item.file_name}.`)
    await undoImport(database, importId, { ...run, sourceId: item.source_id, owner }, connection =>
      completeImportRun(deps, connection, item, held),
    )
  } catch (thrown) {
    if (!(await isCommitted(deps, importId, run, 'undone'))) {
      const error = { code: codeOf(thrown), message: messageOf(thrown) }
      if (run) await failImportRun(deps, item, run, error)
      await backTo(deps, importId, 'undoing', 'applied', error)
      throw thrown
    }
  }
  await settleTotals(deps, item)
}

/** What was lost with the connection may have been only the answer. */
async function isCommitted(
  { database }: ImportJobDeps,
  importId: number,
  run: ImportRun | undefined,
  as: 'applied' | 'undone',
): Promise<boolean> {
  const item = await readThroughLoss(() => imports.getImport(database, importId))
  return run !== undefined && item.status === as && (as === 'applied' ? item.run_id : item.undo_run_id) === run.runId
}

/** The aftermath of a step that was committed; whoever finds an import whose process died before does the same. */
export async function settleTotals(
  deps: Pick<ImportJobDeps, 'database' | 'clock' | 'log'>,
  item: imports.ImportRow,
): Promise<void> {
  const { database } = deps
  await rollUpTotals(database, item.source_id)
  const { owner, run_id, undo_run_id } = await imports.getImport(database, item.import_id)
  const runId = undo_run_id ?? run_id
  if (runId !== null) {
    await correlateAfterRun(deps, { runId, sourceId: item.source_id })
    await reconcileAfterImport(deps, { runId, sourceId: item.source_id })
  }
  if (owner !== null) await imports.releaseImport(database, item.import_id, owner)
}

/** Only where it is still ours: the step may have been committed, and only its aftermath failed. */
async function backTo(
  { database, owner }: ImportJobDeps,
  importId: number,
  from: imports.ImportStatus,
  to: imports.ImportStatus,
  error: { readonly code: string; readonly message: string },
): Promise<void> {
  const item = await imports.getImport(database, importId)
  if (item.status === from && item.owner === owner) await imports.endStep(database, importId, to, error)
}
