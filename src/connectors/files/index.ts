import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { FileBatch, FileSummary, ReadOptions } from '../../domain/file-reading.ts'
import { unreadable } from '../formats/unreadable.ts'
import { readCsv } from './csv-read.ts'
import { HexBackup, isHexBackup } from './hextrackr/backup.ts'
import { HexDatabase } from './hextrackr/database.ts'
import { readHexTrackr } from './hextrackr/read.ts'
import { readNessus } from './nessus-read.ts'
import { encodingOf, textOf } from './text.ts'
import { DamagedArchive, type Unpacked, type UnpackLimits, unpack, usualUnpackLimits } from './unpack.ts'

export { type UnpackLimits, usualUnpackLimits } from './unpack.ts'

export interface ReadFileOptions extends ReadOptions {
  readonly limits?: UnpackLimits
}

/**
 * Reads a file of findings from disk: a .nessus file, a CSV of any known kind, a HexTrackr database, also packed with gzip
 * or zip, or a HexTrackr backup. Memory does not grow with the file.
 * @param name as a person knows it
 * @returns when the file has been read to its end, what is known of the whole
 * @throws ConfigError when it cannot be read at all; the text says why and what to do
 */
export async function* readFile(
  path: string,
  name: string,
  options: ReadFileOptions,
  signal: AbortSignal,
): AsyncGenerator<FileBatch, FileSummary> {
  const unpacked = await unpack(path, name, options.limits ?? usualUnpackLimits, isHexBackup)
  if ('files' in unpacked) return yield* readHexTrackr(new HexBackup(unpacked.files, unpacked.name), [], signal)
  const head = await headOf(unpacked, signal)
  const kind = kindOf(head, unpacked.name)
  if (kind === 'sqlite') return yield* readDatabase(unpacked, path, signal)
  const { encoding, badPlaces } = await encodingOf(toDamage(unpacked.read(signal)))
  // XML is UTF-8 unless it says otherwise, and what is wrong in it is a plugin's doing.
  const used = kind === 'nessus' && encoding === 'windows-1252' && !declares1252(head) ? 'utf-8' : encoding
  const counter = new Counter(unpacked.read(signal))
  const replaced = used === 'utf-8' && (badPlaces > 0 || encoding === 'windows-1252')
  const notes = [...unpacked.notes, ...(replaced ? ['Bytes that are no UTF-8 were replaced by \ufffd.'] : [])]
  const input = {
    name: unpacked.name,
    encoding: used,
    text: textOf(counter, used),
    bytes: () => counter.bytes,
    notes,
  }
  return kind === 'nessus' ? yield* readNessus(input, options) : yield* readCsv(input, options)
}

/** Where a packed database lies while it is read. */
export function unpackedBeside(path: string): string {
  return `${path}.unpacked`
}

/** SQLite reads where it likes: what is packed is unpacked beside the archive first. */
async function* readDatabase(
  unpacked: Unpacked,
  packedPath: string,
  signal: AbortSignal,
): AsyncGenerator<FileBatch, FileSummary> {
  if (unpacked.path !== undefined) {
    return yield* readHexTrackr(new HexDatabase(unpacked.path, unpacked.name), unpacked.notes, signal)
  }
  const path = unpackedBeside(packedPath)
  const damages: string[] = []
  try {
    await pipeline(unpacked.read(signal), createWriteStream(path, { mode: 0o600 })).catch((thrown: unknown) => {
      if (!(thrown instanceof DamagedArchive)) throw thrown
      damages.push(thrown.message)
    })
    const database = new HexDatabase(path, unpacked.name)
    database.damages.push(...damages)
    return yield* readHexTrackr(database, unpacked.notes, signal)
  } finally {
    await rm(path, { force: true })
  }
}

class Counter implements AsyncIterable<Buffer> {
  readonly #source: AsyncIterable<Buffer>
  bytes = 0

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    for await (const chunk of this.#source) {
      this.bytes += chunk.length
      yield chunk
    }
  }
}

/** Ends where a damaged archive ends: what there is has an encoding too. */
async function* toDamage(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  try {
    yield* bytes
  } catch (thrown) {
    if (!(thrown instanceof DamagedArchive)) throw thrown
  }
}

async function headOf(unpacked: Unpacked, signal: AbortSignal): Promise<Buffer> {
  try {
    for await (const chunk of unpacked.read(signal)) return chunk.subarray(0, 4096)
  } catch (thrown) {
    throw thrown instanceof DamagedArchive ? thrown.asRefusal : thrown
  }
  throw unreadable('file_empty', `${unpacked.name} is empty.`)
}

function kindOf(head: Buffer, name: string): 'nessus' | 'csv' | 'sqlite' {
  if (head.toString('latin1', 0, 16) === 'SQLite format 3\0') return 'sqlite'
  const wide = head.includes(0)
  const text = (wide ? head.toString('latin1').replaceAll('\0', '') : head.toString('utf8'))
    .replace(/^(\ufeff|\u00ff\u00fe|\u00fe\u00ff)/, '')
    .trimStart()
  if (text.startsWith('%PDF') || text.startsWith('\u00d0\u00cf\u0011\u00e0') || /^<(!doctype )?html/i.test(text)) {
    throw unreadable(
      'file_not_understood',
      `${name} is a report for people (PDF, Excel or HTML). Export it again as CSV or .nessus.`,
    )
  }
  if (text.startsWith('{') || text.startsWith('[')) {
    throw unreadable('file_not_understood', `${name} is JSON. Export it again as CSV or .nessus.`)
  }
  if (text.startsWith('<')) return 'nessus'
  if (head.includes(0) && !/^[\x09\x0a\x0d\x20-\x7e\x80-\xff]{8}/.test(text)) {
    throw unreadable('file_not_understood', `${name} is no text. Export it again as CSV or .nessus.`)
  }
  return 'csv'
}

function declares1252(head: Buffer): boolean {
  return /encoding=["'](windows-1252|iso-8859-1|latin-?1)["']/i.test(head.toString('latin1', 0, 200))
}
