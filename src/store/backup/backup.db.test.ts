import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { type Mirror, openMirror, quickLimits, readMirror, tester, truthOf } from '../../../test/support/mirror.ts'
import { startSystemPostgres } from '../../../test/support/system-postgres.ts'
import { systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { createEngine } from '../../sync/engine.ts'
import { verifyAudit } from '../audit.ts'
import { type Database, openDatabase } from '../database.ts'
import { migrate, readMigrations, schemaVersion } from '../migrate.ts'
import { verifyStore } from '../verify/verify.ts'
import { listTables, mirrorTables, quoted } from './catalogue.ts'
import { checkBackup } from './read.ts'
import { restoreBackup } from './restore.ts'
import { writeBackup } from './write.ts'

let mirror: Mirror
let folder: string
let file: string
const opened: TestDatabase[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-backup-'))
  file = join(folder, 'estate.tenfold')
  mirror = await openMirror()
  await mirror.sync()
  mirror.simulator.control.advance({ days: 3 })
  await mirror.sync({ kind: 'delta' })
  // It counts its calls to the source now and then: nothing may be written between two looks.
  await mirror.engine.stop()
  await writeBackup(mirror.database, file, { kind: 'full', programVersion: '0.0.0' })
})
afterAll(async () => {
  await mirror.close()
  await rm(folder, { recursive: true })
})
afterEach(async () => {
  for (const db of opened.splice(0)) await db.drop()
})

async function emptyDatabase(): Promise<TestDatabase> {
  const db = await createTestDatabase({ migrated: false })
  opened.push(db)
  return db
}

const restore = (database: Database, from = file) => restoreBackup(database, from, { actor: tester })

/** Of each table the number of its rows and one hash of all of them, whatever their order. */
async function hashes(database: Database): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  for (const { name } of await listTables(database, 'full')) {
    // The restoring itself is an event of the trail, and the only one that comes to it.
    const rows = name === 'audit_event' ? "where action <> 'backup.restored'" : ''
    const { rows: found } = await database.query<{ hash: string }>(
      `select concat(count(*), ' ', md5(string_agg(md5(t::text), '' order by md5(t::text)))) as hash
       from ${quoted(name)} as t ${rows}`,
    )
    result[name] = found[0]?.hash ?? ''
  }
  return result
}

/** Syncs with an engine of its own, as the next start of a server would. */
async function syncOver(database: Database, kind: 'full' | 'delta'): Promise<string> {
  const engine = createEngine({
    database,
    sealing: mirror.sealing,
    clock: systemClock,
    log: silentLog,
    limits: quickLimits,
    workers: 2,
    logLevel: 'silent',
  })
  await engine.start()
  try {
    const { runId } = await engine.requestRun({ sourceId: mirror.sourceId, kind, trigger: 'cli' }, tester)
    return await engine.waitForRun(runId)
  } finally {
    await engine.stop()
  }
}

describe('a backup of everything', () => {
  test('comes back equal in every table, and the next delta goes on from there', async () => {
    const { database } = await emptyDatabase()
    const { tables } = await restore(database)
    expect(tables.length).toBeGreaterThan(20)
    expect(await hashes(database)).toEqual(await hashes(mirror.database))
    expect(await verifyAudit(database)).toMatchObject({ ok: true })
    mirror.simulator.control.advance({ days: 1 })
    expect(await syncOver(database, 'delta')).toBe('completed')
    expect(await readMirror(database)).toEqual(truthOf(mirror.simulator))
    expect(await syncOver(database, 'full')).toBe('completed')
    expect(await readMirror(database)).toEqual(truthOf(mirror.simulator))
  })

  test('goes to another version of PostgreSQL and back, where this system has another', async () => {
    const system = await startSystemPostgres()
    const elsewhere = system ? openDatabase(system.connectionString) : (await emptyDatabase()).database
    try {
      await restore(elsewhere)
      const before = await hashes(elsewhere)
      expect(before).toEqual(await hashes(mirror.database))
      const back = join(folder, 'back.tenfold')
      await writeBackup(elsewhere, back, { kind: 'full', programVersion: '0.0.0' })
      const { database } = await emptyDatabase()
      await restore(database, back)
      expect(await hashes(database)).toEqual(before)
    } finally {
      if (system) await elsewhere.close()
      await system?.stop()
    }
  })

  test('gives out no number again', async () => {
    const { database } = await emptyDatabase()
    await restore(database)
    const { rows } = await database.query<{ name: string; last_value: number }>(
      "select sequencename as name, last_value from pg_sequences where schemaname = 'public' and last_value is not null",
    )
    const before = await mirror.database.query<{ name: string; last_value: number }>(
      "select sequencename as name, last_value from pg_sequences where schemaname = 'public' and last_value is not null",
    )
    for (const { name, last_value } of before.rows) {
      expect(rows.find(row => row.name === name)?.last_value).toBeGreaterThanOrEqual(last_value - 1)
    }
  })

  test('is one instant, however much is written meanwhile', async () => {
    const during = join(folder, 'during.tenfold')
    let isWritten = false
    const { tables } = await writeBackup(mirror.database, during, {
      kind: 'full',
      programVersion: '0.0.0',
      onProgress: () => {
        if (isWritten) return
        isWritten = true
        void mirror.database.query("insert into outbox (topic, source_id, subject) values ('test', 1, '{}')")
      },
    })
    const before = await checkBackup(file)
    const rowsOf = (sums: typeof tables) => sums.find(table => table.name === 'outbox')?.rows
    expect(rowsOf(tables)).toBe(rowsOf(before.tables))
    await mirror.database.query("delete from outbox where topic = 'test'")
  })

  test('that is stopped leaves no file behind', async () => {
    const stopped = join(folder, 'stopped.tenfold')
    const stopping = new AbortController()
    const options = { kind: 'full', programVersion: '0.0.0', signal: stopping.signal } as const
    const writing = writeBackup(mirror.database, stopped, { ...options, onProgress: () => stopping.abort() })
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' })
    expect((await readdir(folder)).filter(name => name.startsWith('stopped'))).toEqual([])
  })

  test('is for this user alone', async () => {
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o077).toBe(0)
  })

  test('holds no key, and no secret that is not sealed', async () => {
    const text = gunzipSync(await readFile(file)).toString('latin1')
    expect(text).not.toContain(mirror.simulator.secretKey)
    expect(text).not.toContain(mirror.simulator.accessKey)
    expect(text).toContain(`"sealedWith":["${mirror.sealing.keyId}"]`)
  })

  test('cannot be written where there is no folder', async () => {
    const nowhere = join(folder, 'missing', 'estate.tenfold')
    await expect(
      writeBackup(mirror.database, nowhere, { kind: 'full', programVersion: '0.0.0' }),
    ).rejects.toMatchObject({ code: 'bad_output_file', message: expect.stringContaining(nowhere) })
  })
})

