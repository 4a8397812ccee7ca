import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RequestLog, type Simulator, type SimulatorEvent, startSimulator, type Truth } from './index.ts'
import { everything, type NaiveClient, naiveClient } from './naive-client.ts'

let simulator: Simulator
let client: NaiveClient

beforeEach(async () => {
  simulator = await startSimulator({ assets: 60, findings: 600 })
  client = naiveClient(simulator)
})
afterEach(() => simulator.stop())

async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${simulator.url}/__simulator/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

test('the truth over HTTP is the truth in process', async () => {
  expect(await control<Truth>('GET', 'truth')).toEqual(simulator.control.truth())
})

test('time moves forward by hours, days or to an instant, never back', async () => {
  expect(await control('POST', 'advance', { hours: 2 })).toMatchObject({ now: '2026-06-01T08:00:00.000Z' })
  expect(await control('POST', 'advance', { until: '2026-06-03T00:00:00Z' })).toMatchObject({
    now: '2026-06-03T00:00:00.000Z',
  })
  await expect(control('POST', 'advance', { until: '2026-06-01T00:00:00Z' })).rejects.toThrow('400')
  await expect(control('POST', 'advance', { hours: -1 })).rejects.toThrow('400')
})

test('faults are added, listed with their counts, replaced and cleared', async () => {
  await control('POST', 'faults', { on: { path: '/session', times: 1 }, do: { kind: 'status', status: 503 } })
  await client.call('GET', '/session')
  expect(await control('GET', 'faults')).toMatchObject({ faults: [{ matched: 1, fired: 1 }] })
  await control('POST', 'faults', { replace: true, faults: [] })
  expect(await control('GET', 'faults')).toEqual({ faults: [] })
  await expect(control('POST', 'faults', { nonsense: true })).rejects.toThrow('400')
  expect(await control('DELETE', 'faults')).toEqual({ faults: [] })
})

test('requests are logged by route, with their ids and without keys; control calls are not', async () => {
  await client.exported('vulns', everything)
  await Promise.all([client.get('/session'), client.get('/session'), client.call('GET', '/nowhere')])
  const log = await control<RequestLog>('GET', 'requests')
  expect(log.counts).toMatchObject({ 'POST /vulns/export': 1, 'GET /session': 2, 'GET /nowhere': 1 })
  expect(log.counts['GET /vulns/export/:export_uuid/status']).toBeGreaterThan(1)
  expect(log.requests.every(request => !request.path.startsWith('/__simulator'))).toBe(true)
  expect(JSON.stringify(log)).not.toContain(simulator.accessKey)
  expect(log.requests[0]).toMatchObject({
    method: 'POST',
    path: '/vulns/export',
    status: 200,
    at: '2026-06-01T06:00:00.000Z',
    body: everything,
  })
  expect(log.requests[0]!.requestUuid).toMatch(/^[0-9a-f]{32}$/)
  expect(log.maxConcurrent).toBeGreaterThan(0)
  expect(log.bytes).toBeGreaterThan(100_000)
  expect((await control<RequestLog>('DELETE', 'requests')).total).toBe(0)
})

test('keys are rotated and revoked, the role is set', async () => {
  const pair = await control<{ accessKey: string }>('POST', 'keys/rotate')
  expect(simulator.accessKey).toBe(pair.accessKey)
  await control('POST', 'role', { role: 16, canView: 0.5 })
  expect(await client.get('/session')).toMatchObject({ permissions: 16 })
  await expect(control('POST', 'role', { role: 17 })).rejects.toThrow('400')
  await control('POST', 'keys/revoke')
  expect((await client.call('GET', '/session')).status).toBe(401)
})

test('foreign jobs fill the slots', async () => {
  await control('POST', 'foreign-jobs', { count: 10 })
  expect((await client.call('POST', '/vulns/export', {})).status).toBe(429)
  await control('POST', 'foreign-jobs', { count: 0 })
  expect((await client.call('POST', '/vulns/export', {})).status).toBe(200)
})

test('the estate is edited, and events tell it, page by page', async () => {
  const created = await control<{ changed: { asset_uuid: string }[] }>('POST', 'estate/create-asset', {
    kind: 'windows-server',
    findings: 5,
  })
  const { asset_uuid } = created.changed[0]!
  await control('POST', 'estate/rename-asset', { asset_uuid })
  await control('POST', 'estate/delete-asset', { asset_uuid })
  const { total, events } = await control<{ total: number; events: SimulatorEvent[] }>('GET', 'events')
  expect(events.map(event => event.kind)).toEqual([
    'asset_created',
    ...Array.from({ length: 5 }, () => 'finding_opened'),
    'asset_renamed',
    'asset_deleted',
  ])
  expect(total).toBe(8)
  expect((await control<{ events: unknown[] }>('GET', 'events?after=6&limit=1')).events).toEqual([events[6]])
  await expect(control('POST', 'estate/paint-asset', {})).rejects.toThrow('404')
  await expect(control('POST', 'estate/delete-asset', { asset_uuid: 'nobody' })).rejects.toThrow('400')
})
