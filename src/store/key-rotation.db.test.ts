import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { Secret } from '../platform/secret.ts'
import { keyFileOf, nextKeyFileOf } from './encryption-key.ts'
import { replaceKey, rotateKey } from './key-rotation.ts'
import { keyIdOf, openSealing, parseKey, sealingWith } from './sealing.ts'
import { createSource, loadCredentials, updateSource } from './sources.ts'

const actor = { kind: 'cli', name: 'test' } as const
const oneKey = '0123456789abcdef0123456789ABCDE!'
const otherKey = 'another key of thirty-two chars.'
const given = { name: 'NEW_KEY', key: new Secret(otherKey) }

let db: TestDatabase
let dataDir: string
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rotation-'))
  for (const table of ['schedule', 'source', 'sealing_key']) await db.database.query(`delete from ${table}`)
})
afterEach(() => rm(dataDir, { recursive: true }))

const depsOf = (key?: string) => ({
  database: db.database,
  dataDir,
  encryptionKey: key === undefined ? undefined : new Secret(key),
})

async function open(key?: string) {
  const deps = depsOf(key)
  return { ...deps, sealing: await openSealing(deps) }
}
type Opened = Awaited<ReturnType<typeof open>>

async function addSources(deps: Opened, count: number): Promise<number[]> {
  const ids: number[] = []
  for (let number = 1; number <= count; number++) {
    const credentials = { accessKey: new Secret(`access-${number}`), secretKey: new Secret(`secret-${number}`) }
    const source = await createSource(
      deps,
      { name: `VM ${number}`, kind: 'tenable-vm', baseUrl: 'https://cloud.tenable.com', credentials },
      actor,
    )
    ids.push(source.id)
  }
  return ids
}

async function secretsOf(deps: Opened, ids: readonly number[]): Promise<(string | undefined)[]> {
  const loaded = await Promise.all(ids.map(id => loadCredentials(deps, id)))
  return loaded.map(credentials => credentials?.secretKey.reveal())
}

async function keyIds(): Promise<Record<string, number>> {
  const { rows } = await db.database.query<{ key_id: string; sources: number }>(
    'select credentials_key_id as key_id, count(*) as sources from source where credentials is not null group by 1',
  )
  return Object.fromEntries(rows.map(row => [row.key_id, row.sources]))
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test('a generated key is replaced by another, and a process that runs meanwhile follows it', async () => {
  const running = await open()
  const ids = await addSources(running, 5)
  const before = await readFile(keyFileOf(dataDir), 'utf8')
  const counted: string[] = []
  const rotating = await open()
  const result = await replaceKey(rotating, undefined, actor, {
    onProgress: (done, total) => counted.push(`${done}/${total}`),
  })
  expect(result).toMatchObject({ resealed: 5, failed: [], isComplete: true })
  expect(counted).toEqual(['1/5', '2/5', '3/5', '4/5', '5/5'])
  expect(await keyIds()).toEqual({ [result.keyId]: 5 })
  expect(await readFile(keyFileOf(dataDir), 'utf8')).not.toBe(before)
  expect(await exists(nextKeyFileOf(dataDir))).toBe(false)
  const secrets = ids.map((_, index) => `secret-${index + 1}`)
  expect(await secretsOf(running, ids)).toEqual(secrets)
  expect(await secretsOf(await open(), ids)).toEqual(secrets)
  // What the running one seals now is sealed with the new key.
  const credentials = { accessKey: new Secret('access-9'), secretKey: new Secret('secret-9') }
  await updateSource(running, ids[0]!, { credentials }, actor)
  expect(await keyIds()).toEqual({ [result.keyId]: 5 })
  const audit = await db.database.query("select detail from audit_event where action = 'sealing_key.replaced'")
  expect(audit.rows).toEqual([{ detail: { resealed: 5, failed: [] } }])
})

test('stopped between two secrets, either key opens what it sealed, and the next time does the rest', async () => {
  const deps = await open()
  const ids = await addSources(deps, 6)
  const stopping = new AbortController()
  const stopped = replaceKey(deps, undefined, actor, {
    signal: stopping.signal,
    onProgress: done => (done === 2 ? stopping.abort() : undefined),
  })
  await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
  expect(Object.values(await keyIds()).sort()).toEqual([2, 4])
  const secrets = ids.map((_, index) => `secret-${index + 1}`)
  const again = await open()
  expect(await secretsOf(again, ids)).toEqual(secrets)
  expect(await replaceKey(again, undefined, actor)).toMatchObject({ resealed: 4, isComplete: true })
  expect(await secretsOf(await open(), ids)).toEqual(secrets)
})

test('dead after the last secret and before the files changed, the next start finishes it', async () => {
  const deps = await open()
  const ids = await addSources(deps, 2)
  const next = `${Buffer.alloc(32, 7).toString('base64')}\n`
  await writeFile(nextKeyFileOf(dataDir), next, { mode: 0o600 })
  await rotateKey(db.database, deps.sealing, sealingWith(parseKey(next, 'next'), 'next'))
  const started = await open()
  expect(started.sealing.keyId).toBe(keyIdOf(parseKey(next, 'next')))
  expect(await readFile(keyFileOf(dataDir), 'utf8')).toBe(next)
  expect(await exists(nextKeyFileOf(dataDir))).toBe(false)
  expect(await secretsOf(started, ids)).toEqual(['secret-1', 'secret-2'])
})

test('dead before the first secret, the next start goes on with the old key', async () => {
  const deps = await open()
  const ids = await addSources(deps, 1)
  await writeFile(nextKeyFileOf(dataDir), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 })
  const started = await open()
  expect(started.sealing.keyId).toBe(deps.sealing.keyId)
  expect(await secretsOf(started, ids)).toEqual(['secret-1'])
})

