import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { html, json, startServer, type TestServer } from '../../../test/support/http-server.ts'
import { chunkPart, connectorTo, never, opened } from '../../../test/support/tenable-vm.ts'
import type { Finding } from '../../domain/finding.ts'
import { CancelledError, SourceError } from '../../platform/errors.ts'
import type { Batch, Connector, FindingBatch } from '../connector.ts'
import type { TenableVmOptions } from './index.ts'

const fixture = (name: string) => readFileSync(new URL(`../../../test/fixtures/tenable-vm/${name}`, import.meta.url))
const findingsChunk = fixture('vulns-export.chunk.344-findings.json')
const assetsChunk = fixture('assets-export.chunk.100-assets.json')

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

type Answer = (response: ServerResponse) => void | Promise<void>

/** A source whose chunk is answered by each in turn, by the last for ever. */
async function chunks(
  answers: readonly Answer[],
  options: Partial<TenableVmOptions> = {},
): Promise<{ server: TestServer; connector: Connector }> {
  let turn = 0
  const server = await startServer((_request, response) => answers[Math.min(turn++, answers.length - 1)]!(response))
  const connector = connectorTo(server.url, options)
  open.push(server, connector)
  return { server, connector }
}

const raw =
  (body: Buffer | string): Answer =>
  response =>
    void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(body)
const gzipped =
  (body: Buffer | string): Answer =>
  response =>
    void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body))

const rows = (batches: readonly Batch[]) => batches.flatMap<unknown>(batch => batch.rows)
const findings = (batches: readonly Batch[]) => (batches as FindingBatch[]).flatMap(batch => batch.rows)
const rejected = (batches: readonly Batch[]) => batches.flatMap(batch => batch.rejected)
const issues = (batches: readonly Batch[]) => batches.flatMap(batch => batch.issues)

async function failure(work: Promise<unknown>): Promise<SourceError> {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof SourceError) return thrown
    throw thrown
  }
  throw new Error('It did not fail.')
}

const finding = (n: number, more: object = {}) => ({
  asset: { uuid: `asset-${n % 3}`, hostname: `host-${n % 3}`, tracked: true },
  output: `output ${n}`,
  plugin: { id: 1000 + (n % 5), name: `plugin ${n % 5}` },
  port: { port: n, protocol: 'TCP' },
  scan: { uuid: 'scan-1' },
  severity: 'info',
  severity_id: 0,
  state: 'OPEN',
  ...more,
})

describe('the recorded chunks arrive whole', () => {
  for (const [name, answer] of [
    ['as they were sent', raw(findingsChunk)],
    ['compressed', gzipped(findingsChunk)],
    ['compressed without saying so', raw(gzipSync(findingsChunk))],
    [
      'said to be compressed though a proxy undid it',
      ((response: ServerResponse) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(findingsChunk)) as Answer,
    ],
    [
      'with a byte order mark, spread over lines',
      raw(`\ufeff${JSON.stringify(JSON.parse(findingsChunk.toString()), null, 2)}`),
    ],
  ] as const) {
    test(`344 findings, ${name}`, async () => {
      const { connector } = await chunks([answer])
      const batches = await opened(connector, chunkPart('findings'))
      expect(findings(batches)).toHaveLength(344)
      expect(rejected(batches)).toEqual([])
      expect(issues(batches)).toEqual([])
      const keys = findings(batches).map(row => `${row.assetNativeId} ${row.pluginId} ${row.port} ${row.protocol}`)
      expect(new Set(keys).size).toBe(344)
    })
  }

  test('100 assets', async () => {
    const { connector } = await chunks([gzipped(assetsChunk)])
    const batches = await opened(connector, chunkPart('assets'))
    expect(rows(batches)).toHaveLength(100)
    expect(rejected(batches)).toEqual([])
    expect(batches.reduce((sum, batch) => sum + batch.bytes, 0)).toBe(assetsChunk.length)
  })

  test('a page of plugins', async () => {
    const { connector } = await chunks([gzipped(fixture('plugins.page-1.json'))])
    const part = { ...chunkPart('plugins'), detail: { path: '/plugins/plugin?page=1&size=10' } }
    expect(rows(await opened(connector, part))).toHaveLength(10)
  })

  test('the path is made of export and chunk', async () => {
    const { server, connector } = await chunks([raw('[]')])
    await opened(connector, chunkPart('findings', 7, 'e-1'))
    await opened(connector, chunkPart('assets', 8, 'e-2'))
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/vulns/export/e-1/chunks/7',
      '/assets/export/e-2/chunks/8',
    ])
  })
})

describe('an empty chunk', () => {
  for (const body of ['[]', 'null', ' [ ] \n']) {
    test(`${JSON.stringify(body)} has no rows`, async () => {
      const { connector } = await chunks([raw(body)])
      expect(await opened(connector, chunkPart('findings'))).toEqual([])
    })
  }
})

