import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fault, type Simulator, startSimulator } from './index.ts'
import { everything, type JobStatusAnswer, type NaiveClient, naiveClient } from './naive-client.ts'

let simulator: Simulator
let client: NaiveClient

beforeEach(async () => {
  simulator = await startSimulator({ assets: 260, findings: 900, jobPace: { queuedPolls: 0, chunksPerPoll: 1000 } })
  client = naiveClient(simulator)
})
afterEach(() => simulator.stop())

const anyChunk = '/vulns/export/*/chunks/*'
const fault = (path: string, action: Fault['do'], on: Partial<Fault['on']> = {}) =>
  simulator.control.addFaults({ on: { path, ...on }, do: action })

async function firstChunk(headers: Record<string, string> = {}) {
  const { export_uuid } = await client.post<{ export_uuid: string }>('/vulns/export', everything)
  const { chunks_available } = await client.get<JobStatusAnswer>(`/vulns/export/${export_uuid}/status`)
  return client.call('GET', `/vulns/export/${export_uuid}/chunks/${chunks_available![0]}`, undefined, headers)
}

describe('when a fault fires', () => {
  const seen = async (count: number) => {
    const statuses: number[] = []
    for (let n = 0; n < count; n++) statuses.push((await client.call('GET', '/server/status')).status)
    return statuses
  }
  const cases: readonly { name: string; on: Partial<Fault['on']>; statuses: number[] }[] = [
    { name: 'always', on: {}, statuses: [503, 503, 503] },
    { name: 'a number of times', on: { times: 2 }, statuses: [503, 503, 200, 200] },
    { name: 'the third time only', on: { nth: 3 }, statuses: [200, 200, 503, 200] },
    { name: 'from the second time on, twice', on: { nth: 2, times: 2 }, statuses: [200, 503, 503, 200] },
    { name: 'for another method', on: { method: 'POST' }, statuses: [200, 200] },
    { name: 'never, by chance', on: { probability: 0 }, statuses: [200, 200] },
  ]
  for (const { name, on, statuses } of cases) {
    test(name, async () => {
      fault('/server/*', { kind: 'status', status: 503 }, on)
      expect(await seen(statuses.length)).toEqual(statuses)
    })
  }

  test('by chance, it is the same chance each time', async () => {
    const draw = async () => {
      const own = await startSimulator({
        assets: 20,
        faults: [{ on: { path: '/server/status', probability: 0.5 }, do: { kind: 'status', status: 502 } }],
      })
      const ownClient = naiveClient(own)
      const statuses: number[] = []
      for (let n = 0; n < 20; n++) statuses.push((await ownClient.call('GET', '/server/status')).status)
      await own.stop()
      return statuses
    }
    const first = await draw()
    expect(new Set(first)).toEqual(new Set([200, 502]))
    expect(await draw()).toEqual(first)
  })

  test('a fault with a known id takes the place of the old one', async () => {
    simulator.control.addFaults({ id: 'a', on: { path: '/server/status' }, do: { kind: 'status', status: 500 } })
    simulator.control.addFaults({ id: 'a', on: { path: '/server/status' }, do: { kind: 'status', status: 504 } })
    expect(await seen(1)).toEqual([504])
    simulator.control.clearFaults()
    expect(await seen(1)).toEqual([200])
  })
})

test('429 is a page with a retry-after, and no JSON', async () => {
  fault('/server/status', { kind: 'status', status: 429, retryAfter: 7 })
  const { status, headers, text } = await client.call('GET', '/server/status')
  expect([status, headers.get('retry-after'), headers.get('content-type')]).toEqual([429, '7', 'text/html'])
  expect(() => JSON.parse(text) as unknown).toThrow()
  expect(text.length).toBeGreaterThan(400)
})

for (const status of [500, 501, 502, 503, 504] as const) {
  test(`${status} carries the vendor’s JSON`, async () => {
    fault('/server/status', { kind: 'status', status })
    const answer = await client.call('GET', '/server/status')
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ statusCode: status })
  })
}

for (const encoding of ['gzip', 'identity']) {
  const headers = { 'accept-encoding': encoding }

  test(`a connection reset before the answer is an error (${encoding})`, async () => {
    fault(anyChunk, { kind: 'reset' })
    await expect(firstChunk(headers)).rejects.toThrow()
  })

  test(`a connection reset in the body is an error (${encoding})`, async () => {
    fault(anyChunk, { kind: 'reset', when: 'mid', afterBytes: 5000 })
    await expect(firstChunk(headers)).rejects.toThrow()
  })

  test(`a truncated body ends in good order and is no JSON (${encoding})`, async () => {
    fault(anyChunk, { kind: 'truncate', afterBytes: 5000 })
    const { status, text } = await firstChunk(headers)
    expect([status, Buffer.byteLength(text)]).toEqual([200, 5000])
    expect(() => JSON.parse(text) as unknown).toThrow()
  })
}

