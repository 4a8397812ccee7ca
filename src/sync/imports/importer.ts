import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type UnpackLimits, unpackedBeside, usualUnpackLimits } from '../../connectors/files/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import { type Actor, recordAudit } from '../../store/audit.ts'
import type { Database } from '../../store/database.ts'
import * as imports from '../../store/imports/imports.ts'
import { sameNumbers } from '../../store/imports/plan.ts'
import { failImportRuns } from '../../store/imports/run-row.ts'
import { refuseCutOver } from '../../store/reconciliation/gate.ts'
import { sessionName } from '../../store/workers.ts'
import { expel } from '../expel.ts'
import { isAbandoned, life, ownerName } from '../owner.ts'
import { ImportThread } from './import-thread.ts'
import { type ReceivedFile, receiveFile } from './inbox.ts'
import { type ImportJob, type ImportStep, replan, settleTotals } from './jobs.ts'

export interface ImporterDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly logLevel: string
  /** Where files lie until they are staged. */
  readonly folder: string
  readonly maxBytes: number
  readonly unpackLimits?: UnpackLimits
}

export interface ImportRequest {
  readonly sourceId: number
  readonly fileName: string
  readonly trigger: imports.ImportTrigger
  readonly options: imports.ImportOptions
  readonly scope: imports.ImportScope
}

const lookMs = 5000

/** What an import is again whose step came to nothing. */
const backTo: Partial<Readonly<Record<imports.ImportStatus, imports.ImportStatus>>> = {
  reading: 'received',
  applying: 'ready',
  undoing: 'applied',
}

/** Takes files in, and has their steps worked in a thread, one after the other. */
export class Importer {
  readonly #deps: ImporterDeps
  readonly #owner = ownerName()
  readonly #stopping = new AbortController()
  readonly #working = new Map<number, Promise<void>>()
  /** Being taken: the row may say so before this process knows that it has succeeded. */
  readonly #claiming = new Set<number>()
  readonly #thread: ImportThread
  #queue: Promise<void> = Promise.resolve()
  #looking: Promise<void> | undefined

