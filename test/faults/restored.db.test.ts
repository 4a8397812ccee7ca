import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLog } from '../../src/platform/log.ts'
import { restoreBackup } from '../../src/store/backup/restore.ts'
import { writeBackup } from '../../src/store/backup/write.ts'
import type { Database } from '../../src/store/database.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { BentClock } from '../support/clocks.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { quickLimits, readRun, type SyncedRun, tester } from '../support/mirror.ts'
import { expectEqualToTruth, type FaultedTenant, live, openFaultedTenant } from './tenant.ts'

// A database put back to an older state, whose watermark is true but which knows nothing of what was read since.

const clock = new BentClock()
let tenant: FaultedTenant
let folder: string
const stores: TestDatabase[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-restored-'))
  tenant = await openFaultedTenant({}, { clock })
})
afterAll(async () => {
  for (const store of stores) await store.drop()
  await tenant.close()
  await rm(folder, { recursive: true, force: true })
})

async function backUp(name: string): Promise<string> {
  const file = join(folder, name)
  await writeBackup(tenant.mirror.database, file, { kind: 'full', programVersion: '0.0.0' })
  return file
}

/** The tenant with the restored database in the mirror's place. */
async function restore(file: string): Promise<FaultedTenant> {
  const store = await createTestDatabase({ migrated: false })
  stores.push(store)
  await restoreBackup(store.database, file, { actor: tester })
  return { ...tenant, mirror: { ...tenant.mirror, database: store.database } }
}

async function delta(database: Database): Promise<SyncedRun & { kind: string }> {
  const { sealing, sourceId } = tenant.mirror
  const engine = createEngine({
    database,
    sealing,
    clock,
    log: silentLog,
    limits: quickLimits,
    workers: 2,
    logLevel: 'silent',
  })
  await engine.start()
  try {
    const { runId } = await engine.requestRun({ sourceId, kind: 'delta', trigger: 'cli' }, tester)
    await engine.waitForRun(runId)
    const { rows } = await database.query<{ kind: string }>('select kind from run where run_id = $1', [runId])
    return { ...(await readRun(database, runId)), kind: rows[0]!.kind }
  } finally {
    await engine.stop()
  }
}

test('a database put back to before a delta is recognised by what the tenant remembers, and reads everything once', async () => {
  const file = await backUp('before')
  live(tenant)
  expect(await tenant.mirror.sync({ kind: 'delta' })).toMatchObject({ status: 'completed' })
  const restored = await restore(file)
  live(tenant)
  const run = await delta(restored.mirror.database)
  expect(run).toMatchObject({ status: 'completed', kind: 'full' })
  expect(run.notes.join()).toContain('[database_restored]')
  await expectEqualToTruth(restored)
  live(tenant)
  expect(await delta(restored.mirror.database)).toMatchObject({ status: 'completed', kind: 'delta' })
  await expectEqualToTruth(restored)
})

test('one that was put back without a run in between goes on with a delta', async () => {
  expect(await tenant.mirror.sync()).toMatchObject({ status: 'completed' })
  const restored = await restore(await backUp('now'))
  live(tenant)
  expect(await delta(restored.mirror.database)).toMatchObject({ status: 'completed', kind: 'delta', notes: [] })
  await expectEqualToTruth(restored)
})

test('a backup of days ago, of which the tenant remembers nothing, is recognised by the audit trail', async () => {
  expect(await tenant.mirror.sync()).toMatchObject({ status: 'completed' })
  const file = await backUp('days ago')
  tenant.mirror.simulator.control.advance({ days: 5 })
  clock.offsetMs += 5 * 86_400_000
  const restored = await restore(file)
  live(tenant)
  const run = await delta(restored.mirror.database)
  expect(run).toMatchObject({ status: 'completed', kind: 'full' })
  expect(run.notes.join()).toContain('[database_restored]')
  await expectEqualToTruth(restored)
})
