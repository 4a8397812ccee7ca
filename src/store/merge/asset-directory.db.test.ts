import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { aFinding, anAsset, anObservedAsset } from '../../../test/support/make.ts'
import { type MergeRun, startMergeRun } from '../../../test/support/merging.ts'
import type { ObservedAsset } from '../../domain/asset.ts'
import { type AssetDirectory, allocateAssets, createAssetDirectory, resolveObservedAssets } from './asset-directory.ts'

let db: TestDatabase
let run: MergeRun
let directory: AssetDirectory

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  await db.database.query('truncate asset, asset_alias')
  run = await startMergeRun(db.database)
  directory = createAssetDirectory()
})

const resolve = (assets: readonly ObservedAsset[], lastFound = '2026-02-01T00:00:00Z', known = directory) =>
  resolveObservedAssets(
    db.database,
    known,
    { sourceId: run.sourceId, runId: run.runId, isFirstLoad: false, readAt: '2026-03-01T00:00:00Z' },
    assets.map(asset => aFinding({ asset, lastFound })),
  )

async function rows(text: string): Promise<Record<string, unknown>[]> {
  return (await db.database.query<Record<string, unknown>>(text)).rows
}

const seen = (nativeId: string, facts: Partial<ObservedAsset> = {}) => anObservedAsset({ nativeId, ...facts })

const named = (...nativeIds: string[]) => nativeIds.map(nativeId => ({ nativeId }))

test('a name gets one id, for every worker and every time', async () => {
  const other = createAssetDirectory()
  await Promise.all([
    allocateAssets(db.database, directory, run.sourceId, named('a', 'b', 'a')),
    allocateAssets(db.database, other, run.sourceId, named('b', 'c', 'a')),
  ])
  await allocateAssets(db.database, directory, run.sourceId, named('c'))
  expect(new Map([...directory.ids].sort())).toEqual(new Map([...other.ids].sort()))
  expect(new Set(directory.ids.values()).size).toBe(3)
  expect(await rows('select native_id from asset_alias order by 1')).toHaveLength(3)
})

test('several names may mean one asset: the alias decides', async () => {
  await allocateAssets(db.database, directory, run.sourceId, named('old name'))
  const id = directory.ids.get('old name')
  await db.database.query('insert into asset_alias (source_id, native_id, asset_id) values ($1, $2, $3)', [
    run.sourceId,
    'new name',
    id,
  ])
  await allocateAssets(db.database, directory, run.sourceId, named('new name'))
  expect(directory.ids.get('new name')).toBe(id)
})

test('what was told once is not told again', async () => {
  await resolve([seen('a')])
  const before = await rows('select xmin::text from asset')
  await resolve([seen('a')], '2026-02-02T00:00:00Z')
  await resolve([seen('a')], '2026-02-02T00:00:00Z', createAssetDirectory())
  expect(await rows('select xmin::text from asset')).toEqual(before)
})

test('the finding last found says whether an asset is tracked, whichever is merged first', async () => {
  for (const order of [
    [1, 2],
    [2, 1],
  ]) {
    await db.database.query('truncate asset, asset_alias')
    const fresh = createAssetDirectory()
    for (const day of order) {
      await resolve([seen('a', { isTracked: day === 2, deviceType: `day ${day}` })], `2026-02-0${day}T00:00:00Z`, fresh)
    }
    expect(await rows('select is_tracked, device_type from asset')).toEqual([
      { is_tracked: true, device_type: 'day 2' },
    ])
  }
})

test('of several sightings in one read the same one wins in any order', async () => {
  const sightings = ['x', 'y', 'z'].map(deviceType => seen('a', { deviceType }))
  const outcomes: unknown[] = []
  for (const order of [sightings, [...sightings].reverse()]) {
    await db.database.query('truncate asset, asset_alias')
    const fresh = createAssetDirectory()
    for (const one of order) await resolve([one], undefined, fresh)
    outcomes.push(await rows('select device_type, observed from asset'))
  }
  await db.database.query('truncate asset, asset_alias')
  await resolve(sightings, undefined, createAssetDirectory())
  outcomes.push(await rows('select device_type, observed from asset'))
  expect(outcomes[1]).toEqual(outcomes[0])
  expect(outcomes[2]).toEqual(outcomes[0])
})

test('a sighting leaves what the asset’s own record says', async () => {
  await run.merge('assets', [anAsset({ nativeId: 'a', ipv4s: ['10.0.0.9'], networkId: 'net' })])
  await resolve([seen('a', { ipv4: '10.0.0.1', networkId: null, deviceType: 'printer' })])
  expect(await rows('select name, is_provisional, ipv4s, network_id, device_type from asset')).toEqual([
    { name: '10.0.0.9', is_provisional: false, ipv4s: ['10.0.0.9'], network_id: 'net', device_type: 'printer' },
  ])
})

test('two workers that meet the same unknown assets make each once', async () => {
  const assets = Array.from({ length: 40 }, (_, n) => seen(`asset-${n}`))
  await Promise.all([
    resolve(assets, undefined, createAssetDirectory()),
    resolve([...assets].reverse(), undefined, createAssetDirectory()),
  ])
  expect(await rows('select count(*)::integer as assets from asset where is_provisional')).toEqual([{ assets: 40 }])
})

test('a directory that is full forgets, and still knows every asset it is asked for', async () => {
  const small = createAssetDirectory(3)
  await resolve([seen('a'), seen('b')], undefined, small)
  // More ids than sightings: names of an asset export.
  await allocateAssets(db.database, small, run.sourceId, named('c', 'd', 'e'))
  for (const batch of [['a', 'b'], ['b', 'f'], ['a', 'b', 'c', 'd', 'e'], ['a']]) {
    await resolve(
      batch.map(name => seen(name)),
      undefined,
      small,
    )
    for (const name of batch) expect(small.ids.get(name), name).toBeTypeOf('number')
  }
})
