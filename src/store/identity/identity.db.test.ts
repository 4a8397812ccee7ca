import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type LabelledRecord, makeEstate, scoreOf } from '../../../test/identity/machines.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import type { Connection, Database } from '../database.ts'
import { dueDevices } from '../rollups/device-due.ts'
import { correlateAll, correlateTenant } from './correlate.ts'
import { decide, undoDecision } from './decisions.ts'

const actor = { kind: 'cli', name: 'tester' } as const

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await db.database.query(
    `insert into tenant (name) values ('Second');
     insert into source (tenant_id, name, kind, base_url)
     select t, 'source ' || n, (array['tenable-vm', 'tenable-sc', 'nessus', 'files'])[n], 'https://example.com'
     from generate_series(1, 2) as t, generate_series(1, 4) as n
     order by t, n;
     insert into run (source_id, kind, trigger, streams, status) values (1, 'full', 'cli', '{assets}', 'completed')`,
  )
})
afterAll(() => db.drop())
beforeEach(() =>
  db.database.query(
    'truncate asset, device, device_asset, asset_identity, asset_identifier, device_evidence, device_decision, identity_state cascade',
  ),
)

/** The source of tenant 1 or 2 and of a kind 1 to 4, as the generator numbers them: tenant * 10 + kind. */
const sourceOf = (made: number) => (Math.floor(made / 10) - 1) * 4 + (made % 10)

async function store(records: readonly LabelledRecord[]): Promise<void> {
  const rows = records.map(({ facts }) => ({
    asset_id: facts.assetId,
    source_id: sourceOf(facts.sourceId),
    native_id: facts.tenableUuid ?? `record-${facts.assetId}`,
    agent_uuid: facts.agentUuid ?? null,
    bios_uuid: facts.biosUuid ?? null,
    serial_number: facts.serialNumber ?? null,
    mac_addresses: facts.macAddresses ?? [],
    fqdns: facts.fqdns ?? [],
    hostnames: facts.hostnames ?? [],
    netbios_names: facts.netbiosNames ?? [],
    ipv4s: facts.addresses ?? [],
    operating_systems: facts.operatingSystems ?? [],
    aws_ec2_instance_id: facts.cloudInstances?.[0]?.replace('aws:', '') ?? null,
    first_seen: facts.firstSeen,
    last_seen: facts.lastSeen,
  }))
  await db.database.query(
    `insert into asset (asset_id, source_id, native_id, name, status, is_provisional, agent_uuid, bios_uuid, serial_number,
                        mac_addresses, fqdns, hostnames, netbios_names, ipv4s, operating_systems, aws_ec2_instance_id,
                        first_seen, last_seen, run_id)
     select asset_id, source_id, native_id, 'asset ' || asset_id, 'live', false, agent_uuid, bios_uuid, serial_number,
            mac_addresses, fqdns, hostnames, netbios_names, ipv4s, operating_systems, aws_ec2_instance_id, first_seen, last_seen, 1
     from jsonb_populate_recordset(null::asset, $1::jsonb)
     on conflict (asset_id) do update
     set agent_uuid = excluded.agent_uuid, bios_uuid = excluded.bios_uuid, mac_addresses = excluded.mac_addresses,
         fqdns = excluded.fqdns, hostnames = excluded.hostnames, netbios_names = excluded.netbios_names,
         ipv4s = excluded.ipv4s, changed_at = now()`,
    [JSON.stringify(rows)],
  )
}

/** The assets of each machine. */
async function devices(): Promise<number[][]> {
  const { rows } = await db.database.query<{ ids: number[] }>(
    'select array_agg(asset_id::float8 order by asset_id) as ids from device_asset group by device_id order by min(asset_id)',
  )
  return rows.map(row => row.ids)
}

async function deviceOf(assetId: number): Promise<number> {
  const { rows } = await db.database.query<{ device_id: number }>(
    'select device_id from device_asset where asset_id = $1',
    [assetId],
  )
  return rows[0]!.device_id
}

/** Everything forgotten but what people decided, and looked at as if for the first time. */
async function fromNothing(): Promise<number[][]> {
  await db.database.query(
    'truncate device, device_asset, asset_identity, asset_identifier, device_evidence, identity_state cascade',
  )
  await correlateAll(db.database)
  return devices()
}

