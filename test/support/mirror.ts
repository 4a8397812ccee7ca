import { createHash } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/domain/json.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { Secret } from '../../src/platform/secret.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts'
import type { Actor } from '../../src/store/audit.ts'
import type { Database } from '../../src/store/database.ts'
import { openSealing, type Sealing } from '../../src/store/sealing.ts'
import { createSource, type SourceKind } from '../../src/store/sources.ts'
import type { SourceLimits } from '../../src/sync/connection.ts'
import { createEngine } from '../../src/sync/engine.ts'
import type { Engine, RunRequest } from '../../src/sync/engine-contract.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export const quickLimits: SourceLimits = {
  assetChunkSize: 100,
  vulnAssetsPerChunk: 50,
  maxConcurrentExports: 3,
  stuckAfterMinutes: 1,
  requestsPerMinute: 60_000,
  requestBurst: 1000,
  retryMaxAttempts: 4,
  retryDelayMs: 10,
  proxyUrl: undefined,
  sourceNetworks: ['127.0.0.0/8', '::1'],
  caPem: undefined,
  version: '0.0.0',
  pollDelayMs: { firstMs: 5, maxMs: 40 },
}

export const tester: Actor = { kind: 'cli', name: 'test' }

/** A simulated tenant, a database and an engine between them. */
export interface Mirror<Tenant = Simulator> {
  readonly simulator: Tenant
  readonly database: Database
  readonly connectionString: string
  readonly sealing: Sealing
  /** Where the key lies that seals credentials. */
  readonly dataDir: string
  readonly engine: Engine
  readonly sourceId: number
  /** Runs to the end and answers the run's row and streams. */
  sync(request?: Partial<RunRequest>): Promise<SyncedRun>
  /** Another engine over the same database, as another process would have. */
  anotherEngine(): Promise<Engine>
  close(): Promise<void>
}

export interface SyncedRun {
  readonly runId: number
  readonly status: string
  readonly error_code: string | null
  readonly error_message: string | null
  readonly notes: readonly string[]
  readonly streams: Readonly<Record<string, SyncedStream>>
}

export interface SyncedStream {
  readonly status: string
  readonly error_code: string | null
  readonly received: number
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
  readonly rejected: number
}

/** What stands between the engine and its tenant, and by which clock the engine lives. */
export interface MirrorSurroundings {
  /** The address that the source is given; the tenant's own when left out. */
  readonly through?: (simulator: Simulator) => string | Promise<string>
  readonly clock?: Clock
  /** Where the mirror is kept; a fresh database of the tests' server when left out. */
  readonly store?: TestDatabase
  /** Threads that read and merge. */
  readonly workers?: number
  /** What the engine's worker threads run in place of the product's own file. */
  readonly workerEntry?: URL
}

/**
 * A mirror of a simulated tenant. A thread begins anew with every mirror, a second of computing: there is one unless more
 * are asked for, which is where it matters that parts are merged side by side.
 */
export async function openMirror(
  options: SimulatorOptions = {},
  limits: Partial<SourceLimits> = {},
  surroundings: MirrorSurroundings = {},
): Promise<Mirror> {
  const simulator = await startSimulator({ assets: 60, findings: 1500, ...options })
  const baseUrl = (await surroundings.through?.(simulator)) ?? simulator.url
  const { accessKey, secretKey } = simulator
  const source = { kind: 'tenable-vm', baseUrl, accessKey, secretKey } as const
  return openMirrorOf(simulator, source, limits, { workers: 1, ...surroundings })
}

export interface MirroredSource {
  readonly kind: SourceKind
  readonly baseUrl: string
  readonly accessKey: string
  readonly secretKey: string
  readonly settings?: JsonObject
}

