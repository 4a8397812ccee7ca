import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import { correlateAll } from '../store/identity/correlate.ts'
import { recountEstate } from '../store/identity/recount.ts'
import { rebuildDailyTotals } from '../store/rollups/daily-totals.ts'
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
    `select f.asset_id as a, g.asset_id as b, count(distinct (f.plugin_id, f.port, f.protocol, f.instance)) as common
     from finding f
     join finding g on g.plugin_id = f.plugin_id and g.port = f.port and g.protocol = f.protocol and g.instance = f.instance and g.asset_id > f.asset_id
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
  const opens = (finding: { witnesses: { state: string }[] }) =>
    finding.witnesses.filter(one => one.state !== 'fixed').length
  expect(findings.items.filter((finding: { witnesses: { state: string }[] }) => opens(finding) > 1)).toHaveLength(
    common,
  )
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, one) => all + one, 0)
  expect(sum(device.open)).toBe(findings.total)
  const during = await server.call('getEstateStatistics')
  expect(during.json.reported).toEqual(before.json.reported)
  expect(during.json.devices).toBe(before.json.devices - 1)
  const witnessed = findings.items.reduce((all: number, one: { witnesses: { state: string }[] }) => all + opens(one), 0)
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

test('merging and splitting decide every pair, and are taken back together', async () => {
  const { database } = server.db
  const { rows } = await database.query<{ ids: number[] }>(
    `select array_agg(id::float8 order by id) as ids
     from (select min(m.asset_id) as id from device_asset m join asset a using (asset_id)
           where a.source_id = 1 group by m.device_id having count(*) = 1 order by 1 limit 3) as t`,
  )
  const [a, b, c] = rows[0]!.ids as [number, number, number]
  const devices = async () => Promise.all([a, b, c].map(deviceOf))
  const [deviceA, deviceB, deviceC] = (await devices()) as [number, number, number]
  const merge = (id: number, device_id: number) => server.call('mergeDevice', { params: { id }, body: { device_id } })
  const first = await merge(deviceA, deviceB)
  expect([first.status, first.json.decisions.length]).toEqual([201, 1])
  const second = await merge(deviceC, first.json.device_ids[0])
  expect(second.json.decisions.map((one: { asset_ids: number[] }) => one.asset_ids)).toEqual([
    [a, c],
    [b, c],
  ])
  const [whole] = second.json.device_ids
  expect(await devices()).toEqual([whole, whole, whole])
  const again = await server.call('decideDevice', { body: { asset_ids: [a, c], is_same: true } })
  expect([again.status, again.json.code]).toEqual([409, 'decided_already'])

  const split = await server.call('splitDevice', { params: { id: whole }, body: { asset_ids: [c], reason: 'a twin' } })
  expect([split.status, split.json.decisions.length, new Set(split.json.device_ids).size]).toEqual([201, 2, 2])
  expect(await deviceOf(a)).toBe(await deviceOf(b))
  expect(await deviceOf(c)).not.toBe(await deviceOf(a))
  const old = await server.call('splitDevice', { params: { id: await deviceOf(a) }, body: { asset_ids: [c] } })
  expect([old.status, old.json.code]).toEqual([409, 'device_changed'])
  const all = await server.call('splitDevice', { params: { id: await deviceOf(a) }, body: { asset_ids: [a, b] } })
  expect([all.status, all.json.code]).toEqual([422, 'nothing_left'])
  const self = await merge(deviceA, deviceA)
  expect([self.status, self.json.code]).toEqual([422, 'same_device'])
  expect((await merge(deviceA, 987_654)).json.code).toBe('device_not_found')

  await server.call('undoDeviceDecision', { params: { id: split.json.decisions[1].id } })
  const twice = await server.call('undoDeviceDecision', { params: { id: split.json.act_id } })
  expect([twice.status, twice.json.code]).toEqual([409, 'undone_already'])
  await server.call('undoDeviceDecision', { params: { id: first.json.act_id } })
  expect(new Set(await devices()).size).toBe(3)
  const { json } = await server.call('listDeviceDecisions', { query: { limit: 500 } })
  const standing = json.items.filter((one: { undone_at: string | null }) => one.undone_at === null)
  expect(standing).toEqual([])
})

test('devices are found by how many records they have, how sure it is, and what is in review', async () => {
  const { json: all } = await server.call('listDevices', { query: { limit: 500, sort: '-confidence' } })
  type Device = { id: number; records: number; confidence: number | null; to_review: number }
  const filters: readonly (readonly [Record<string, unknown>, (device: Device) => boolean])[] = [
    [{ records_min: 2 }, device => device.records >= 2],
    [{ records_max: 1 }, device => device.records === 1],
    [{ in_review: true }, device => device.to_review > 0],
    [{ in_review: false }, device => device.to_review === 0],
    [{ confidence_max: 0.97 }, device => device.confidence !== null && device.confidence <= 0.97],
    [{ confidence_min: 0.97 }, device => device.confidence !== null && device.confidence >= 0.97],
  ]
  for (const [query, holds] of filters) {
    const { json } = await server.call('listDevices', { query: { ...query, limit: 500, sort: '-last_seen' } })
    const ids = (devices: readonly Device[]) => devices.map(device => device.id).sort((x, y) => x - y)
    expect([query, ids(json.items)]).toEqual([query, ids(all.items.filter(holds))])
  }
})

test('the days of the estate are those of the sources, and a day of the past is asked by its date', async () => {
  const { database } = server.db
  await database.query(
    `insert into asset_event (asset_id, recorded_at, happened_at, source_id, kind, status, is_licensed, is_tracked, cause, after)
     select asset_id, '2026-11-20T06:02:00Z', '2026-05-01', source_id, 'appeared', status, is_licensed, is_tracked, 'source', '{}'
     from asset`,
  )
  await rebuildDailyTotals(database)
  const { json: before } = await server.call('getDailyEstateStatistics')
  await recountEstate(database)
  const { json: now } = await server.call('getEstateStatistics')
  const { json: days } = await server.call('getDailyEstateStatistics', { query: { from: '2026-04-01' } })
  expect(before.items.at(-1)).toMatchObject({ devices: 0 })
  const last = days.items.at(-1)
  expect(last).toMatchObject({ day: days.last_day, devices: now.devices, records: now.records, shared: now.shared })
  const { json: then } = await server.call('getEstateStatistics', { query: { as_of: days.items[0].day } })
  expect(then).toMatchObject({ devices: days.items[0].devices, open: days.items[0].by_severity, to_review: null })
  expect(then.history.as_of).toBe(`${days.items[0].day}T23:59:59.999999Z`)
})
