import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Simulator, startSimulator } from './index.ts'
import { everything, type NaiveClient, naiveClient } from './naive-client.ts'

let simulator: Simulator
let client: NaiveClient

beforeAll(async () => {
  simulator = await startSimulator({ replay: join(import.meta.dirname, '../../test/fixtures/tenable-vm') })
  client = naiveClient(simulator)
})
afterAll(() => simulator.stop())

test('the recorded findings come through the usual job', async () => {
  const { rows, history } = await client.exported<{ asset: { uuid: string } }>('vulns', everything)
  expect(history.map(seen => seen.status)).toEqual(['QUEUED', 'FINISHED'])
  expect(rows).toHaveLength(344)
  expect(new Set(rows.map(row => row.asset.uuid)).size).toBe(6)
})

test('the recorded chunk carries its length when it is sent plain', async () => {
  const { uuid } = await client.exported('vulns', everything)
  const { headers, text } = await client.call('GET', `/vulns/export/${uuid}/chunks/1`, undefined, {
    'accept-encoding': 'identity',
  })
  expect(Number(headers.get('content-length'))).toBe(Buffer.byteLength(text))
})

test('assets come by version 1; version 2 did not exist', async () => {
  expect((await client.call('POST', '/assets/v2/export', { chunk_size: 100 })).status).toBe(404)
  expect((await client.exported('assets', { chunk_size: 100 })).rows).toHaveLength(100)
})

test('compliance finishes with nothing', async () => {
  expect((await client.exported('compliance', {})).rows).toEqual([])
})

test('the truth is the recording', () => {
  const { assets, findings } = simulator.control.truth()
  expect(assets.total).toBe(100)
  expect(findings).toMatchObject({
    total: 344,
    state: { OPEN: 337, REOPENED: 7, FIXED: 0 },
    severity: { info: 265, low: 12, medium: 11, high: 50, critical: 6 },
  })
})

const calls: readonly (readonly [string, string])[] = [
  ['/session', 'container_uuid'],
  ['/server/properties', 'license'],
  ['/plugins/plugin?size=1000&page=1', 'data'],
  ['/plugins/plugin/19506', 'attributes'],
  ['/plugins/families', 'families'],
  ['/networks', 'networks'],
  ['/tags/values', 'values'],
  ['/scanners/null/agents', 'agents'],
  ['/scans', 'scans'],
  ['/scans/175', 'hosts'],
  ['/workbenches/vulnerabilities', 'vulnerabilities'],
]
for (const [path, key] of calls) {
  test(`${path} answers as recorded`, async () => {
    expect(await client.get(path)).toHaveProperty(key)
  })
}