describe('a backup of the state', () => {
  let state: string
  beforeAll(async () => {
    state = join(folder, 'state.tenfold')
    await writeBackup(mirror.database, state, { kind: 'state', programVersion: '0.0.0' })
  })

  test('has what people made and the ledger, and none of the mirror', async () => {
    const { tables } = await checkBackup(state)
    const names = tables.map(table => table.name)
    expect(names).toEqual(
      expect.arrayContaining(['tenant', 'source', 'sealing_key', 'run', 'run_stream', 'export_chunk', 'audit_event']),
    )
    expect(names.filter(name => mirrorTables.has(name))).toEqual([])
  })

  test('tells no run that its rows are there: the next one reads everything, as the first did', async () => {
    const { database } = await emptyDatabase()
    await restore(database, state)
    const { rows } = await database.query(
      "select from run_stream where status = 'completed' or watermark_at is not null",
    )
    expect(rows).toEqual([])
    expect(await syncOver(database, 'delta')).toBe('completed')
    expect(await readMirror(database)).toEqual(truthOf(mirror.simulator))
    const told = await database.query("select from outbox where topic like 'finding.%'")
    expect(told.rows).toEqual([])
    const verdict = await verifyStore({ database, sealing: mirror.sealing }, { actor: tester, programVersion: '0.0.0' })
    expect(verdict.damages).toEqual([])
  })
})

test('every table is known as a part of the mirror or of the state', async () => {
  const state = [
    ...['access_link', 'api_token', 'app_user', 'audit_event', 'chunk_size', 'cutover', 'data_quality_day'],
    ...['export_chunk', 'export_job', 'feed_load'],
    ...['feed_state', 'group_rule', 'group_state', 'idempotency_key', 'list_preference', 'maintenance_job'],
    ...[
      'owner_override',
      'reconciliation_pair',
      'retention_rule',
      'role_grant',
      'run',
      'run_stream',
      'saved_view',
      'schedule',
      'score_feed',
      'sealing_key',
      'session',
      'sign_in_failure',
      'sla',
      'source',
    ],
    ...['source_call', 'source_health', 'sweep', 'tenant', 'verification'],
  ]
  const tables = (await listTables(mirror.database, 'full')).map(table => table.name)
  expect(tables.filter(name => !mirrorTables.has(name)).sort()).toEqual(state)
  expect([...mirrorTables].filter(name => !tables.includes(name))).toEqual([])
})

