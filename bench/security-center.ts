import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import type { StreamName } from '../src/connectors/connector.ts'
import { createTenableScConnector } from '../src/connectors/tenable-sc/index.ts'
import { everything } from '../src/domain/scope.ts'
import { systemClock } from '../src/platform/clock.ts'
import { createLog } from '../src/platform/log.ts'
import { Secret } from '../src/platform/secret.ts'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { openDatabase } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { openSealing } from '../src/store/sealing.ts'
import { createSource } from '../src/store/sources.ts'
import { createEngine } from '../src/sync/engine.ts'
import { row } from './figures.ts'
import { dropDatabase, freshDatabase } from './mirror.ts'
import { postmasterOf, startServer, treeUse } from './processes.ts'

// `npm run bench:security-center [findings]`: how fast findings come from a Security Center: read and decoded alone, a first
// load, then a full sync that finds nothing new. 200,000 unless told otherwise. The pages are made and packed before.

const findings = Number(process.argv[2] ?? 200_000)
const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const dataDir = join(folder, 'server')
const streams: readonly StreamName[] = ['networks', 'assets', 'findings']
const log = createLog('silent')
mkdirSync(dataDir, { recursive: true })

interface Measured {
  readonly what: string
  readonly received: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly postgresCpuSeconds: number
  readonly peakRssMb: number
  readonly load: number
}

const postgres = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
const postmaster = postmasterOf(postgres.dataDir)
const server = await startServer([join(import.meta.dirname, 'security-center-server.ts'), String(findings)])
try {
  // The first reading has the pages made.
  await readAlone()
  const measured = [
    await measure('read and decoded alone, one page after the other', readAlone),
    ...(await measureSyncs()),
  ]
  const head = ['what', 'findings', 'time', 'findings a second', 'CPU: ours', 'PostgreSQL’s', 'our peak memory', 'load']
  const table = `${row(head)}\n${row(head.map(() => '---'))}\n${measured.map(line).join('\n')}\n`
  writeFileSync(join(import.meta.dirname, 'security-center.md'), table)
  console.log(table)
} finally {
  server.stop()
  await postgres.stop()
}

async function readAlone(): Promise<number> {
  const connector = createTenableScConnector({
    baseUrl: server.url,
    login: { kind: 'keys', accessKey: new Secret('a'.repeat(32)), secretKey: new Secret('b'.repeat(32)) },
    limiter: { acquire: () => Promise.resolve(), pause: () => undefined },
    userAgent: 'bench',
    retry: { maxAttempts: 1, delayMs: 0 },
    log,
    clock: systemClock,
  })
  const { signal } = new AbortController()
  let received = 0
  for (const stream of streams) {
    const request = { stream, scope: everything, target: null, mode: 'full', since: null, resume: null } as const
    for await (const step of connector.plan(request, signal)) {
      if (step.kind !== 'part') continue
      for await (const batch of connector.open(step.part, signal)) {
        if (batch.stream === 'findings') received += batch.rows.length
      }
    }
  }
  await connector.close()
  return received
}

async function measureSyncs(): Promise<readonly Measured[]> {
  const database = openDatabase(await freshDatabase(postgres.connectionString, 'bench_sc'))
  await migrate(database)
  const sealing = await openSealing({ database, dataDir, encryptionKey: undefined })
  const actor = { kind: 'cli', name: 'bench' } as const
  const credentials = { accessKey: new Secret('a'.repeat(32)), secretKey: new Secret('b'.repeat(32)) }
  const input = { name: 'Security Center', kind: 'tenable-sc', baseUrl: server.url, credentials } as const
  const source = await createSource({ database, sealing }, input, actor)
  const engine = createEngine({
    database,
    sealing,
    clock: systemClock,
    log,
    limits: {
      assetChunkSize: 1000,
      vulnAssetsPerChunk: 250,
      maxConcurrentExports: 3,
      stuckAfterMinutes: 10,
      requestsPerMinute: 100,
      requestBurst: 20,
      retryMaxAttempts: 5,
      retryDelayMs: 1000,
      proxyUrl: undefined,
      caPem: undefined,
      version: '0.0.0',
      sourceNetworks: ['127.0.0.1'],
      pollDelayMs: { firstMs: 1000, maxMs: 30_000 },
    },
    workers: 2,
    logLevel: 'silent',
  })
  await engine.start()
  const sync = async () => {
    const { runId } = await engine.requestRun({ sourceId: source.id, kind: 'full', trigger: 'cli', streams }, actor)
    const status = await engine.waitForRun(runId)
    const { rows } = await database.query<{ received: number; error: string | null }>(
      `select r.error_message as error,
              (select coalesce(sum(c.received), 0)::int from export_chunk c join export_job j using (export_job_id)
               where j.run_id = r.run_id and j.stream = 'findings') as received
       from run r where run_id = $1`,
      [runId],
    )
    if (status !== 'completed') throw new Error(`the run ended ${status}: ${rows[0]?.error}`)
    return rows[0]?.received ?? 0
  }
  try {
    return [await measure('first load', sync), await measure('nothing new', sync)]
  } finally {
    await engine.stop()
    await database.close()
    await dropDatabase(postgres.connectionString, 'bench_sc')
  }
}

async function measure(what: string, work: () => Promise<number>): Promise<Measured> {
  const before = process.cpuUsage()
  const postgresBefore = treeUse(postmaster).cpuSeconds
  let peak = 0
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 100)
  const from = performance.now()
  const received = await work()
  const seconds = (performance.now() - from) / 1000
  clearInterval(sampler)
  const { user, system } = process.cpuUsage(before)
  return {
    what,
    received,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    postgresCpuSeconds: treeUse(postmaster).cpuSeconds - postgresBefore,
    peakRssMb: peak / 1e6,
    load: loadavg()[0] ?? Number.NaN,
  }
}

function line(one: Measured): string {
  const whole = (number: number) => Math.round(number).toLocaleString('en')
  return row([
    one.what,
    whole(one.received),
    `${one.seconds.toFixed(1)} s`,
    whole(one.received / one.seconds),
    `${one.cpuSeconds.toFixed(1)} s`,
    `${one.postgresCpuSeconds.toFixed(1)} s`,
    `${whole(one.peakRssMb)} MB`,
    one.load.toFixed(1),
  ])
}
