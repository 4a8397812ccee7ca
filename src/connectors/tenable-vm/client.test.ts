import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { SleeplessClock } from '../../../test/support/clocks.ts'
import { type Handler, html, json, startServer, type TestServer } from '../../../test/support/http-server.ts'
import { accessKey, connectorTo, never, secretKey } from '../../../test/support/tenable-vm.ts'
import { CancelledError, ConfigError, SourceError } from '../../platform/errors.ts'
import type { Connector } from '../connector.ts'
import type { TenableVmOptions, TraceEntry } from './index.ts'

const fixture = (name: string) => readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url))
const session = { container_uuid: 'c-1', permissions: 16 }

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function source(
  handler: Handler,
  options: Partial<TenableVmOptions> = {},
): Promise<{ server: TestServer; connector: Connector; traces: TraceEntry[] }> {
  const server = await startServer(handler)
  const traces: TraceEntry[] = []
  const connector = connectorTo(server.url, { trace: entry => traces.push(entry), ...options })
  open.push(server, connector)
  return { server, connector, traces }
}

async function failure(work: Promise<unknown>): Promise<SourceError> {
  try {
    await work
  } catch (thrown) {
    if (thrown instanceof SourceError) return thrown
    throw thrown
  }
  throw new Error('It did not fail.')
}

/** Answers the given statuses first, then the session. */
function faultsFirst(...faults: ((response: Parameters<Handler>[1]) => void)[]): Handler {
  let next = 0
  return (_request, response) => {
    const fault = faults[next++]
    if (fault) fault(response)
    else json(response, session)
  }
}

describe('every request', () => {
  test('carries the keys, our name, and asks for compression', async () => {
    const { server, connector } = await source((_request, response) => json(response, session))
    await connector.identify(never)
    expect(server.requests[0]?.headers).toMatchObject({
      'x-apikeys': `accessKey=${accessKey};secretKey=${secretKey}`,
      'user-agent': 'Integration/1.0 (Tenfold; Tenfold; Build/test)',
      'accept-encoding': 'gzip',
    })
  })

  test('goes through the limiter', async () => {
    let permits = 0
    const limiter = { acquire: async () => void permits++, pause: () => {} }
    const { connector } = await source(
      faultsFirst(response => json(response, {}, 502)),
      { limiter },
    )
    await connector.identify(never)
    expect(permits).toBe(2)
  })

  test('is traced with its request id and size, without a key', async () => {
    const { connector, traces } = await source((_request, response) =>
      json(response, session, 200, { 'x-request-uuid': 'f'.repeat(32) }),
    )
    await connector.identify(never)
    expect(traces).toHaveLength(1)
    expect(traces[0]).toMatchObject({
      method: 'GET',
      path: '/session',
      status: 200,
      requestUuid: 'f'.repeat(32),
      attempt: 1,
      error: null,
    })
    expect(traces[0]?.bytes).toBeGreaterThan(0)
    expect(JSON.stringify(traces)).not.toContain(accessKey)
  })

  test('keeps the path of a base URL and forgives its slash', async () => {
    const server = await startServer((_request, response) => json(response, session))
    const connector = connectorTo(`${server.url}/tenable/`)
    open.push(server, connector)
    await connector.identify(never)
    expect(server.requests[0]?.path).toBe('/tenable/session')
  })
})

