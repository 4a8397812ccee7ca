import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, startTenfold, tenfold, withoutKeys } from '../../test/support/command-line.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { Secret } from '../platform/secret.ts'
import { migrate, readMigrations } from '../store/migrate.ts'
import { openSealing } from '../store/sealing.ts'
import { createSource } from '../store/sources.ts'

// backup, restore, verify and rotate-key through the front door.

let setting: Setting
let folder: string
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-upkeep-'))
  file = join(folder, 'estate.tenfold')
  setting = await openSetting({ assets: 20, findings: 300 })
  expect(await tenfold(['sync', '--full', '--json'], setting.environment)).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await setting.close()
  await rm(folder, { recursive: true })
})

/** The environment over another database and data folder, with the sealing key brought along or not. */
async function elsewhere(db: TestDatabase, withKey: boolean) {
  const dataDir = await mkdtemp(join(folder, 'data-'))
  const from = setting.environment.TENFOLD_DATA_DIR ?? ''
  if (withKey) await copyFile(join(from, 'encryption.key'), join(dataDir, 'encryption.key'))
  return { ...withoutKeys(setting.environment), DATABASE_URL: db.connectionString, TENFOLD_DATA_DIR: dataDir }
}

test('a backup is written, checked, restored elsewhere, verified and synchronised further', async () => {
  const written = await tenfold(['backup', file, '--json'], setting.environment)
  expect(written).toMatchObject({ code: 0 })
  const { rows, sealed_with } = written.json<{ rows: number; sealed_with: string[] }>()
  expect(sealed_with).toHaveLength(1)
  const checked = await tenfoldHere(['restore', file, '--check', '--json'])
  expect(checked.json()).toMatchObject({ rows, kind: 'full' })

  const db = await createTestDatabase({ migrated: false })
  try {
    const environment = await elsewhere(db, true)
    const restored = await tenfold(['restore', file, '--json'], environment)
    expect(restored.json()).toMatchObject({ rows, sealed_with })
    const verified = await tenfoldHere(['verify', '--json'], environment)
    expect(verified.json()).toMatchObject({ verdict: 'sound', damages: [] })
    expect(await tenfold(['sync', '--json'], environment)).toMatchObject({ code: 0 })
    const again = await tenfoldHere(['restore', file], environment)
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('[database_not_empty]')
  } finally {
    await db.drop()
  }
})

test('without the sealing key the restored database says which is missing', async () => {
  const db = await createTestDatabase({ migrated: false })
  try {
    const environment = await elsewhere(db, false)
    const restored = await tenfold(['restore', file], environment)
    expect(restored.stdout).toMatch(/sealed with key [0-9a-f]{12}\. Before the next start/)
    const started = await tenfoldHere(['status'], environment)
    expect(started.code).toBe(2)
    expect(started.stderr).toContain('[wrong_encryption_key]')
  } finally {
    await db.drop()
  }
})

test('damage is told with exit code 3, and repaired when asked', async () => {
  await setting.test.database.query('update asset_total set open_high = open_high + 1')
  const damaged = await tenfold(['verify'], setting.environment)
  expect(damaged.code).toBe(3)
  expect(damaged.stdout).toMatch(/\[total_differs\] \d+ assets whose counts .*--repair/)
  const repaired = await tenfoldHere(['verify', '--repair'], setting.environment)
  expect(repaired.code).toBe(0)
  expect(repaired.stdout).toContain('The store is sound')
})

/** Sources with keys, sealed as the command line seals them. */
async function addSources(count: number): Promise<void> {
  const { database } = setting.test
  const dataDir = setting.environment.TENFOLD_DATA_DIR ?? ''
  const sealing = await openSealing({ database, dataDir, encryptionKey: undefined })
  const credentials = {
    accessKey: new Secret(setting.tenant.accessKey),
    secretKey: new Secret(setting.tenant.secretKey),
  }
  for (let number = 1; number <= count; number++) {
    const source = { name: `VM ${number}`, kind: 'tenable-vm', baseUrl: setting.tenant.url, credentials } as const
    await createSource({ database, sealing }, source, { kind: 'cli', name: 'test' })
  }
}

