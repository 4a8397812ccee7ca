import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { crc32, createGunzip } from 'node:zlib'
import { type Entry, openPromise } from 'yauzl'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import { unreadable } from '../formats/unreadable.ts'

/** How much a file may become when it is unpacked. */
export interface UnpackLimits {
  readonly maxBytes: number
  /** Unpacked to packed, once a good deal was unpacked: real exports stay below 60. */
  readonly maxRatio: number
  readonly maxEntries: number
}

export const usualUnpackLimits: UnpackLimits = { maxBytes: 16 * 1024 ** 3, maxRatio: 250, maxEntries: 1000 }

/** Small files may be squeezed a lot without being a bomb. */
const ratioFrom = 32 * 1024 * 1024

export interface Unpacked {
  /** The file's own name, without that of an archive around it. */
  readonly name: string
  readonly notes: readonly string[]
  /** Where it lies, when it is not packed. */
  readonly path?: string
  /** Its bytes, from the beginning at each call. */
  read(signal: AbortSignal): AsyncIterable<Buffer>
}

/** One of the files in an archive that is read whole. */
export interface PackedFile {
  readonly name: string
  read(signal: AbortSignal): AsyncIterable<Buffer>
}

/** An archive whose files belong together. */
export interface UnpackedSet {
  readonly name: string
  readonly files: readonly PackedFile[]
}

/**
 * A file as it is, or what is packed in it: gzip, or a zip with one file that can be read.
 * @param isSet whether the files of an archive, by their names, belong together
 * @throws SourceError `archive_refused`, `bad_archive`
 */
export async function unpack(
  path: string,
  name: string,
  limits: UnpackLimits,
  isSet: (names: readonly string[]) => boolean,
): Promise<Unpacked | UnpackedSet> {
  const { head, sizeBytes } = await firstBytes(path)
  if (head.length === 0) throw unreadable('file_empty', `${name} is empty.`)
  if (isGzip(head)) {
    return {
      name: name.replace(/\.gz(ip)?$/i, ''),
      notes: [],
      read: signal => guarded(createReadStream(path, { signal }).pipe(createGunzip()), name, sizeBytes, limits),
    }
  }
  if (isZip(head)) return unzip(path, name, limits, isSet)
  return {
    name,
    path,
    notes: [],
    read: signal => bounded(createReadStream(path, { signal, highWaterMark: 1 << 18 }), name, limits),
  }
}

async function firstBytes(path: string): Promise<{ head: Buffer; sizeBytes: number }> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(16), 0, 16, 0)
    return { head: buffer.subarray(0, bytesRead), sizeBytes: size }
  } finally {
    await handle.close()
  }
}

const isGzip = (head: Buffer) => head[0] === 0x1f && head[1] === 0x8b
const isZip = (head: Buffer) => head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5)

async function* bounded(stream: Readable, name: string, limits: UnpackLimits): AsyncIterable<Buffer> {
  let total = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > limits.maxBytes) throw tooLarge(name, limits)
    yield chunk
  }
}

/** Counts what comes out, and stops before it has become too much. */
async function* guarded(
  stream: Readable,
  name: string,
  packedBytes: number,
  limits: UnpackLimits,
): AsyncIterable<Buffer> {
  let total = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (total === 0 && (isGzip(chunk) || isZip(chunk))) {
        throw unreadable('archive_refused', `${name} holds another archive. Unpack it and import the file inside.`)
      }
      total += chunk.length
      if (total > limits.maxBytes) throw tooLarge(name, limits)
      if (total > ratioFrom && total > packedBytes * limits.maxRatio) {
        throw unreadable(
          'archive_refused',
          `${name} becomes more than ${limits.maxRatio} times as large when it is unpacked, as no export does. If it is genuine, unpack it yourself and import the file inside.`,
        )
      }
      yield chunk
    }
  } catch (thrown) {
    throw isDamage(thrown) ? new DamagedArchive(name, thrown) : thrown
  } finally {
    stream.destroy()
  }
}

/** What came before the damage has been read and is kept. */
export class DamagedArchive extends Error {
  constructor(name: string, cause: unknown) {
    super(`${name} is a damaged archive: what could be unpacked was read, the rest is missing.`, { cause })
    this.archive = name
  }

  readonly archive: string

  /** When nothing came before it. */
  get asRefusal(): ConfigError {
    const text = `${this.archive} is a damaged archive: nothing of it can be read. Copy it again, or unpack it yourself and import the file inside.`
    return unreadable('bad_archive', text, this)
  }
}

function isDamage(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code
  if (typeof code === 'string' && (code.startsWith('Z_') || code === 'ERR_ZLIB')) return true
  return thrown instanceof Error && /^(too (many|few) bytes|compressed\/uncompressed|CRC)/i.test(thrown.message)
}

