import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  expectEqualToTruth,
  expectNothingClosedFalsely,
  type FaultedTenant,
  live,
  openFaultedTenant,
  toldOf,
} from './tenant.ts'

// A chunk that whoever reads it dies of. It is set aside, the rest is read, and the run says which it was.

let tenant: FaultedTenant
let folder: string
/** Threads live longer than a test, and know the environment they began in: what kills them is in a file. */
const killedBy = (partId: string) => writeFile(join(folder, 'killing-part'), partId)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-poison-'))
  process.env.TENFOLD_TEST_KILLING_FILE = join(folder, 'killing-part')
  await killedBy('')
  const workerEntry = new URL('./caught-worker.fixture.ts', import.meta.url)
  tenant = await openFaultedTenant({}, { workerEntry })
})
afterAll(async () => {
  delete process.env.TENFOLD_TEST_KILLING_FILE
  await tenant.close()
  await rm(folder, { recursive: true, force: true })
})

async function partsOf(runId: number): Promise<Record<string, string>> {
  const { rows } = await tenant.mirror.database.query<{ part_id: string; status: string }>(
    `select part_id, c.status from export_chunk c join export_job j using (export_job_id)
     where run_id = $1 and stream = 'findings' order by export_job_id, part_id`,
    [runId],
  )
  return Object.fromEntries(rows.map(row => [row.part_id, row.status]))
}

async function exportsOf(runId: number): Promise<number> {
  const { rows } = await tenant.mirror.database.query(
    "select from export_job where run_id = $1 and stream = 'findings'",
    [runId],
  )
  return rows.length
}

test('a chunk that kills its thread is set aside, the rest is read, and the run says which', async () => {
  live(tenant)
  await killedBy('2')
  const run = await tenant.mirror.sync()
  expect(run).toMatchObject({ status: 'partial', error_code: 'worker_lost' })
  expect(await toldOf(tenant, run)).toContain('Part 2: The worker that read this part was lost')
  expect(await partsOf(run.runId)).toMatchObject({ 1: 'done', 2: 'failed', 3: 'done' })
  // Asked for again it would come again.
  expect(await exportsOf(run.runId)).toBe(1)
  await expectNothingClosedFalsely(tenant)
  await killedBy('')
  expect(await tenant.mirror.sync()).toMatchObject({ status: 'completed' })
  await expectEqualToTruth(tenant)
}, 120_000)

test('a chunk that processes died of six times is not begun again, and the rest is read', async () => {
  live(tenant)
  const { mirror } = tenant
  // As the ledger is after the deaths: the part was begun by each of them and ended by none.
  await mirror.database.query(
    `create function begun_often() returns trigger language plpgsql as
       $$ begin if new.part_id = '1' and (select stream from export_job where export_job_id = new.export_job_id) = 'findings'
                then new.attempts := 6; end if; return new; end $$`,
  )
  await mirror.database.query(
    'create trigger begun_often before insert on export_chunk for each row execute function begun_often()',
  )
  const run = await mirror.sync()
  await mirror.database.query('drop trigger begun_often on export_chunk')
  await mirror.database.query('drop function begun_often')
  expect(run).toMatchObject({ status: 'partial', error_code: 'part_set_aside' })
  expect(await toldOf(tenant, run)).toContain('Part 1 was begun 6 times and never read to its end')
  expect(await partsOf(run.runId)).toMatchObject({ 1: 'failed', 2: 'done', 3: 'done' })
  expect(await exportsOf(run.runId)).toBe(1)
  expect(await mirror.sync()).toMatchObject({ status: 'completed' })
  await expectEqualToTruth(tenant)
}, 120_000)
