import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { constants, createGzip, type Gzip } from 'node:zlib'
import type { Answer, Piece } from './answer.ts'

/** What becomes of an answer on its way. */
export interface Transport {
  /** 0: before the headers. */
  readonly resetAfterBytes?: number
  readonly truncateAfterBytes?: number
  readonly replacement?: { readonly text: string; readonly type: string | undefined }
  readonly drip?: { readonly bytes: number; readonly everyMs: number }
  readonly isStalled?: boolean
  /** Whatever the client accepts. */
  readonly isPlain?: boolean
}

/**
 * Writes an answer, compressed when the client asks. Long documents are made piece by piece as the client reads them;
 * short ones carry their length.
 * @returns bytes put on the wire, headers included
 */
export async function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  transport: Transport,
): Promise<number> {
  const { socket } = response
  const before = socket?.bytesWritten ?? 0
  const written = () => (socket?.bytesWritten ?? before) - before
  if (transport.isStalled === true) {
    await once(response, 'close')
    return 0
  }
  if (transport.resetAfterBytes === 0) {
    socket?.resetAndDestroy()
    return 0
  }
  const { type, blocks } = bodyOf(answer, transport)
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  response.statusCode = transport.replacement === undefined ? answer.status : 200
  if (type !== undefined) response.setHeader('content-type', type)
  const isGzip = transport.isPlain !== true && acceptsGzip(request) && type !== undefined && type !== 'text/html'
  const limited = limit(blocks, transport.truncateAfterBytes ?? transport.resetAfterBytes)
  if (isGzip) response.setHeader('content-encoding', 'gzip')
  try {
    if (isGzip) await writeGzip(response, limited, transport)
    else await writePlain(response, limited, transport)
  } catch (thrown) {
    if (!(thrown instanceof ClientGone)) throw thrown
  }
  return written()
}

/** Part of a body. The memory is used again: whoever takes a block must be done with it before asking for the next. */
interface Block {
  readonly bytes: Buffer
  readonly isLast: boolean
}

function bodyOf({ body }: Answer, { replacement }: Transport): { type: string | undefined; blocks: Iterable<Block> } {
  const one = (text: string): Block[] => [{ bytes: Buffer.from(text), isLast: true }]
  if (replacement !== undefined)
    return { type: replacement.type ?? 'application/json; charset=utf-8', blocks: one(replacement.text) }
  switch (body.kind) {
    case 'json':
      return { type: 'application/json; charset=utf-8', blocks: one(JSON.stringify(body.value)) }
    case 'text':
      return { type: body.type, blocks: one(body.text) }
    case 'pieces':
      return { type: body.type, blocks: gather(body.pieces) }
    case 'nothing':
      return { type: undefined, blocks: one('') }
  }
}

const blockBytes = 2_097_152

/** Small pieces into blocks worth a system call. */
function* gather(pieces: Iterable<Piece>): Generator<Block> {
  const block = Buffer.allocUnsafe(blockBytes)
  let length = 0
  for (const piece of pieces) {
    const most = typeof piece === 'string' ? piece.length * 3 : piece.length
    if (length + most > blockBytes) {
      yield { bytes: block.subarray(0, length), isLast: false }
      length = 0
    }
    if (most > blockBytes) yield { bytes: Buffer.from(piece as string), isLast: false }
    else if (typeof piece === 'string') length += block.write(piece, length)
    else {
      block.set(piece, length)
      length += piece.length
    }
  }
  yield { bytes: block.subarray(0, length), isLast: true }
}

function* limit(blocks: Iterable<Block>, bytes: number | undefined): Generator<Block> {
  let left = bytes ?? Number.POSITIVE_INFINITY
  for (const block of blocks) {
    if (block.bytes.length > left) {
      yield { bytes: block.bytes.subarray(0, left), isLast: true }
      return
    }
    left -= block.bytes.length
    yield block
  }
}

/** A document of one block carries its length; longer ones go out in chunked coding. */
async function writePlain(response: ServerResponse, blocks: Iterable<Block>, transport: Transport): Promise<void> {
  for (const { bytes, isLast } of blocks) {
    // A reset promises more than it sends.
    if (isLast && !response.headersSent)
      response.setHeader('content-length', bytes.length + (transport.resetAfterBytes === undefined ? 0 : 4096))
    await send(response, bytes, transport)
  }
  await finish(response, transport)
}

async function writeGzip(response: ServerResponse, blocks: Iterable<Block>, transport: Transport): Promise<void> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED })
  const feeding = feed(gzip, blocks)
  try {
    for await (const part of gzip as AsyncIterable<Buffer>) await send(response, part, transport)
  } finally {
    gzip.destroy()
  }
  await feeding
  await finish(response, transport)
}

async function feed(gzip: Gzip, blocks: Iterable<Block>): Promise<void> {
  for (const { bytes } of blocks) {
    if (gzip.destroyed) return
    await taken(gzip, bytes)
  }
  gzip.end()
}

async function send(response: ServerResponse, block: Buffer, { drip }: Transport): Promise<void> {
  if (drip === undefined) return write(response, block)
  for (let at = 0; at < block.length; at += drip.bytes) {
    await write(response, block.subarray(at, at + drip.bytes))
    await delay(drip.everyMs)
  }
}

class ClientGone extends Error {}

async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (response.destroyed) throw new ClientGone()
  if (bytes.length > 0) await taken(response, bytes)
}

/** Written and no longer needed, or nobody there any more. */
function taken(stream: Writable, bytes: Buffer): Promise<void> {
  if (stream.destroyed) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      stream.off('close', done)
      resolve()
    }
    stream.on('close', done)
    stream.write(bytes, done)
  })
}

async function finish(response: ServerResponse, transport: Transport): Promise<void> {
  if (transport.resetAfterBytes === undefined) {
    response.end()
    return
  }
  // What was written must reach the client first: the reset is in the middle of the body, not before it.
  await delay(20)
  response.destroy()
}

function acceptsGzip(request: IncomingMessage): boolean {
  return /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
}
