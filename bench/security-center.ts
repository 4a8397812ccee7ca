import { mkdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/platform/clock.ts'
import { createLog } from '../src/platform/log.ts'
import { Secret } from '../src/platform/secret.ts'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { openDatabase } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { openSealing } from '../src/store/sealing.ts'
import { createSource } from '../src/store/sources.ts'
import { createEngine } from '../src/sync/engine.ts'
import { dropDatabase, freshDatabase } from './mirror.ts'
import { startServer } from './processes.ts'

// How fast findings come from a Security Center: a first load, then a full sync that finds nothing new.
// `node bench/security-center.ts` measures 200,000 of them, `node bench/security-center.ts 50000` another number.

const findings = Number(process.argv[2] ?? 200_000)
const folder = process.env.TENFOLD_BENCH_DIR ?? join(import.meta.dirname, '..', 'data', 'bench')
const dataDir = join(folder, 'server')
mkdirSync(dataDir, { recursive: true })

const postgres = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
const server = await startServer([join(import.meta.dirname, 'security-center-server.ts'), String(findings)])
const database = openDatabase(await freshDatabase(postgres.connectionString, 'bench_sc'))
try {
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
    log: createLog('silent'),
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
  for (const name of ['first load', 'nothing new']) {
    const from = performance.now()
    const streams = ['networks', 'assets', 'findings'] as const
    const { runId } = await engine.requestRun({ sourceId: source.id, kind: 'full', trigger: 'cli', streams }, actor)
    const status = await engine.waitForRun(runId)
    const seconds = (performance.now() - from) / 1000
    const { rows } = await database.query<{ n: number }>(
      `select coalesce(sum(received), 0)::int as n from export_chunk c join export_job j using (export_job_id)
       where j.run_id = $1 and j.stream = 'findings'`,
      [runId],
    )
    const failure = await database.query<{ error: string | null }>(
      'select error_message as error from run where run_id = $1',
      [runId],
    )
    if (status !== 'completed') throw new Error(`the run ended ${status}: ${failure.rows[0]?.error}`)
    const received = rows[0]?.n ?? 0
    const rate = Math.round(received / seconds)
    console.log(
      `${name}: ${status}, ${received} findings in ${seconds.toFixed(1)} s, ${rate} a second, ${availableParallelism()} cores`,
    )
  }
  await engine.stop()
} finally {
  await database.close()
  await dropDatabase(postgres.connectionString, 'bench_sc')
  server.stop()
  await postgres.stop()
}
