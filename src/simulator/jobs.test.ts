import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './index.ts'
import { everything, type JobStatusAnswer, type NaiveClient, naiveClient } from './naive-client.ts'

let simulator: Simulator
let client: NaiveClient

beforeEach(async () => {
  simulator = await startSimulator({ assets: 320, findings: 1500, jobPace: { queuedPolls: 2, chunksPerPoll: 2 } })
  client = naiveClient(simulator)
})
afterEach(() => simulator.stop())

const start = async (path: string, body: unknown) =>
  (await client.post<{ export_uuid: string }>(path, body)).export_uuid

test('a findings job queues, then shows a growing, shuffled list with a gap, then finishes', async () => {
  const { history, status } = await client.exported('vulns', everything)
  const states = history.map(seen => seen.status)
  expect(states.slice(0, 3)).toEqual(['QUEUED', 'QUEUED', 'PROCESSING'])
  expect(states.at(-1)).toBe('FINISHED')
  const lists = history.map(seen => seen.chunks_available ?? [])
  for (let n = 1; n < lists.length; n++) expect(lists[n]!.slice(0, lists[n - 1]!.length)).toEqual(lists[n - 1])
  const all = lists.at(-1)!
  expect(all).not.toEqual([...all].sort((a, b) => a - b))
  expect(Math.max(...all)).toBe(all.length + 1)
  expect(status).toMatchObject({
    total_chunks: all.length + 1,
    empty_chunks_count: 1,
    chunks_available_count: all.length,
  })
})

test('a job without a match finishes with no chunk at all', async () => {
  const { status } = await client.exported('vulns', { filters: { since: 1, state: ['OPEN'], plugin_id: [1] } })
  expect(status).toMatchObject({ status: 'FINISHED', chunks_available: [], total_chunks: 0 })
})

test('a chunk is refused until it is listed, and unknown ones never come', async () => {
  const uuid = await start('/vulns/export', everything)
  expect((await client.call('GET', `/vulns/export/${uuid}/chunks/1`)).status).toBe(400)
  const unknown = await client.call('GET', `/vulns/export/${uuid}/chunks/999`)
  expect([unknown.status, unknown.text]).toEqual([404, '{"error":"Chunk does not exist"}'])
  expect((await client.call('GET', '/vulns/export/53ed0fa2-ccd5-4d2e-92ee-c072635889e3/status')).status).toBe(404)
})

test('the same request while one runs gets 409 and the job that runs; a later one is new', async () => {
  const uuid = await start('/vulns/export', everything)
  const reordered = { filters: { state: ['OPEN', 'REOPENED', 'FIXED'], since: 1 }, include_unlicensed: true }
  const refused = await client.call('POST', '/vulns/export', reordered)
  expect(refused.status).toBe(409)
  expect(JSON.parse(refused.text)).toEqual({
    active_job_id: uuid,
    failure_reason: 'The request could not be completed due to a conflict with the ongoing export',
  })
  await client.post(`/vulns/export/${uuid}/cancel`)
  expect(await start('/vulns/export', everything)).not.toBe(uuid)
})

test('the eleventh running export of the container is refused, whoever owns the others', async () => {
  simulator.control.setForeignJobs(8)
  await start('/vulns/export', { num_assets: 50 })
  await start('/assets/export', { chunk_size: 100 })
  const refused = await client.call('POST', '/compliance/export', {})
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('30')
  expect(refused.headers.get('content-type')).toBe('text/html')
  expect(refused.text).toMatch(/^<html>/)
  const { exports } = await client.get<{ exports: { status: string }[] }>('/vulns/export/status')
  expect(exports.filter(({ status }) => status === 'PROCESSING')).toHaveLength(8)
  simulator.control.setForeignJobs(0)
  expect((await client.call('POST', '/compliance/export', {})).status).toBe(200)
})

test('a job nobody polls ends by itself, so a crashed client does not hold its slot for ever', async () => {
  const uuid = await start('/vulns/export', everything)
  for (let n = 0; n < 200; n++) await client.call('GET', '/server/status')
  const { exports } = await client.get<{ exports: { uuid: string; status: string }[] }>('/vulns/export/status')
  expect(exports.find(job => job.uuid === uuid)?.status).toBe('FINISHED')
})

const expiry = [
  { family: 'vulns', body: everything, hours: 24, refusal: { error: 'Chunk does not exist' } },
  {
    family: 'assets',
    body: { chunk_size: 100 },
    hours: 24,
    refusal: { status: 404, message: 'Export expired or not found' },
  },
  { family: 'compliance', body: {}, hours: 72, refusal: { error: 'Chunk does not exist' } },
] as const
for (const { family, body, hours, refusal } of expiry) {
  test(`chunks of ${family} live ${hours} hours and are refused in the words of their service`, async () => {
    const { uuid, history } = await client.exported(family, body)
    const path = `/${family}/export/${uuid}/chunks/${history.at(-1)!.chunks_available![0]}`
    simulator.control.advance({ hours: hours - 1 })
    expect((await client.call('GET', path)).status).toBe(200)
    simulator.control.advance({ hours: 2 })
    const refused = await client.call('GET', path)
    expect([refused.status, JSON.parse(refused.text)]).toEqual([404, refusal])
  })
}

test('a cancelled job keeps its finished chunks for three days', async () => {
  const uuid = await start('/vulns/export', everything)
  for (let n = 0; n < 4; n++) await client.get(`/vulns/export/${uuid}/status`)
  expect(await client.post(`/vulns/export/${uuid}/cancel`)).toEqual({ status: 'CANCELLED' })
  const status = await client.get<JobStatusAnswer>(`/vulns/export/${uuid}/status`)
  expect(status.status).toBe('CANCELLED')
  expect(status.chunks_available!.length).toBeGreaterThan(0)
  expect(status.chunks_cancelled!.length).toBeGreaterThan(0)
  const path = `/vulns/export/${uuid}/chunks/${status.chunks_available![0]}`
  simulator.control.advance({ hours: 70 })
  expect((await client.call('GET', path)).status).toBe(200)
  simulator.control.advance({ hours: 3 })
  expect((await client.call('GET', path)).status).toBe(404)
})

test('a finished job cannot be cancelled', async () => {
  const refusals = { vulns: 400, assets: 400, compliance: 400 }
  const bodies = { vulns: everything, assets: { chunk_size: 100 }, compliance: {} }
  for (const family of ['vulns', 'assets', 'compliance'] as const) {
    const { uuid } = await client.exported(family, bodies[family])
    expect((await client.call('POST', `/${family}/export/${uuid}/cancel`)).status).toBe(refusals[family])
  }
})

test('an asset job says two things about itself; the list says the filters as text', async () => {
  const { uuid, status } = await client.exported('assets/v2', { chunk_size: 100, filters: { is_licensed: true } })
  expect(Object.keys(status).sort()).toEqual(['chunks_available', 'status'])
  const { exports } = await client.get<{ exports: { uuid: string; filters: unknown; created: number }[] }>(
    '/assets/export/status',
  )
  const listed = exports.find(job => job.uuid === uuid)!
  expect(listed.filters).toBe('{"is_licensed":true}')
  expect(listed.created).toBe(Date.parse('2026-06-01T06:00:00Z'))
})
