import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { correlateAll } from '../store/identity/correlate.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await correlateAll(server.db.database)
})
afterAll(() => server.stop())

async function deviceOf(assetId: number): Promise<number> {
  const { rows } = await server.db.database.query<{ device_id: number }>(
    'select device_id from device_asset where asset_id = $1',
    [assetId],
  )
  return rows[0]!.device_id
}

test('every machine is listed once, by name, and its records are the assets that take part', async () => {
  const { json } = await server.call('listDevices', { query: { limit: 500 } })
  const { rows } = await server.db.database.query<{ n: number; devices: number }>(
    'select count(*) as n, count(distinct device_id) as devices from device_asset',
  )
  expect(json.total).toBe(rows[0]!.devices)
  expect(json.items.reduce((sum: number, device: { records: number }) => sum + device.records, 0)).toBe(rows[0]!.n)
  const names = json.items.map((device: { name: string }) => device.name.toLowerCase())
  expect(names).toEqual([...names].sort())
})

test('two assets made one machine count their common findings once, and are two again when it is taken back', async () => {
  const before = await server.call('getEstateStatistics')
  expect(before.json.open).toEqual(before.json.reported)
  const { rows } = await server.db.database.query<{ a: number; b: number; common: number }>(
    `select f.asset_id as a, g.asset_id as b, count(distinct (f.plugin_id, f.port, f.protocol)) as common
     from finding f
     join finding g on g.plugin_id = f.plugin_id and g.port = f.port and g.protocol = f.protocol and g.asset_id > f.asset_id
     join asset a on a.asset_id = f.asset_id join asset b on b.asset_id = g.asset_id
     where f.state <> 'fixed' and f.ended_at is null and g.state <> 'fixed' and g.ended_at is null
       and a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false
       and b.status = 'live' and b.is_licensed is not false and b.is_tracked is not false
     group by 1, 2 order by 3 desc, 1, 2 limit 1`,
  )
  const { a, b, common } = rows[0]!
  expect(common).toBeGreaterThan(0)
  const made = await server.call('decideDevice', { body: { asset_ids: [b, a], is_same: true, reason: 'one chassis' } })
  expect(made.status).toBe(201)
  const { json: device } = await server.call('getDevice', { params: { id: await deviceOf(a) } })
  expect(device.members.map((member: { asset_id: number }) => member.asset_id)).toEqual([a, b])
  expect(device.decisions[0]).toMatchObject({
    asset_ids: [a, b],
    is_same: true,
    reason: 'one chassis',
    undone_at: null,
  })
  const { json: findings } = await server.call('listDeviceFindings', { params: { id: device.id } })
  const twice = findings.items.filter(
    (finding: { witnesses: { asset_id: number }[] }) => new Set(finding.witnesses.map(one => one.asset_id)).size > 1,
  )
  expect(twice).toHaveLength(common)
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, one) => all + one, 0)
  expect(sum(device.open)).toBe(findings.total)
  const during = await server.call('getEstateStatistics')
  expect(during.json.reported).toEqual(before.json.reported)
  expect(during.json.devices).toBe(before.json.devices - 1)
  const witnessed = findings.items.reduce((all: number, one: { witnesses: unknown[] }) => all + one.witnesses.length, 0)
  expect(sum(during.json.reported) - sum(during.json.open)).toBe(witnessed - findings.total)
  const undone = await server.call('undoDeviceDecision', { params: { id: made.json.id } })
  expect(undone.json.undone_by).toEqual(expect.any(String))
  expect((await server.call('getEstateStatistics')).json).toEqual(before.json)
})

test('a viewer may look and not decide; what is not there is said by name', async () => {
  const token = await tokenOf(server.db.database, await addPerson(server.db.database, 'looker', wholeRole('viewer')))
  const looker = server.as(token)
  expect((await looker.call('listDevices')).status).toBe(200)
  const body = { asset_ids: [1, 2], is_same: true }
  expect((await looker.call('decideDevice', { body })).status).toBe(403)
  const answers = [
    await server.call('getDevice', { params: { id: 987_654 } }),
    await server.call('listDeviceFindings', { params: { id: 987_654 } }),
    await server.call('undoDeviceDecision', { params: { id: 987_654 } }),
    await server.call('decideDevice', { body: { asset_ids: [1, 987_654], is_same: true } }),
  ]
  expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
    [404, 'device_not_found'],
    [404, 'device_not_found'],
    [404, 'decision_not_found'],
    [404, 'asset_not_found'],
  ])
  const same = await server.call('decideDevice', { body: { asset_ids: [1, 1], is_same: true } })
  expect([same.status, same.json.code, same.json.errors?.[0]?.field]).toEqual([422, 'same_asset', 'asset_ids'])
})