  constructor(deps: ImporterDeps) {
    this.#deps = deps
    this.#thread = new ImportThread({
      connectionString: deps.database.connectionString,
      applicationName: sessionName(life),
      logLevel: deps.logLevel,
      owner: this.#owner,
      unpackLimits: deps.unpackLimits ?? usualUnpackLimits,
    })
  }

  /** Takes up imports whose process is gone; for servers. */
  start(): void {
    this.#looking ??= this.#keepLooking()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#thread.stop()
    await Promise.allSettled([this.#looking, this.#queue])
  }

  receive(bytes: AsyncIterable<Uint8Array>): Promise<ReceivedFile> {
    return receiveFile(this.#deps.folder, bytes, this.#deps.maxBytes)
  }

  /** A file that came to nothing. */
  async discard(file: ReceivedFile): Promise<void> {
    await rm(file.path, { force: true })
  }

  /**
   * Writes the import down and begins to read its file.
   * @throws ConfigError `source_cut_over` when the API has taken the place of the files
   */
  async add(file: ReceivedFile, request: ImportRequest, actor: Actor): Promise<number> {
    const item = await this.#write(file, request, actor)
    await this.#begin('stage', item.import_id, ['received'], 'reading', null)
    return item.import_id
  }

  async #write(file: ReceivedFile, request: ImportRequest, actor: Actor): Promise<imports.ImportRow> {
    const { database } = this.#deps
    return database.transaction(async connection => {
      const gate = await refuseCutOver(connection, request.sourceId)
      const row = await imports.insertImport(connection, {
        ...request,
        sizeBytes: file.sizeBytes,
        sha256: file.sha256,
        storedAt: file.path,
        createdBy: actor.name,
      })
      await recordAudit(connection, {
        actor,
        action: 'import.received',
        subject: `import:${row.import_id}`,
        detail: {
          ...{ file: request.fileName, sha256: file.sha256, size_bytes: file.sizeBytes },
          ...(gate.because === null ? {} : { cutover: gate.cutoverId, let_in_by: gate.because }),
        },
      })
      return row
    })
  }

  /**
   * Applies a preview; the numbers are worked out anew first.
   * @param expected what the person has seen
   * @throws ConfigError `import_moved` when they are others now, `import_not_ready`, `source_cut_over`
   */
  async apply(importId: number, expected: imports.ImportNumbers, actor: Actor): Promise<void> {
    const { database } = this.#deps
    await this.#reclaim(importId)
    const item = await imports.getImport(database, importId)
    imports.refuseStatus(item, ['ready'], 'applied')
    await refuseCutOver(database, item.source_id)
    const isStill = item.numbers !== null && !(await imports.mayHaveMoved(database, item))
    const now = isStill ? item.numbers : await replan(database, importId)
    if (!sameNumbers(now, expected)) {
      throw new ConfigError(
        'import_moved',
        'What the import would do changed since the preview. Look at the new numbers and apply it again.',
        { context: { importId } },
      )
    }
    await recordAudit(database, { actor, action: 'import.applied', subject: `import:${importId}`, detail: { ...now } })
    await this.#begin('apply', importId, ['ready'], 'applying', null)
  }

  /** @throws ConfigError `import_not_ready` */
  async undo(importId: number, actor: Actor): Promise<void> {
    const { database } = this.#deps
    await this.#reclaim(importId)
    const item = await imports.getImport(database, importId)
    imports.refuseStatus(item, ['applied'], 'undone')
    await recordAudit(database, { actor, action: 'import.undone', subject: `import:${importId}` })
    // Whoever applied it may still be at the totals; that is no reason to wait.
    await this.#begin('undo', importId, ['applied'], 'undoing', item.owner)
  }

  /** Other terms for an import that is not applied yet; the preview is made anew. */
  async rescope(importId: number, scope: imports.ImportScope, actor: Actor): Promise<void> {
    const { database } = this.#deps
    await database.transaction(async connection => {
      imports.refuseStatus(await imports.getImport(connection, importId, 'for update'), ['ready'], 'changed')
      await imports.saveScope(connection, importId, scope)
      await recordAudit(connection, {
        actor,
        action: 'import.rescoped',
        subject: `import:${importId}`,
        detail: { covers: scope.covers },
      })
    })
    await replan(database, importId)
  }

  /** Drops one that is not applied. @throws ConfigError `import_not_ready` */
  async abandon(importId: number, actor: Actor): Promise<void> {
    const { database } = this.#deps
    await this.#reclaim(importId)
    const item = await database.transaction(async connection => {
      const row = await imports.getImport(connection, importId, 'for update')
      imports.refuseStatus(row, ['received', 'ready', 'failed'], 'dropped')
      await imports.forgetStaged(connection, importId, true)
      await imports.endStep(connection, importId, 'abandoned')
      await recordAudit(connection, { actor, action: 'import.abandoned', subject: `import:${importId}` })
      return row
    })
    await this.#dropFile(item)
  }

  /** Resolves when the step in hand has ended, or the time is over. */
  async settle(importId: number, withinMs: number, signal?: AbortSignal): Promise<imports.ImportRow> {
    const { database, clock } = this.#deps
    const until = clock.now().getTime() + withinMs
    for (;;) {
      const item = await imports.getImport(database, importId)
      const isOver = !['received', 'reading', 'applying', 'undoing'].includes(item.status)
      if (isOver || clock.now().getTime() >= until) return item
      await Promise.race([this.#working.get(importId) ?? clock.sleep(250, signal), clock.sleep(500, signal)])
    }
  }

  async #begin(
    step: ImportStep,
    importId: number,
    from: readonly imports.ImportStatus[],
    to: imports.ImportStatus,
    instead: string | null,
  ): Promise<boolean> {
    this.#claiming.add(importId)
    try {
      const isOurs = await imports.claimImport(this.#deps.database, importId, from, to, this.#owner, instead)
      if (!isOurs) {
        if (step !== 'stage') {
          throw new ConfigError('import_not_ready', `Import ${importId} is being worked on already.`)
        }
        return false
      }
      // One at a time: each may need a good deal of the machine.
      const work = this.#queue.then(() => this.#work({ step, importId }))
      this.#queue = work
      this.#working.set(importId, work)
      void work.finally(() => {
        if (this.#working.get(importId) === work) this.#working.delete(importId)
      })
      return true
    } finally {
      this.#claiming.delete(importId)
    }
  }

  /** Nobody is at work on it any more, though its row says so. */
  #isLeft({ import_id: importId, owner, silent_ms: silentMs }: imports.ImportRow): boolean {
    if (this.#working.has(importId) || this.#claiming.has(importId)) return false
    return owner === this.#owner || isAbandoned(owner, silentMs)
  }

  async #work(job: ImportJob): Promise<void> {
    const { database, log } = this.#deps
    if (this.#stopping.signal.aborted) return
    try {
      await this.#thread.work(job)
    } catch (error) {
      log.error({ import_id: job.importId, step: job.step, error: messageOf(error) }, 'a step of an import failed')
    }
    if (job.step !== 'stage') return
    const item = await imports.findImport(database, job.importId).catch(() => undefined)
    // Somebody may have gone on with what was read before we look.
    if (item && !['received', 'reading'].includes(item.status)) await this.#dropFile(item)
  }

  async #dropFile(item: imports.ImportRow): Promise<void> {
    if (item.stored_at === null) return
    await rm(item.stored_at, { force: true })
    // What a process that died in the middle had unpacked beside it.
    await rm(unpackedBeside(item.stored_at), { force: true })
    await imports.forgetStoredFile(this.#deps.database, item.import_id)
  }

  async #keepLooking(): Promise<void> {
    const { clock, log } = this.#deps
    while (!this.#stopping.signal.aborted) {
      await this.look().catch((error: unknown) => {
        log.error({ error: messageOf(error) }, 'could not look for imports')
      })
      await clock.sleep(lookMs, this.#stopping.signal).catch(() => undefined)
    }
  }

  /** Takes up what others left. A file that lies on another machine is that machine's. */
  async look(): Promise<void> {
    const { database } = this.#deps
    for (const item of await imports.findOpenImports(database)) {
      if (!this.#isLeft(item)) continue
      if (item.status === 'received' || item.status === 'reading') {
        if (item.stored_at === null || !existsSync(item.stored_at)) continue
        await this.#begin('stage', item.import_id, [item.status], 'reading', item.owner)
      } else await this.#giveBack(item)
    }
  }

  /** The same for one that a person names, where no server is there to look. */
  async #reclaim(importId: number): Promise<void> {
    const item = await imports.getImport(this.#deps.database, importId)
    if (item.owner !== null && this.#isLeft(item)) await this.#giveBack(item)
  }

  /**
   * Its transaction went with its process: nothing was written, and a person decides anew. Where it was committed, what
   * follows is done in its place.
   */
  async #giveBack(item: imports.ImportRow): Promise<void> {
    const { database, log } = this.#deps
    // What the server still does for it holds locks that everybody else would wait for.
    if (item.owner !== null) await expel(database, log, item.owner)
    if (item.status === 'applied' || item.status === 'undone') return settleTotals(this.#deps, item)
    await database.transaction(async connection => {
      const now = await imports.getImport(connection, item.import_id, 'for update')
      if (now.status !== item.status || now.owner !== item.owner) return
      await failImportRuns(connection, item.source_id, item.owner)
      await imports.endStep(connection, item.import_id, backTo[item.status] ?? item.status, {
        code: 'worker_lost',
        message: 'The process that worked on the import ended in the middle; nothing of it was written. Try again.',
      })
    })
    log.warn({ import_id: item.import_id }, 'an import was left in the middle and waits again')
  }
}
