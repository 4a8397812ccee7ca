import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Actor } from '../../store/audit.ts'
import type { Database } from '../../store/database.ts'
import { fileSourceFor } from '../../store/imports/file-source.ts'
import type { ImportRow } from '../../store/imports/imports.ts'
import type { Importer } from './importer.ts'

export interface WatchedFolderDeps {
  readonly database: Database
  readonly importer: Importer
  readonly clock: Clock
  readonly log: Log
  readonly folder: string
}

const actor: Actor = { kind: 'schedule', name: 'watched folder' }
const lookMs = 5000
/** A file of gigabytes. */
const waitMs = 3_600_000
const wanted = /\.(csv|tsv|txt|nessus|xml|zip|gz|db|sqlite3?)$/i

/**
 * Takes files out of a folder when they have stopped growing. What could be read is applied and closes nothing; the file
 * goes to `done`, or to `failed`, with a report beside it.
 */
export class WatchedFolder {
  readonly #deps: WatchedFolderDeps
  readonly #stopping = new AbortController()
  readonly #sizes = new Map<string, string>()
  #looking: Promise<void> | undefined

  constructor(deps: WatchedFolderDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#looking ??= this.#keepLooking()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#looking
  }

  async #keepLooking(): Promise<void> {
    const { clock, log, folder } = this.#deps
    while (!this.#stopping.signal.aborted) {
      await this.look().catch((error: unknown) => {
        log.error({ folder, error: messageOf(error) }, 'the watched folder could not be read')
      })
      await clock.sleep(lookMs, this.#stopping.signal).catch(() => undefined)
    }
  }

  /** One look: files as large and as old as at the look before are taken, oldest name first. */
  async look(): Promise<void> {
    const { folder } = this.#deps
    for (const sub of ['done', 'failed']) await mkdir(join(folder, sub), { recursive: true })
    const names = (await readdir(folder, { withFileTypes: true }))
      .filter(entry => entry.isFile() && !entry.name.startsWith('.') && wanted.test(entry.name))
      .map(entry => entry.name)
      .sort()
    for (const name of names) {
      if (this.#stopping.signal.aborted) return
      const { size, mtimeMs } = await stat(join(folder, name))
      const state = `${size} ${mtimeMs}`
      const isStable = this.#sizes.get(name) === state && size > 0
      this.#sizes.set(name, state)
      if (!isStable) continue
      this.#sizes.delete(name)
      await this.#take(name)
    }
  }

  async #take(name: string): Promise<void> {
    const { folder, log, clock } = this.#deps
    let report: object
    let isDone = false
    try {
      const item = await this.#import(name)
      isDone = item.status === 'applied'
      const { import_id, status, error_message, numbers, facts, observed_at } = item
      report = { import_id, status, problem: error_message, observed_at, numbers, facts }
    } catch (error) {
      report = { status: 'failed', problem: messageOf(error) }
    }
    const stamp = clock.now().toISOString().replace(/[:.]/g, '-')
    const target = join(folder, isDone ? 'done' : 'failed', `${stamp} ${name}`)
    await rename(join(folder, name), target)
    await writeFile(`${target.slice(0, -extname(target).length)}.report.json`, `${JSON.stringify(report, null, 2)}\n`)
    log.info({ file: name, done: isDone }, 'a file of the watched folder was taken')
  }

  async #import(name: string): Promise<ImportRow> {
    const { database, importer, folder } = this.#deps
    const { id } = await fileSourceFor(database, undefined, undefined, actor)
    const file = await importer.receive(createReadStream(join(folder, name)))
    const request = {
      sourceId: id,
      fileName: name,
      trigger: 'folder',
      options: {},
      scope: { covers: 'nothing' },
    } as const
    const importId = await importer.add(file, request, actor)
    const staged = await importer.settle(importId, waitMs, this.#stopping.signal)
    if (staged.status !== 'ready' || !staged.numbers) return staged
    await importer.apply(importId, staged.numbers, actor)
    return importer.settle(importId, waitMs, this.#stopping.signal)
  }
}
