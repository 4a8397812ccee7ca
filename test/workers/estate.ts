import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { Secret } from '../../src/platform/secret.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import type { Database } from '../../src/store/database.ts'
import { openSealing } from '../../src/store/sealing.ts'
import { createSource } from '../../src/store/sources.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { type Started, startTenfold } from '../support/command-line.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { quickLimits, readMirror, tester, truthOf } from '../support/mirror.ts'

// Several processes of `tenfold worker` over one database, and a tenant whose chunks come slowly enough to be shared.

const encryptionKey = '0123456789abcdef0123456789abcdef'

export interface WorkerProcess {
  readonly pid: number
  readonly started: Started
}

export interface Workshop {
  readonly db: TestDatabase
  readonly database: Database
  startWorkers(count: number): Promise<readonly WorkerProcess[]>
  /** An empty mirror, a new tenant, and a full run of it that is queued. */
  queueRun(): Promise<{ readonly tenant: Simulator; readonly runId: number }>
  close(): Promise<void>
}

export async function openWorkshop(): Promise<Workshop> {
  const db = await createTestDatabase()
  const { database } = db
  const dataDir = await mkdtemp(join(tmpdir(), 'tenfold-workers-'))
  const sealing = await openSealing({ database, dataDir, encryptionKey: new Secret(encryptionKey) })
  const engine = createEngine({
    database,
    sealing,
    clock: systemClock,
    log: silentLog,
    limits: quickLimits,
    workers: 1,
    logLevel: 'silent',
  })
  const workers: WorkerProcess[] = []
  const tenants: Simulator[] = []
  const environment = {
    DATABASE_URL: db.connectionString,
    TENFOLD_DATA_DIR: dataDir,
    TENABLE_ENCRYPTION_KEY: encryptionKey,
    TENABLE_RATE_LIMIT_REQUESTS_PER_MINUTE: '60000',
    TENABLE_RATE_LIMIT_BURST: '1000',
    TENABLE_VULN_CHUNK_SIZE: '50',
    TENABLE_ASSET_CHUNK_SIZE: '100',
    TENFOLD_WORKERS: '1',
  }
  return {
    db,
    database,
    async startWorkers(count) {
      const fresh = Array.from({ length: count }, () => startTenfold(['worker', '--json'], environment))
      await Promise.all(fresh.map(started => started.says('"pid"')))
      const processes = fresh.map(started => ({ pid: started.child.pid!, started }))
      workers.push(...processes)
      return processes
    },
    async queueRun() {
      await database.query('truncate run, source, asset, asset_alias, finding, finding_event, asset_total cascade')
      const tenant = await startSimulator({
        assets: 1_000,
        findings: 4_000,
        outputBytes: 100,
        jobPace: { queuedPolls: 0, chunksPerPoll: 1_000 },
      })
      tenants.push(tenant)
      tenant.control.addFaults({
        on: { path: '/vulns/export/*/chunks/*' },
        do: { kind: 'drip', bytes: 20_000, everyMs: 100 },
      })
      const credentials = { accessKey: new Secret(tenant.accessKey), secretKey: new Secret(tenant.secretKey) }
      const source = await createSource(
        { database, sealing },
        { name: 'tenant', kind: 'tenable-vm', baseUrl: tenant.url, credentials },
        tester,
      )
      const { runId } = await engine.requestRun(
        { sourceId: source.id, kind: 'full', trigger: 'cli', streams: ['assets', 'findings'] },
        tester,
      )
      return { tenant, runId }
    },
    async close() {
      for (const { started } of workers) started.child.kill('SIGKILL')
      await Promise.all(workers.map(({ started }) => started.ended))
      await engine.stop()
      for (const tenant of tenants) await tenant.stop()
      await db.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** How many parts of findings each process has merged, by its number. */
export async function partsDone(database: Database, runId: number): Promise<ReadonlyMap<number, number>> {
  const { rows } = await database.query<{ pid: number; parts: number }>(
    `select split_part(c.owner, '/', 2)::integer as pid, count(*)::integer as parts
     from export_job j join export_chunk c using (export_job_id)
     where j.run_id = $1 and j.stream = 'findings' and c.status = 'done'
     group by 1`,
    [runId],
  )
  return new Map(rows.map(row => [row.pid, row.parts]))
}

export async function holderOf(database: Database, runId: number): Promise<number | undefined> {
  const { rows } = await database.query<{ pid: number | null }>(
    `select split_part(owner, '/', 2)::integer as pid from run where run_id = $1`,
    [runId],
  )
  return rows[0]?.pid ?? undefined
}

/** Processes that read a part of findings at this moment. */
export async function readersOf(database: Database, runId: number): Promise<readonly number[]> {
  const { rows } = await database.query<{ pid: number }>(
    `select distinct split_part(c.owner, '/', 2)::integer as pid
     from export_job j join export_chunk c using (export_job_id)
     where j.run_id = $1 and j.stream = 'findings' and c.status = 'reading'`,
    [runId],
  )
  return rows.map(row => row.pid)
}

export async function until<T>(seconds: number, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`it did not come true within ${seconds} s`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** The end of a run, and what the mirror is like compared with the tenant. */
export async function endOf(database: Database, tenant: Simulator, runId: number, seconds: number) {
  const status = await until(seconds, async () => {
    const { rows } = await database.query<{ status: string; finished_at: string | null }>(
      'select status, finished_at from run where run_id = $1',
      [runId],
    )
    return rows[0]?.finished_at ? rows[0].status : undefined
  })
  return { status, ...(await compare(database, tenant)) }
}

export async function compare(database: Database, tenant: Simulator) {
  const doubled = await database.query(
    `select from finding_event where kind = 'opened'
     group by asset_id, plugin_id, port, protocol, instance having count(*) > 1`,
  )
  const equal = JSON.stringify(await readMirror(database)) === JSON.stringify(truthOf(tenant))
  return { equal, doubled: doubled.rows.length }
}
