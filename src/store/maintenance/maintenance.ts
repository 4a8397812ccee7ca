import type { ArchiveClass } from '../../domain/archive-class.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Clock } from '../../platform/clock.ts'
import { ConfigError, codeOf, messageOf } from '../../platform/errors.ts'
import type { ArchiveDeps, ArchivedMonth, ArchiveRequest } from '../archive/archive.ts'
import { archiveRows, horizonOf, previewArchive } from '../archive/archive.ts'
import { type ArchiveFile, type ArchiveFileFilter, listArchiveFiles } from '../archive/files.ts'
import { checkFile, previewReturn, type RestoredFile, returnRows, wantedFiles } from '../archive/restore.ts'
import type { Actor } from '../audit.ts'
import type { Connection } from '../database.ts'
import { forgetOldKeys } from '../idempotency.ts'
import { type CleanedUp, cleanUp, refuseUnremoved } from './cleanup.ts'
import {
  completeJob,
  failJob,
  getJob,
  type MaintenanceJob,
  type MaintenanceKind,
  noteProgress,
  putBackJob,
  queueDailyRetention,
  queueJob,
  releaseJob,
  takeJob,
} from './jobs.ts'
import { loadOverview, type MaintenanceOverview } from './overview.ts'
import { archivableClass, changeRetention, listRetention, type RetentionRule, refuseBadAge } from './retention.ts'

export interface MaintenanceDeps extends ArchiveDeps {
  readonly clock: Clock
}

/** What somebody wants done; what is left out is the usual. */
export type MaintenanceWork =
  | {
      readonly kind: 'archive'
      readonly class?: readonly ArchiveClass[] | undefined
      /** Instead of what the rules say. */
      readonly olderThanDays?: number | undefined
    }
  | {
      readonly kind: 'restore'
      readonly class?: ArchiveClass | undefined
      readonly month?: string | undefined
      readonly file?: string | undefined
    }
  | { readonly kind: 'cleanup'; readonly sourceId?: number | undefined; readonly provisionalDays?: number | undefined }
  | { readonly kind: 'retention' }

type WorkOf<K extends MaintenanceKind> = MaintenanceWork & { readonly kind: K }

/** What is answered: each month that was archived, each file that was put back, each kind of rows that belonged to nothing. */
interface MaintenanceAnswers {
  readonly archive: readonly ArchivedMonth[]
  readonly retention: readonly ArchivedMonth[]
  readonly restore: readonly RestoredFile[]
  readonly cleanup: readonly CleanedUp[]
}

export interface WorkOptions {
  readonly actor: Actor
  readonly isDryRun: boolean
  readonly onProgress?: (step: string, done: number, total: number) => void
  readonly signal?: AbortSignal
}

const lookMs = 30_000