test('a key of the environment is replaced by one of another variable', async () => {
  const deps = await open(oneKey)
  const ids = await addSources(deps, 3)
  await expect(replaceKey(deps, undefined, actor)).rejects.toMatchObject({ code: 'new_key_needed' })
  expect(await replaceKey(deps, given, actor)).toMatchObject({ resealed: 3, isComplete: true })
  await expect(open(oneKey)).rejects.toMatchObject({
    code: 'wrong_encryption_key',
    context: { expectedKeyId: keyIdOf(parseKey(otherKey, 'K')) },
  })
  expect(await secretsOf(await open(otherKey), ids)).toEqual(['secret-1', 'secret-2', 'secret-3'])
})

test('a server with the former key of the environment is told by name when it seals', async () => {
  const server = await open(oneKey)
  const ids = await addSources(server, 1)
  await replaceKey(await open(oneKey), given, actor)
  const credentials = { accessKey: new Secret('access-2'), secretKey: new Secret('secret-2') }
  await expect(updateSource(server, ids[0]!, { credentials }, actor)).rejects.toMatchObject({
    code: 'wrong_encryption_key',
    message: expect.stringContaining(keyIdOf(parseKey(otherKey, 'K'))),
  })
})

test('a generated key is replaced by a given one', async () => {
  const deps = await open()
  const ids = await addSources(deps, 2)
  expect(await replaceKey(deps, given, actor)).toMatchObject({ resealed: 2, isComplete: true })
  expect(await secretsOf(await open(otherKey), ids)).toEqual(['secret-1', 'secret-2'])
  await expect(open()).rejects.toMatchObject({ code: 'wrong_encryption_key' })
})

test('the same key is refused, and so is what is no key', async () => {
  const deps = await open(otherKey)
  await expect(replaceKey(deps, given, actor)).rejects.toMatchObject({
    code: 'same_encryption_key',
    message: expect.stringContaining('NEW_KEY'),
  })
  const short = { name: 'NEW_KEY', key: new Secret('too short') }
  const refusal = replaceKey(deps, short, actor)
  await expect(refusal).rejects.toMatchObject({
    code: 'bad_encryption_key',
    message: expect.stringContaining('NEW_KEY'),
  })
  await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining('too short') })
})

test('a secret that does not open is named, the others go on, and the old key stays until it is entered again', async () => {
  const deps = await open()
  const ids = await addSources(deps, 3)
  await db.database.query("update source set credentials = '\\x0102' where source_id = $1", [ids[1]])
  const result = await replaceKey(deps, undefined, actor)
  expect(result).toMatchObject({ resealed: 2, isComplete: false, failed: [{ name: 'source VM 2' }] })
  expect(await exists(nextKeyFileOf(dataDir))).toBe(true)
  const again = await open()
  expect(await secretsOf(again, [ids[0]!, ids[2]!])).toEqual(['secret-1', 'secret-3'])
  const credentials = { accessKey: new Secret('access-2'), secretKey: new Secret('secret-2') }
  await updateSource(again, ids[1]!, { credentials }, actor)
  expect(await replaceKey(again, undefined, actor)).toMatchObject({ isComplete: true, failed: [] })
  expect(await secretsOf(await open(), ids)).toEqual(['secret-1', 'secret-2', 'secret-3'])
})

test('keys entered while it rotates are overlooked by nobody', async () => {
  const running = await open()
  const ids = await addSources(running, 8)
  const rotating = await open()
  const entering = ids.map(async (id, index) => {
    await new Promise(resolve => setTimeout(resolve, index * 3))
    const credentials = { accessKey: new Secret(`access-${index}`), secretKey: new Secret(`new-${index}`) }
    await updateSource(running, id, { credentials }, actor)
  })
  const [result] = await Promise.all([replaceKey(rotating, undefined, actor), ...entering])
  expect(result.isComplete).toBe(true)
  expect(Object.keys(await keyIds())).toEqual([result.keyId])
  expect(await secretsOf(await open(), ids)).toEqual(ids.map((_, index) => `new-${index}`))
})
