import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.ts'
import { codeOf } from '../../src/platform/errors.ts'
import { silentLog } from '../../src/platform/log.ts'
import { Secret } from '../../src/platform/secret.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import type { Database } from '../../src/store/database.ts'
import { openSealing } from '../../src/store/sealing.ts'
import { createSource } from '../../src/store/sources.ts'
import { endSessionsOf } from '../../src/store/workers.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { lifeOf } from '../../src/sync/owner.ts'
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
      await emptied(database)
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

export interface RunUnderWay {
  readonly tenant: Simulator
  readonly runId: number
  /** The numbers of two processes that read its parts: the one that plans it, and another. */
  readonly holder: number
  readonly helper: number
}

/** A run of which some parts are done, and of which both the holder and another process read one. */
export async function underWay(workshop: Workshop): Promise<RunUnderWay> {
  const { tenant, runId } = await workshop.queueRun()
  const { database } = workshop
  const [holder, helper] = await until(40, async () => {
    const [held, readers] = [await holderOf(database, runId), await readersOf(database, runId)]
    const other = readers.find(pid => pid !== held)
    const isBegun = (await partsDone(database, runId)).size > 0
    return held !== undefined && other !== undefined && isBegun && ([held, other] as const)
  })
  return { tenant, runId, holder, helper }
}

/** Does something to a process, and answers how to undo it once the run has ended. */
export type Harm = (workshop: Workshop, pid: number) => Promise<(() => Promise<void>) | undefined>

/** Its connections to the database break. */
export const cut: Harm = async ({ database }, pid) => {
  const { rows } = await database.query<{ owner: string }>('select owner from worker where owner like $1', [
    `%/${pid}/%`,
  ])
  if ((await endSessionsOf(database, lifeOf(rows[0]!.owner))) === 0) throw new Error('it had no sessions')
  return undefined
}

/** It stands still, and afterwards finds its sessions gone, and then its place. */
export const freeze: Harm = async ({ database }, pid) => {
  process.kill(pid, 'SIGSTOP')
  return async () => {
    process.kill(pid, 'SIGCONT')
    await until(20, async () => {
      const { rows } = await database.query(
        `select from worker where owner like $1 and heartbeat_at > clock_timestamp() - interval '2 seconds'`,
        [`%/${pid}/%`],
      )
      return rows.length > 0
    })
  }
}

/** A run in which something happens to one of those that read it. */
export async function playHarm(workshop: Workshop, whom: 'holder' | 'helper', harm: Harm) {
  const run = await underWay(workshop)
  const undo = await harm(workshop, run[whom])
  try {
    const end = await endOf(workshop.database, run.tenant, run.runId, 60)
    await undo?.()
    return { ...end, ...(await compare(workshop.database, run.tenant)) }
  } catch (error) {
    await undo?.()
    throw error
  }
}

/** The workers go on looking for work meanwhile, and may hold what is emptied in another order. */
async function emptied(database: Database): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await database.query('truncate run, source, asset, asset_alias, finding, finding_event, asset_total cascade')
      return
    } catch (error) {
      if (codeOf(error) !== '40P01' || attempt === 5) throw error
    }
  }
}