describe('restoring refuses', () => {
  async function untouched(database: Database): Promise<void> {
    if ((await schemaVersion(database)) === 0) return
    const { rows } = await database.query('select from source union all select from run union all select from finding')
    expect(rows).toEqual([])
  }

  test('a database that is not empty, and names what is in it', async () => {
    const before = await hashes(mirror.database)
    await expect(restore(mirror.database)).rejects.toMatchObject({
      code: 'database_not_empty',
      message: expect.stringMatching(/rows in .*finding/),
    })
    expect(await hashes(mirror.database)).toEqual(before)
  })

  test('a format that is newer', async () => {
    const newer = join(folder, 'newer.tenfold')
    await writeFile(newer, gzipSync('tenfold backup 9\nwhatever'))
    const { database } = await emptyDatabase()
    await expect(restore(database, newer)).rejects.toMatchObject({
      code: 'backup_newer',
      message: expect.stringMatching(/newer\.tenfold is a backup of format 9/),
    })
  })

  test('a schema that is newer', async () => {
    const { database } = await emptyDatabase()
    const newer = join(folder, 'schema.tenfold')
    await mirror.database.query("insert into schema_migration (version, name) values (999, 'of tomorrow')")
    await writeBackup(mirror.database, newer, { kind: 'state', programVersion: '9.0.0' })
    await mirror.database.query('delete from schema_migration where version = 999')
    await expect(restore(database, newer)).rejects.toMatchObject({
      code: 'backup_newer',
      message: expect.stringMatching(/schema 999, written by Tenfold 9\.0\.0/),
    })
  })

  const strangers = [
    { name: 'a text', bytes: Buffer.from('not a backup'), code: 'not_a_backup' },
    { name: 'a packed text', bytes: gzipSync('not a backup of ours'), code: 'not_a_backup' },
    { name: 'an empty file', bytes: Buffer.alloc(0), code: 'backup_truncated' },
  ]
  for (const { name, bytes, code } of strangers) {
    test(name, async () => {
      const stranger = join(folder, 'stranger')
      await writeFile(stranger, bytes)
      const { database } = await emptyDatabase()
      await expect(restore(database, stranger)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(stranger),
      })
    })
  }

  test('a file that is not there', async () => {
    const { database } = await emptyDatabase()
    await expect(restore(database, join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'bad_backup_file' })
  })

  test('a file that was cut anywhere', async () => {
    const whole = await readFile(file)
    const cut = join(folder, 'cut.tenfold')
    const { database } = await emptyDatabase()
    for (const length of [1, 12, 40, 2000, whole.length >> 1, whole.length - 9, whole.length - 1]) {
      await writeFile(cut, whole.subarray(0, length))
      await expect(restore(database, cut), `${length} bytes`).rejects.toMatchObject({
        code: 'backup_truncated',
        message: expect.stringContaining(cut),
      })
      await untouched(database)
    }
  })

  test('a file in which a byte was changed, wherever it is', async () => {
    const whole = await readFile(file)
    const bad = join(folder, 'bad.tenfold')
    const { database } = await emptyDatabase()
    for (let step = 0; step <= 6; step++) {
      const at = Math.min(whole.length - 1, 12 + Math.floor((whole.length * step) / 6))
      const bytes = Buffer.from(whole)
      bytes[at] = bytes[at]! ^ 0x10
      await writeFile(bad, bytes)
      await expect(restore(database, bad), `byte ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/^(backup_damaged|backup_truncated|not_a_backup)$/),
        message: expect.stringContaining(bad),
      })
      await untouched(database)
    }
  })

  test('rows that were changed inside, packed anew with a right checksum of the whole', async () => {
    const text = gunzipSync(await readFile(file))
    const at = text.indexOf('completed')
    text.write('complated', at, 'latin1')
    const forged = join(folder, 'forged.tenfold')
    await writeFile(forged, gzipSync(text))
    const { database } = await emptyDatabase()
    await expect(restore(database, forged)).rejects.toMatchObject({ code: 'backup_damaged' })
    await expect(checkBackup(forged)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
})

test('memory stays flat, however large a table is', async () => {
  const small = await emptyDatabase()
  await restore(small.database)
  const peakOf = async (rows: number) => {
    await small.database.query(
      `insert into rejected_record (run_id, source_id, stream, export_id, part_id, reason, raw)
       select 1, 1, 'findings', 'e', '1', 'test', repeat(md5(n::text), 30) from generate_series(1, $1::int) as n`,
      [rows],
    )
    const large = join(folder, 'large.tenfold')
    const target = await emptyDatabase()
    global.gc?.()
    const before = process.memoryUsage().rss
    let peak = before
    const watch = () => {
      peak = Math.max(peak, process.memoryUsage().rss)
    }
    await writeBackup(small.database, large, { kind: 'full', programVersion: '0.0.0', onProgress: watch })
    await restoreBackup(target.database, large, { actor: tester, onProgress: watch })
    return (peak - before) / 1e6
  }
  await peakOf(1000)
  // About 60 MB of rows.
  expect(await peakOf(60_000)).toBeLessThan(50)
}, 120_000)

test('a backup of an older schema is brought up to this one', async () => {
  const newest = (await readMigrations()).at(-1)!.version
  const old = await emptyDatabase()
  await migrate(old.database, { upTo: newest - 1 })
  await old.database.query(
    "insert into source (tenant_id, name, kind, base_url) values (1, 'kept', 'tenable-vm', 'https://example.org')",
  )
  const older = join(folder, 'older.tenfold')
  await writeBackup(old.database, older, { kind: 'full', programVersion: '0.0.0' })
  const { database } = await emptyDatabase()
  expect(await restore(database, older)).toMatchObject({ schemaVersion: newest })
  expect((await database.query('select name from source')).rows).toEqual([{ name: 'kept' }])
  const current = await createTestDatabase()
  opened.push(current)
  await expect(restore(current.database, older)).rejects.toMatchObject({ code: 'database_not_empty' })
})
