import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BundledServer, startBundledPostgres } from '../../src/store/bundled/index.ts'
import { openDatabase } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { killPostgres } from '../kills/killing.ts'
import { readRun, tester } from '../support/mirror.ts'
import { expectEqualToTruth, type FaultedTenant, lift, live, openFaultedTenant } from './tenant.ts'

// The database server is killed under a run and comes back. The run goes on by itself, with the same export.

let folder: string
let server: BundledServer
let tenant: FaultedTenant

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-faults-'))
  // Run by root, the server is another user's: it must be able to pass.
  await chmod(folder, 0o711)
  server = await start()
  const database = openDatabase(server.connectionString, { onIdleError: () => undefined })
  await migrate(database)
  const store = { database, connectionString: server.connectionString, drop: () => database.close() }
  tenant = await openFaultedTenant(
    { pollDelayMs: { firstMs: 150, maxMs: 150 } },
    { store },
    { jobPace: { queuedPolls: 0, chunksPerPoll: 1 }, findings: 1500, assets: 220 },
  )
}, 180_000)
afterAll(async () => {
  await tenant?.close()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const start = () => startBundledPostgres({ dataDir: join(folder, 'data'), dataDirIsExplicit: true })

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000
  // While the server is away it cannot be asked.
  while (!(await isTrue().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${what} did not come true within a minute`)
    await delay(25)
  }
}

async function parts(runId: number, status: string): Promise<number> {
  const { rows } = await tenant.mirror.database.query<{ n: number }>(
    `select count(*)::int as n from export_chunk join export_job using (export_job_id)
     where run_id = $1 and stream = 'findings' and export_chunk.status = $2`,
    [runId, status],
  )
  return rows[0]!.n
}

const moments = [
  {
    name: 'between two chunks',
    drip: false,
    isThere: async (runId: number) => (await parts(runId, 'done')) > 0 && (await parts(runId, 'reading')) === 0,
  },
  { name: 'inside a chunk', drip: true, isThere: async (runId: number) => (await parts(runId, 'reading')) > 0 },
]

for (const { name, drip, isThere } of moments) {
  test(`PostgreSQL killed ${name} and started again: the run goes on and ends equal`, async () => {
    const { mirror } = tenant
    live(tenant)
    mirror.simulator.control.clearRequests()
    if (drip) {
      const slowly = { kind: 'drip', bytes: 2048, everyMs: 10 } as const
      mirror.simulator.control.replaceFaults([{ on: { path: '/vulns/export/*/chunks/*', nth: 'every' }, do: slowly }])
    }
    const { runId } = await mirror.engine.requestRun(
      { sourceId: mirror.sourceId, kind: 'full', trigger: 'cli' },
      tester,
    )
    await until(() => isThere(runId), name)
    await killPostgres(join(folder, 'data'))
    lift(tenant)
    server = await start()
    await until(async () => (await readRun(mirror.database, runId)).status !== 'running', 'the end of the run')
    expect(await readRun(mirror.database, runId)).toMatchObject({ status: 'completed', error_code: null })
    const asked = mirror.simulator.control
      .requests()
      .requests.filter(({ method, path }) => method === 'POST' && path === '/vulns/export')
    expect(asked, JSON.stringify(asked)).toHaveLength(1)
    await expectEqualToTruth(tenant)
  }, 180_000)
}