/** A mirror of any simulated place. */
export async function openMirrorOf<Tenant extends { stop(): Promise<void> }>(
  simulator: Tenant,
  { kind, baseUrl, accessKey, secretKey, settings = {} }: MirroredSource,
  limits: Partial<SourceLimits> = {},
  surroundings: Omit<MirrorSurroundings, 'through'> = {},
): Promise<Mirror<Tenant>> {
  const db = surroundings.store ?? (await createTestDatabase())
  const { database } = db
  const dataDir = await mkdtemp(join(tmpdir(), 'tenfold-mirror-'))
  const sealing = await openSealing({ database, dataDir, encryptionKey: undefined })
  const credentials = { accessKey: new Secret(accessKey), secretKey: new Secret(secretKey) }
  const source = await createSource(
    { database, sealing },
    { name: 'tenant', kind, baseUrl, credentials, settings },
    tester,
  )
  const engines: Engine[] = []
  const anotherEngine = async () => {
    const engine = createEngine({
      database,
      sealing,
      clock: surroundings.clock ?? systemClock,
      log: silentLog,
      limits: { ...quickLimits, ...limits },
      workers: surroundings.workers ?? 2,
      logLevel: 'silent',
      ...(surroundings.workerEntry ? { workerEntry: surroundings.workerEntry } : {}),
    })
    engines.push(engine)
    await engine.start()
    return engine
  }
  const engine = await anotherEngine()
  return {
    simulator,
    database,
    connectionString: db.connectionString,
    sealing,
    dataDir,
    engine,
    sourceId: source.id,
    anotherEngine,
    async sync(request = {}) {
      const queued = await engine.requestRun({ sourceId: source.id, kind: 'full', trigger: 'cli', ...request }, tester)
      await engine.waitForRun(queued.runId)
      return readRun(database, queued.runId)
    },
    async close() {
      await Promise.all(engines.map(each => each.stop()))
      await simulator.stop()
      await db.drop()
    },
  }
}

export async function readRun(database: Database, runId: number): Promise<SyncedRun> {
  const runs = await database.query<SyncedRun>(
    'select run_id as "runId", status, error_code, error_message, notes from run where run_id = $1',
    [runId],
  )
  const streams = await database.query<SyncedStream & { stream: string }>(
    `select s.stream, s.status, s.error_code, coalesce(sum(received), 0)::int as received,
            coalesce(sum(inserted), 0)::int as inserted, coalesce(sum(changed), 0)::int as changed,
            coalesce(sum(unchanged), 0)::int as unchanged, coalesce(sum(rejected), 0)::int as rejected
     from run_stream s
     left join export_job j using (run_id, stream)
     left join export_chunk c using (export_job_id)
     where s.run_id = $1
     group by s.stream, s.status, s.error_code`,
    [runId],
  )
  return { ...runs.rows[0]!, streams: Object.fromEntries(streams.rows.map(({ stream, ...row }) => [stream, row])) }
}

/** Counts and checksums of what we hold, in the form the simulator tells its truth in. */
export interface MirrorTruth {
  readonly assets: { readonly total: number; readonly checksum: string }
  readonly findings: { readonly total: number; readonly checksum: string }
}

const text = (column: string) => `coalesce(to_char(${column} at time zone 'utc', 'YYYY-MM-DD"t"HH24:MI:SS.MS"z"'), '')`

export async function readMirror(database: Database): Promise<MirrorTruth> {
  const findings = await database.query<{ line: string }>(
    `select line from (select lower(concat_ws('|', a.native_id, f.plugin_id, f.port, f.protocol, f.state, f.severity, ${text('f.first_found')},
            ${text('f.last_found')}, ${text('f.last_fixed')}, ${text('f.resurfaced_date')})) as line
     from finding f join asset a using (asset_id)
     where f.ended_at is null) as lines
     order by line collate "C"`,
  )
  const assets = await database.query<{ line: string }>(
    `select line from (select lower(concat_ws('|', native_id, status, ${text('created_at')}, ${text('deleted_at')}, ${text('terminated_at')})) as line
     from asset where not is_provisional) as lines
     order by line collate "C"`,
  )
  return {
    assets: { total: assets.rows.length, checksum: checksum(assets.rows) },
    findings: { total: findings.rows.length, checksum: checksum(findings.rows) },
  }
}

function checksum(rows: readonly { readonly line: string }[]): string {
  const hash = createHash('sha256')
  for (const row of rows) hash.update(`${row.line}\n`)
  return hash.digest('hex')
}

export function truthOf(simulator: Simulator): MirrorTruth {
  const { assets, findings } = simulator.control.truth()
  return {
    assets: { total: assets.total, checksum: assets.checksum },
    findings: { total: findings.total, checksum: findings.checksum },
  }
}