describe('an estate of four sources', () => {
  test('is told apart and found again as its labels say, each asset in one machine', async () => {
    const records = makeEstate({ machines: 400, seed: 11 })
    await store(records)
    const outcome = await correlateTenant(db.database, 1)
    expect(outcome).toEqual({ changed: records.length, looked: records.length })
    const score = scoreOf(records, await devices())
    expect(score.precision).toBeGreaterThanOrEqual(0.995)
    expect(score.recall).toBeGreaterThanOrEqual(0.95)
    const { rows } = await db.database.query(
      'select 1 from device where device_id not in (select device_id from device_asset)',
    )
    expect(rows).toEqual([])
  })

  test('is held a batch at a time, however many assets there are', async () => {
    const [record] = makeEstate({ machines: 1, seed: 12 })
    // Nothing hangs together: what does is looked at together.
    const records = Array.from({ length: 300 }, (_, n): LabelledRecord => {
      const { assetId, sourceId } = record!.facts
      return { ...record!, facts: { assetId: assetId + n, sourceId, hostnames: [`alone-${n}`] } }
    })
    await store(records)
    let largest = 0
    const watched = (connection: Connection) =>
      new Proxy(connection, {
        get: (target, name) =>
          name !== 'query'
            ? Reflect.get(target, name)
            : async (text: string, values: readonly unknown[] = []) => {
                const result = await target.query(text, [...values])
                // Machines are counted two thousand at a time.
                const isOfMachines = /device_counted|device_id = any/.test(text) || text.includes(dueDevices)
                const lengths = [result.rows.length, ...values.map(value => (Array.isArray(value) ? value.length : 1))]
                if (!isOfMachines) largest = Math.max(largest, ...lengths)
                return result
              },
      })
    const transaction: Database['transaction'] = work =>
      db.database.transaction(connection => work(watched(connection)))
    const { looked } = await correlateTenant({ ...db.database, transaction }, 1, { batch: 10 })
    expect(looked).toBe(records.length)
    expect(largest).toBe(10)
  })

  test('looked at again with nothing changed writes nothing', async () => {
    await store(makeEstate({ machines: 50, seed: 2 }))
    await correlateTenant(db.database, 1)
    const before = await db.database.query('select asset_id, device_id, since, xmin::text from device_asset order by 1')
    expect(await correlateTenant(db.database, 1)).toEqual({ changed: 0, looked: 0 })
    const after = await db.database.query('select asset_id, device_id, since, xmin::text from device_asset order by 1')
    expect(after.rows).toEqual(before.rows)
  })

  test('two tenants with the same names are never mixed', async () => {
    const records = makeEstate({ machines: 60, seed: 4, tenants: 2 })
    await store(records)
    await correlateAll(db.database)
    const { rows } = await db.database.query(
      `select m.device_id
       from device_asset m join asset a using (asset_id) join source s using (source_id)
       group by m.device_id
       having count(distinct s.tenant_id) > 1`,
    )
    expect(rows).toEqual([])
  })
})

test('a file that names the asset of Tenable VM is of its machine, whatever else has changed since', async () => {
  const uuid = '3f8a1c52-6d0e-4b7a-9c11-5e2d7a90b461'
  const bios = '9b1d6c1e-2a44-4f0b-8d55-0c7f3e1a2b3c'
  const { rows } = await db.database.query<{ asset_id: number }>(
    `insert into asset (asset_id, source_id, native_id, name, status, is_provisional, hostnames, bios_uuid, mac_addresses, run_id)
     values (1, 1, $1, 'a', 'live', false, '{alpha}', null, '{}', 1),
            (2, 4, 'uuid:' || upper($1), 'b', 'live', false, '{beta}', null, '{}', 1),
            (3, 4, 'uuid:' || $2, 'c', 'live', false, '{gamma}', $2, '{00:50:56:11:22:33}', 1),
            (4, 3, 'server|gamma', 'd', 'live', false, '{delta}', $2, '{00:50:56:44:55:66}', 1)
     returning asset_id`,
    [uuid, bios],
  )
  await correlateTenant(db.database, 1)
  const [vm, file, firmware, other] = await Promise.all(rows.map(row => deviceOf(row.asset_id)))
  expect(file).toBe(vm)
  expect(firmware).not.toBe(other)
  const told = await db.database.query("select from asset_identifier where kind = 'tenable_uuid'")
  expect(told.rows).toHaveLength(2)
})