describe('refusals', () => {
  const cases = [
    {
      name: 'the gateway',
      status: 401,
      body: { statusCode: 401, error: 'Unauthorized', message: 'Invalid credentials.' },
      code: 'bad_credentials',
      says: 'Invalid credentials.',
    },
    {
      name: 'a classic service',
      status: 403,
      body: { error: 'You are not authorized to perform this request' },
      code: 'forbidden',
      says: 'not authorized',
    },
    {
      name: 'the asset service',
      status: 400,
      body: { status: 400, message: 'Export UUID is invalid' },
      code: 'bad_request',
      says: 'Export UUID is invalid',
    },
    {
      name: 'list filters',
      status: 400,
      body: { errors: [{ property: 'f', rule: 'invalidvalue', message: 'bad value' }], error: 'Bad filter' },
      code: 'bad_request',
      says: 'Bad filter; f: bad value',
    },
    {
      name: 'workbenches',
      status: 400,
      body: { error: 'Invalid filter', type: 'invalid_filter_value', filter_name: 'severity', reason: 'no such value' },
      code: 'bad_request',
      says: 'filter severity; no such value',
    },
    {
      name: 'JSON inside JSON',
      status: 400,
      body: { error: '{"error":"Unknown policy ID: 28."}' },
      code: 'bad_request',
      says: 'Unknown policy ID: 28.',
    },
  ]
  for (const { name, status, body, code, says } of cases) {
    test(`of ${name} are quoted, with code and request id, and not repeated`, async () => {
      const { server, connector } = await source((_request, response) => {
        json(response, body, status, { 'x-request-uuid': 'abc' })
      })
      // /session falls back to /server/properties when forbidden: two paths, one request each.
      const error = await failure(connector.identify(never))
      expect(error).toMatchObject({ code, retry: 'never', status })
      expect(error.message).toContain(says)
      expect(error.context).toMatchObject({ request_uuid: 'abc', status })
      expect(new Set(server.requests.map(({ path }) => path)).size).toBe(server.requests.length)
    })
  }

  test('with an empty body', async () => {
    const { connector } = await source((_request, response) => void response.writeHead(403).end())
    expect(await failure(connector.identify(never))).toMatchObject({ code: 'forbidden' })
  })

  test('413 names the remedy', async () => {
    const { connector } = await source((_request, response) => html(response, 413))
    const error = await failure(connector.identify(never))
    expect(error.code).toBe('payload_too_large')
    expect(error.message).toContain('smaller chunks')
  })

  test('no error, however printed, holds a key', async () => {
    const { connector } = await source((_request, response) => html(response, 403))
    const error = await failure(connector.identify(never))
    for (const text of [inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), error.stack ?? '']) {
      expect(text).not.toContain(accessKey)
      expect(text).not.toContain(secretKey)
    }
  })
})

describe('faults that pass', () => {
  test('429 with a web page: waits what it says, makes everybody wait, and marks the retry', async () => {
    const clock = new SleeplessClock()
    const pauses: number[] = []
    const limiter = { acquire: () => Promise.resolve(), pause: (ms: number) => void pauses.push(ms) }
    const handler = faultsFirst(response => html(response, 429, { 'retry-after': '30', 'x-request-uuid': 'first' }))
    const { server, connector } = await source(handler, { clock, limiter })
    await connector.identify(never)
    expect(pauses).toEqual([30_000])
    expect(clock.slept).toEqual([30_000])
    expect(server.requests[1]?.headers).toMatchObject({ 'x-tio-retry-count': '1', 'x-tio-last-request-uuid': 'first' })
  })

  for (const status of [420, 500, 501, 502, 503, 504]) {
    test(`${status} is tried again`, async () => {
      const { connector } = await source(
        faultsFirst(
          response => json(response, { error: 'x' }, status),
          response => html(response, status),
        ),
      )
      expect(await connector.identify(never)).toMatchObject({ fingerprint: 'c-1' })
    })
  }

  test('a reset is tried again', async () => {
    const { connector } = await source(faultsFirst(response => response.socket?.destroy()))
    expect(await connector.identify(never)).toMatchObject({ fingerprint: 'c-1' })
  })

  test('an answer cut short is tried again', async () => {
    const { connector } = await source(faultsFirst(response => response.writeHead(200).end('{"container_uuid":')))
    expect(await connector.identify(never)).toMatchObject({ fingerprint: 'c-1' })
  })

  test('that do not pass come out as what they are, after the attempts', async () => {
    const { server, connector } = await source((_request, response) => json(response, { error: 'x' }, 503))
    expect(await failure(connector.identify(never))).toMatchObject({
      code: 'server_error',
      retry: 'later',
      status: 503,
    })
    expect(server.requests).toHaveLength(4)
  })
})

describe('an address that is wrong', () => {
  test('a web page with 200 is told at once', async () => {
    const { server, connector } = await source((_request, response) => html(response, 200))
    const error = await failure(connector.identify(never))
    expect(error.code).toBe('not_json')
    expect(error.message).toContain('base URL')
    expect(server.requests).toHaveLength(1)
  })

  test('a redirect is not followed, so that the key goes nowhere else', async () => {
    const { connector } = await source(
      (_request, response) => void response.writeHead(302, { location: 'https://elsewhere.example/' }).end(),
    )
    const error = await failure(connector.identify(never))
    expect(error).toMatchObject({ code: 'redirected', retry: 'never' })
    expect(error.message).toContain('https://elsewhere.example/')
  })

  test('a name that does not exist', async () => {
    const connector = connectorTo('http://tenable.invalid', { retry: { maxAttempts: 1, delayMs: 1 } })
    open.push(connector)
    const error = await failure(connector.identify(never))
    expect(error.code).toBe('unreachable')
    expect(error.message).toContain('tenable.invalid')
  })

  test('a port where nobody listens', async () => {
    const { server, connector } = await source(() => {})
    await server.close()
    expect(await failure(connector.identify(never))).toMatchObject({ code: 'unreachable', retry: 'later' })
  })

  for (const baseUrl of ['cloud.tenable.com', 'ftp://cloud.tenable.com', 'https://user:pass@cloud.tenable.com']) {
    test(`${baseUrl} is no base URL`, () => expect(() => connectorTo(baseUrl)).toThrow(ConfigError))
  }
})

