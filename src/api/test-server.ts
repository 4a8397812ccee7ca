import { expect } from 'vitest'
import { addPerson, tokenOf } from '../../test/support/accounts.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { testImporter } from '../../test/support/importer.ts'
import { testMaintenance } from '../../test/support/maintenance.ts'
import { type OperationId, pathOf } from '../contract/paths.ts'
import { Problem } from '../contract/problem.ts'
import { routes } from '../contract/routes.ts'
import { systemClock } from '../platform/clock.ts'
import { type Log, silentLog } from '../platform/log.ts'
import { openDatabase } from '../store/database.ts'
import { insertSampleEstate } from '../store/queries/sample-estate.ts'
import { parseKey, sealingWith } from '../store/sealing.ts'
import { createEngine } from '../sync/engine.ts'
import type { Engine } from '../sync/engine-contract.ts'
import { type Api, type ApiDeps, createApi } from './server.ts'

// A real server over a real database, for tests. Its engine queues runs and tries keys; it reads nothing until started.
// Calls are those of an administrator of everything, by a token, unless a test brings another's.

export interface TestServer {
  readonly url: string
  readonly api: Api
  readonly engine: Engine
  readonly db: TestDatabase
  /** Calls an operation and checks the answer against the contract. */
  call(operationId: OperationId, input?: CallInput): Promise<Called>
  /** `fetch` of a path, as the administrator. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** What the administrator's program sends with each call. */
  readonly headers: Readonly<Record<string, string>>
  /** Calls as somebody else: their token, or nothing for a stranger. */
  as(token: string | undefined): Pick<TestServer, 'call' | 'fetch' | 'headers'>
  stop(): Promise<void>
}

export interface CallInput {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Called {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Already checked by the contract; tests look at answers of every shape. */
  readonly json: ReturnType<typeof JSON.parse>
}

export interface TestServerOptions {
  readonly isEmpty?: boolean
  readonly log?: Log
  readonly web?: ApiDeps['web']
  readonly metricsEnabled?: boolean
  readonly allowedHosts?: readonly string[]
  readonly accounts?: ApiDeps['accounts']
  /** None when left out: tests call as quickly as they can. */
  readonly rateLimit?: ApiDeps['rateLimit']
  /** Of the connections that answer calls; none when left out. */
  readonly statementTimeoutMs?: number
  /** Where received files lie; one of its own when left out. */
  readonly importFolder?: string
}

export const testSealing = sealingWith(parseKey('0123456789abcdef0123456789abcdef', 'test'), 'test')

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const db = await createTestDatabase()
  if (!options.isEmpty) await insertSampleEstate(db.database)
  const log = options.log ?? silentLog
  const engine = createEngine({
    database: db.database,
    sealing: testSealing,
    clock: systemClock,
    log,
    workers: 1,
    logLevel: 'silent',
    limits: {
      assetChunkSize: 100,
      vulnAssetsPerChunk: 50,
      maxConcurrentExports: 3,
      stuckAfterMinutes: 1,
      requestsPerMinute: 60_000,
      requestBurst: 1_000,
      retryMaxAttempts: 1,
      retryDelayMs: 1,
      proxyUrl: undefined,
      sourceNetworks: ['127.0.0.0/8', '::1'],
      caPem: undefined,
      version: '0.0.0',
      pollDelayMs: { firstMs: 10, maxMs: 10 },
    },
  })
  const maintenance = testMaintenance(db.database)
  const importer = testImporter(db.database, options.importFolder)
  const { statementTimeoutMs } = options
  const answering =
    statementTimeoutMs === undefined ? undefined : openDatabase(db.database.connectionString, { statementTimeoutMs })
  const api = await createApi({
    database: answering ?? db.database,
    engine,
    sealing: testSealing,
    log,
    clock: systemClock,
    version: '0.0.0',
    maintenance,
    importer,
    metricsEnabled: options.metricsEnabled ?? false,
    pollMs: 30,
    rateLimit: options.rateLimit ?? { perMinute: 0, burst: 1 },
    ...(options.web ? { web: options.web } : {}),
    ...(options.allowedHosts ? { allowedHosts: options.allowedHosts } : {}),
    ...(options.accounts ? { accounts: options.accounts } : {}),
  })
  const { url } = await api.start({ host: '127.0.0.1', port: 0 })
  const as = (shown: string | undefined) => {
    const headers: Record<string, string> = shown === undefined ? {} : { authorization: `Bearer ${shown}` }
    return {
      headers,
      call: (operationId: OperationId, input: CallInput = {}) =>
        call(url, operationId, { ...input, headers: { ...headers, ...input.headers } }),
      fetch: (path: string, init: RequestInit = {}) =>
        fetch(url + path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } }),
    }
  }
  return {
    url,
    api,
    engine,
    db,
    ...as(await tokenOf(db.database, await addPerson(db.database, 'admin'))),
    as,
    async stop() {
      await api.stop()
      await answering?.close()
      await maintenance.stop()
      await importer.stop()
      await engine.stop()
      await db.drop()
    },
  }
}

async function call(url: string, operationId: OperationId, input: CallInput): Promise<Called> {
  const route = routes.find(one => one.operationId === operationId)!
  const response = await fetch(url + pathOf(operationId, input), {
    method: route.method,
    headers: { ...(input.body === undefined ? {} : { 'content-type': 'application/json' }), ...input.headers },
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
  })
  const text = await response.text()
  const type = response.headers.get('content-type')?.split(';')[0] ?? ''
  const json = type.endsWith('json') && type !== 'application/x-ndjson' && text !== '' ? JSON.parse(text) : undefined
  const spec = route.responses[response.status]
  expect(spec, `${operationId} answered ${response.status}, which its contract does not have: ${text}`).toBeDefined()
  const schema = spec!.content[type]
  expect(schema, `${operationId} answered ${response.status} as ${type}`).toBeDefined()
  if (json !== undefined && type !== 'text/csv') {
    const parsed = (type === 'application/problem+json' ? Problem : schema!).safeParse(json)
    expect(parsed.error?.issues, `${operationId}: ${text.slice(0, 500)}`).toBeUndefined()
  }
  return { status: response.status, headers: response.headers, text, json }
}