const bodies = { empty: '', null: 'null', 'empty-array': '[]' } as const
for (const [body, expected] of Object.entries(bodies)) {
  test(`a chunk may be ${body}`, async () => {
    fault(anyChunk, { kind: 'body', body: body as keyof typeof bodies })
    const { status, text } = await firstChunk()
    expect([status, text]).toEqual([200, expected])
  })
}

test('a chunk may be a page with 200', async () => {
  fault(anyChunk, { kind: 'body', body: 'html' })
  const { status, headers, text } = await firstChunk()
  expect([status, headers.get('content-type'), text.slice(0, 6)]).toEqual([200, 'text/html', '<html>'])
})

test('a body can drip', async () => {
  fault('/server/properties', { kind: 'drip', bytes: 400, everyMs: 20 })
  const before = performance.now()
  const { status } = await client.call('GET', '/server/properties')
  expect(status).toBe(200)
  expect(performance.now() - before).toBeGreaterThan(40)
})

test('a stalled request is never answered, and stop ends it', async () => {
  fault('/server/status', { kind: 'stall' })
  const stalled = client.call('GET', '/server/status')
  const outcome = await Promise.race([
    stalled.then(() => 'answered'),
    new Promise(resolve => setTimeout(resolve, 200, 'waiting')),
  ])
  expect(outcome).toBe('waiting')
  const failing = expect(stalled).rejects.toThrow()
  await simulator.stop()
  await failing
})

for (const encoding of ['gzip', 'identity']) {
  test(`a client that leaves in the middle leaves nothing behind (${encoding})`, async () => {
    fault(anyChunk, { kind: 'drip', bytes: 100, everyMs: 5 })
    const { export_uuid } = await client.post<{ export_uuid: string }>('/vulns/export', everything)
    const { chunks_available } = await client.get<JobStatusAnswer>(`/vulns/export/${export_uuid}/status`)
    const controller = new AbortController()
    const headers = {
      'x-apikeys': `accessKey=${simulator.accessKey};secretKey=${simulator.secretKey}`,
      'accept-encoding': encoding,
    }
    const response = await fetch(`${simulator.url}/vulns/export/${export_uuid}/chunks/${chunks_available![0]}`, {
      headers,
      signal: controller.signal,
    })
    await response.body!.getReader().read()
    expect(simulator.control.requests().running).toBe(1)
    controller.abort()
    await expect.poll(() => simulator.control.requests().running).toBe(0)
  })
}

test('an expired chunk is refused in the words of its service', async () => {
  fault(anyChunk, { kind: 'expired' })
  const { status, text } = await firstChunk()
  expect([status, text]).toEqual([404, '{"error":"Chunk does not exist"}'])
})

