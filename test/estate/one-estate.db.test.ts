import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { unrestricted } from '../../src/store/access.ts'
import { recountEstate } from '../../src/store/identity/recount.ts'
import { getAsset } from '../../src/store/queries/asset-detail.ts'
import { getDevice, listDeviceFindings } from '../../src/store/queries/device-detail.ts'
import { loadEstateDay } from '../../src/store/queries/estate-days.ts'
import { loadEstateStatistics } from '../../src/store/queries/estate-statistics.ts'
import { loadFindingStatistics } from '../../src/store/queries/finding-statistics.ts'
import { type Fed, type Feed, feeds, type StoredRecord } from './feeds.ts'
import { type Mirroring, openMirroring } from './mirroring.ts'
import { estateOf, makeTruth, openOf, severityNames, type Truth, type TruthRecord } from './truth.ts'

// One estate, looked at by everybody at once: every device, finding and count is what the generator knows, at the level of
// each source and at that of the estate.

let truth: Truth
let mirroring: Mirroring
const fed = new Map<Feed, Fed>()

beforeAll(async () => {
  truth = await makeTruth({ seed: 5, assets: 60, findings: 900, plugins: 120 })
  mirroring = await openMirroring()
  for (const feed of feeds) fed.set(feed, await feed.feed(truth, mirroring))
  // What a file brought is looked at once it is applied.
  const left = `select count(*)::int as n from asset a
    where a.is_tracked is not false and not exists (select from device_asset m where m.asset_id = a.asset_id)`
  await vi.waitFor(async () => expect((await mirroring.database.query<{ n: number }>(left)).rows[0]!.n).toBe(0), {
    timeout: 30_000,
    interval: 100,
  })
}, 90_000)
afterAll(() => mirroring.close())

type Stored = StoredRecord & Record<string, unknown> & { readonly asset_id: number }

/** Records that are there now, by machine. */
async function recordsOf({ sourceId, machineOf }: Fed): Promise<{ assetId: number; machine: number | undefined }[]> {
  const { rows } = await mirroring.database.query<Stored>(
    `select asset_id, native_id, ipv4s from asset
     where source_id = $1 and status = 'live' and is_tracked is not false
     order by asset_id`,
    [sourceId],
  )
  return rows.map(row => ({ assetId: row.asset_id, machine: machineOf(row) }))
}

const lineOf = (machine: number, one: TruthRecord['findings'][number]) =>
  `${machine} ${one.plugin} ${one.port}/${one.protocol} ${one.state} ${severityNames[one.severity]}`

describe.each(feeds)('$name', feed => {
  const own = () => fed.get(feed)!

  test('has a record of each machine that it meets', async () => {
    const machines = (await recordsOf(own())).map(record => record.machine)
    expect(machines.toSorted()).toEqual(
      own()
        .truth.map(record => record.machine)
        .toSorted(),
    )
    expect(own().truth.length).toBeGreaterThan(5)
  })

  test('has each finding of it, and counts what is open', async () => {
    const machineOf = new Map((await recordsOf(own())).map(record => [record.assetId, record.machine]))
    const { rows } = await mirroring.database.query<{
      asset_id: number
      plugin_id: number
      port: number
      protocol: string
      state: 'open' | 'reopened' | 'fixed'
      severity: string
    }>(
      `select asset_id, plugin_id, port, protocol, state, severity from finding
       where source_id = $1 and ended_at is null and asset_id = any($2)`,
      [own().sourceId, [...machineOf.keys()]],
    )
    const held = rows.map(row =>
      lineOf(machineOf.get(row.asset_id)!, {
        plugin: row.plugin_id,
        port: row.port,
        protocol: row.protocol,
        state: row.state,
        severity: (severityNames as readonly string[]).indexOf(row.severity),
      }),
    )
    const wanted = own().truth.flatMap(record => record.findings.map(one => lineOf(record.machine, one)))
    expect(held.toSorted()).toEqual(wanted.toSorted())
    const statistics = await loadFindingStatistics(unrestricted(mirroring.database), { source_id: [own().sourceId] })
    expect(statistics.by_severity).toEqual(openOf(own().truth))
  })
})

