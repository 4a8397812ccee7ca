import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { codeOf, messageOf } from './errors.ts'
import type { HttpResponse } from './http.ts'

/** The body ended before it was whole, or its compression is damaged. */
export class BrokenBodyError extends Error {
  readonly code = 'BROKEN_BODY'
}

/** The body is larger than the reader was willing to hold. */
export class BodyTooLargeError extends Error {
  readonly code = 'BODY_TOO_LARGE'
}

const decodedPieceBytes = 64 * 1024

/** Slower than this is not an answer; the idle timeout alone lets a byte a minute go on for ever. */
export const slowest = { bytes: 16 * 1024, ms: 300_000 }

/**
 * The decoded bytes of an answer, in pieces of at most 64 KiB when compressed. Memory stays flat whatever the size, and a
 * reader that stops early closes the connection.
 * @param onWireBytes told of every piece as it arrived, still encoded
 * @throws BrokenBodyError when it was cut short
 */
export async function* decodedBody(
  response: HttpResponse,
  onWireBytes: (count: number) => void = () => {},
  pace = slowest,
): AsyncGenerator<Buffer> {
  const announced = Number(response.headers.get('content-length') ?? Number.NaN)
  let received = 0
  const counted = async function* (source: AsyncIterable<Buffer>) {
    for await (const piece of paced(source, pace)) {
      received += piece.length
      onWireBytes(piece.length)
      yield piece
    }
    if (received < announced) {
      throw new BrokenBodyError(`The answer announced ${announced} bytes and ended after ${received}.`)
    }
  }
  const { first, rest } = await peeked(counted(response.body))
  try {
    if (first === undefined) return
    const decoder = decoderFor(response.headers.get('content-encoding'), first)
    if (!decoder) {
      yield first
      yield* rest
      return
    }
    yield* decoded(first, rest, decoder)
  } finally {
    response.body.destroy()
  }
}

/** Only the time spent waiting for the source counts, not the reader's own. */
async function* paced(source: AsyncIterable<Buffer>, { bytes, ms }: typeof slowest): AsyncGenerator<Buffer> {
  let received = 0
  let waitedMs = 0
  let askedAt = performance.now()
  for await (const piece of source) {
    waitedMs += performance.now() - askedAt
    received += piece.length
    if (received >= bytes) {
      received = 0
      waitedMs = 0
    } else if (waitedMs > ms) {
      throw new BrokenBodyError(
        `The answer came too slowly: ${received} bytes in ${Math.round(waitedMs / 1000)} seconds.`,
      )
    }
    yield piece
    askedAt = performance.now()
  }
}

async function peeked(
  source: AsyncGenerator<Buffer>,
): Promise<{ first: Buffer | undefined; rest: AsyncGenerator<Buffer> }> {
  // One piece may be a single byte; the gzip mark takes two.
  let first: Buffer | undefined
  while (first === undefined || first.length < 2) {
    const step = await source.next()
    if (step.done) break
    first = first === undefined ? step.value : Buffer.concat([first, step.value])
  }
  return { first, rest: source }
}

function decoderFor(encoding: string | undefined, first: Buffer): Transform | undefined {
  const name = encoding?.trim().toLowerCase()
  // The mark counts, not the header: proxies decode without saying so, and some servers send a .gz file as it is.
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip({ chunkSize: decodedPieceBytes })
  if (name === 'br') return createBrotliDecompress({ chunkSize: decodedPieceBytes })
  if (name === 'deflate') return createInflate({ chunkSize: decodedPieceBytes })
  return undefined
}

async function* decoded(first: Buffer, rest: AsyncGenerator<Buffer>, decoder: Transform): AsyncGenerator<Buffer> {
  let failure: unknown
  const whole = async function* () {
    yield first
    yield* rest
  }
  const output: Readable = pipeline(whole, decoder, error => {
    failure = error
  })
  try {
    for await (const piece of output) yield piece as Buffer
  } catch (thrown) {
    throw asBroken(failure ?? thrown)
  } finally {
    output.destroy()
  }
}

function asBroken(thrown: unknown): unknown {
  if (!codeOf(thrown).startsWith('Z_')) return thrown
  return new BrokenBodyError(`The compressed answer is damaged or cut short: ${messageOf(thrown)}.`, { cause: thrown })
}

/** The whole decoded body, when it is no larger than `maxBytes`. */
export async function wholeBody(
  response: HttpResponse,
  maxBytes: number,
  onWireBytes?: (count: number) => void,
): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of decodedBody(response, onWireBytes)) {
    size += piece.length
    if (size > maxBytes) throw new BodyTooLargeError(`The answer is larger than ${maxBytes} bytes.`)
    pieces.push(piece)
  }
  return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
}
