import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { startMergeRun } from '../../../test/support/merging.ts'
import { allocateAssets, createAssetDirectory } from './asset-directory.ts'

// Names of Security Center's hosts: which of them lead to one asset?

let db: TestDatabase
let sourceId: number
beforeAll(async () => {
  db = await createTestDatabase()
  sourceId = (await startMergeRun(db.database)).sourceId
})
afterAll(() => db.drop())
beforeEach(() => db.database.query('truncate asset_alias'))

const uuid = (value: string) => `repositoryID=1|uuid=${value}`
const hostUuid = (value: string) => `repositoryID=1|hostUUID=${value}`
const address = (ip: string, dnsName = '') => `repositoryID=1|ip=${ip}|dnsName=${dnsName}`

/** By a worker that remembers nothing. The native id is one of the names. */
async function idOf(nativeId: string, ...aliases: string[]): Promise<number | undefined> {
  const directory = createAssetDirectory()
  await allocateAssets(db.database, directory, sourceId, [{ nativeId, aliases }])
  return directory.ids.get(nativeId)
}

test('a host that an upgrade names otherwise is the same asset', async () => {
  const before = await idOf(address('10.0.0.1', 'a'), address('10.0.0.1', 'a'))
  expect(await idOf(hostUuid('h'), hostUuid('h'), address('10.0.0.1', 'a'))).toBe(before)
  expect(await idOf(hostUuid('h'), hostUuid('h'), address('10.0.0.9', 'z'))).toBe(before)
})

test('a host with an agent that has another name is the same asset', async () => {
  const before = await idOf(address('10.0.0.1', 'a'), uuid('u'), address('10.0.0.1', 'a'))
  expect(await idOf(address('10.0.0.2', 'b'), uuid('u'), address('10.0.0.2', 'b'))).toBe(before)
})

test('another host at the same address is another asset', async () => {
  const before = await idOf(uuid('old'), uuid('old'), address('10.0.0.1'))
  const after = await idOf(uuid('new'), uuid('new'), address('10.0.0.1'))
  expect(after).not.toBe(before)
  expect(await idOf(uuid('old'), uuid('old'), address('10.0.0.7'))).toBe(before)
})

test('hosts without any id of their own are told apart by address and name', async () => {
  const a = await idOf(address('10.0.0.1', 'a'), address('10.0.0.1', 'a'))
  expect(await idOf(address('10.0.0.1', 'b'), address('10.0.0.1', 'b'))).not.toBe(a)
})

test('saying it again writes nothing', async () => {
  const names = [uuid('u'), address('10.0.0.1', 'a')]
  await idOf(uuid('u'), ...names)
  const rows = async () =>
    (await db.database.query('select *, xmin::text as version from asset_alias order by native_id')).rows
  const before = await rows()
  await idOf(uuid('u'), ...names)
  expect(await rows()).toEqual(before)
})