describe('the estate', () => {
  const all = () => [...fed.values()].flatMap(one => one.truth)

  test('has one device for each machine, made of every record of it and of no other', async () => {
    const machineOf = new Map<number, number>()
    for (const one of fed.values()) {
      for (const { assetId, machine } of await recordsOf(one)) machineOf.set(assetId, machine!)
    }
    const { rows } = await mirroring.database.query<{ ids: number[] }>(
      `select array_agg(asset_id::float8 order by asset_id) as ids
       from device_asset where asset_id = any($1) group by device_id`,
      [[...machineOf.keys()]],
    )
    const made = rows.map(row => row.ids.join(' ')).toSorted()
    const machines = Map.groupBy([...machineOf.keys()], assetId => machineOf.get(assetId))
    expect(made).toEqual([...machines.values()].map(ids => ids.toSorted((a, b) => a - b).join(' ')).toSorted())
    const perMachine = [...machines.values()].map(ids => ids.length)
    expect(Math.max(...perMachine)).toBe(fed.size)
  })

  test('counts each finding once, as bad as the worst of its witnesses says, now and by its days', async () => {
    const wanted = estateOf(all())
    const database = unrestricted(mirroring.database)
    const now = await loadEstateStatistics(database)
    expect(now).toMatchObject(wanted)
    const reported = openOf(all())
    expect(now.reported).toEqual(reported)
    // The generator's clock is behind ours, by which Security Center's hosts, which tell no date, appeared.
    expect(await loadEstateDay(database, '2099-01-01')).toMatchObject({
      devices: wanted.devices,
      shared: wanted.shared,
      by_severity: wanted.open,
      reported,
    })
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, one) => total + one, 0)
    expect(sum(wanted.open)).toBeLessThan(sum(reported))
    // Of so few findings in a moment: the square of their number would take half a minute.
    const from = performance.now()
    expect(await recountEstate(mirroring.database)).toBe(0)
    expect(performance.now() - from).toBeLessThan(5_000)
  })

  test('shows each finding of a device once, with everybody who reports it', async () => {
    const { rows } = await mirroring.database.query<{ device_id: number; asset_id: number }>(
      `select device_id, min(asset_id) as asset_id from device_asset group by device_id order by count(*) desc, device_id limit 3`,
    )
    const database = unrestricted(mirroring.database)
    const vm = fed.get(feeds[0]!)!
    const machineOf = new Map((await recordsOf(vm)).map(record => [record.assetId, record.machine]))
    for (const { device_id, asset_id } of rows) {
      const machine = machineOf.get(asset_id)
      const records = all().filter(record => record.machine === machine)
      expect((await getDevice(database, device_id)).members).toHaveLength(records.length)
      expect((await getAsset(database, String(asset_id))).device).toEqual({ id: device_id, records: records.length })
      const { items } = await listDeviceFindings(database, device_id)
      const keyOf = (one: { plugin: number; port: number; protocol: string }) =>
        `${one.plugin} ${one.port}/${one.protocol}`
      const reports = records.filter(record => record.isCounted).flatMap(record => record.findings)
      const groups = [...Map.groupBy(reports, keyOf)].filter(([, group]) => group.some(one => one.state !== 'fixed'))
      const told = items.map(
        item =>
          `${keyOf({ ...item, plugin: item.plugin_id })}: ${item.witnesses
            .map(one => one.state)
            .toSorted()
            .join(' ')}`,
      )
      expect(told.toSorted()).toEqual(
        groups
          .map(
            ([key, group]) =>
              `${key}: ${group
                .map(one => one.state)
                .toSorted()
                .join(' ')}`,
          )
          .toSorted(),
      )
    }
  })

  test('leaves out of its days a source that has none yet, and says of a day that it is not counted', async () => {
    const { database } = mirroring
    const [newcomer, ...others] = [...fed.values()].toReversed()
    await database.query('delete from daily_span where source_id = $1', [newcomer!.sourceId])
    expect(await loadEstateDay(unrestricted(database), '2099-01-01')).toBeUndefined()
    expect(await recountEstate(database)).toBeGreaterThan(0)
    const { rows } = await database.query<{ measure: string; n: number }>(
      `select measure, sum(amount)::float8 as n from estate_change where measure in ('devices', 'shared') group by measure`,
    )
    const { devices, shared } = estateOf(others.flatMap(one => one.truth))
    expect(Object.fromEntries(rows.map(({ measure, n }) => [measure, n]))).toEqual({ devices, shared })
  })
})