function tooLarge(name: string, limits: UnpackLimits): Error {
  const size = Math.round(limits.maxBytes / 1024 ** 2)
  return unreadable('archive_refused', `${name} is larger than ${size} MB when it is unpacked. Split the export.`)
}

async function unzip(
  path: string,
  name: string,
  limits: UnpackLimits,
  isSet: (names: readonly string[]) => boolean,
): Promise<Unpacked | UnpackedSet> {
  const entries = await listEntries(path, name, limits)
  if (entries.some(entry => entry.fileName === '[Content_Types].xml')) {
    throw unreadable('workbook_refused', `${name} is an Excel workbook. Save it as CSV (UTF-8) and import that.`)
  }
  const files = entries.filter(entry => !entry.fileName.endsWith('/') && !/(^|\/)(__MACOSX\/|\.)/.test(entry.fileName))
  if (isSet(files.map(entry => entry.fileName))) return setOf(path, name, files, limits)
  const wanted = files.filter(entry => /\.(nessus|csv|xml|tsv|txt|db|sqlite3?)$/i.test(entry.fileName))
  const chosen = wanted.length === 1 ? wanted[0] : files.length === 1 ? files[0] : undefined
  if (!chosen) {
    const shown = files.slice(0, 5).map(entry => entry.fileName)
    throw unreadable(
      'archive_refused',
      files.length === 0
        ? `${name} holds no file.`
        : `${name} holds ${files.length} files (${shown.join(', ')}${files.length > 5 ? ' …' : ''}). Import each of them by itself: each is a picture of its own moment.`,
    )
  }
  refuseOddEntry(name, chosen)
  return {
    name: chosen.fileName.split('/').at(-1) ?? name,
    notes: files.length > 1 ? [`Of ${files.length} files in the archive only ${chosen.fileName} was read.`] : [],
    read: () => readEntry(path, name, chosen, limits),
  }
}

function refuseOddEntry(name: string, entry: Entry): void {
  if (entry.isEncrypted())
    throw unreadable('archive_refused', `${name} is locked with a password. Unpack it and import the file inside.`)
  // The upper half is the mode that Unix gives a file.
  if (((entry.externalFileAttributes >>> 16) & 0xf000) === 0xa000)
    throw unreadable(
      'archive_refused',
      `${entry.fileName} in ${name} is a link to a file, not the file itself. Pack the file and import that.`,
    )
}

/** Together they may become no larger than one file may. */
function setOf(path: string, name: string, entries: readonly Entry[], limits: UnpackLimits): UnpackedSet {
  const told = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
  // The archive says so itself; that it does not lie is seen to as each file is read.
  if (told > limits.maxBytes) throw tooLarge(name, limits)
  const files = entries.map(entry => {
    refuseOddEntry(name, entry)
    return { name: entry.fileName, read: () => readEntry(path, name, entry, limits) }
  })
  return { name, files }
}

async function listEntries(path: string, name: string, limits: UnpackLimits): Promise<Entry[]> {
  const zip = await openZip(path, name)
  const entries: Entry[] = []
  try {
    for await (const entry of zip.eachEntry()) {
      entries.push(entry)
      if (entries.length > limits.maxEntries) {
        throw unreadable('archive_refused', `${name} holds more than ${limits.maxEntries} files.`)
      }
    }
  } catch (thrown) {
    if (thrown instanceof ConfigError) throw thrown
    throw unreadable(
      'bad_archive',
      `${name} is a damaged or hostile archive (${messageOf(thrown)}). Unpack it yourself and import the file inside.`,
      thrown,
    )
  } finally {
    zip.close()
  }
  return entries
}

async function openZip(path: string, name: string) {
  return openPromise(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }).catch(
    (cause: unknown) => {
      throw unreadable('bad_archive', `${name} begins like a zip archive but is none, or a damaged one.`, cause)
    },
  )
}

async function* readEntry(path: string, name: string, entry: Entry, limits: UnpackLimits): AsyncIterable<Buffer> {
  const zip = await openZip(path, name)
  try {
    const stream = await zip.openReadStreamPromise(entry).catch((cause: unknown) => {
      throw unreadable('bad_archive', `${entry.fileName} in ${name} cannot be unpacked: ${messageOf(cause)}.`, cause)
    })
    let sum = 0
    for await (const chunk of guarded(stream, name, entry.compressedSize, limits)) {
      sum = crc32(chunk, sum)
      yield chunk
    }
    if (sum !== entry.crc32) throw new DamagedArchive(name, new Error(`CRC of ${entry.fileName}`))
  } finally {
    zip.close()
  }
}
