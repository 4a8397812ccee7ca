import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { aFinding, anAsset, anObservedAsset } from '../../../test/support/make.ts'
import { type MergeRun, startMergeRun } from '../../../test/support/merging.ts'
import { type Asset, assetStatuses, cloudFields, thirdPartyFields } from '../../domain/asset.ts'

let db: TestDatabase
let run: MergeRun

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  await empty()
  run = await startMergeRun(db.database)
})

const empty = () =>
  db.database.query('truncate finding, asset_total, asset, asset_tag, asset_interface, asset_software, asset_alias')

async function rows(text: string): Promise<Record<string, unknown>[]> {
  return (await db.database.query<Record<string, unknown>>(text)).rows
}

const january = (n: number) => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`

/** An asset with a value in every field that has a place. */
const whole = anAsset({
  nativeId: 'whole',
  isPublic: true,
  types: ['host', 'cloud'],
  hostnames: ['h1', 'h2'],
  fqdns: ['f.example.org'],
  ipv6s: ['::1'],
  macAddresses: ['00:11'],
  netbiosNames: ['N'],
  operatingSystems: ['Linux "5"', 'tab\there, {brace}'],
  systemTypes: ['router'],
  agentNames: ['agent'],
  sshFingerprints: ['ssh'],
  tpmIds: ['tpm'],
  qualysAssetIds: ['q1'],
  qualysHostIds: ['q2'],
  symantecHardwareKeys: ['s'],
  installedSoftware: ['cpe:/a:x', 'cpe:/a:y', 'cpe:/a:x'],
  hasAgent: true,
  agentUuid: 'agent-uuid',
  agentDaysSinceActive: 3,
  biosUuid: 'bios',
  serialNumber: 'serial',
  networkId: 'network',
  networkName: 'Default',
  cloud: Object.fromEntries(cloudFields.map(field => [field, `a ${field}`])),
  thirdParty: Object.fromEntries(thirdPartyFields.map(field => [field, `a ${field}`])),
  acrScore: 7.5,
  exposureScore: 744,
  updatedAt: '2026-01-02T03:04:05.678901Z',
  deletedAt: january(1),
  deletedBy: 'd',
  terminatedAt: january(1),
  terminatedBy: 't',
  firstSeen: january(1),
  lastSeen: january(2),
  firstScanAt: january(3),
  lastScanAt: january(4),
  lastAuthenticatedScanAt: january(5),
  lastLicensedScanAt: january(6),
  lastAuthenticationAttemptAt: january(7),
  lastAuthenticationSuccessAt: january(8),
  lastAuthenticationStatus: 'Success',
  lastScanId: 'scan',
  lastScheduleId: 'schedule',
  lastScanTarget: 'target',
  tags: [
    { key: 'Site', value: 'Bern', uuid: 'u', addedBy: 'me', addedAt: january(1) },
    { key: 'Site', value: 'Basel', uuid: null, addedBy: null, addedAt: null },
  ],
  interfaces: [
    {
      name: 'lo',
      isVirtual: true,
      isAliased: false,
      ipv4s: ['127.0.0.1'],
      ipv6s: ['::1'],
      fqdns: ['l'],
      macAddresses: [],
    },
    { name: 'lo', isVirtual: null, isAliased: null, ipv4s: [], ipv6s: [], fqdns: [], macAddresses: [] },
  ],
  sightings: [{ name: 'NESSUS_SCAN', first_seen: january(1) }],
  openPorts: [{ port: 443, protocol: 'tcp' }],
  customAttributes: [{ id: 'x', value: 'y' }],
  resourceTags: [{ key: 'k', value: 'v' }],
  ratings: { acr: { score: 7.5 } },
  extra: { unknown: [null, { deep: '\\' }] },
})

test('every fact of an asset comes back from its row', async () => {
  expect((await run.merge('assets', [whole])).counts).toMatchObject({ inserted: 1, changed: 0, unchanged: 0 })
  const [row] = await rows('select * from asset')
  const { tags, interfaces, installedSoftware, cloud, thirdParty, ...facts } = whole
  expect(row).toMatchObject({
    ...cloud,
    ...thirdParty,
    name: 'f.example.org',
    is_provisional: false,
    source_id: run.sourceId,
  })
  const stored = Object.values(row ?? {}).map(value => JSON.stringify(value))
  for (const [field, value] of Object.entries(facts)) expect(stored, field).toContain(JSON.stringify(value))
  expect(await rows('select * from asset_tag order by tag_value')).toMatchObject([
    { tag_key: 'Site', tag_value: 'Basel', tag_uuid: null, added_by: null, added_at: null },
    { tag_key: 'Site', tag_value: 'Bern', tag_uuid: 'u', added_by: 'me', added_at: january(1) },
  ])
  expect(await rows('select * from asset_interface order by interface_number')).toMatchObject([
    {
      name: 'lo',
      is_virtual: true,
      is_aliased: false,
      ipv4s: ['127.0.0.1'],
      ipv6s: ['::1'],
      fqdns: ['l'],
      mac_addresses: [],
    },
    { name: 'lo', is_virtual: null },
  ])
  expect(await rows('select cpe from asset_software order by cpe')).toEqual([{ cpe: 'cpe:/a:x' }, { cpe: 'cpe:/a:y' }])
  expect([tags, interfaces, installedSoftware].map(list => list.length)).toEqual([2, 2, 3])
})

test('a replay writes nothing', async () => {
  await run.merge('assets', [whole, anAsset()])
  const before = await rows('select xmin::text, ctid::text from asset order by asset_id')
  const parts = await rows('select xmin::text, ctid::text from asset_tag order by tag_value')
  const again = await run.merge('assets', [anAsset(), whole], { readAt: '2026-02-02T00:00:00Z' })
  expect(again.counts).toMatchObject({ received: 2, inserted: 0, changed: 0, unchanged: 2 })
  expect(await rows('select xmin::text, ctid::text from asset order by asset_id')).toEqual(before)
  expect(await rows('select xmin::text, ctid::text from asset_tag order by tag_value')).toEqual(parts)
})

test('tags, interfaces and software are the latest list, no more', async () => {
  await run.merge('assets', [whole])
  await run.merge('assets', [
    anAsset({ ...whole, updatedAt: january(9), tags: [whole.tags[1]!], interfaces: [], installedSoftware: [] }),
  ])
  expect(await rows('select tag_value from asset_tag')).toEqual([{ tag_value: 'Basel' }])
  expect(await rows('select from asset_interface')).toEqual([])
  expect(await rows('select from asset_software')).toEqual([])
})

test('an older version never beats a newer one, nor do its tags', async () => {
  await run.merge('assets', [anAsset({ networkName: 'new', updatedAt: january(5) })])
  const tag = { key: 'Site', value: 'old', uuid: null, addedBy: null, addedAt: null }
  const older = anAsset({ networkName: 'old', updatedAt: january(4), tags: [tag] })
  const merged = await run.merge('assets', [older], { readAt: '2026-03-01T00:00:00Z' })
  expect(merged.counts).toMatchObject({ inserted: 0, changed: 0, unchanged: 1 })
  expect(await rows('select network_name from asset')).toEqual([{ network_name: 'new' }])
  expect(await rows('select from asset_tag')).toEqual([])
})

test('a deletion is a newer version though the vendor leaves updated_at where it was', async () => {
  await run.merge('assets', [anAsset({ updatedAt: january(5) })])
  const deleted = anAsset({ status: 'deleted', updatedAt: january(5), deletedAt: january(6), deletedBy: 'admin' })
  const merged = await run.merge('assets', [deleted], { readAt: '2026-01-01T00:00:00Z' })
  expect(merged.counts).toMatchObject({ changed: 1 })
  expect(await rows('select status, deleted_by from asset')).toEqual([{ status: 'deleted', deleted_by: 'admin' }])
})

test('an asset that a sweep took away and the source shows again is live again', async () => {
  await run.merge('assets', [anAsset()])
  await db.database.query("update asset set status = 'aged_out'")
  const merged = await run.merge('assets', [anAsset()], { readAt: '2026-02-02T00:00:00Z' })
  expect(merged.counts).toMatchObject({ changed: 1 })
  expect(await rows('select status from asset')).toEqual([{ status: 'live' }])
})

test('a provisional asset becomes a whole one, is new to its reader, and keeps what findings say', async () => {
  const observed = anObservedAsset({ nativeId: 'asset-1', isTracked: false, deviceType: 'router' })
  await run.merge('findings', [aFinding({ asset: observed })])
  const [provisional] = await rows('select asset_id from asset where is_provisional')
  const merged = await run.merge('assets', [anAsset({ networkName: 'Default' })])
  expect(merged.counts).toMatchObject({ inserted: 1, changed: 0 })
  expect(await rows('select asset_id, is_provisional, is_tracked, device_type, network_name from asset')).toEqual([
    {
      asset_id: provisional?.asset_id,
      is_provisional: false,
      is_tracked: false,
      device_type: 'router',
      network_name: 'Default',
    },
  ])
})

test('two sources may name their assets alike', async () => {
  const other = await startMergeRun(db.database, 'another')
  await run.merge('assets', [anAsset({ networkName: 'one' })])
  await other.merge('assets', [anAsset({ networkName: 'other' })])
  expect(await rows('select source_id, network_name from asset order by asset_id')).toEqual([
    { source_id: run.sourceId, network_name: 'one' },
    { source_id: other.sourceId, network_name: 'other' },
  ])
})

test('an asset twice in a part is one row, and both are counted', async () => {
  const merged = await run.merge('assets', [
    anAsset({ networkName: 'new', updatedAt: january(2) }),
    anAsset({ networkName: 'old', updatedAt: january(1) }),
  ])
  expect(merged.counts).toMatchObject({ received: 2, inserted: 1, changed: 0, unchanged: 1 })
  expect(await rows('select network_name from asset')).toEqual([{ network_name: 'new' }])
})

test('two parts that meet the same new assets at once do not wait for each other’s end', async () => {
  const other = await startMergeRun(db.database, 'test')
  const assets = Array.from({ length: 50 }, (_, n) => anAsset({ nativeId: `asset-${n}` }))
  const outcomes = await Promise.all([
    other.merge('assets', assets, { rowsPerBatch: 10 }),
    other.merge('assets', [...assets].reverse(), { rowsPerBatch: 50 }),
  ])
  expect(outcomes.map(outcome => outcome.counts.received)).toEqual([50, 50])
  expect(
    await rows('select count(*)::integer as assets, count(distinct native_id)::integer as names from asset'),
  ).toEqual([{ assets: 50, names: 50 }])
})

const versions = fc
  .record({
    id: fc.integer({ min: 1, max: 3 }),
    updated: fc.integer({ min: 1, max: 5 }),
    deleted: fc.option(fc.integer({ min: 1, max: 5 })),
    status: fc.constantFrom(...assetStatuses),
    network: fc.constantFrom('a', 'b', 'c'),
    tags: fc.uniqueArray(fc.constantFrom('x', 'y', 'z')),
  })
  .map(one =>
    anAsset({
      nativeId: `asset-${one.id}`,
      updatedAt: january(one.updated),
      deletedAt: one.deleted === null ? null : january(one.deleted),
      status: one.status,
      networkName: one.network,
      tags: one.tags.map(value => ({ key: 'k', value, uuid: null, addedBy: null, addedAt: null })),
    }),
  )

test('any order, any cut into parts and any repetition leave the same rows', async () => {
  const dump = () =>
    rows(`select native_id, status, network_name, updated_at, deleted_at, vendor_version_at, row_hash::text,
                 array(select tag_value from asset_tag t where t.asset_id = a.asset_id order by 1) as tags
          from asset a order by native_id`)
  await fc.assert(
    fc.asyncProperty(
      fc.array(versions, { minLength: 1, maxLength: 15 }).chain(assets =>
        fc.record({
          assets: fc.constant(assets),
          other: fc.shuffledSubarray(assets, { minLength: assets.length }),
          cut: fc.integer({ min: 1, max: 6 }),
        }),
      ),
      async ({ assets, other, cut }) => {
        const outcomes: unknown[] = []
        for (const [order, size] of [
          [assets, assets.length],
          [other, cut],
          [[...other, ...assets], cut],
        ] as const) {
          await empty()
          const each = await startMergeRun(db.database)
          await mergeInParts(each, order, size)
          outcomes.push(await dump())
        }
        expect(outcomes[1]).toEqual(outcomes[0])
        expect(outcomes[2]).toEqual(outcomes[0])
      },
    ),
    { numRuns: 20 },
  )
})

async function mergeInParts(each: MergeRun, order: readonly Asset[], size: number): Promise<void> {
  for (let from = 0; from < order.length; from += size) await each.merge('assets', order.slice(from, from + size))
}
