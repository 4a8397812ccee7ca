import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { HttpResponse } from './http.ts'
import { BodyTooLargeError, BrokenBodyError, decodedBody, wholeBody } from './http-body.ts'

function response(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
  headers: Record<string, string> = {},
): HttpResponse {
  const body = Readable.from(pieces) as unknown as HttpResponse['body']
  return { status: 200, headers: { get: name => headers[name] }, body }
}

const text = 'some text '.repeat(10_000)
const bytes = Buffer.from(text)
const inPieces = (whole: Buffer, size: number) =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size))

describe('the bytes of an answer are decoded', () => {
  const cases = [
    { name: 'plain', body: bytes, encoding: undefined },
    { name: 'gzip', body: gzipSync(bytes), encoding: 'gzip' },
    { name: 'gzip by its older name', body: gzipSync(bytes), encoding: 'X-GZIP' },
    { name: 'gzip that does not say so', body: gzipSync(bytes), encoding: undefined },
    { name: 'plain that says gzip', body: bytes, encoding: 'gzip' },
    {
      name: 'several gzip members',
      body: Buffer.concat([gzipSync(bytes.subarray(0, 500)), gzipSync(bytes.subarray(500))]),
      encoding: 'gzip',
    },
    { name: 'deflate', body: deflateSync(bytes), encoding: 'deflate' },
    { name: 'brotli', body: brotliCompressSync(bytes), encoding: 'br' },
  ]
  for (const { name, body, encoding } of cases) {
    for (const size of [1, 1000, 1_000_000]) {
      test(`${name}, in pieces of ${size}`, async () => {
        const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
        let wire = 0
        const answer = response(inPieces(body, size), headers)
        const whole = await wholeBody(answer, 1_000_000, count => {
          wire += count
        })
        expect(whole.toString()).toBe(text)
        expect(wire).toBe(body.length)
      })
    }
  }

  test('nothing at all is nothing', async () => {
    expect((await wholeBody(response([]), 10)).length).toBe(0)
  })
})

describe('what is broken is told', () => {
  test('fewer bytes than announced', async () => {
    await expect(wholeBody(response([bytes], { 'content-length': '1000000' }), 1e9)).rejects.toBeInstanceOf(
      BrokenBodyError,
    )
  })

  test('compression cut short', async () => {
    const cut = gzipSync(bytes).subarray(0, 50)
    await expect(wholeBody(response([cut], { 'content-encoding': 'gzip' }), 1e9)).rejects.toBeInstanceOf(
      BrokenBodyError,
    )
  })

  test('an error of the connection passes through', async () => {
    async function* failing() {
      yield gzipSync(bytes).subarray(0, 50)
      await Promise.resolve()
      throw Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
    }
    await expect(wholeBody(response(failing()), 1e9)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  })

  test('an answer that drips too slowly', async () => {
    async function* dripping() {
      for (;;) {
        await delay(10)
        yield Buffer.from('x')
      }
    }
    const read = Array.fromAsync(decodedBody(response(dripping()), undefined, { bytes: 100, ms: 50 }))
    await expect(read).rejects.toThrow('too slowly')
  })

  test('a reader that is slow itself is not to blame', async () => {
    const pieces: Buffer[] = []
    for await (const piece of decodedBody(response(inPieces(bytes, 1000).slice(0, 10)), undefined, {
      bytes: 1e6,
      ms: 50,
    })) {
      pieces.push(piece)
      await delay(20)
    }
    expect(pieces).toHaveLength(10)
  })
})

test('no more is held than the reader is willing to', async () => {
  const bomb = gzipSync(Buffer.alloc(5_000_000))
  await expect(wholeBody(response([bomb]), 1_000_000)).rejects.toBeInstanceOf(BodyTooLargeError)
})

test('a reader that stops early closes the source', async () => {
  const answer = response(inPieces(gzipSync(bytes), 10))
  for await (const _ of decodedBody(answer)) break
  expect(answer.body.destroyed).toBe(true)
})
