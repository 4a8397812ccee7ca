import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import type { Connection, Database } from '../database.ts'
import { schemaVersion } from '../migrate.ts'
import { listPartitions, listSequences, listTables, sealedWith, type TableShape, textSettings } from './catalogue.ts'
import { createSum, textOf } from './copy-out.ts'
import { frameBytes, maxPayloadBytes, preamble } from './format.ts'
import { type BackupKind, type Manifest, type TableSum, toPayload } from './manifest.ts'

export interface BackupOptions {
  readonly kind: BackupKind
  /** Ours, for whoever reads the backup later. */
  readonly programVersion: string
  /** Told now and then how far it is. */
  readonly onProgress?: (progress: BackupProgress) => void
  readonly signal?: AbortSignal
}

export interface BackupProgress {
  readonly table: string
  readonly tablesDone: number
  readonly tablesTotal: number
  readonly bytes: number
}

export interface BackupSummary {
  readonly manifest: Manifest
  readonly tables: readonly TableSum[]
  readonly fileBytes: number
}

// On one core the fastest level still halves a backup several times over; higher ones take minutes for a few per cent.
const gzipLevel = 1

/**
 * Writes one instant of the database to a file, while others read and write it. The file is there only when it is whole.
 * @throws ConfigError `bad_output_file`
 */
export async function writeBackup(database: Database, file: string, options: BackupOptions): Promise<BackupSummary> {
  const connection = await database.pool.connect()
  const draft = `${file}.part`
  let isDone = false
  try {
    await connection.query(`begin transaction isolation level repeatable read read only; ${textSettings}`)
    const schema = await schemaVersion(connection)
    const writing = new BackupWriting(connection, schema, options)
    const bytes = createGzip({ level: gzipLevel, chunkSize: 128 * 1024 })
    // Whoever reads it reads the whole estate.
    const out = createWriteStream(draft, { mode: 0o600, flush: true })
    await pipeline(writing.frames(), bytes, out, { signal: options.signal })
    await connection.query('commit')
    await rename(draft, file)
    isDone = true
    return { ...writing.written(), fileBytes: (await stat(file)).size }
  } catch (thrown) {
    await rm(draft, { force: true })
    throw isFileFault(thrown)
      ? new ConfigError('bad_output_file', `${file} cannot be written: ${messageOf(thrown)}.`, { cause: thrown })
      : thrown
  } finally {
    // What was being copied when it failed would still come over this connection.
    connection.release(!isDone)
  }
}

class BackupWriting {
  readonly #connection: Connection
  readonly #schemaVersion: number
  readonly #options: BackupOptions
  readonly #sums: TableSum[] = []
  #manifest: Manifest | undefined
  #bytes = 0

  constructor(connection: Connection, schemaVersion: number, options: BackupOptions) {
    this.#connection = connection
    this.#schemaVersion = schemaVersion
    this.#options = options
  }

  written(): { readonly manifest: Manifest; readonly tables: readonly TableSum[] } {
    if (!this.#manifest) throw new Error('nothing was written')
    return { manifest: this.#manifest, tables: this.#sums }
  }

  async *frames(): AsyncGenerator<Buffer, void, undefined> {
    const tables = await listTables(this.#connection, this.#options.kind)
    this.#manifest = await this.#describe(tables)
    yield preamble()
    yield* frameBytes('manifest', toPayload(this.#manifest))
    for (const table of tables) yield* this.#table(table, tables.length)
    // Read last: they count on while we read, and must be beyond every number in the backup.
    const sequences = await listSequences(this.#connection)
    yield* frameBytes('closing', toPayload({ sequences, tables: this.#sums }))
  }

  async #describe(tables: readonly TableShape[]): Promise<Manifest> {
    const { kind, programVersion } = this.#options
    const { rows } = await this.#connection.query<{ now: string; version: string }>(
      "select now() as now, current_setting('server_version') as version",
    )
    return {
      kind,
      schemaVersion: this.#schemaVersion,
      programVersion,
      postgresVersion: rows[0]?.version ?? '',
      takenAt: rows[0]?.now ?? '',
      sealedWith: await sealedWith(this.#connection),
      tables: tables.map(table => table.name),
      partitions: kind === 'full' ? await listPartitions(this.#connection) : [],
    }
  }

  async *#table(table: TableShape, tablesTotal: number): AsyncGenerator<Buffer, void, undefined> {
    const { name, columns } = table
    const sum = createSum(name)
    this.#tell(name, tablesTotal)
    yield* frameBytes('table', toPayload({ name, columns }))
    for await (const chunk of textOf(this.#connection, table)) {
      sum.add(chunk)
      this.#bytes += chunk.length
      for (let from = 0; from < chunk.length; from += maxPayloadBytes) {
        yield* frameBytes('rows', chunk.subarray(from, from + maxPayloadBytes))
      }
      this.#tell(name, tablesTotal)
    }
    const total = sum.end()
    this.#sums.push(total)
    yield* frameBytes('tableEnd', toPayload(total))
  }

  #tell(table: string, tablesTotal: number): void {
    this.#options.onProgress?.({ table, tablesDone: this.#sums.length, tablesTotal, bytes: this.#bytes })
  }
}

function isFileFault(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown && 'path' in thrown
}