test('whatever changes, in whatever order, the machines are those that a look at everything makes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(fc.nat(1_000), { maxLength: 4 }),
      async (seed, turns) => {
        await db.database.query(
          'truncate asset, asset_identity, asset_identifier, device, device_asset, device_evidence, device_decision, identity_state',
        )
        const records = makeEstate({ machines: 14, seed })
        const half = Math.floor(records.length / 2)
        await store(records.slice(0, half))
        await correlateTenant(db.database, 1, { batch: 3 })
        await store(records.slice(half))
        await correlateTenant(db.database, 1, { batch: 3 })
        for (const turn of turns) {
          const one = records[turn % records.length]!
          const other = records[(turn * 7 + 3) % records.length]!
          // One takes what identifies another, loses all it had, or is gone.
          if (turn % 3 === 0)
            await store([
              { ...one, facts: { ...other.facts, assetId: one.facts.assetId, sourceId: one.facts.sourceId } },
            ])
          else if (turn % 3 === 1)
            await store([{ ...one, facts: { assetId: one.facts.assetId, sourceId: one.facts.sourceId } }])
          else await db.database.query('delete from asset where asset_id = $1', [one.facts.assetId])
          await correlateTenant(db.database, 1, { batch: 3 })
        }
        const stepwise = await devices()
        expect(stepwise).toEqual(await fromNothing())
      },
    ),
    { numRuns: 12 },
  )
})

describe('what people decide', () => {
  async function twoMachines(): Promise<[LabelledRecord, LabelledRecord, LabelledRecord]> {
    const records = makeEstate({ machines: 30, seed: 21 })
    await store(records)
    await correlateTenant(db.database, 1)
    const servers = [...Map.groupBy(records, record => record.machine).values()].filter(
      group => group[0]!.story === 'server' && group.length > 1,
    )
    return [servers[0]![0]!, servers[0]![1]!, servers[1]![0]!]
  }

  test('two machines are made one, and parted again when it is taken back', async () => {
    const [one, , other] = await twoMachines()
    const before = await devices()
    const id = await decide(
      db.database,
      { assetIds: [one.facts.assetId, other.facts.assetId], isSame: true, reason: 'same chassis' },
      actor,
    )
    expect(await deviceOf(one.facts.assetId)).toBe(await deviceOf(other.facts.assetId))
    expect(await devices()).toEqual(await fromNothing())
    await undoDecision(db.database, id, actor)
    expect(await devices()).toEqual(before)
    const { rows } = await db.database.query<{ action: string }>(
      'select action from audit_event where subject = $1 order by 1',
      [`device_decision:${id}`],
    )
    expect(rows.map(row => row.action)).toEqual(['device.decision_undone', 'device.merged'])
  })

  test('one machine is parted, and stays so when everything is looked at again', async () => {
    const [one, twin] = await twoMachines()
    expect(await deviceOf(one.facts.assetId)).toBe(await deviceOf(twin.facts.assetId))
    await decide(db.database, { assetIds: [twin.facts.assetId, one.facts.assetId], isSame: false, reason: null }, actor)
    expect(await deviceOf(one.facts.assetId)).not.toBe(await deviceOf(twin.facts.assetId))
    await fromNothing()
    expect(await deviceOf(one.facts.assetId)).not.toBe(await deviceOf(twin.facts.assetId))
  })

  test.each([
    ['same_asset', (a: number) => [a, a] as const],
    ['asset_not_found', (a: number) => [a, 999] as const],
  ])('%s is refused by name', async (code, pair) => {
    const [one] = await twoMachines()
    await expect(
      decide(db.database, { assetIds: pair(one.facts.assetId), isSame: true, reason: null }, actor),
    ).rejects.toMatchObject({ code })
  })

  test('the same word twice, and taking back twice, are refused', async () => {
    const [one, , other] = await twoMachines()
    const input = { assetIds: [one.facts.assetId, other.facts.assetId] as const, isSame: true, reason: null }
    const id = await decide(db.database, input, actor)
    await expect(decide(db.database, input, actor)).rejects.toMatchObject({ code: 'decided_already' })
    await undoDecision(db.database, id, actor)
    await expect(undoDecision(db.database, id, actor)).rejects.toMatchObject({ code: 'undone_already' })
    await expect(undoDecision(db.database, 987_654, actor)).rejects.toMatchObject({ code: 'decision_not_found' })
  })
})
