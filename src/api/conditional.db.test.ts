import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OperationId, pathOf } from '../contract/paths.ts'
import { routes } from '../contract/routes.ts'
import { readOfSamePath } from '../contract/server-wide.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const rule = (name: string) => ({ name, conditions: { os: ['Linux'] }, owner: 'payments', valid_from: '2026-11-01' })
async function madeRule(name: string) {
  const made = await server.call('createGroupRule', { body: rule(name) })
  const params = { id: made.json.rule.id as number }
  const tagOf = async () => (await server.call('getGroupRule', { params })).headers.get('etag')!
  return { params, tagOf }
}

describe('reading what is known already', () => {
  const reads: [OperationId, object?][] = [
    ['listSources'],
    ['listAssets', { query: { limit: 500, include: ['all'] } }],
    ['getAsset', { params: { id: 1 } }],
    ['getFindingStatistics'],
    ['getOpenApi'],
  ]
  for (const [operationId, input = {}] of reads) {
    test(`${operationId} sends nothing`, async () => {
      const path = pathOf(operationId, input)
      const first = await server.fetch(path)
      const etag = first.headers.get('etag')!
      expect(etag).toMatch(/^W\/".+"$/)
      for (const known of [etag, etag.replace('W/', ''), `"other", ${etag}`, '*']) {
        const again = await server.fetch(path, { headers: { 'if-none-match': known } })
        expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
      }
      expect((await server.fetch(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
    })
  }
})

describe('compression', () => {
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync } as const
  for (const encoding of ['br', 'gzip'] as const) {
    test(`${encoding} says the same, under the same ETag`, async () => {
      const path = pathOf('listAssets', { query: { limit: 500, include: ['all'] } })
      const plain = await raw(path, 'identity')
      const packed = await raw(path, encoding)
      expect([packed.headers['content-encoding'], packed.headers.vary]).toEqual([encoding, 'accept-encoding'])
      expect(unpack[encoding](packed.body).equals(plain.body)).toBe(true)
      expect(packed.headers.etag).toBe(plain.headers.etag)
      expect(packed.body.length).toBeLessThan(plain.body.length / 3)
    })
  }

  const raw = (path: string, encoding: string) =>
    new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
      const call = request(
        server.url + path,
        { headers: { ...server.headers, 'accept-encoding': encoding } },
        response => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }))
        },
      )
      call.on('error', reject)
      call.end()
    })
})

describe('changing what one has read', () => {
  test('is done when nothing changed, and refused when something did', async () => {
    const { params, tagOf } = await madeRule('Versioned')
    const before = await tagOf()
    const headers = { 'if-match': before }
    const first = await server.call('updateGroupRule', { params, headers, body: rule('Versioned again') })
    expect(first.status).toBe(200)
    const second = await server.call('updateGroupRule', { params, headers, body: rule('Overwritten') })
    expect([second.status, second.json.code]).toEqual([412, 'changed_meanwhile'])
    expect((await server.call('removeGroupRule', { params, headers })).status).toBe(412)
    expect((await server.call('getGroupRule', { params })).json.name).toBe('Versioned again')
    expect((await server.call('removeGroupRule', { params, headers: { 'if-match': await tagOf() } })).status).toBe(200)
  })

  test('at the same time: one of those who read the same is done', async () => {
    const { params, tagOf } = await madeRule('Raced')
    const headers = { 'if-match': await tagOf() }
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_one, index) =>
        server.call('updateGroupRule', { params, headers, body: rule(`Raced ${index}`) }),
      ),
    )
    expect(answers.map(one => one.status).sort()).toEqual([200, 412, 412, 412, 412, 412])
  })

  test('* asks only that it is there', async () => {
    const { params } = await madeRule('Any version')
    const headers = { 'if-match': '*' }
    expect((await server.call('removeGroupRule', { params, headers })).status).toBe(200)
    expect((await server.call('removeGroupRule', { params, headers })).status).toBe(404)
  })

  const conditional = routes.filter(route => readOfSamePath(route) && route.role !== 'stranger')
  test('is understood wherever the same path can be read', () => {
    expect(conditional.map(route => route.operationId)).toEqual(
      expect.arrayContaining(['updateSource', 'removeSource', 'updateUser', 'updateGroupRule', 'setAssetOwner']),
    )
  })
  for (const { operationId } of conditional) {
    test(`${operationId} does nothing under another ETag`, async () => {
      const params = { id: 1 }
      const answer = await server.call(operationId, {
        params,
        headers: { 'if-match': '"other"' },
        ...bodyOf(operationId),
      })
      // 403: what a token may never do; 404: there is none; 400: the body comes first.
      expect([412, 404, 403, 400]).toContain(answer.status)
    })
  }
  const bodyOf = (operationId: string) => (/^(update|set|save|change)/.test(operationId) ? { body: {} } : {})
})
