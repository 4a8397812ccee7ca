import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ConfigError, codeOf, messageOf, TenfoldError } from '../../platform/errors.ts'
import { createSum } from './copy-out.ts'
import { damaged, type Frame, notABackup, readFrames, truncated } from './format.ts'
import {
  type Closing,
  type Manifest,
  readClosing,
  readManifest,
  readTableStart,
  readTableSum,
  type TableStart,
  type TableSum,
} from './manifest.ts'

/** A backup that is being read. Its parts come in the order they have in the file. */
export interface OpenBackup {
  readonly manifest: Manifest
  /** Each table once; its rows must be read to their end before the next. */
  tables(): AsyncGenerator<BackedUpTable, void, undefined>
  /** After the last table. */
  closing(): Promise<Closing>
  close(): Promise<void>
}

export interface BackedUpTable extends TableStart {
  readonly rows: AsyncGenerator<Buffer, void, undefined>
  /** After the last row. */
  sum(): TableSum
}

/**
 * Opens a backup and checks all of it as it goes by.
 * @throws ConfigError `bad_backup_file`, `not_a_backup`, `backup_newer`
 * @throws StoreError `backup_damaged`, `backup_truncated`
 */
export async function openBackup(file: string): Promise<OpenBackup> {
  const frames = readFrames(inflated(file), file)
  try {
    const first = await nextOf(frames, file)
    if (first.kind !== 'manifest') throw damaged(file, 'its description is missing')
    return new BackupReading(file, frames, readManifest(first.payload, file))
  } catch (thrown) {
    await frames.return()
    throw thrown
  }
}

/** Reads a whole backup without a database: what it holds, and that it is as it was written. */
export async function checkBackup(file: string): Promise<{ manifest: Manifest; tables: readonly TableSum[] }> {
  const backup = await openBackup(file)
  try {
    const tables: TableSum[] = []
    for await (const table of backup.tables()) {
      for await (const _rows of table.rows);
      tables.push(table.sum())
    }
    await backup.closing()
    return { manifest: backup.manifest, tables }
  } finally {
    await backup.close()
  }
}

async function* inflated(file: string): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  let isBegun = false
  // Its own callback: an error of the file must end the reader too.
  pipeline(createReadStream(file), gunzip, () => undefined)
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      isBegun = true
      yield chunk
    }
  } catch (thrown) {
    throw readingFault(thrown, file, isBegun)
  } finally {
    gunzip.destroy()
  }
}

function readingFault(thrown: unknown, file: string, isBegun: boolean): TenfoldError {
  if (thrown instanceof TenfoldError) return thrown
  const code = codeOf(thrown)
  if (code === 'Z_BUF_ERROR') return truncated(file, thrown)
  if (/^Z_/.test(code)) return isBegun ? damaged(file, 'it cannot be unpacked', thrown) : notABackup(file)
  return new ConfigError('bad_backup_file', `${file} cannot be read: ${messageOf(thrown)}.`, { cause: thrown })
}

async function nextOf(frames: AsyncGenerator<Frame, void, undefined>, file: string): Promise<Frame> {
  const next = await frames.next()
  if (next.done) throw truncated(file)
  return next.value
}

class BackupReading implements OpenBackup {
  readonly manifest: Manifest
  readonly #file: string
  readonly #frames: AsyncGenerator<Frame, void, undefined>
  readonly #sums: TableSum[] = []
  #closing: Closing | undefined

  constructor(file: string, frames: AsyncGenerator<Frame, void, undefined>, manifest: Manifest) {
    this.#file = file
    this.#frames = frames
    this.manifest = manifest
  }

  async *tables(): AsyncGenerator<BackedUpTable, void, undefined> {
    for (const expected of this.manifest.tables) {
      const frame = await nextOf(this.#frames, this.#file)
      if (frame.kind !== 'table') throw damaged(this.#file, `table ${expected} is missing`)
      const start = readTableStart(frame.payload, this.#file)
      if (start.name !== expected) throw damaged(this.#file, `table ${start.name} stands where ${expected} belongs`)
      const before = this.#sums.length
      yield { ...start, rows: this.#rows(start.name), sum: () => this.#sumOf(start.name) }
      if (this.#sums.length === before) throw new Error(`the rows of ${start.name} were not read to their end`)
    }
  }

  async closing(): Promise<Closing> {
    if (this.#closing) return this.#closing
    const frame = await nextOf(this.#frames, this.#file)
    if (frame.kind !== 'closing') throw damaged(this.#file, 'it holds more than its description says')
    const closing = readClosing(frame.payload, this.#file)
    if (JSON.stringify(closing.tables) !== JSON.stringify(this.#sums)) {
      throw damaged(this.#file, 'its tables are not those of its closing')
    }
    // Only now is it known that nothing follows, and that the file's own checksum is right.
    if (!(await this.#frames.next()).done) throw damaged(this.#file, 'something follows its end')
    this.#closing = closing
    return closing
  }

  async close(): Promise<void> {
    await this.#frames.return()
  }

  async *#rows(name: string): AsyncGenerator<Buffer, void, undefined> {
    const sum = createSum(name)
    for (;;) {
      const { kind, payload } = await nextOf(this.#frames, this.#file)
      if (kind === 'rows') {
        sum.add(payload)
        yield payload
        continue
      }
      if (kind !== 'tableEnd') throw damaged(this.#file, `table ${name} does not end`)
      const written = readTableSum(payload, this.#file)
      if (JSON.stringify(written) !== JSON.stringify(sum.end())) {
        throw damaged(this.#file, `the rows of ${name} are not those that were written`)
      }
      this.#sums.push(written)
      return
    }
  }

  #sumOf(name: string): TableSum {
    const sum = this.#sums.find(one => one.name === name)
    if (!sum) throw new Error(`the rows of ${name} were not read to their end`)
    return sum
  }
}
