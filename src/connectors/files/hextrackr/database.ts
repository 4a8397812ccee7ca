import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../../../platform/errors.ts'
import { unreadable } from '../../formats/unreadable.ts'
import { cellOf } from './cells.ts'
import { type HexPiece, type HexRecord, type HexSource, otherTables, type ReadTable, readTables } from './tables.ts'

const rowsAtOnce = 500
/** A longer text is left out before it is loaded: a row must not cost more memory than a piece. */
const textLimit = 1_048_576
const countLimit = 1_000_000

/**
 * A HexTrackr database, read and never written. A hostile file may be damaged anywhere and may define views, virtual
 * tables and computed columns: only plain tables are read, column by column, without the file's own expressions.
 * @throws ConfigError `bad_database`, `not_hextrackr`
 */
export class HexDatabase implements HexSource {
  readonly format = 'hextrackr:database'
  readonly notes: string[] = []
  readonly damages: string[] = []
  readonly #database: DatabaseSync
  readonly #columns = new Map<string, readonly string[]>()
  #bytes = 0

  constructor(path: string, name: string) {
    const head = headOf(path)
    if (head.isWriteAhead) this.notes.push(writeAheadNote)
    if (head.missingPages > 0)
      this.damages.push(`The database is cut off: ${head.missingPages} of its ${head.pages} pages are missing.`)
    this.#database = open(path, name, head.missingPages > 0)
    try {
      this.#learn(name)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  bytes(): number {
    return this.#bytes
  }

  has(table: ReadTable): boolean {
    return this.#columns.has(table)
  }

  close(): void {
    this.#database.close()
  }

  async *read(table: ReadTable, signal: AbortSignal): AsyncIterable<HexPiece> {
    const known = this.#columns.get(table) ?? []
    const wanted = readTables[table].filter(column => known.includes(column))
    if (wanted.length === 0) return
    const scan = new TableScan(this.#database, table, wanted)
    const damage = yield* this.#scan(scan, 'asc', signal)
    if (damage !== null) {
      yield* this.#scan(scan, 'desc', signal)
      const after = scan.lastRow === undefined ? 'at its first row' : `after row ${scan.lastRow}`
      const rest = scan.salvaged > 0 ? `, but for its last ${scan.salvaged} rows` : ''
      this.damages.push(`The database is damaged (${damage}): ${table} cannot be read ${after}${rest}.`)
    }
    if (scan.cutTexts > 0)
      this.notes.push(`${scan.cutTexts} rows of ${table} have texts of more than 1 MB, which were left out.`)
  }

  /** @returns what stood in the way of its end; null when it was reached */
  async *#scan(
    scan: TableScan,
    direction: 'asc' | 'desc',
    signal: AbortSignal,
  ): AsyncGenerator<HexPiece, string | null> {
    try {
      for (const records of scan.rows(direction)) {
        signal.throwIfAborted()
        this.#bytes += weightOf(records)
        yield { records, broken: [] }
        // The scan itself never waits; others have work to do.
        await turn()
      }
      return null
    } catch (thrown) {
      if (!isSqliteError(thrown)) throw thrown
      return messageOf(thrown)
    }
  }

  async others(signal: AbortSignal): Promise<readonly { readonly table: string; readonly rows: number }[]> {
    const counted: { table: string; rows: number }[] = []
    for (const table of otherTables) {
      if (!this.#columns.has(table)) continue
      signal.throwIfAborted()
      try {
        const row = this.#database
          .prepare(`select count(*) as rows from (select 1 from main."${table}" limit ${countLimit})`)
          .get()
        const rows = Number(row?.rows ?? 0)
        if (rows > 0) counted.push({ table, rows })
      } catch (thrown) {
        if (!isSqliteError(thrown)) throw thrown
        this.damages.push(`The database is damaged: ${table}, which is not brought over, cannot be counted.`)
      }
      await turn()
    }
    return counted
  }

  /** Which plain tables there are, and their plain columns. */
  #learn(name: string): void {
    let tables: readonly string[]
    try {
      const rows = this.#database.prepare("select name, type, wr from pragma_table_list where schema = 'main'").all()
      tables = rows.filter(row => row.type === 'table' && Number(row.wr) === 0).map(row => String(row.name))
      for (const table of tables) {
        const wanted = [...Object.keys(readTables), ...otherTables].find(one => one === table.toLowerCase())
        if (wanted === undefined) continue
        const columns = this.#database.prepare('select name, hidden from pragma_table_xinfo(?)').all(table)
        // A computed column is an expression of whoever made the file.
        const plain = columns.filter(column => Number(column.hidden) === 0)
        this.#columns.set(
          wanted,
          plain.map(column => String(column.name).toLowerCase()),
        )
      }
    } catch (thrown) {
      if (!isSqliteError(thrown)) throw thrown
      throw damaged(name, thrown)
    }
    if (Object.keys(readTables).some(table => this.#columns.has(table))) return
    const shown = tables.filter(table => !table.startsWith('sqlite_')).slice(0, 8)
    throw unreadable(
      'not_hextrackr',
      `${name} is a SQLite database, but not one of HexTrackr: it has no table vulnerabilities_current. Its tables: ${shown.map(table => table.slice(0, 60)).join(', ') || 'none'}.`,
    )
  }
}

/** One table by its row ids, from the front and, where that is damaged, from the back. */
class TableScan {
  readonly #database: DatabaseSync
  readonly #table: ReadTable
  readonly #columns: readonly string[]
  lastRow: number | undefined
  salvaged = 0
  cutTexts = 0

  constructor(database: DatabaseSync, table: ReadTable, columns: readonly string[]) {
    this.#database = database
    this.#table = table
    this.#columns = columns
  }

  *rows(direction: 'asc' | 'desc'): Generator<HexRecord[]> {
    const cells = this.#columns.map(name => `iif(octet_length("${name}") > ${textLimit}, null, "${name}") as "${name}"`)
    const cut = this.#columns.map(name => `coalesce(octet_length("${name}") > ${textLimit}, 0)`).join(' + ')
    const statement = this.#database.prepare(
      `select rowid as "#row", ${cut} as "#cut", ${cells.join(', ')} from main."${this.#table}" order by rowid ${direction}`,
    )
    statement.setReadBigInts(true)
    const reached = this.lastRow ?? Number.NEGATIVE_INFINITY
    let records: HexRecord[] = []
    try {
      for (const row of statement.iterate()) {
        const at = Number(row['#row'])
        if (direction === 'asc') this.lastRow = at
        else if (at <= reached) break
        else this.salvaged += 1
        if (row['#cut'] !== 0n) this.cutTexts += 1
        records.push(this.#recordOf(row))
        if (records.length < rowsAtOnce) continue
        const full = records
        records = []
        yield full
      }
    } catch (thrown) {
      // What came before the damage is handed on first.
      if (records.length > 0) yield records
      throw thrown
    }
    if (records.length > 0) yield records
  }

  #recordOf(row: Readonly<Record<string, unknown>>): HexRecord {
    const record: Record<string, ReturnType<typeof cellOf>> = {}
    for (const name of this.#columns) record[name] = cellOf(row[name])
    return record
  }
}

function open(path: string, name: string, isCut: boolean): DatabaseSync {
  const url = pathToFileURL(path)
  // Immutable: no lock, no journal, nothing written beside it.
  url.search = 'mode=ro&immutable=1'
  try {
    const database = new DatabaseSync(url, { readOnly: true, allowExtension: false })
    // SQLite opens one that is cut off only where it might be mended; nothing is written here, whatever it is told.
    database.enableDefensive(!isCut)
    if (isCut) database.exec('pragma writable_schema = on')
    database.exec(
      'pragma trusted_schema = off; pragma cell_size_check = on; pragma mmap_size = 0; pragma cache_size = -8192; pragma query_only = on',
    )
    return database
  } catch (thrown) {
    if (!isSqliteError(thrown)) throw thrown
    throw damaged(name, thrown)
  }
}

function damaged(name: string, cause: unknown): Error {
  return unreadable(
    'bad_database',
    `${name} is a damaged SQLite database: ${messageOf(cause)}. Copy it again while HexTrackr is stopped, or take a backup in its settings.`,
    cause,
  )
}

function isSqliteError(thrown: unknown): boolean {
  return (thrown as { code?: unknown } | null)?.code === 'ERR_SQLITE_ERROR'
}

function weightOf(records: readonly HexRecord[]): number {
  let total = 0
  for (const record of records) {
    for (const cell of Object.values(record)) total += typeof cell === 'string' ? cell.length : 8
  }
  return total
}

const writeAheadNote =
  'The database writes ahead (WAL): what HexTrackr had not yet moved into it lies in a file of the same name with -wal at its end, and is not here. Stop HexTrackr before copying, or take a backup in its settings.'

interface FileHead {
  readonly isWriteAhead: boolean
  readonly pages: number
  readonly missingPages: number
}

/** What the first hundred bytes say; their layout is in SQLite's description of its file format. */
function headOf(path: string): FileHead {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(100)
    if (readSync(file, head, 0, 100, 0) < 100) return { isWriteAhead: false, pages: 0, missingPages: 0 }
    const told = head.readUInt16BE(16)
    const pageBytes = told === 1 ? 65_536 : told
    // The number of pages holds only where it was written by the last change.
    const pages = head.readUInt32BE(24) === head.readUInt32BE(92) ? head.readUInt32BE(28) : 0
    const there = pageBytes === 0 ? 0 : Math.floor(fstatSync(file).size / pageBytes)
    return { isWriteAhead: head[18] === 2 && head[19] === 2, pages, missingPages: Math.max(0, pages - there) }
  } finally {
    closeSync(file)
  }
}
