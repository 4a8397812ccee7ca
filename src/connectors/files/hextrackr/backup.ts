import { setImmediate as turn } from 'node:timers/promises'
import { messageOf } from '../../../platform/errors.ts'
import { type ArraySink, JsonArraySplitter, TruncatedJsonError, UnexpectedJsonError } from '../../formats/json-array.ts'
import { unreadable } from '../../formats/unreadable.ts'
import { DamagedArchive, type PackedFile } from '../unpack.ts'
import { cellOf } from './cells.ts'
import {
  type HexPiece,
  type HexRecord,
  type HexSource,
  otherTables,
  type ReadTable,
  readTableNames,
  readTables,
} from './tables.ts'

const maxRowBytes = 4 * 1024 * 1024
const rawLimit = 65_536

/** Files of one table, in their order, and how many there should be. */
interface TableFiles {
  readonly files: readonly PackedFile[]
  readonly missing: readonly number[]
}

/** Whether the files of an archive are those of a HexTrackr backup. */
export function isHexBackup(names: readonly string[]): boolean {
  const tables: readonly string[] = [...readTableNames, ...otherTables]
  const known = names.map(baseName).filter(name => {
    const table = /^(.+?)(_chunk_\d+_of_\d+|_chunks_index)?\.json$/.exec(name)?.[1]
    return table !== undefined && (tables.includes(table) || table === '_metadata' || table === 'backup_metadata')
  })
  return known.length >= 2 || known.some(name => readTableNames.some(table => name.startsWith(table)))
}

/**
 * A backup of HexTrackr: a zip with a JSON file for each table, or several where it is large.
 * @throws ConfigError `not_hextrackr` when none of the tables is in it
 */
export class HexBackup implements HexSource {
  readonly format = 'hextrackr:backup'
  readonly notes: string[] = []
  readonly damages: string[] = []
  readonly #files: readonly PackedFile[]
  readonly #tables = new Map<string, TableFiles>()
  #bytes = 0

  constructor(files: readonly PackedFile[], name: string) {
    this.#files = files
    for (const table of [...readTableNames, ...otherTables]) {
      const found = filesOf(files, table)
      if (found) this.#tables.set(table, found)
    }
    if (readTableNames.some(table => this.#tables.has(table))) return
    throw unreadable(
      'not_hextrackr',
      `${name} is a backup of HexTrackr without vulnerabilities. Take one of all data, or of vulnerabilities, in its settings.`,
    )
  }

  bytes(): number {
    return this.#bytes
  }

  has(table: ReadTable): boolean {
    return this.#tables.has(table)
  }

  close(): void {
    // Each file is closed when it has been read.
  }

  async *read(table: ReadTable, signal: AbortSignal): AsyncIterable<HexPiece> {
    const found = this.#tables.get(table)
    if (!found) return
    if (found.missing.length > 0) {
      this.damages.push(
        `The backup lacks ${found.missing.length} parts of ${table}: ${found.missing.slice(0, 10).join(', ')}.`,
      )
    }
    for (const file of found.files) yield* this.#readFile(file, readTables[table], signal)
  }

  async others(signal: AbortSignal): Promise<readonly { readonly table: string; readonly rows: number }[]> {
    const counted: { table: string; rows: number }[] = []
    for (const table of otherTables) {
      let rows = 0
      for (const file of this.#tables.get(table)?.files ?? []) {
        for await (const piece of this.#readFile(file, ['id'], signal)) rows += piece.records.length
      }
      if (rows > 0) counted.push({ table, rows })
    }
    return counted
  }

  async *#readFile(file: PackedFile, columns: readonly string[], signal: AbortSignal): AsyncIterable<HexPiece> {
    const sink = new RowSink(columns)
    let splitter: JsonArraySplitter | undefined
    try {
      for await (const bytes of file.read(signal)) {
        signal.throwIfAborted()
        this.#bytes += bytes.length
        splitter ??= new JsonArraySplitter(sink, {
          maxElementBytes: maxRowBytes,
          ...(isList(bytes) ? {} : { member: 'data' }),
        })
        splitter.push(bytes)
        if (sink.isEmpty) continue
        yield sink.take()
        await turn()
      }
      const envelope = splitter?.end()
      if (splitter === undefined) throw new TruncatedJsonError('it is empty')
      const told = (envelope as { count?: unknown } | null)?.count
      if (typeof told === 'number' && told > sink.elements) {
        this.damages.push(`${baseName(file.name)} says that it has ${told} rows, and has ${sink.elements}.`)
      }
    } catch (thrown) {
      const isDamage =
        thrown instanceof DamagedArchive ||
        thrown instanceof TruncatedJsonError ||
        thrown instanceof UnexpectedJsonError
      if (!isDamage) throw thrown
      this.damages.push(`${baseName(file.name)} is damaged after ${sink.elements} rows: ${messageOf(thrown)}`)
    }
    if (!sink.isEmpty) yield sink.take()
  }
}

class RowSink implements ArraySink {
  readonly #columns: readonly string[]
  #records: HexRecord[] = []
  #broken: { reason: string; raw: string }[] = []
  elements = 0

  constructor(columns: readonly string[]) {
    this.#columns = columns
  }

  get isEmpty(): boolean {
    return this.#records.length + this.#broken.length === 0
  }

  take(): HexPiece {
    const piece = { records: this.#records, broken: this.#broken }
    this.#records = []
    this.#broken = []
    return piece
  }

  element(bytes: Buffer): boolean {
    let value: unknown
    try {
      value = JSON.parse(bytes.toString('utf8'))
    } catch {
      return false
    }
    this.elements += 1
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#broken.push({ reason: 'The row is no object.', raw: bytes.toString('utf8').slice(0, rawLimit) })
      return true
    }
    const told = new Map(Object.entries(value).map(([name, cell]) => [name.toLowerCase(), cell as unknown]))
    const record: Record<string, ReturnType<typeof cellOf>> = {}
    for (const name of this.#columns) if (told.has(name)) record[name] = cellOf(told.get(name))
    this.#records.push(record)
    return true
  }

  broken(bytes: Buffer, reason: string): void {
    this.elements += 1
    this.#broken.push({ reason, raw: bytes.toString('utf8').slice(0, rawLimit) })
  }
}

function filesOf(files: readonly PackedFile[], table: string): TableFiles | undefined {
  const parts = new Map<number, PackedFile>()
  let whole: PackedFile | undefined
  let wanted = 0
  for (const file of files) {
    const name = baseName(file.name)
    if (name === `${table}.json`) whole = file
    const chunk = /^(.+)_chunk_(\d+)_of_(\d+)\.json$/.exec(name)
    if (chunk?.[1] !== table) continue
    parts.set(Number(chunk[2]), file)
    wanted = Math.max(wanted, Number(chunk[3]))
  }
  if (parts.size === 0) return whole && { files: [whole], missing: [] }
  // Counted from 0 or from 1, whichever the first says.
  const first = parts.has(0) ? 0 : 1
  const numbers = Array.from({ length: Math.min(wanted, files.length + 1000) }, (_, index) => first + index)
  return {
    files: [...parts].sort(([a], [b]) => a - b).map(([, file]) => file),
    missing: numbers.filter(number => !parts.has(number)),
  }
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path
}

function isList(bytes: Buffer): boolean {
  const head = bytes
    .subarray(0, 256)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  return head.startsWith('[')
}
