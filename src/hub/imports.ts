import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { systemClock } from '../platform/clock.ts'
import type { Config } from '../platform/config.ts'
import { ConfigError, messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { unrestricted } from '../store/access.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { fileSourceFor } from '../store/imports/file-source.ts'
import type { ImportNumbers } from '../store/imports/imports.ts'
import {
  getImportView,
  type ImportView,
  listImports,
  listPlanRows,
  listRejectedRows,
  type PlanRow,
  type RejectedFileRow,
} from '../store/queries/import-list.ts'
import { Importer } from '../sync/imports/importer.ts'
import { type ImportTerms, importTermsOf } from '../sync/imports/terms.ts'
import { WatchedFolder } from '../sync/imports/watched-folder.ts'

export type { ImportNumbers, ImportTerms, ImportView, PlanRow, RejectedFileRow }

/** Files of findings, for terminals. */
export interface Imports {
  readonly importer: Importer
  /** Brings a file of this machine in, and begins to read it. */
  add(path: string, source: string | undefined, terms: ImportTerms, actor: Actor): Promise<number>
  /** As it is now; waits a while for the step in hand. */
  settle(importId: number, withinMs: number): Promise<ImportView>
  apply(view: ImportView, actor: Actor): Promise<void>
  undo(importId: number, actor: Actor): Promise<void>
  abandon(importId: number, actor: Actor): Promise<void>
  list(limit: number): Promise<readonly ImportView[]>
  rows(importId: number, filter: { readonly undo?: 'kept' | 'reverted' }, limit: number): Promise<readonly PlanRow[]>
  /** The first rows of a file that could not be read, and why. */
  rejected(importId: number, limit: number): Promise<readonly RejectedFileRow[]>
  /** Takes up what other processes left, and watches the folder where one is set; for servers. */
  startServer(): void
  stop(): Promise<void>
}

export interface ImportRoom {
  readonly database: Database
  readonly config: Config
  readonly log: Log
  readonly dataDir: string
}

export function importsOf({ database, config, log, dataDir }: ImportRoom): Imports {
  const importer = new Importer({
    database,
    clock: systemClock,
    log,
    logLevel: config.logLevel,
    folder: join(dataDir, 'imports'),
    maxBytes: config.importMaxMb * 1024 ** 2,
  })
  const seen = unrestricted(database)
  let watched: WatchedFolder | undefined
  return {
    importer,
    add: async (path, source, terms, actor) => {
      await refuseNoFile(path)
      const { scope, options } = importTermsOf(terms, systemClock.now())
      const wanted = source !== undefined && /^\d+$/.test(source) ? Number(source) : source
      const { id } = await fileSourceFor(database, wanted, undefined, actor)
      const file = await importer.receive(createReadStream(path))
      return importer.add(file, { sourceId: id, fileName: basename(path), trigger: 'cli', options, scope }, actor)
    },
    settle: async (importId, withinMs) => {
      await importer.settle(importId, withinMs)
      return getImportView(seen, importId)
    },
    apply: (view, actor) => importer.apply(view.id, view.numbers!, actor),
    undo: (importId, actor) => importer.undo(importId, actor),
    abandon: (importId, actor) => importer.abandon(importId, actor),
    list: async limit => (await listImports(seen, { filter: {}, limit, total: false })).items,
    rows: async (importId, filter, limit) =>
      (await listPlanRows(seen, importId, { filter, limit, total: false })).items,
    rejected: async (importId, limit) => (await listRejectedRows(seen, importId, { limit, total: false })).items,
    startServer: () => {
      importer.start()
      if (config.importFolder === undefined) return
      watched = new WatchedFolder({ database, importer, clock: systemClock, log, folder: resolve(config.importFolder) })
      watched.start()
    },
    stop: async () => {
      await watched?.stop()
      await importer.stop()
    },
  }
}

async function refuseNoFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ConfigError('file_missing', `${path} cannot be read: ${messageOf(cause)}.`, { cause })
  })
  if (!found.isFile()) throw new ConfigError('file_missing', `${path} is not a file.`)
}