describe('a broken answer is asked again, and told when it stays', () => {
  const whole = raw(JSON.stringify([finding(1), finding(2)]))
  const text = JSON.stringify([finding(1), finding(2)])
  const cases: readonly { readonly name: string; readonly answer: Answer; readonly code: string }[] = [
    { name: 'a truncated array', answer: raw(text.slice(0, -40)), code: 'truncated_body' },
    { name: 'an empty body', answer: raw(''), code: 'truncated_body' },
    {
      name: 'truncated compression',
      answer: response =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text).subarray(0, 60)),
      code: 'truncated_body',
    },
    {
      name: 'damaged compression',
      answer: response => {
        const bytes = gzipSync(text)
        bytes.fill(0xff, 20, 40)
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes)
      },
      code: 'truncated_body',
    },
    {
      name: 'a reset in the middle',
      answer: response => {
        response.writeHead(200, { 'content-length': String(text.length) }).write(text.slice(0, 50))
        setTimeout(() => response.socket?.destroy(), 10)
      },
      code: 'truncated_body',
    },
    { name: 'a web page', answer: response => html(response, 200), code: 'not_json' },
    { name: 'an error object with 200', answer: raw('{"error":"Chunk does not exist"}'), code: 'not_json' },
    {
      name: 'not ready yet (400)',
      answer: response => json(response, { error: 'Chunk not ready' }, 400),
      code: 'chunk_not_ready',
    },
  ]
  for (const { name, answer, code } of cases) {
    test(`${name}, once`, async () => {
      const { server, connector } = await chunks([answer, whole])
      expect(rows(await opened(connector, chunkPart('findings')))).toHaveLength(2)
      expect(server.requests).toHaveLength(2)
    })

    test(`${name}, always`, async () => {
      const { server, connector } = await chunks([answer])
      expect(await failure(opened(connector, chunkPart('findings')))).toMatchObject({ code })
      expect(server.requests.length).toBeLessThanOrEqual(4)
    })
  }

  test('but not after rows were handed out: the reader undoes them', async () => {
    const many = JSON.stringify(Array.from({ length: 3_000 }, (_, n) => finding(n)))
    const { server, connector } = await chunks([
      response => {
        response.writeHead(200).write(many.slice(0, many.length - 100))
        setTimeout(() => response.socket?.destroy(), 50)
      },
    ])
    const batches: Batch[] = []
    const work = (async () => {
      for await (const batch of connector.open(chunkPart('findings'), never)) batches.push(batch)
    })()
    expect(await failure(work)).toMatchObject({ code: 'truncated_body', retry: 'now' })
    expect(rows(batches).length).toBeGreaterThanOrEqual(2_000)
    expect(server.requests).toHaveLength(1)
  })
})

