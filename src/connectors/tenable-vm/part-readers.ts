import type { Asset } from '../../domain/asset.ts'
import type { ComplianceResult } from '../../domain/compliance.ts'
import type { Finding } from '../../domain/finding.ts'
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { Plugin, PluginDescription } from '../../domain/plugin.ts'
import type { Batch, QualityIssue, Rejected, StreamName } from '../connector.ts'
import { clean, type Repairs, repairsOf } from '../formats/clean-text.ts'
import { type ArraySink, maxRawBytes } from '../formats/json-array.ts'
import { type RecordNotes, UnreadableRecord } from '../formats/record.ts'
import { RepeatedMembersDecoder } from '../formats/repeated-members.ts'
import { normaliseFinding } from './normalise.ts'
import { normaliseAsset } from './normalise-asset.ts'
import { normaliseCompliance } from './normalise-compliance.ts'
import { normaliseObservedAsset, type ObservedAssetReading } from './normalise-observed-asset.ts'
import { normalisePlugin } from './normalise-plugin.ts'

const maxBatchRows = 2_000
const maxBatchBytes = 8 * 1024 * 1024

export function readerOf(stream: StreamName, decoder: FindingDecoder): PartReader {
  switch (stream) {
    case 'findings':
      return new FindingReader(decoder)
    case 'assets':
      return new AssetReader()
    case 'plugins':
      return new PluginReader()
    case 'compliance':
      return new ComplianceReader()
    default:
      throw new Error(`no parts of ${stream} are read here`)
  }
}

/** Gathers what the splitter finds into batches of bounded size. */
abstract class PartReader implements ArraySink {
  bytes = 0
  protected rejected: Rejected[] = []
  protected issues: QualityIssue[] = []

  abstract get isFull(): boolean
  abstract get isEmpty(): boolean
  abstract take(): Batch
  protected abstract read(bytes: Buffer): boolean

  element(bytes: Buffer): boolean {
    try {
      return this.read(bytes)
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRecord)) throw thrown
      this.broken(bytes.subarray(0, maxRawBytes), thrown.message)
      return true
    }
  }

  broken(bytes: Buffer, reason: string): void {
    this.rejected.push({ reason, raw: rawText(bytes) })
  }

  protected note(notes: RecordNotes): void {
    if (notes.issues) this.issues.push(...notes.issues)
  }

  protected rest(): { rejected: Rejected[]; issues: QualityIssue[]; bytes: number } {
    const { rejected, issues, bytes } = this
    this.rejected = []
    this.issues = []
    this.bytes = 0
    return { rejected, issues, bytes }
  }

  protected isFullWith(rows: number): boolean {
    return rows >= maxBatchRows || this.bytes >= maxBatchBytes || this.rejected.length >= maxBatchRows
  }

  protected isEmptyWith(rows: number): boolean {
    return rows === 0 && this.rejected.length === 0 && this.issues.length === 0
  }
}

/** For people and for replaying; goes to PostgreSQL, which takes no NUL. */
export function rawText(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\0', '\ufffd')
}

class FindingReader extends PartReader {
  readonly #decoder: FindingDecoder
  /** Whose oddities this part has reported. */
  readonly #reported = new Set<RecordNotes>()
  #rows: Finding[] = []

  constructor(decoder: FindingDecoder) {
    super()
    this.#decoder = decoder
  }

