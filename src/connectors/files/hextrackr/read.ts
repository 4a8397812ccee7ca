import { setImmediate as turn } from 'node:timers/promises'
import type { ConfidenceMark, FileBatch, FileSummary, RowIssue } from '../../../domain/file-reading.ts'
import type { Plugin } from '../../../domain/plugin.ts'
import { fileHost } from '../../formats/host-names.ts'
import { newPlugin } from '../../formats/plugin-book.ts'
import { UnreadableRow } from '../../formats/unreadable-row.ts'
import { BatchBuilder } from '../batch-builder.ts'
import { instantOf } from './cells.ts'
import { collapse, type Mark } from './collapse.ts'
import { HexRows, hostFacts } from './rows.ts'
import { Shelf, type ShelvedPlugin, type ShelvedRow } from './shelf.ts'
import { type HexRecord, type HexSource, type ReadTable, readTableNames } from './tables.ts'

const rawLimit = 65_536
const turnEvery = 2000

/**
 * Reads what HexTrackr kept: each finding of its current list and of its snapshots once, whatever CVEs it has, and its
 * totals of days as they are. Memory does not grow with the file.
 */
export async function* readHexTrackr(
  source: HexSource,
  notes: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<FileBatch, FileSummary> {
  const shelf = new Shelf()
  try {
    const reader = new HexReader(source, shelf)
    for (const table of readTableNames) yield* reader.shelve(table, signal)
    yield* reader.findings(signal)
    yield reader.rest()
    const others = await source.others(signal)
    return reader.summary(notes, others)
  } finally {
    shelf.close()
    source.close()
  }
}

class HexReader {
  readonly #source: HexSource
  readonly #shelf: Shelf
  readonly #batch = new BatchBuilder()
  readonly #rows: HexRows
  readonly #issues: RowIssue[] = []
  readonly #marks = new Map<string, { mark: Mark; findings: number }>()
  readonly #plugins = new Set<number>()
  #row = 0
  #currentRows = 0
  #findings = 0
  #hasCvss = false
  #totalDays = 0
  #firstDay: string | null = null
  #lastDay: string | null = null
  #snapshots: ReturnType<Shelf['snapshots']> = []

  constructor(source: HexSource, shelf: Shelf) {
    this.#source = source
    this.#shelf = shelf
    // A day ahead of us is as far as a clock may be.
    const notAfter = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    this.#rows = new HexRows(notAfter, (field, problem) => {
      this.#issues.push({ row: this.#row, field, problem })
    })
  }

  *#full(): Generator<FileBatch> {
    if (this.#batch.isFull || this.#issues.length >= 2000) yield this.rest()
  }

  rest(): FileBatch {
    this.#batch.issues.push(...this.#issues.splice(0))
    return this.#batch.take(this.#source.bytes())
  }

  async *shelve(table: ReadTable, signal: AbortSignal): AsyncGenerator<FileBatch> {
    if (!this.#source.has(table)) return
    for await (const { records, broken } of this.#source.read(table, signal)) {
      for (const record of records) {
        this.#row += 1
        this.#keep(table, record)
        yield* this.#full()
      }
      for (const { reason, raw } of broken) {
        this.#row += 1
        this.#reject(table, reason, raw)
        yield* this.#full()
      }
    }
  }

  /** Each finding once, machine by machine. */
  async *findings(signal: AbortSignal): AsyncGenerator<FileBatch> {
    this.#snapshots = this.#shelf.snapshots()
    const context = {
      snapshots: this.#snapshots.map(snapshot => snapshot.day),
      newestDay: this.#observedDay ?? new Date().toISOString().slice(0, 10),
    }
    let group: ShelvedRow[] = []
    let machine: string | undefined
    for (const row of this.#shelf.rows()) {
      const head = group[0]
      if (head && (head.nativeId !== row.nativeId || head.pluginId !== row.pluginId)) {
        this.#hand(collapse(group, context), group)
        group = []
        yield* this.#full()
        if (this.#findings % turnEvery === 0) {
          signal.throwIfAborted()
          await turn()
        }
      }
      if (row.nativeId !== machine) this.#nameMachine(row.nativeId)
      machine = row.nativeId
      group.push(row)
    }
    if (group.length > 0) this.#hand(collapse(group, context), group)
  }

  summary(
    notes: readonly string[],
    leftOut: readonly { readonly table: string; readonly rows: number }[],
  ): FileSummary {
    const { damages } = this.#source
    return {
      format: this.#source.format,
      encoding: 'utf-8',
      delimiter: null,
      columns: [],
      unknownColumns: [],
      rows: this.#row,
      incomplete: damages.length === 0 ? null : damages.join(' '),
      observedAt: this.#observedDay === null ? null : instantOf(this.#observedDay),
      notes: [...notes, ...this.#source.notes, ...this.#ownNotes(leftOut)],
      confidence: this.#confidence(),
      past: {
        totalDays: this.#totalDays,
        firstDay: this.#firstDay,
        lastDay: this.#lastDay,
        snapshots: this.#snapshots,
        leftOut,
      },
    }
  }

  get #observedDay(): string | null {
    return this.#shelf.newestDay
  }

  #ownNotes(leftOut: readonly { readonly table: string; readonly rows: number }[]): string[] {
    const left = leftOut.map(({ table, rows }) => `${table} (${rows})`).join(', ')
    return [
      ...(this.#currentRows > 0
        ? [
            `${this.#currentRows} rows, one for each CVE, became ${this.#findings} ${this.#findings === 1 ? 'finding' : 'findings'}.`,
          ]
        : ['It has no rows of current vulnerabilities.']),
      ...(this.#hasCvss
        ? ['HexTrackr does not say of which version a CVSS score is; it was taken for version 3.']
        : []),
      ...(left === '' ? [] : [`Not brought over, with their rows: ${left}.`]),
    ]
  }

  #confidence(): ConfidenceMark[] {
    return [...this.#marks.values()]
      .map(({ mark, findings }) => ({ fact: mark.fact, mark: mark.mark, findings, why: mark.why }))
      .sort((a, b) => (a.fact === b.fact ? b.findings - a.findings : 0))
  }

  #keep(table: ReadTable, record: HexRecord): void {
    try {
      if (table === 'vulnerabilities_current') {
        const told = this.#rows.current(record)
        if (told.plugin.cvssScore !== null) this.#hasCvss = true
        this.#shelf.addCurrent(this.#row, told)
        this.#currentRows += 1
      } else if (table === 'vulnerability_snapshots') this.#shelf.addSighting(this.#row, this.#rows.snapshot(record))
      else this.#keepTotal(record, table === 'vendor_daily_totals')
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRow)) throw thrown
      this.#reject(table, thrown.message, JSON.stringify(record))
    }
  }

  #keepTotal(record: HexRecord, isOfVendor: boolean): void {
    const total = this.#rows.total(record, this.#row, isOfVendor)
    this.#batch.totals.push(total)
    if (isOfVendor) return
    this.#totalDays += 1
    if (this.#firstDay === null || total.day < this.#firstDay) this.#firstDay = total.day
    if (this.#lastDay === null || total.day > this.#lastDay) this.#lastDay = total.day
  }

  #reject(table: ReadTable, reason: string, raw: string): void {
    this.#batch.rejected.push({ row: this.#row, reason: `${table}: ${reason}`, raw: raw.slice(0, rawLimit) })
    this.#batch.weigh(Math.min(raw.length, rawLimit))
  }

  #nameMachine(nativeId: string): void {
    const { hostname, operatingSystem, lastSeen, addresses } = this.#shelf.machine(nativeId)
    const host = fileHost({
      ...hostFacts(hostname, addresses),
      operatingSystems: operatingSystem === null ? [] : [operatingSystem],
      lastSeen: lastSeen && instantOf(lastSeen),
    })
    if (!host || host.nativeId !== nativeId) throw new Error(`machine ${nativeId} was shelved under another name`)
    this.#batch.hosts.push(host)
  }

  #hand({ finding, marks }: ReturnType<typeof collapse>, group: readonly ShelvedRow[]): void {
    this.#findings += 1
    for (const mark of marks) {
      const key = `${mark.fact} ${mark.mark} ${mark.why}`
      const known = this.#marks.get(key)
      if (known) known.findings += 1
      else this.#marks.set(key, { mark, findings: 1 })
    }
    if (!this.#plugins.has(finding.pluginId)) {
      this.#plugins.add(finding.pluginId)
      this.#batch.plugins.push(pluginOf(finding.pluginId, this.#shelf.plugin(finding.pluginId)))
    }
    this.#batch.weigh(600 + 100 * group.length)
    this.#batch.findings.push(finding)
  }
}

function pluginOf(pluginId: number, told: ShelvedPlugin): Plugin {
  const cves = told.ids.filter(id => id.startsWith('CVE-'))
  const advisories = told.ids.filter(id => id.startsWith('cisco-sa-')).map(id => `CISCO-SA:${id}`)
  return {
    ...newPlugin(pluginId),
    name: told.name,
    description: told.description,
    solution: told.solution,
    publishedAt: told.published && instantOf(told.published),
    cvss3BaseScore: told.cvssScore,
    vprScore: told.vprScore,
    hasPatch: told.hasPatch,
    ...(cves.length === 0 ? {} : { cves }),
    ...(advisories.length === 0 ? {} : { xrefs: advisories }),
  }
}
