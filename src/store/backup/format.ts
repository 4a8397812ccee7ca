import { crc32 } from 'node:zlib'
import { ConfigError, StoreError } from '../../platform/errors.ts'

/*
 * The layout of a backup, inside one gzip stream. A line that names the format, then frames: one letter for the kind, four
 * bytes of length, four of CRC-32 (big-endian), and as many bytes. `gunzip -c` shows a backup as readable text between
 * them: JSON, and the lines of COPY.
 *
 *   tenfold backup 1
 *   M  manifest: what was backed up, when, by which version, and the tables to come
 *   T  a table begins        D  lines of it, cut anywhere        E  it ends: rows and fingerprint
 *   Z  the closing: sequences and the fingerprints again; a file without it was cut short
 */
export const backupFormat = 1

const magic = 'tenfold backup '
const letters = { manifest: 'M', table: 'T', rows: 'D', tableEnd: 'E', closing: 'Z' } as const
export type FrameKind = keyof typeof letters

export interface Frame {
  readonly kind: FrameKind
  readonly payload: Buffer
}

const headerBytes = 9
/** A frame of a sound file is never longer; a longer one is damage, and must not be waited for. */
export const maxPayloadBytes = 4 * 1024 * 1024

export function preamble(): Buffer {
  return Buffer.from(`${magic}${backupFormat}\n`)
}

/** A frame as bytes; its payload is not copied. */
export function frameBytes(kind: FrameKind, payload: Buffer): readonly Buffer[] {
  const header = Buffer.alloc(headerBytes)
  header.write(letters[kind], 'latin1')
  header.writeUInt32BE(payload.length, 1)
  header.writeUInt32BE(crc32(payload), 5)
  return [header, payload]
}

/**
 * Reads a backup frame by frame, in memory bounded by one.
 * @param name of the file, for errors
 * @throws ConfigError `not_a_backup`, `backup_newer`
 * @throws StoreError `backup_damaged`, `backup_truncated`
 */
export async function* readFrames(bytes: AsyncIterable<Buffer>, name: string): AsyncGenerator<Frame, void, undefined> {
  const reader = new ByteReader(bytes)
  await readPreamble(reader, name)
  for (;;) {
    const header = await reader.take(headerBytes)
    if (header === undefined) throw truncated(name)
    const kind = kindOf(header.toString('latin1', 0, 1))
    const length = header.readUInt32BE(1)
    if (kind === undefined || length > maxPayloadBytes)
      throw damaged(name, 'it holds something that is no part of a backup')
    const payload = await reader.take(length)
    if (payload === undefined) throw truncated(name)
    if (crc32(payload) !== header.readUInt32BE(5)) throw damaged(name, 'a part of it is not as it was written')
    yield { kind, payload }
    if (kind === 'closing') break
  }
  if ((await reader.take(1)) !== undefined) throw damaged(name, 'something follows its end')
}

async function readPreamble(reader: ByteReader, name: string): Promise<void> {
  const start = await reader.take(magic.length)
  if (start === undefined || start.toString('latin1') !== magic) throw notABackup(name)
  let number = ''
  for (;;) {
    const byte = (await reader.take(1))?.toString('latin1')
    if (byte === '\n' && number !== '') break
    if (byte === undefined || !/\d/.test(byte) || number.length > 6) throw notABackup(name)
    number += byte
  }
  if (Number(number) === backupFormat) return
  throw new ConfigError(
    'backup_newer',
    `${name} is a backup of format ${number}; this version reads format ${backupFormat}. Restore it with the newer Tenfold that made it.`,
    { context: { file: name, format: Number(number) } },
  )
}

function kindOf(letter: string): FrameKind | undefined {
  return (Object.keys(letters) as FrameKind[]).find(kind => letters[kind] === letter)
}

export function notABackup(name: string): ConfigError {
  return new ConfigError('not_a_backup', `${name} is not a backup that "tenfold backup" wrote.`, {
    context: { file: name },
  })
}

export function damaged(name: string, how: string, cause?: unknown): StoreError {
  return new StoreError('backup_damaged', `The backup ${name} is damaged: ${how}. Nothing of it was restored.`, {
    cause,
    context: { file: name },
  })
}

export function truncated(name: string, cause?: unknown): StoreError {
  return new StoreError(
    'backup_truncated',
    `The backup ${name} ends too early: it was not copied or written whole. Nothing of it was restored.`,
    { cause, context: { file: name } },
  )
}

/** Takes pieces of any size off a stream of chunks. */
class ByteReader {
  readonly #source: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#source = bytes[Symbol.asyncIterator]()
  }

  /** So many bytes; undefined when the stream ends before them. */
  async take(length: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = []
    let missing = length
    while (missing > 0) {
      if (this.#chunk.length === 0) {
        const next = await this.#source.next()
        if (next.done) return undefined
        this.#chunk = next.value
      }
      const piece = this.#chunk.subarray(0, missing)
      this.#chunk = this.#chunk.subarray(piece.length)
      missing -= piece.length
      pieces.push(piece)
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  }
}