test('rotate-key killed between two secrets goes on where it was', async () => {
  const environment = withoutKeys(setting.environment)
  await addSources(80)
  const keyFile = join(setting.environment.TENFOLD_DATA_DIR ?? '', 'encryption.key')
  const before = await readFile(keyFile, 'utf8')
  const rotating = startTenfold(['rotate-key'], { ...environment, TENABLE_LOG_LEVEL: 'debug' })
  await rotating.says(/"done":3,/)
  rotating.child.kill('SIGKILL')
  expect((await rotating.ended).signal).toBe('SIGKILL')
  expect(await readFile(keyFile, 'utf8')).toBe(before)

  const { rows } = await setting.test.database.query<{ sources: number }>(
    'select count(*) as sources from source where credentials is not null group by credentials_key_id',
  )
  expect(rows).toHaveLength(2)
  expect(await tenfoldHere(['check', '--source', 'VM 1'], environment)).toMatchObject({ code: 0 })
  expect(await tenfoldHere(['check', '--source', 'VM 80'], environment)).toMatchObject({ code: 0 })

  const finished = await tenfold(['rotate-key', '--json'], environment)
  expect(finished.json()).toMatchObject({ is_complete: true, failed: [] })
  expect(await readFile(keyFile, 'utf8')).not.toBe(before)
  expect(await tenfoldHere(['check', '--source', 'VM 1'], environment)).toMatchObject({ code: 0 })
  expect((await tenfoldHere(['verify', '--json'], environment)).json()).toMatchObject({ verdict: 'sound' })
}, 120_000)

test('a key of the environment: the new one stands in another variable, and a second time there is nothing to do', async () => {
  const [oldKey, newKey] = ['0123456789abcdef0123456789ABCDE!', 'another key of thirty-two chars.']
  const db = await createTestDatabase()
  try {
    const environment = {
      ...setting.environment,
      DATABASE_URL: db.connectionString,
      TENABLE_ENCRYPTION_KEY: oldKey,
      NEW_KEY: newKey,
    }
    const missing = await tenfoldHere(['rotate-key'], environment)
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('[new_key_needed]') })
    const unset = await tenfoldHere(['rotate-key', '--new-key-env', 'NO_KEY'], environment)
    expect(unset).toMatchObject({ code: 2, stderr: expect.stringContaining('NO_KEY is not set') })
    const rotated = await tenfold(['rotate-key', '--new-key-env', 'NEW_KEY', '--json'], environment)
    expect(rotated.json()).toMatchObject({ resealed: 1, is_complete: true })
    const again = await tenfoldHere(['rotate-key', '--new-key-env', 'NEW_KEY', '--json'], environment)
    expect(again.json()).toMatchObject({ resealed: 0, is_complete: true })
    const { NEW_KEY: _, ...next } = { ...environment, TENABLE_ENCRYPTION_KEY: newKey }
    expect(await tenfold(['check', '--source', '1'], next)).toMatchObject({ code: 0 })
  } finally {
    await db.drop()
  }
})

test('before a schema is changed a backup of it is written, or nothing is changed', async () => {
  const [older = 0, newest = 0] = (await readMigrations()).slice(-2).map(({ version }) => version)
  const db = await createTestDatabase({ migrated: false })
  try {
    await migrate(db.database, { upTo: older })
    const environment = await elsewhere(db, false)
    const backups = join(environment.TENFOLD_DATA_DIR, 'backups')
    await writeFile(backups, 'a file is in the way')
    const refused = await tenfoldHere(['migrate'], environment)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('[backup_before_migration]') })
    await rm(backups)
    const migrated = await tenfold(['migrate', '--json'], environment)
    expect(migrated.json()).toMatchObject({ schema_version: newest, applied: [newest] })
    const [name = ''] = await readdir(backups)
    expect(migrated.stderr).toContain(name)
    const checked = await tenfoldHere(['restore', join(backups, name), '--check', '--json'])
    expect(checked.json()).toMatchObject({ schema_version: older, kind: 'full' })
  } finally {
    await db.drop()
  }
})