test('keys can be refused and rights be missing for a moment', async () => {
  fault('/session', { kind: 'unauthorized' }, { nth: 1 })
  fault('/session', { kind: 'forbidden', message: 'Insufficient scope' }, { nth: 1 })
  const answers = [
    await client.call('GET', '/session'),
    await client.call('GET', '/session'),
    await client.call('GET', '/session'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([401, 403, 200])
  expect(JSON.parse(answers[1]!.text)).toMatchObject({ message: 'Insufficient scope' })
})

test('version 2 of the asset export can be missing', async () => {
  fault('/assets/v2/export', { kind: 'not_found' })
  expect((await client.call('POST', '/assets/v2/export', { chunk_size: 100 })).status).toBe(404)
  expect((await client.call('POST', '/assets/export', { chunk_size: 100 })).status).toBe(200)
})

describe('jobs that go wrong', () => {
  const outcome = (action: Fault['do']) => {
    fault('/vulns/export', action, { method: 'POST' })
    return client.exported('vulns', everything)
  }

  test('ERROR after some chunks, the rest cancelled', async () => {
    const { status } = await outcome({ kind: 'job_error', availableChunks: 1 })
    expect(status).toMatchObject({ status: 'ERROR', chunks_failed: [] })
    expect([status.chunks_available, (status.chunks_cancelled as number[]).length > 1]).toEqual([
      [expect.any(Number)],
      true,
    ])
    expect(status.reason).toMatch(/unexpected error/)
  })

  test('CANCELLED by somebody', async () => {
    const { status } = await outcome({ kind: 'job_cancelled', availableChunks: 1 })
    expect(status).toMatchObject({ status: 'CANCELLED', chunks_available: [expect.any(Number)] })
  })

  test('FINISHED with a failed chunk and the reason', async () => {
    const { status } = await outcome({ kind: 'chunk_failed' })
    expect(status.status).toBe('FINISHED')
    expect(status.chunks_failed).toHaveLength(1)
    expect(status.reason).toMatch(
      /^1 of \d+ chunks failed to process\. The remaining chunks are available for download\.$/,
    )
  })

  test('a failed chunk takes those behind it along', async () => {
    const { status } = await outcome({ kind: 'chunk_failed', cancelsRest: true })
    expect((status.chunks_cancelled as number[]).length).toBeGreaterThan(0)
  })

  test('stuck for ever', async () => {
    fault('/vulns/export', { kind: 'job_stuck', availableChunks: 0 }, { method: 'POST' })
    const { export_uuid } = await client.post<{ export_uuid: string }>('/vulns/export', everything)
    for (let n = 0; n < 50; n++)
      expect(await client.get(`/vulns/export/${export_uuid}/status`)).toMatchObject({
        status: 'PROCESSING',
        chunks_available: [],
      })
    expect(await client.post(`/vulns/export/${export_uuid}/cancel`)).toEqual({ status: 'CANCELLED' })
  })

  test('refused as a duplicate, in the new words and in the old', async () => {
    fault('/vulns/export', { kind: 'duplicate' }, { method: 'POST', nth: 1 })
    fault('/vulns/export', { kind: 'duplicate', style: 'legacy' }, { method: 'POST', nth: 1 })
    const now = await client.call('POST', '/vulns/export', everything)
    expect([now.status, Object.keys(JSON.parse(now.text) as object)]).toEqual([
      409,
      ['active_job_id', 'failure_reason'],
    ])
    const old = await client.call('POST', '/vulns/export', everything)
    expect([old.status, old.text.includes('Duplicate export')]).toEqual([429, true])
  })

  test('or the running twin is cancelled for the new request', async () => {
    const { export_uuid } = await client.post<{ export_uuid: string }>('/assets/export', { chunk_size: 100 })
    fault('/assets/export', { kind: 'duplicate', style: 'replace' }, { method: 'POST' })
    expect((await client.call('POST', '/assets/export', { chunk_size: 100 })).status).toBe(200)
    expect(await client.get(`/assets/export/${export_uuid}/status`)).toMatchObject({ status: 'CANCELLED' })
  })

  test('a filter lost on the way shows in the echo alone', async () => {
    fault('/vulns/export', { kind: 'drop_filter', filter: 'state' }, { method: 'POST' })
    const { status, rows } = await client.exported<{ state: string }>('vulns', everything)
    expect(status.filters).toMatchObject({ state: ['OPEN', 'REOPENED'] })
    expect(rows.some(row => row.state === 'FIXED')).toBe(false)
  })
})

describe('elements that go wrong', () => {
  test('twice the same', async () => {
    fault(anyChunk, { kind: 'duplicate_element', index: 2 })
    const rows = JSON.parse((await firstChunk()).text) as { finding_id: string }[]
    expect(rows[3]).toEqual(rows[2])
  })

  test('a row of another chunk as well', async () => {
    fault(anyChunk, { kind: 'duplicate_element', fromAnotherChunk: true })
    const { rows } = await client.exported<{ finding_id: string }>('vulns', everything)
    expect(rows.length).toBeGreaterThan(new Set(rows.map(row => row.finding_id)).size)
    expect(new Set(rows.map(row => row.finding_id)).size).toBe(simulator.control.truth().findings.total)
  })

  const shapes = {
    number: 42,
    string: 'not an object',
    null: null,
    array: [expect.anything()],
    'empty-object': {},
    nul: expect.objectContaining({ output: 'before \u0000 after' }),
    'lone-surrogate': expect.objectContaining({ output: 'before \ud83d after' }),
    megabyte: expect.objectContaining({ output: expect.stringMatching(/^[\s\S]{1000000,}$/) }),
  } as const
  for (const [shape, expected] of Object.entries(shapes)) {
    test(`a ${shape} in place of the first`, async () => {
      fault(anyChunk, { kind: 'malformed_element', shape: shape as keyof typeof shapes })
      const rows = JSON.parse((await firstChunk()).text) as unknown[]
      expect(rows[0]).toEqual(expected)
      expect(rows[1]).toHaveProperty('asset')
    })
  }

  test('text that is no JSON at all', async () => {
    fault(anyChunk, { kind: 'malformed_element', shape: 'invalid-json' })
    const { text } = await firstChunk()
    expect(() => JSON.parse(text) as unknown).toThrow()
  })
})

test('a limit on requests a minute answers 429 when it is used up', async () => {
  const limited = await startSimulator({ assets: 20, rateLimit: { requestsPerMinute: 3, retryAfter: 9 } })
  const limitedClient = naiveClient(limited)
  const answers: (readonly [number, string | null])[] = []
  for (let n = 0; n < 4; n++) {
    const { status, headers } = await limitedClient.call('GET', '/server/status')
    answers.push([status, headers.get('retry-after')])
  }
  expect(answers).toEqual([
    [200, null],
    [200, null],
    [200, null],
    [429, '9'],
  ])
  await limited.stop()
})