/** Keeps the store: what is old to the archive and back, what belongs to nothing away. */
export class Maintenance {
  readonly #deps: MaintenanceDeps
  readonly #stopping = new AbortController()
  #working: Promise<void> = Promise.resolve()
  #looking: Promise<void> | undefined

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps
  }

  overview(): Promise<MaintenanceOverview> {
    return loadOverview(this.#deps.database, this.#deps.folder)
  }

  files(filter?: ArchiveFileFilter): Promise<readonly ArchiveFile[]> {
    return listArchiveFiles(this.#deps.database, filter)
  }

  retention(): Promise<readonly RetentionRule[]> {
    return listRetention(this.#deps.database)
  }

  /** @throws ConfigError `bad_retention` */
  changeRetention(
    changes: readonly { readonly class: ArchiveClass; readonly keepDays: number | null }[],
    actor: Actor,
  ): Promise<readonly RetentionRule[]> {
    return changeRetention(this.#deps.database, changes, actor)
  }

  /** @throws ConfigError `retention_refused`, `bad_retention` */
  setRetention(name: string, keepDays: number | null, actor: Actor): Promise<readonly RetentionRule[]> {
    return this.changeRetention([{ class: archivableClass(name), keepDays }], actor)
  }

  /**
   * Reads every file whose rows are gone from here, and compares it with what was written.
   * @returns the damaged ones, and why
   */
  async checkFiles(
    options: { readonly onProgress?: (step: string, done: number, total: number) => void } = {},
  ): Promise<readonly { readonly file_name: string; readonly reason: string }[]> {
    const files = await this.files({ status: ['archived'] })
    const damaged: { file_name: string; reason: string }[] = []
    for (const [done, file] of files.entries()) {
      options.onProgress?.(file.file_name, done, files.length)
      try {
        await checkFile(this.#deps, file)
      } catch (thrown) {
        if (!['archive_damaged', 'archive_of_other_store'].includes(codeOf(thrown))) throw thrown
        damaged.push({ file_name: file.file_name, reason: messageOf(thrown) })
      }
    }
    return damaged
  }

  /** Does it here and now, and answers what was done: one object for each month, file or kind. */
  perform<K extends MaintenanceKind>(work: WorkOf<K>, options: WorkOptions): Promise<MaintenanceAnswers[K]>
  async perform(work: MaintenanceWork, options: WorkOptions): Promise<MaintenanceAnswers[MaintenanceKind]> {
    const { actor, isDryRun, onProgress, signal } = options
    const told = { actor, onProgress, signal }
    const { database } = this.#deps
    switch (work.kind) {
      case 'archive':
      case 'retention': {
        const request = { ...told, parts: await this.#parts(work) }
        return isDryRun ? previewArchive(database, request) : archiveRows(this.#deps, request)
      }
      case 'restore': {
        const request = { ...told, class: work.class, month: work.month, fileName: work.file }
        return (isDryRun ? previewReturn : returnRows)(this.#deps, request)
      }
      case 'cleanup': {
        const { sourceId, provisionalDays } = work
        return cleanUp(database, { ...told, sourceId, provisionalDays, isDryRun })
      }
    }
  }

  /** Queues it as a job and begins at once; the job goes on when the caller has gone. */
  async request(work: MaintenanceWork, options: Pick<WorkOptions, 'actor' | 'isDryRun'>): Promise<MaintenanceJob> {
    // What cannot be done is said to who asks, not to who looks at the job later.
    await this.#refuse(work)
    const { kind, ...rest } = work
    const job = await queueJob(this.#deps.database, {
      kind,
      ...options,
      options: JSON.parse(JSON.stringify(rest)) as JsonObject,
    })
    this.#begin()
    return job
  }

  /** The job as it is when it has ended, or after so long. */
  async waitFor(jobId: number, ms: number): Promise<MaintenanceJob> {
    const until = performance.now() + ms
    for (;;) {
      const job = await getJob(this.#deps.database, jobId)
      if (job.status === 'completed' || job.status === 'failed' || performance.now() >= until) return job
      await this.#deps.clock.sleep(50)
    }
  }

  /** For a server: takes up what others queued or died over, and archives by the rules once a day. */
  start(): void {
    this.#looking ??= this.#look()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#looking
    await this.#working
  }

  async #refuse(work: MaintenanceWork): Promise<void> {
    const { database } = this.#deps
    if (work.kind === 'archive') refuseBadAge(work.olderThanDays ?? null)
    if (work.kind === 'cleanup' && work.sourceId !== undefined) await refuseUnremoved(database, work.sourceId)
    if (work.kind === 'restore' && !work.class && !work.month && !work.file)
      throw new ConfigError('archive_file_needed', 'Name a file, a class or a month to put back.')
    if (work.kind === 'restore') await wantedFiles(database, { ...work, fileName: work.file })
  }

  async #parts(work: MaintenanceWork & { kind: 'archive' | 'retention' }): Promise<ArchiveRequest['parts']> {
    const rules = await this.retention()
    const now = this.#deps.clock.now()
    const days = work.kind === 'archive' ? work.olderThanDays : undefined
    refuseBadAge(days ?? null)
    const wanted = work.kind === 'archive' ? work.class : undefined
    return rules
      .filter(rule => !wanted || wanted.includes(rule.class))
      .flatMap(rule => {
        const keepDays = days ?? rule.keep_days
        return keepDays === null ? [] : [{ class: rule.class, horizon: horizonOf(now, keepDays) }]
      })
  }

  async #look(): Promise<void> {
    const { clock, database, log } = this.#deps
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await queueDailyRetention(database).catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, 'the daily archive could not be queued')
      })
      await forgetOldKeys(database).catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, 'old idempotency keys could not be removed')
      })
      this.#begin()
      await clock.sleep(lookMs, signal).catch(() => undefined)
    }
  }

  /** One after the other. */
  #begin(): void {
    this.#working = this.#working.then(() => this.#workOff())
  }

  async #workOff(): Promise<void> {
    const { database, log } = this.#deps
    if (this.#stopping.signal.aborted) return
    try {
      const connection = await database.pool.connect()
      connection.on('error', () => undefined)
      try {
        for (let goesOn = true; goesOn && !this.#stopping.signal.aborted; ) goesOn = await this.#workOn(connection)
      } finally {
        // The locks of jobs go with it.
        connection.release(true)
      }
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'a maintenance job could not be worked on')
    }
  }

  /** Answers whether there may be another. */
  async #workOn(connection: Connection): Promise<boolean> {
    const { database } = this.#deps
    const job = await takeJob(connection)
    if (!job) return false
    const { signal } = this.#stopping
    try {
      const result = await this.perform({ kind: job.kind, ...job.options } as MaintenanceWork, {
        actor: { kind: job.actor_kind, name: job.actor },
        isDryRun: job.is_dry_run,
        signal,
        onProgress: (step, done, total) =>
          void noteProgress(database, job.id, { step, done, total }).catch(() => undefined),
      })
      await completeJob(database, job.id, plain(result))
    } catch (thrown) {
      // It is begun again by whoever comes next.
      if (signal.aborted || codeOf(thrown) === 'maintenance_busy') {
        await putBackJob(database, job.id)
        return false
      }
      await failJob(database, job.id, thrown)
      this.#deps.log.error(
        { job: job.id, kind: job.kind, code: codeOf(thrown), error: messageOf(thrown) },
        'a maintenance job failed',
      )
    } finally {
      await releaseJob(connection, job.id)
    }
    return true
  }
}

export type { MaintenanceJob, MaintenanceKind }

function plain(rows: readonly object[]): readonly JsonObject[] {
  return rows.map(row => ({ ...row }) as JsonObject)
}
