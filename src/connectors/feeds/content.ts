import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { codeOf, messageOf, SourceError } from '../../platform/errors.ts'

/** The bytes of a feed as they come: of an answer, a file or an upload. */
export type FeedBytes = AsyncIterable<Uint8Array>

export interface FeedLimits {
  /** As they come, and unpacked. */
  readonly maxBytes: number
  readonly maxUnpackedBytes: number
}

/** EPSS is about 2 MB packed and 10 MB unpacked, KEV about 1.5 MB: room to grow, none for a bomb. */
export const feedLimits: FeedLimits = { maxBytes: 64 * 1024 * 1024, maxUnpackedBytes: 256 * 1024 * 1024 }

/** @param where of the place: `line 17`, `vulnerabilities[3]` */
export function badFeed(where: string | null, why: string, cause?: unknown): SourceError {
  const at = where === null ? '' : `, ${where}`
  return new SourceError(
    'bad_feed',
    'never',
    `The feed cannot be used${at}: ${why} Nothing of it was taken.`,
    cause === undefined ? {} : { cause },
  )
}

/** The content of a feed, unpacked when it is packed, and what is known of its bytes once all were read. */
export class FeedContent {
  bytes = 0
  readonly #source: FeedBytes
  readonly #limits: FeedLimits
  readonly #sha256 = createHash('sha256')

  constructor(source: FeedBytes, limits: FeedLimits = feedLimits) {
    this.#source = source
    this.#limits = limits
  }

  /** Of the bytes as they came; only when all were read. */
  sha256(): string {
    return this.#sha256.copy().digest('hex')
  }

  async *pieces(): AsyncGenerator<Buffer> {
    const counted = this.#counted()
    try {
      const first = await firstBytes(counted)
      const isPacked = first[0] === 0x1f && first[1] === 0x8b
      const whole = withFirst(first, counted)
      yield* this.#bounded(isPacked ? unpacked(whole) : whole)
    } finally {
      await counted.return(undefined)
    }
  }

  async *#counted(): AsyncGenerator<Buffer> {
    for await (const piece of this.#source) {
      this.bytes += piece.length
      if (this.bytes > this.#limits.maxBytes) {
        throw badFeed(null, `it is larger than ${this.#limits.maxBytes} bytes.`)
      }
      this.#sha256.update(piece)
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    }
  }

  async *#bounded(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0
    for await (const piece of pieces) {
      size += piece.length
      if (size > this.#limits.maxUnpackedBytes) {
        throw badFeed(null, `unpacked it is larger than ${this.#limits.maxUnpackedBytes} bytes.`)
      }
      yield piece
    }
  }
}

/** At least the two that tell whether it is packed, where there are two. */
async function firstBytes(source: AsyncGenerator<Buffer>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0)
  while (first.length < 2) {
    const step = await source.next()
    if (step.done) break
    first = Buffer.concat([first, step.value])
  }
  return first
}

async function* withFirst(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first
  yield* rest
}

async function* unpacked(packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let failure: unknown
  const output = pipeline(packed, createGunzip({ chunkSize: 64 * 1024 }), error => {
    failure = error
  })
  try {
    for await (const piece of output) yield piece as Buffer
  } catch (thrown) {
    const cause = failure ?? thrown
    if (!/^(Z_|ERR_STREAM_PREMATURE_CLOSE)/.test(codeOf(cause))) throw cause
    throw badFeed(null, `the gzip file is damaged or cut short (${messageOf(cause)}).`, cause)
  } finally {
    output.destroy()
  }
}

export interface Line {
  readonly number: number
  readonly text: string
  /** False for a last line that nothing ends: it may be cut short. */
  readonly isEnded: boolean
}

/** Far longer than any line of a feed of scores. */
const longestLine = 4096

/** Lines of a text in UTF-8, numbered from 1. */
export async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let number = 0
  let rest = ''
  for await (const piece of pieces) {
    const text = rest + decode(decoder, piece, number + 1)
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      number += 1
      yield { number, text: text.slice(from, text[end - 1] === '\r' ? end - 1 : end), isEnded: true }
      from = end + 1
    }
    rest = text.slice(from)
    if (rest.length > longestLine) throw badFeed(`line ${number + 1}`, `it is longer than ${longestLine} characters.`)
  }
  rest += decode(decoder, undefined, number + 1)
  if (rest !== '') yield { number: number + 1, text: rest, isEnded: false }
}

function decode(decoder: TextDecoder, piece: Buffer | undefined, line: number): string {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true })
  } catch (cause) {
    throw badFeed(`at or after line ${line}`, 'it is not text in UTF-8.', cause)
  }
}

/** A whole content as text, for formats that can only be read whole. */
export async function wholeText(pieces: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > maxBytes) throw badFeed(null, `it is larger than ${maxBytes} bytes.`)
    parts.push(piece)
  }
  return decode(new TextDecoder('utf-8', { fatal: true }), Buffer.concat(parts), 1)
}
