import { request as httpRequest } from 'node:http'
import { createConnection } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { testImporter } from '../../test/support/importer.ts'
import { testMaintenance } from '../../test/support/maintenance.ts'
import { Problem } from '../contract/problem.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { createApi } from './server.ts'
import { startTestServer, type TestServer, testSealing } from './test-server.ts'

let server: TestServer
let port: number
beforeAll(async () => {
  server = await startTestServer({ allowedHosts: ['tenfold.internal'] })
  port = Number(new URL(server.url).port)
})
afterAll(() => server.stop())

interface Raw {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

/** fetch decides some headers by itself; this sends what it is given. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body?: string,
  to = port,
): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      { host: '127.0.0.1', port: to, path, method, headers: { ...server.headers, ...headers } },
      response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      },
    )
    call.on('error', reject)
    call.end(body)
  })
}
/** What the server says to bytes that no client would send. */
function spoken(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}
const problem = (answer: Raw) => Problem.parse(JSON.parse(answer.body.toString()))

describe('where it listens', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.10', 'example.com', '']) {
    test(`not on ${host || 'every address'}`, async () => {
      const db = await createTestDatabase()
      const api = await apiOver(db)
      await expect(api.start({ host, port: 0 })).rejects.toMatchObject({
        code: 'listen_not_loopback',
        message: expect.stringContaining('no account yet'),
      })
      await api.stop()
      await db.drop()
    })
  }
})

const apiOver = ({ database }: TestDatabase) =>
  createApi({
    database,
    engine: server.engine,
    sealing: testSealing,
    log: silentLog,
    clock: systemClock,
    version: '0.0.0',
    maintenance: testMaintenance(database),
    importer: testImporter(database),
  })

describe('who it answers', () => {
  test('other machines once there is an account: by address, and by no name but its own', async () => {
    const api = await apiOver(server.db)
    const { port: open } = await api.start({ host: '0.0.0.0', port: 0 })
    const statusOf = async (host: string) => (await raw('/livez', { host }, 'GET', undefined, open)).status
    expect(await statusOf('127.0.0.1')).toBe(200)
    expect(await statusOf(`10.1.2.3:${open}`)).toBe(200)
    expect(await statusOf(`[fd00::1]:${open}`)).toBe(200)
    expect(await statusOf('evil.example')).toBe(403)
    await api.stop()
  })

  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]', 'tenfold.internal']) {
    test(`calls to ${host}`, async () => {
      expect((await raw('/livez', { host })).status).toBe(200)
      expect((await raw('/livez', { host: `${host}:1234` })).status).toBe(200)
    })
  }
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1', '0.0.0.0']) {
    for (const path of ['/livez', '/api/tenable/assets', '/', '/nothing']) {
      test(`not ${path} of ${host}`, async () => {
        const answer = await raw(path, { host })
        expect([answer.status, problem(answer).code]).toEqual([403, 'foreign_host'])
      })
    }
  }

  test('not a call that names nobody', async () => {
    const answer = await spoken('GET /livez HTTP/1.0\r\n\r\n')
    expect(answer).toContain('403 Forbidden')
    expect(answer).toContain('foreign_host')
  })

  const own = () => `http://localhost:${port}`
  test('pages of its own', async () => {
    const host = `localhost:${port}`
    expect((await raw('/api/tenable/config', { host, origin: own() })).status).toBe(200)
    const stop = await raw('/api/tenable/sync/stop', { host, origin: own(), 'sec-fetch-site': 'same-origin' }, 'POST')
    expect(stop.status).toBe(200)
  })
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { origin: 'nonsense' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of foreign) {
    for (const [method, path] of [
      ['GET', '/api/tenable/assets'],
      ['POST', '/api/tenable/sync/stop'],
      ['OPTIONS', '/api/tenable/config'],
      ['DELETE', '/api/tenable/config/1'],
    ] as const) {
      test(`not ${method} ${path} of ${JSON.stringify(headers)}`, async () => {
        const answer = await raw(path, { host: `localhost:${port}`, ...headers }, method)
        expect([answer.status, problem(answer).code]).toEqual([403, 'foreign_origin'])
        expect(answer.headers['access-control-allow-origin']).toBeUndefined()
      })
    }
  }
})

describe('every answer', () => {
  const asked: [string, Record<string, string>?][] = [
    ['/livez'],
    ['/api/tenable/assets'],
    ['/api/tenable/assets?x=1'],
    ['/api/tenable/assets', { host: 'evil.example' }],
    ['/api/tenable/assets/%zz'],
    ['/nothing'],
    ['/docs/errors'],
  ]
  for (const [path, sent] of asked) {
    test(`of ${path} keeps other sites out ${JSON.stringify(sent ?? {})}`, async () => {
      const { headers } = await raw(path, sent)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      })
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe/)
    })
  }

  test('that did not change costs a line', async () => {
    const first = await raw('/api/tenable/assets?limit=5')
    const etag = String(first.headers.etag)
    expect(etag).toMatch(/^W\/"/)
    expect(first.headers['cache-control']).toBe('private, no-cache')
    const again = await raw('/api/tenable/assets?limit=5', { 'if-none-match': `"other", ${etag}` })
    expect([again.status, again.body.length]).toEqual([304, 0])
    expect((await raw('/api/tenable/assets?limit=4', { 'if-none-match': etag })).status).toBe(200)
  })

  test('is compressed for who can read that, files too', async () => {
    for (const path of ['/api/tenable/assets?limit=20', '/api/tenable/export/vulnerabilities?include=all']) {
      const plain = await raw(path)
      const packed = await raw(path, { 'accept-encoding': 'gzip' })
      expect(packed.headers['content-encoding']).toBe('gzip')
      expect(packed.body.length).toBeLessThan(plain.body.length / 2)
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true)
    }
  })

  test('to HEAD is that of GET without the body; a file is not made for it', async () => {
    const head = await raw('/api/tenable/assets?limit=1', {}, 'HEAD')
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect((await raw('/api/tenable/export/assets', {}, 'HEAD')).status).toBe(405)
  })
})