  get isFull(): boolean {
    return this.isFullWith(this.#rows.length)
  }

  get isEmpty(): boolean {
    return this.isEmptyWith(this.#rows.length)
  }

  take(): Batch {
    const rows = this.#rows
    this.#rows = []
    return { stream: 'findings', rows, ...this.rest() }
  }

  protected read(bytes: Buffer): boolean {
    const decoded = this.#decoder.decode(bytes)
    if (decoded === undefined) return false
    if ('other' in decoded) throw new UnreadableRecord('The record is not an object.')
    const { rest, first: asset, second: plugin, repairs } = decoded
    if (typeof asset === 'string') throw new UnreadableRecord(asset)
    if (typeof plugin === 'string') throw new UnreadableRecord(plugin)
    const { finding, notes } = normaliseFinding(rest, asset.asset, plugin.plugin, repairs)
    this.#rows.push(finding)
    if (notes.issues) this.note(notes)
    if (asset.notes.issues) this.#noteOnce(asset.notes)
    if (plugin.notes.issues) this.#noteOnce(plugin.notes)
    return true
  }

  #noteOnce(notes: RecordNotes): void {
    if (this.#reported.has(notes)) return
    this.#reported.add(notes)
    this.note(notes)
  }
}

/** Remembers assets and plugins across chunks; the same bytes give the same object. A text says why there is none. */
export type FindingDecoder = RepeatedMembersDecoder<ObservedAssetReading | string, DescriptionReading | string>

export function createFindingDecoder(): FindingDecoder {
  return new RepeatedMembersDecoder(
    {
      key: 'asset',
      // The findings of one asset stand together; more than a chunk's assets are not met again.
      maxBytes: 4 * 1024 * 1024,
      read: (value, repairs) => readMember(value, repairs, 'asset', normaliseObservedAsset),
    },
    {
      key: 'plugin',
      maxBytes: 32 * 1024 * 1024,
      read: (value, repairs, again) =>
        readMember(value, repairs, 'plugin', wire => {
          const { plugin, notes } = normalisePlugin(wire)
          return { plugin: new RememberedPlugin(plugin, again), notes }
        }),
    },
  )
}

interface DescriptionReading {
  readonly plugin: PluginDescription
  readonly notes: RecordNotes
}

/** Keeps the bytes, which the decoder compares anyway, rather than eight thousand plugins' texts as objects. */
class RememberedPlugin implements PluginDescription {
  readonly pluginId: number
  readonly #again: (() => Json) | undefined
  #plugin: Plugin | undefined

  constructor(plugin: Plugin, again: (() => Json) | undefined) {
    this.pluginId = plugin.pluginId
    this.#plugin = plugin
    this.#again = again
  }

  describe(): Plugin {
    const plugin = this.#plugin ?? normalisePlugin(this.#again?.() as JsonObject).plugin
    if (this.#again) this.#plugin = undefined
    return plugin
  }
}

function readMember<T extends { readonly notes: RecordNotes }>(
  value: Json | undefined,
  repairs: Repairs,
  name: string,
  normalise: (wire: JsonObject) => T,
): T | string {
  if (!isJsonObject(value)) return `The finding has no ${name}.`
  try {
    const reading = normalise(value)
    reading.notes.repaired(repairs)
    return reading
  } catch (thrown) {
    if (thrown instanceof UnreadableRecord) return thrown.message
    throw thrown
  }
}

export abstract class WholeRecordReader<Row> extends PartReader {
  protected rows: Row[] = []

  get isFull(): boolean {
    return this.isFullWith(this.rows.length)
  }

  get isEmpty(): boolean {
    return this.isEmptyWith(this.rows.length)
  }

  /** Undefined for what stands in the list and is none of its records. */
  protected abstract normalise(wire: JsonObject): { readonly row: Row; readonly notes: RecordNotes } | undefined

  protected read(bytes: Buffer): boolean {
    const text = bytes.toString('utf8')
    const value = parsed(text)
    if (value === undefined) return false
    const suspected = repairsOf(text, bytes)
    const { value: whole, hadNul, hadSurrogate } = clean(value, suspected)
    if (!isJsonObject(whole)) throw new UnreadableRecord('The record is not an object.')
    const reading = this.normalise(whole)
    if (reading === undefined) return true
    const { row, notes } = reading
    notes.repaired({ nul: hadNul, surrogate: hadSurrogate, utf8: suspected.utf8 })
    this.rows.push(row)
    this.note(notes)
    return true
  }

  protected takeRows(): Row[] {
    const rows = this.rows
    this.rows = []
    return rows
  }
}

class AssetReader extends WholeRecordReader<Asset> {
  take(): Batch {
    return { stream: 'assets', rows: this.takeRows(), ...this.rest() }
  }

  protected normalise(wire: JsonObject): { row: Asset; notes: RecordNotes } {
    const { asset, notes } = normaliseAsset(wire)
    return { row: asset, notes }
  }
}

class PluginReader extends WholeRecordReader<Plugin> {
  take(): Batch {
    return { stream: 'plugins', rows: this.takeRows(), ...this.rest() }
  }

  protected normalise(wire: JsonObject): { row: Plugin; notes: RecordNotes } {
    const { plugin, notes } = normalisePlugin(wire)
    return { row: plugin, notes }
  }
}

class ComplianceReader extends WholeRecordReader<ComplianceResult> {
  take(): Batch {
    return { stream: 'compliance', rows: this.takeRows(), ...this.rest() }
  }

  protected normalise(wire: JsonObject): { row: ComplianceResult; notes: RecordNotes } {
    const { result, notes } = normaliseCompliance(wire)
    return { row: result, notes }
  }
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
