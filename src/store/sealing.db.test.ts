import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { Secret } from '../platform/secret.ts'
import { openSealing, parseKey, sealingWith } from './sealing.ts'
import { createSource, loadCredentials, removeSource } from './sources.ts'

const actor = { kind: 'cli', name: 'test' } as const
const oneKey = '0123456789abcdef0123456789ABCDE!'
const otherKey = 'another key of thirty-two chars.'

let db: TestDatabase
let dataDir: string
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sealing-'))
  await db.database.query('delete from source')
  await db.database.query('delete from sealing_key')
})
afterEach(() => rm(dataDir, { recursive: true }))

const open = (key?: string) =>
  openSealing({ database: db.database, dataDir, encryptionKey: key === undefined ? undefined : new Secret(key) })
const newSource = {
  name: 'VM',
  kind: 'tenable-vm',
  baseUrl: 'https://cloud.tenable.com',
  credentials: { accessKey: new Secret('access-key-0123456789'), secretKey: new Secret('secret-key') },
} as const

describe('the key', () => {
  const bytes = Buffer.from('0123456789abcdef0123456789abcdef')
  const accepted = [
    { name: '32 characters', text: bytes.toString() },
    { name: '64 hex digits', text: bytes.toString('hex').toUpperCase() },
    { name: 'base64', text: bytes.toString('base64') },
    { name: 'base64 without padding', text: bytes.toString('base64').replace('=', '') },
    { name: 'base64 with a newline, as a file has it', text: `${bytes.toString('base64')}\n` },
  ]
  for (const { name, text } of accepted) test(`is ${name}`, () => expect(parseKey(text, 'K')).toEqual(bytes))
  for (const text of ['', 'short', 'x'.repeat(31), 'x'.repeat(33), 'ü'.repeat(32), 'g'.repeat(64)]) {
    test(`is not ${JSON.stringify(text)}, and the error does not repeat it`, () => {
      const refused = () => parseKey(text, 'TENABLE_ENCRYPTION_KEY')
      expect(refused).toThrow(/TENABLE_ENCRYPTION_KEY has \d+ characters; it must be/)
      if (text !== '') expect(refused).not.toThrow(text)
    })
  }
})

describe('a seal', () => {
  const sealing = sealingWith(parseKey(oneKey, 'K'), 'K')

  test('opens for its purpose only, and never twice the same', () => {
    const sealed = sealing.seal('the secret', 'source:1')
    expect(sealing.open(sealed, sealing.keyId, 'source:1')).toBe('the secret')
    expect(sealing.seal('the secret', 'source:1')).not.toEqual(sealed)
    expect(sealed.includes('secret')).toBe(false)
    expect(() => sealing.open(sealed, sealing.keyId, 'source:2')).toThrow('was changed or moved')
  })

  test('does not open when any byte of it was changed, or it was cut', () => {
    const sealed = sealing.seal('the secret', 'source:1')
    for (let index = 0; index < sealed.length; index += 1) {
      const forged = Buffer.from(sealed)
      forged[index]! ^= 1
      expect(() => sealing.open(forged, sealing.keyId, 'source:1')).toThrow('was changed or moved')
    }
    for (const length of [0, 1, 28, sealed.length - 1]) {
      expect(() => sealing.open(sealed.subarray(0, length), sealing.keyId, 'source:1')).toThrow('was changed or moved')
    }
  })

  test('of another key is refused by the key’s name', () => {
    const other = sealingWith(parseKey(otherKey, 'K'), 'K')
    expect(other.keyId).not.toBe(sealing.keyId)
    expect(() => other.open(sealing.seal('x', 'p'), sealing.keyId, 'p')).toThrow(sealing.keyId)
  })
})

describe('opening', () => {
  test('makes a key file for this user alone, once, also when several start at the same time', async () => {
    const opened = await Promise.all([open(), open(), open()])
    expect(new Set(opened.map(sealing => sealing.keyId)).size).toBe(1)
    expect(await readdir(dataDir)).toEqual(['encryption.key'])
    expect((await stat(join(dataDir, 'encryption.key'))).mode & 0o777).toBe(0o600)
    expect((await open()).keyId).toBe(opened[0].keyId)
  })

  test('takes rights on the key file away from others', async () => {
    await open()
    await chmod(join(dataDir, 'encryption.key'), 0o644)
    await open()
    expect((await stat(join(dataDir, 'encryption.key'))).mode & 0o777).toBe(0o600)
  })

  test('refuses a damaged key file and leaves it as it is', async () => {
    await writeFile(join(dataDir, 'encryption.key'), 'damaged')
    await expect(open()).rejects.toMatchObject({ code: 'bad_encryption_key' })
    expect(await readFile(join(dataDir, 'encryption.key'), 'utf8')).toBe('damaged')
  })

  test('refuses another key by name once something is sealed, says what to do, and takes the right one again', async () => {
    const sealing = await open(oneKey)
    const source = await createSource({ database: db.database, sealing }, newSource, actor)
    const wrong = await open(otherKey).catch((error: unknown) => error)
    expect(wrong).toMatchObject({ code: 'wrong_encryption_key' })
    expect((wrong as Error).message).toContain(sealing.keyId)
    expect((wrong as Error).message).toContain('Set TENABLE_ENCRYPTION_KEY to the key used before')
    expect((wrong as Error).message).toContain('VM')
    expect((wrong as Error).message).not.toContain(otherKey)
    await expect(open()).rejects.toMatchObject({ code: 'wrong_encryption_key' })
    const again = await open(oneKey)
    const credentials = await loadCredentials({ database: db.database, sealing: again }, source.id)
    expect(credentials?.secretKey.reveal()).toBe('secret-key')
  })

  test('takes another key while nothing is sealed, and after the last secret is gone', async () => {
    await open(oneKey)
    const sealing = await open(otherKey)
    const source = await createSource({ database: db.database, sealing }, newSource, actor)
    await expect(open(oneKey)).rejects.toMatchObject({ code: 'wrong_encryption_key' })
    await removeSource({ database: db.database, sealing }, source.id, actor)
    expect((await open(oneKey)).keyId).not.toBe(sealing.keyId)
  })
})
