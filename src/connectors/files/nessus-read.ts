import type { FileBatch, FileSummary, ReadOptions } from '../../domain/file-reading.ts'
import { XmlCleaner } from '../formats/nessus-clean.ts'
import { type NessusHost, nessusHost } from '../formats/nessus-host.ts'
import { isCompliance, itemPluginId, namelessItem, nessusCompliance, nessusFinding } from '../formats/nessus-item.ts'
import { nessusPlugin } from '../formats/nessus-plugin.ts'
import { NessusXml, type XmlHost, type XmlItem } from '../formats/nessus-xml.ts'
import { PluginBook, uniteInto } from '../formats/plugin-book.ts'
import { unreadable } from '../formats/unreadable.ts'
import { UnreadableRow } from '../formats/unreadable-row.ts'
import { BatchBuilder } from './batch-builder.ts'
import { DamagedArchive } from './unpack.ts'

export interface NessusInput {
  readonly name: string
  readonly encoding: string
  readonly text: AsyncIterable<string>
  /** Unpacked bytes read so far. */
  readonly bytes: () => number
  readonly notes: readonly string[]
}

/**
 * Reads a .nessus file, however large, one item at a time. What was read of a file that is cut off or damaged is kept.
 * @throws ConfigError `doctype_refused`, `nessus_v1_refused`, `file_not_understood`
 */
export async function* readNessus(input: NessusInput, options: ReadOptions): AsyncGenerator<FileBatch, FileSummary> {
  const reader = new NessusReader(input.name, options)
  let damage: string | null = null
  try {
    for await (const piece of input.text) {
      reader.push(piece)
      yield* reader.full(input.bytes())
    }
  } catch (thrown) {
    if (!(thrown instanceof DamagedArchive)) throw thrown
    damage = thrown.message
  }
  const incomplete = reader.end()
  yield reader.rest(input.bytes())
  return {
    format: 'nessus-v2',
    encoding: input.encoding,
    delimiter: null,
    columns: [],
    unknownColumns: [],
    rows: reader.rows,
    incomplete: damage ?? incomplete ?? reader.nothingInIt,
    observedAt: reader.observedAt,
    notes: [...input.notes, ...reader.notes],
  }
}

const rawLimit = 65_536

class NessusReader {
  readonly #xml: NessusXml
  readonly #cleaner = new XmlCleaner()
  readonly #batch = new BatchBuilder()
  readonly #plugins = new PluginBook()
  readonly #zone: number
  readonly #name: string
  #host: NessusHost | undefined
  #hostName: string | null = null
  #observedMs = Number.NEGATIVE_INFINITY
  #hosts = 0
  rows = 0

  constructor(name: string, options: ReadOptions) {
    this.#name = name
    this.#zone = options.zoneOffsetMinutes ?? 0
    this.#xml = new NessusXml(name, {
      onHost: host => this.#enter(host),
      onItem: item => this.#take(item),
      onHostEnd: () => {
        this.#host = undefined
        this.#hostName = null
      },
      onMalformed: () => undefined,
    })
  }

  get observedAt(): string | null {
    return Number.isFinite(this.#observedMs) ? new Date(this.#observedMs).toISOString() : null
  }

  /** As with every source: nothing at all is more often a mistake than an estate without machines. */
  get nothingInIt(): string | null {
    return this.#hosts === 0 ? 'The file has no host in it, as an export that went wrong has.' : null
  }

  get notes(): string[] {
    const { count } = this.#cleaner
    const { cutTexts } = this.#xml
    return [
      ...(count > 0 ? [`${count} control characters that XML forbids were left out.`] : []),
      ...(cutTexts > 0 ? [`${cutTexts} texts of more than 8 MB were cut.`] : []),
    ]
  }

  push(piece: string): void {
    this.#xml.push(this.#cleaner.push(piece))
  }

  *full(bytes: number): Generator<FileBatch> {
    if (this.#plugins.isFull) this.#batch.plugins.push(...this.#plugins.takeAll())
    if (this.#batch.isFull) yield this.#batch.take(bytes)
  }

  end(): string | null {
    this.#xml.push(this.#cleaner.end())
    if (!this.#xml.hasRoot) {
      throw unreadable('file_not_understood', `${this.#name} begins like XML but has no element.`)
    }
    return this.#xml.end()
  }

  rest(bytes: number): FileBatch {
    this.#batch.plugins.push(...this.#plugins.takeAll())
    return this.#batch.take(bytes)
  }

  #enter(told: XmlHost): void {
    this.#hosts += 1
    this.#hostName = told.name
    this.#host = nessusHost(told, this.#zone)
    if (!this.#host) return
    this.#batch.hosts.push(this.#host.host)
    if (this.#host.endedAt !== null) this.#observedMs = Math.max(this.#observedMs, Date.parse(this.#host.endedAt))
  }

  #take(item: XmlItem): void {
    this.rows += 1
    try {
      if (!this.#host) throw new UnreadableRow(namelessItem(this.#hostName))
      if (isCompliance(item)) this.#batch.compliance.push(nessusCompliance(this.rows, item, this.#host))
      else this.#keepFinding(item, this.#host)
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRow)) throw thrown
      this.#batch.rejected.push({ row: this.rows, reason: thrown.message, raw: rawOf(this.#hostName, item) })
    }
  }

  #keepFinding(item: XmlItem, host: NessusHost): void {
    const finding = nessusFinding(this.rows, item, host)
    this.#batch.findings.push(finding)
    this.#batch.weigh(500 + (finding.output?.length ?? 0))
    const known = this.#plugins.find(finding.pluginId)
    if (!known) this.#plugins.add(nessusPlugin(itemPluginId(item), item))
    // An item that says nothing of its plugin comes first now and then.
    else if (known.description === null) uniteInto(known, nessusPlugin(itemPluginId(item), item))
  }
}

/** What the item said, for a person; the file's own text is gone by then. */
function rawOf(host: string | null, { attributes, children }: XmlItem): string {
  return JSON.stringify({ host, ...attributes, ...Object.fromEntries(children) }).slice(0, rawLimit)
}
