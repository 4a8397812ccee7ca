import type { FileBatch, FileHost, FileSummary, ReadOptions } from '../../domain/file-reading.ts'
import { type CsvRecord, CsvSplitter, delimiterOf } from '../formats/csv-records.ts'
import { unreadable } from '../formats/unreadable.ts'
import { UnreadableRow } from '../formats/unreadable-row.ts'
import { kept } from '../formats/values.ts'
import { BatchBuilder } from './batch-builder.ts'
import { type CsvLayout, layoutOf } from './csv-columns.ts'
import { csvCompliance, csvFinding, pluginIdOf } from './csv-finding.ts'
import { CsvHosts } from './csv-host.ts'
import { CsvPlugins } from './csv-plugin.ts'
import { CsvRow } from './csv-row.ts'
import { surveyOf } from './csv-survey.ts'
import { scanTimeOf } from './scan-time.ts'
import { DamagedArchive } from './unpack.ts'

export interface CsvInput {
  readonly name: string
  readonly encoding: string
  readonly text: AsyncIterable<string>
  /** Unpacked bytes read so far. */
  readonly bytes: () => number
  readonly notes: readonly string[]
}

// As with every source: nothing at all is more often a mistake than an estate without findings.
const nothingInIt = 'The file has no rows, as an export that went wrong has.'
// What a file's first rows prove of its habits is taken for the rest.
const surveyed = 5000
const surveyedCharacters = 16_000_000
const rawLimit = 65_536

/**
 * Reads a CSV of any of the known kinds.
 * @throws ConfigError `file_not_understood` when its columns are of none of them
 */
export async function* readCsv(input: CsvInput, options: ReadOptions): AsyncGenerator<FileBatch, FileSummary> {
  const pieces = recordsOf(input)
  const first: CsvRecord[] = []
  let delimiter = ','
  let size = 0
  let damage: DamagedArchive | null = null
  try {
    for (;;) {
      const next = await pieces.next()
      if (next.done) break
      delimiter = next.value.delimiter
      first.push(...next.value.records)
      size += next.value.records.reduce((sum, record) => sum + record.raw.length, 0)
      if (first.length > surveyed || size > surveyedCharacters) break
    }
  } catch (thrown) {
    damage = damageOf(thrown)
  }
  const header = first.shift()
  const layout = header && layoutOf(header.cells)
  if (!layout && damage) throw damage.asRefusal
  if (!layout) throw notUnderstood(input.name, header?.cells ?? [])
  const habits = surveyOf(layout, first, delimiter, options)
  const reader = new CsvReader(layout, habits, options)
  yield* reader.take(first, input.bytes)
  first.length = 0
  try {
    while (damage === null) {
      const next = await pieces.next()
      if (next.done) break
      yield* reader.take(next.value.records, input.bytes)
    }
  } catch (thrown) {
    damage = damageOf(thrown)
  }
  yield reader.end(input.bytes())
  return {
    format: layout.format,
    encoding: input.encoding,
    delimiter,
    columns: layout.columns,
    unknownColumns: layout.unknown.map(column => column.name),
    rows: reader.rows,
    incomplete: damage?.message ?? reader.cut ?? (reader.rows === 0 ? nothingInIt : null),
    observedAt: reader.observedAt,
    notes: [...input.notes, ...habits.notes],
  }
}

function damageOf(thrown: unknown): DamagedArchive {
  if (thrown instanceof DamagedArchive) return thrown
  throw thrown
}

function notUnderstood(name: string, columns: readonly string[]): Error {
  const shown = columns
    .slice(0, 12)
    .map(column => column.slice(0, 40))
    .join(', ')
  return unreadable(
    'file_not_understood',
    `${name} is no export that is known here: a column for the plugin (Plugin ID, Plugin or definition.id) and one for the machine (Host, IP Address, asset.id …) are needed. Its first line says: ${shown || 'nothing'}.`,
  )
}

async function* recordsOf(input: CsvInput): AsyncGenerator<{ records: CsvRecord[]; delimiter: string }> {
  let splitter: CsvSplitter | undefined
  let delimiter = ','
  let waiting = ''
  for await (const piece of input.text) {
    if (!splitter) {
      waiting += piece
      // Blank lines and Excel's own word on its separator come before the header.
      const head = waiting.replace(/^(\s*\r?\n)+/, '')
      const told = /^sep=(.)\r?\n/i.exec(head)
      const body = told ? head.slice(told[0].length) : head
      if (!/[\r\n]/.test(body) && body.length < 1_000_000) continue
      delimiter = told?.[1] ?? delimiterOf(body)
      splitter = new CsvSplitter(delimiter)
      yield { records: [...splitter.push(body)], delimiter }
    } else {
      yield { records: [...splitter.push(piece)], delimiter }
    }
  }
  if (!splitter) {
    delimiter = delimiterOf(waiting)
    splitter = new CsvSplitter(delimiter)
    yield { records: [...splitter.push(waiting)], delimiter }
  }
  yield { records: [...splitter.end()], delimiter }
}

