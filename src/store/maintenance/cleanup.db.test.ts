import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AgedMirror, inAged, openAgedMirror, tableHashes } from '../../../test/support/aged-mirror.ts'
import { tester } from '../../../test/support/mirror.ts'
import type { Database } from '../database.ts'
import { verifyStore } from '../verify/verify.ts'
import { type CleanedUp, cleanUp } from './cleanup.ts'

let aged: AgedMirror
beforeAll(async () => {
  aged = await openAgedMirror()
}, 120_000)
afterAll(() => aged.close())

const damages = async (database: Database) =>
  (await verifyStore({ database, sealing: aged.sealing }, { actor: tester, programVersion: '0.0.0' })).damages.map(
    damage => damage.check,
  )
const found = (cleaned: readonly CleanedUp[]) =>
  Object.fromEntries(cleaned.filter(({ rows }) => rows > 0).map(({ kind, rows }) => [kind, rows]))

test('a sound store loses nothing but the lists of sweeps that have ended', async () => {
  await inAged(aged, async database => {
    const before = await tableHashes(database)
    const cleaned = await cleanUp(database, { actor: tester, isDryRun: false })
    expect(Object.keys(found(cleaned)).filter(kind => kind !== 'sweep_list')).toEqual([])
    const after = await tableHashes(database)
    const changed = Object.keys(before).filter(table => before[table] !== after[table])
    expect(changed.filter(table => !/^(run_asset_seen|run_finding_missed|sweep_)/.test(table))).toEqual([])
    expect(await damages(database)).toEqual([])
  })
})

interface Orphan {
  readonly kind: string
  readonly plant: string
  readonly rows: number
}

const orphans: readonly Orphan[] = [
  {
    kind: 'asset_part',
    plant: `insert into asset_tag (asset_id, tag_key, tag_value) values (9000001, 'a', 'b');
            insert into asset_software values (9000001, 'cpe:/a'); insert into asset_interface values (9000001, 1, 'eth0', null, null, '{}', '{}', '{}', '{}')`,
    rows: 3,
  },
  {
    kind: 'finding_part',
    plant: `insert into finding_output (asset_id, plugin_id, port, protocol, output) values (9000001, 1, 0, 'tcp', '=1+1')`,
    rows: 1,
  },
  {
    kind: 'total',
    plant: `insert into asset_total select 9000001, source_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from source limit 1`,
    rows: 1,
  },
  {
    kind: 'alias',
    plant: `insert into asset_alias (source_id, native_id, asset_id, created_at) select source_id, 'gone', 9000001, now() - interval '9 days' from source limit 1`,
    rows: 1,
  },
  {
    kind: 'history',
    plant: `insert into asset_event (asset_id, source_id, kind, status, cause) select 9000001, source_id, 'names', 'live', 'source' from source limit 1;
            insert into finding_event (asset_id, recorded_at, plugin_id, port, source_id, protocol, kind, state, severity, severity_modification, cause)
            select 9000001, now(), 1, 0, source_id, 'tcp', 'opened', 'open', 'low', 'none', 'source' from source limit 1`,
    rows: 2,
  },
  {
    kind: 'provisional_asset',
    plant: `insert into asset_alias (source_id, native_id, asset_id) select source_id, 'waits', 9000002 from source limit 1;
            insert into asset (asset_id, source_id, native_id, name, status, is_provisional, run_id, changed_at)
            select 9000002, source_id, 'waits', 'waits', 'live', true, 1, now() - interval '91 days' from source limit 1`,
    rows: 2,
  },
  {
    kind: 'plugin',
    plant: `insert into plugin_change (plugin_id, owner_source_id, run_id, changed) values (77, 0, 1, '{}')`,
    rows: 1,
  },
]

describe('a cleanup', () => {
  for (const { kind, plant, rows } of orphans) {
    test(`counts and removes: ${kind}`, async () => {
      await inAged(aged, async database => {
        await cleanUp(database, { actor: tester, isDryRun: false })
        const sound = await tableHashes(database)
        await database.query(plant)
        const planted = await tableHashes(database, [])
        expect(found(await cleanUp(database, { actor: tester, isDryRun: true }))).toEqual({ [kind]: rows })
        expect(await tableHashes(database, [])).toEqual(planted)
        expect(found(await cleanUp(database, { actor: tester, isDryRun: false }))).toEqual({ [kind]: rows })
        expect(await tableHashes(database)).toEqual(sound)
        const audit = await database.query("select from audit_event where action = 'store.cleaned' and subject = $1", [
          kind,
        ])
        expect(audit.rows).toHaveLength(1)
      })
    })
  }

  test('leaves a provisional asset that is young, or has a finding', async () => {
    await inAged(aged, async database => {
      await database.query(
        `insert into asset (asset_id, source_id, native_id, name, status, is_provisional, run_id)
         select 9000002, source_id, 'waits', 'waits', 'live', true, 1 from source limit 1;
         update asset set is_provisional = true, changed_at = now() - interval '1 year'
         where asset_id = (select asset_id from finding limit 1)`,
      )
      expect(found(await cleanUp(database, { actor: tester, isDryRun: true })).provisional_asset).toBeUndefined()
    })
  })
})

describe('the rows of a removed source', () => {
  test('go when a person says so, a week later, and the store is sound', async () => {
    await inAged(aged, async database => {
      const sourceId = aged.mirror.sourceId
      const clean = (isDryRun: boolean) => cleanUp(database, { actor: tester, sourceId, isDryRun })
      await expect(clean(false)).rejects.toMatchObject({ code: 'source_not_removed' })
      await database.query('update source set removed_at = now(), credentials = null, credentials_key_id = null')
      await expect(clean(false)).rejects.toMatchObject({ code: 'source_removed_lately' })
      await database.query("update source set removed_at = now() - interval '8 days'")
      const before = await tableHashes(database, [])
      const counted = found(await clean(true)).source_data
      expect(counted).toBeGreaterThan(100)
      expect(await tableHashes(database, [])).toEqual(before)
      expect(found(await clean(false)).source_data).toBeGreaterThanOrEqual(counted!)
      for (const table of ['asset', 'finding', 'finding_event', 'daily_total', 'run', 'asset_alias']) {
        expect((await database.query(`select from ${table}`)).rows).toEqual([])
      }
      expect((await database.query('select from source')).rows).toHaveLength(1)
      expect(await damages(database)).toEqual([])
    })
  })

  test('cannot go when there is no such source', async () => {
    await expect(
      cleanUp(aged.mirror.database, { actor: tester, sourceId: 4711, isDryRun: true }),
    ).rejects.toMatchObject({ code: 'source_not_found' })
  })
})
