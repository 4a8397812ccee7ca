import { isAscii, isUtf8 } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'

export const textEncodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const
export type TextEncoding = (typeof textEncodings)[number]

export interface EncodingVerdict {
  readonly encoding: TextEncoding
  /** Places where the bytes are not of the encoding; each becomes U+FFFD. */
  readonly badPlaces: number
}

/**
 * What encoding a file is in, from all of its bytes: one letter of Windows-1252 on the last page makes it that.
 * UTF-8 with a few bad bytes among good ones stays UTF-8.
 */
export async function encodingOf(bytes: AsyncIterable<Buffer>): Promise<EncodingVerdict> {
  const scan = new Utf8Scan()
  let first = true
  for await (const chunk of bytes) {
    if (first) {
      const wide = wideEncoding(chunk)
      if (wide) return { encoding: wide, badPlaces: 0 }
      first = false
    }
    scan.take(chunk)
  }
  scan.end()
  if (scan.bad === 0) return { encoding: 'utf-8', badPlaces: 0 }
  return scan.good < scan.bad ? { encoding: 'windows-1252', badPlaces: 0 } : { encoding: 'utf-8', badPlaces: scan.bad }
}

function wideEncoding(head: Buffer): TextEncoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  // Text of these files begins with ASCII: every other byte is zero.
  if (head.length < 4) return undefined
  if (head[0] !== 0 && head[1] === 0 && head[2] !== 0 && head[3] === 0) return 'utf-16le'
  if (head[0] === 0 && head[1] !== 0 && head[2] === 0 && head[3] !== 0) return 'utf-16be'
  return undefined
}

/** Counts letters of several bytes that are whole, and bytes that belong to none. */
class Utf8Scan {
  good = 0
  bad = 0
  #rest: Buffer = Buffer.alloc(0)

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const whole = bytes.length - unfinished(bytes)
    const head = bytes.subarray(0, whole)
    this.#rest = Buffer.from(bytes.subarray(whole))
    if (!isUtf8(head)) this.#count(head)
    else if (this.good === 0 && !isAscii(head)) this.good = 1
  }

  end(): void {
    if (this.#rest.length > 0) this.bad += 1
  }

  #count(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      const byte = bytes[at] as number
      if (byte < 0x80) {
        at += 1
        continue
      }
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0
      if (length > 0 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) {
        this.good += 1
        at += length
      } else {
        this.bad += 1
        at += 1
      }
    }
  }
}

/** Bytes at the end that begin a letter of which the rest is in the next chunk. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0
    if (byte < 0x80) return 0
  }
  return 0
}

/** The text of a file, without a byte order mark. PostgreSQL cannot hold NUL; it becomes U+FFFD. */
export async function* textOf(bytes: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncIterable<string> {
  const decoder = encoding === 'utf-8' ? utf8Decoder() : streamDecoder(encoding)
  for await (const chunk of bytes) {
    const text = decoder.write(chunk)
    if (text !== '') yield text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
  }
  const rest = decoder.end()
  if (rest !== '') yield rest
}

interface PieceDecoder {
  write(chunk: Buffer): string
  end(): string
}

function streamDecoder(encoding: TextEncoding): PieceDecoder {
  const decoder = new TextDecoder(encoding)
  return { write: chunk => decoder.decode(chunk, { stream: true }), end: () => decoder.decode() }
}

/** TextDecoder makes two bytes of each letter, also of ASCII, which is nearly all there is. */
function utf8Decoder(): PieceDecoder {
  const decoder = new StringDecoder('utf8')
  let isFirst = true
  return {
    write: chunk => {
      const text = decoder.write(chunk)
      if (!isFirst || text === '') return text
      isFirst = false
      return text.startsWith('\ufeff') ? text.slice(1) : text
    },
    end: () => decoder.end(),
  }
}