describe('what it does not understand', () => {
  const cases: [string, string, string, Record<string, string>, string | undefined, number, string][] = [
    ['an unknown path', 'GET', '/api/nothing', {}, undefined, 404, 'not_found'],
    ['a path outside', 'GET', '/../../etc/passwd', {}, undefined, 404, 'not_found'],
    ['an encoded path outside', 'GET', '/%2e%2e/%2e%2e/etc/passwd', {}, undefined, 404, 'not_found'],
    ['a broken escape', 'GET', '/api/tenable/assets/%zz', {}, undefined, 400, 'bad_request'],
    ['another method', 'PATCH', '/api/tenable/config/1', {}, undefined, 405, 'method_not_allowed'],
    [
      'a form',
      'POST',
      '/api/tenable/sync/stop',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'a=b',
      415,
      'not_json',
    ],
    ['plain text', 'POST', '/api/tenable/sync', { 'content-type': 'text/plain' }, '{}', 415, 'not_json'],
    ['broken JSON', 'POST', '/api/tenable/config', { 'content-type': 'application/json' }, '{"a":', 400, 'bad_json'],
    ['no JSON', 'POST', '/api/tenable/config', { 'content-type': 'application/json' }, '', 400, 'bad_json'],
    [
      'a poisoned prototype',
      'POST',
      '/api/tenable/config',
      { 'content-type': 'application/json' },
      '{"__proto__": {"x": 1}}',
      400,
      'bad_json',
    ],
    [
      'too much',
      'POST',
      '/api/tenable/config',
      { 'content-type': 'application/json' },
      `"${'x'.repeat(300_000)}"`,
      413,
      'body_too_large',
    ],
    ['a query twice', 'GET', '/api/tenable/assets?limit=1&limit=2', {}, undefined, 400, 'bad_request'],
    ['a list in JSON', 'POST', '/api/tenable/sync', { 'content-type': 'application/json' }, '[1]', 400, 'bad_request'],
    ['a NUL', 'GET', '/api/tenable/assets?q=%00', {}, undefined, 400, 'bad_request'],
    [
      'a date beyond the calendar',
      'GET',
      '/api/tenable/assets?last_seen_from=0000-01-01',
      {},
      undefined,
      400,
      'bad_request',
    ],
  ]
  for (const [name, method, path, headers, body, status, code] of cases) {
    test(`${name} is a problem of the caller, in its own words: ${code}`, async () => {
      const answer = await raw(path, headers, method, body)
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
      const said = problem(answer)
      expect([answer.status, said.code, said.status]).toEqual([status, code, status])
      expect(said.help).toBe(`/docs/errors#${code}`)
      expect(said.instance).toMatch(/^[0-9a-f]{12}$/)
    })
  }

  test('every key that is not known is named', async () => {
    const answer = await raw('/api/tenable/vulnerabilities?colour=red&severity=high,purple&limit=0')
    const fields = problem(answer).errors?.map(error => error.field)
    expect(fields).toEqual(expect.arrayContaining(['query.colour', 'query.severity.1', 'query.limit']))
  })

  test('the page of problems explains the codes it links to', async () => {
    const page = await raw('/docs/errors')
    expect(page.status).toBe(200)
    for (const code of ['bad_request', 'foreign_host', 'several_sources']) {
      expect(page.body.toString()).toContain(`id="${code}"`)
    }
  })

  test('something that is not HTTP is answered and let go', async () => {
    const answer = await spoken('NONSENSE\r\n\r\n')
    expect(answer).toContain('400 Bad Request')
  })
})

test('it stops while somebody reads events, and a second stop is fine', async () => {
  const other = await startTestServer({ isEmpty: true })
  const events = await other.fetch('/api/tenable/events')
  const reading = events.text().catch(() => 'cut')
  await other.stop()
  await reading
  await other.api.stop()
  await expect(fetch(`${other.url}/livez`)).rejects.toThrow()
})

test('a statement that takes longer than it may is given up, and the caller is told what to do', async () => {
  const hurried = await startTestServer({ statementTimeoutMs: 300 })
  try {
    await hurried.db.database.transaction(async connection => {
      await connection.query('lock table finding in access exclusive mode')
      const answer = await hurried.fetch('/api/tenable/vulnerabilities')
      expect(answer.status).toBe(503)
      const problem = Problem.parse(await answer.json())
      expect(problem).toMatchObject({ code: 'query_too_slow', help: '/docs/errors#query_too_slow' })
      expect(problem.detail).toContain('Narrow the filter')
    })
    expect((await hurried.fetch('/api/tenable/vulnerabilities')).status).toBe(200)
  } finally {
    await hurried.stop()
  }
})