describe('TLS and proxies', () => {
  const tls = { key: fixture('tls/localhost.key'), cert: fixture('tls/localhost.crt') }

  test('a certificate nobody trusts', async () => {
    const server = await startServer((_request, response) => json(response, session), tls)
    const connector = connectorTo(server.url)
    open.push(server, connector)
    const error = await failure(connector.identify(never))
    expect(error).toMatchObject({ code: 'tls_error', retry: 'never' })
    expect(server.requests).toHaveLength(0)
  })

  test('is trusted when its CA is given', async () => {
    const server = await startServer((_request, response) => json(response, session), tls)
    const connector = connectorTo(server.url, { caPem: tls.cert.toString() })
    open.push(server, connector)
    expect(await connector.identify(never)).toMatchObject({ fingerprint: 'c-1' })
  })

  async function proxy(status: number): Promise<{ url: string; tunnels: string[] }> {
    const tunnels: string[] = []
    const server = createServer()
    server.on('connect', (request, socket) => {
      tunnels.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
      if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
      const [host, port] = (request.url ?? '').split(':')
      const upstream = connect(Number(port), host === 'localhost' ? '127.0.0.1' : host!, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      for (const end of [upstream, socket]) end.on('error', () => {})
      socket.on('close', () => upstream.destroy())
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    open.push({
      close: () =>
        new Promise(resolve => {
          server.close(() => resolve())
          server.closeAllConnections()
        }),
    })
    return { url: `http://me:secret@127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels }
  }

  test('a proxy carries the connection, TLS included', async () => {
    const server = await startServer((_request, response) => json(response, session), tls)
    const { url, tunnels } = await proxy(200)
    const connector = connectorTo(server.url, { caPem: tls.cert.toString(), proxyUrl: url })
    open.push(server, connector)
    expect(await connector.identify(never)).toMatchObject({ fingerprint: 'c-1' })
    expect(tunnels).toEqual([`localhost:${server.port} Basic ${Buffer.from('me:secret').toString('base64')}`])
  })

  test('a proxy that refuses is named', async () => {
    const { url } = await proxy(407)
    const connector = connectorTo('https://localhost:9', { proxyUrl: url })
    open.push(connector)
    const error = await failure(connector.identify(never))
    expect(error.code).toBe('unreachable')
    expect(error.message).toContain('407')
  })
})

describe('time', () => {
  test('no answer in time', async () => {
    const { connector } = await source(() => {}, {
      timeouts: { headersMs: 100 },
      retry: { maxAttempts: 1, delayMs: 1 },
    })
    expect(await failure(connector.identify(never))).toMatchObject({ code: 'timeout', retry: 'later' })
  })

  test('an answer that stops in the middle', async () => {
    const { connector } = await source((_request, response) => void response.writeHead(200).write('{"a":'), {
      timeouts: { bodyIdleMs: 100 },
      retry: { maxAttempts: 1, delayMs: 1 },
    })
    expect(await failure(connector.identify(never))).toMatchObject({ code: 'timeout', retry: 'now' })
  })

  test('an abort ends a request under way, promptly', async () => {
    const { connector } = await source(() => {})
    const abort = new AbortController()
    const work = connector.identify(abort.signal)
    setTimeout(() => abort.abort(), 20)
    await expect(work).rejects.toBeInstanceOf(CancelledError)
  })

  test('an abort ends the wait between attempts', async () => {
    const { connector } = await source((_request, response) => html(response, 429, { 'retry-after': '3000' }))
    const abort = new AbortController()
    const work = connector.identify(abort.signal)
    setTimeout(() => abort.abort(), 50)
    await expect(work).rejects.toBeInstanceOf(CancelledError)
  })
})