class CsvReader {
  readonly #layout: CsvLayout
  readonly #options: ReadOptions
  readonly #batch = new BatchBuilder()
  readonly #hosts: CsvHosts
  readonly #plugins: CsvPlugins
  readonly #issues: { row: number; field: string; problem: string }[] = []
  readonly #row: CsvRow
  readonly #onHost = (host: FileHost) => this.#batch.hosts.push(host)
  /** When the newest of its scans ended. */
  observedAt: string | null = null
  /** Why the file is not whole. */
  cut: string | null = null
  rows = 0

  constructor(layout: CsvLayout, habits: ReturnType<typeof surveyOf>, options: ReadOptions) {
    this.#layout = layout
    this.#options = options
    this.#hosts = new CsvHosts(layout)
    this.#plugins = new CsvPlugins(layout)
    const dates = { dayFirst: habits.dayFirst, zoneOffsetMinutes: options.zoneOffsetMinutes ?? 0 }
    this.#row = new CsvRow(layout, habits, dates, this.#issues)
  }

  *take(records: readonly CsvRecord[], bytes: () => number): Generator<FileBatch> {
    for (const record of records) {
      this.#read(record)
      if (this.#batch.isFull) yield this.#hand(bytes())
    }
  }

  end(bytes: number): FileBatch {
    return this.#hand(bytes, true)
  }

  #hand(bytes: number, isEnd = false): FileBatch {
    if (isEnd || this.#plugins.isFull) this.#batch.plugins.push(...this.#plugins.takeAll())
    this.#batch.issues.push(...this.#issues.splice(0))
    return this.#batch.take(bytes)
  }

  #read(record: CsvRecord): void {
    if (record.broken === null && record.cells.every(isBlank)) return
    this.rows += 1
    try {
      this.#refuseOthers(record)
      this.#row.cells = record.cells
      this.#row.row = record.row
      this.#keep()
      this.#batch.weigh(record.raw.length)
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRow)) throw thrown
      this.#batch.rejected.push({ row: record.row, reason: thrown.message, raw: record.raw.slice(0, rawLimit) })
    }
  }

  /** Cells of such rows may be part of others, or stand in the wrong column. */
  #refuseOthers({ broken, cells, endsOpen }: CsvRecord): void {
    if (broken !== null) throw new UnreadableRow(broken)
    const width = this.#layout.columns.length
    if (endsOpen && cells.length < width) {
      this.cut = 'The file ends in the middle of its last row: what came before was read, the rest is missing.'
      throw new UnreadableRow('The file ends in the middle of this row.')
    }
    if (cells.length > width && cells.slice(width).some(cell => !isBlank(cell))) {
      throw new UnreadableRow(
        `The row has ${cells.length} cells, the header names ${width}: a cell with a delimiter in it is not in quotes.`,
      )
    }
  }

  #keep(): void {
    const row = this.#row
    const nativeId = this.#hosts.of(row, this.#onHost)
    if (nativeId === undefined) throw new UnreadableRow('Nothing in the row names a machine.')
    if (this.#layout.format === 'csv:tenable-vm-audits') {
      const result = csvCompliance(row, this.#layout, nativeId)
      this.#see(result.lastSeen)
      this.#batch.compliance.push(result)
      return
    }
    const pluginId = pluginIdOf(row)
    const finding = csvFinding(row, this.#layout, nativeId, pluginId, this.#options)
    this.#plugins.see(pluginId, row)
    this.#see(finding.versionAt ?? scanTimeOf(pluginId, finding.output, this.#options.zoneOffsetMinutes ?? 0))
    this.#batch.findings.push(finding)
  }

  #see(instant: string | null): void {
    // All are written in one form, so that their texts stand in the order of time.
    if (instant !== null && (this.observedAt === null || instant > this.observedAt)) this.observedAt = kept(instant)
  }
}

function isBlank(cell: string): boolean {
  return cell === '' || cell.trim() === ''
}