describe('a chunk that is gone', () => {
  for (const [stream, body] of [
    ['findings', { error: 'Chunk does not exist' }],
    ['assets', { status: 404, message: 'Export expired or not found' }],
  ] as const) {
    test(`of ${stream} is expired, and asked for once`, async () => {
      const { server, connector } = await chunks([response => json(response, body, 404)])
      const error = await failure(opened(connector, chunkPart(stream)))
      expect(error).toMatchObject({ code: 'export_expired', retry: 'later' })
      expect(error.message).toContain('export-1')
      expect(server.requests).toHaveLength(1)
    })
  }

  test('a key that was revoked is told, and tried once', async () => {
    const { server, connector } = await chunks([response => json(response, { message: 'Invalid credentials.' }, 401)])
    expect(await failure(opened(connector, chunkPart('findings')))).toMatchObject({
      code: 'bad_credentials',
      retry: 'never',
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('records that cannot be read', () => {
  const cases: readonly { readonly name: string; readonly text: string; readonly reason: string }[] = [
    { name: 'broken JSON', text: '{"asset":{"uuid":"a","hostname":oops}}', reason: 'not valid JSON' },
    { name: 'a number', text: '42', reason: 'not an object' },
    { name: 'null', text: 'null', reason: 'not an object' },
    { name: 'a list', text: '[{"a":1}]', reason: 'not an object' },
    { name: 'no asset', text: JSON.stringify({ ...finding(9), asset: undefined }), reason: 'no asset' },
    { name: 'no asset id', text: JSON.stringify({ ...finding(9), asset: { hostname: 'x' } }), reason: 'no usable id' },
    { name: 'no plugin', text: JSON.stringify({ ...finding(9), plugin: null }), reason: 'no plugin' },
    { name: 'no plugin id', text: JSON.stringify({ ...finding(9), plugin: { id: 'abc' } }), reason: 'no usable id' },
    { name: 'no state', text: JSON.stringify({ ...finding(9), state: undefined }), reason: 'no state' },
    { name: 'an unknown state', text: JSON.stringify({ ...finding(9), state: 'SNOOZED' }), reason: 'SNOOZED' },
    {
      name: 'an unknown severity',
      text: JSON.stringify({ ...finding(9), severity: 'odd', severity_id: 9 }),
      reason: 'odd',
    },
    {
      name: 'a port that is no number',
      text: JSON.stringify({ ...finding(9), port: { port: 'http', protocol: 'TCP' } }),
      reason: 'http',
    },
  ]
  for (const { name, text, reason } of cases) {
    test(`${name}: set aside whole with the reason, the rest goes on`, async () => {
      const around = [1, 2, 3, 4].map(n => JSON.stringify(finding(n)))
      const { connector } = await chunks([raw(`[${around[0]},${around[1]},${text},${around[2]},${around[3]}]`)])
      const batches = await opened(connector, chunkPart('findings'))
      expect(findings(batches).map(row => row.port)).toEqual([1, 2, 3, 4])
      expect(rejected(batches)).toEqual([{ reason: expect.stringContaining(reason), raw: text }])
    })
  }

  test('a giant one is kept in part', async () => {
    const text = `{"output":"${'x'.repeat(200_000)}"}`
    const { connector } = await chunks([raw(`[${JSON.stringify(finding(1))},${text}]`)])
    const [kept] = rejected(await opened(connector, chunkPart('findings')))
    expect(kept?.raw).toHaveLength(65_536)
  })
})

describe('what is only odd is kept and noted', () => {
  async function one(more: object): Promise<{ row: Finding; problems: string[] }> {
    const { connector } = await chunks([raw(JSON.stringify([finding(1, more)]))])
    const batches = await opened(connector, chunkPart('findings'))
    expect(rejected(batches)).toEqual([])
    return { row: findings(batches)[0]!, problems: issues(batches).map(({ field }) => field) }
  }

  test('an impossible date', async () => {
    const { row, problems } = await one({ first_found: '2018-02-31T22:27:52.869Z' })
    expect(row).toMatchObject({ firstFound: null, extra: { first_found: '2018-02-31T22:27:52.869Z' } })
    expect(problems).toEqual(['first_found'])
  })

  test('severity and its id disagree', async () => {
    const { row, problems } = await one({ severity: 'high', severity_id: 1 })
    expect(row).toMatchObject({ severity: 'high', extra: { severity_id: 1 } })
    expect(problems).toEqual(['severity_id'])
  })

  test('no port at all', async () => {
    const { row, problems } = await one({ port: undefined })
    expect(row).toMatchObject({ port: 0, protocol: 'unknown' })
    expect(problems).toEqual(['port'])
  })

  test('no protocol', async () => {
    const { row, problems } = await one({ port: { port: 443 } })
    expect(row).toMatchObject({ port: 443, protocol: 'unknown' })
    expect(problems).toEqual(['port.protocol'])
  })

  test('a port there is none of', async () => {
    const { row, problems } = await one({ port: { port: -1, protocol: 'TCP' } })
    expect(row).toMatchObject({ port: -1, protocol: 'tcp' })
    expect(problems).toEqual(['port.port'])
  })

  test('NUL, half a surrogate pair, and bytes that are no UTF-8', async () => {
    const text = JSON.stringify([finding(1, { output: 'MARK' })]).replace('MARK', 'a\\u0000b\\ud83dc')
    const bytes = Buffer.concat([
      Buffer.from(text.slice(0, text.indexOf('c","plugin'))),
      Buffer.from([0xff]),
      Buffer.from(text.slice(text.indexOf('c","plugin'))),
    ])
    const { connector } = await chunks([raw(bytes)])
    const batches = await opened(connector, chunkPart('findings'))
    expect(findings(batches)[0]?.output).toBe('a\ufffdb\ufffd\ufffdc')
    expect(issues(batches)).toHaveLength(3)
    expect(new Set(issues(batches).map(({ record }) => record))).toEqual(new Set(['asset-1 plugin 1001 1/tcp']))
  })

  test("a plugin's oddity is noted once in a part, for each part", async () => {
    const odd = { plugin: { id: 5, modification_date: 'yesterday' } }
    const text = JSON.stringify([1, 2, 3, 4, 5].map(n => finding(n, odd)))
    const { connector } = await chunks([raw(text)])
    await opened(connector, chunkPart('findings', 1))
    for (const chunk of [2, 3]) {
      expect(issues(await opened(connector, chunkPart('findings', chunk)))).toMatchObject([
        { field: 'modification_date', record: 'plugin 5' },
      ])
    }
  })

  test('bytes behind the array', async () => {
    const { connector } = await chunks([raw(`${JSON.stringify([finding(1)])} garbage`)])
    const batches = await opened(connector, chunkPart('findings'))
    expect(findings(batches)).toHaveLength(1)
    expect(rejected(batches)).toEqual([{ reason: expect.stringContaining('after the end'), raw: 'garbage' }])
  })
})

describe('large chunks', () => {
  test('come in batches of bounded size', async () => {
    const text = JSON.stringify(Array.from({ length: 9_000 }, (_, n) => finding(n)))
    const { connector } = await chunks([gzipped(text)])
    const batches = await opened(connector, chunkPart('findings'))
    expect(findings(batches)).toHaveLength(9_000)
    expect(batches.length).toBeGreaterThan(2)
    expect(Math.max(...batches.map(batch => batch.rows.length))).toBeLessThan(4_000)
    expect(batches.reduce((sum, batch) => sum + batch.bytes, 0)).toBe(text.length)
  })

  test('with outputs of a megabyte too', async () => {
    const output = 'ü\n'.repeat(400_000)
    const text = JSON.stringify(Array.from({ length: 30 }, (_, n) => finding(n, { output })))
    const { connector } = await chunks([gzipped(text)])
    const batches = await opened(connector, chunkPart('findings'))
    expect(findings(batches).every(row => row.output === output)).toBe(true)
    expect(batches.length).toBeGreaterThan(2)
  })

  test('equal plugins and assets are the same object, in every chunk', async () => {
    const text = JSON.stringify(Array.from({ length: 100 }, (_, n) => finding(n)))
    const { connector } = await chunks([raw(text)])
    await opened(connector, chunkPart('findings', 1))
    const second = findings(await opened(connector, chunkPart('findings', 2)))
    const third = findings(await opened(connector, chunkPart('findings', 3)))
    expect(new Set([...second, ...third].map(row => row.plugin)).size).toBe(5)
    expect(new Set([...second, ...third].map(row => row.asset)).size).toBe(3)
  })
})

describe('time and stopping', () => {
  test('an answer that drips but goes on is read', async () => {
    const text = JSON.stringify([finding(1), finding(2)])
    const drip: Answer = async response => {
      response.writeHead(200)
      for (let at = 0; at < text.length; at += 50) {
        response.write(text.slice(at, at + 50))
        await delay(5)
      }
      response.end()
    }
    const { connector } = await chunks([drip])
    expect(findings(await opened(connector, chunkPart('findings')))).toHaveLength(2)
  })

  test('an answer that drips too slowly ever to be whole is given up', async () => {
    const endless: Answer = async response => {
      response.writeHead(200).write('[')
      while (!response.destroyed) {
        response.write(' ')
        await delay(20)
      }
    }
    const { server, connector } = await chunks([endless], { stuckAfterMinutes: 0.005 })
    await expect(opened(connector, chunkPart('findings'))).rejects.toMatchObject({
      code: 'answer_too_slow',
      retry: 'never',
      message: expect.stringContaining('TENABLE_EXPORT_TIMEOUT_MINUTES'),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('an answer that stops is given up and asked again', async () => {
    const whole = raw(JSON.stringify([finding(1)]))
    const stall: Answer = response => void response.writeHead(200).write('[{"asset"')
    const { server, connector } = await chunks([stall, whole], { timeouts: { bodyIdleMs: 100 } })
    expect(findings(await opened(connector, chunkPart('findings')))).toHaveLength(1)
    expect(server.requests).toHaveLength(2)
  })

  test('a slow reader is no reason to give up', async () => {
    const text = JSON.stringify(Array.from({ length: 8_000 }, (_, n) => finding(n, { output: 'x'.repeat(1000) })))
    const { connector } = await chunks([raw(text)], { timeouts: { bodyIdleMs: 100 } })
    let count = 0
    for await (const batch of connector.open(chunkPart('findings'), never)) {
      count += batch.rows.length
      await delay(400)
    }
    expect(count).toBe(8_000)
  })

  test('an abort ends the reading, promptly', async () => {
    const { connector } = await chunks([response => void response.writeHead(200).write('[')])
    const abort = new AbortController()
    const work = opened(connector, chunkPart('findings'), abort.signal)
    setTimeout(() => abort.abort(), 50)
    await expect(work).rejects.toBeInstanceOf(CancelledError)
  })

  test('a reader that stops early lets go of the connection', async () => {
    const text = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => finding(n)))
    let isClosed = false
    const { connector } = await chunks([
      response => {
        response.on('close', () => {
          isClosed = !response.writableFinished
        })
        response.writeHead(200).write(text)
      },
    ])
    for await (const batch of connector.open(chunkPart('findings'), never)) if (batch.rows.length > 0) break
    await expect.poll(() => isClosed).toBe(true)
  })
})
