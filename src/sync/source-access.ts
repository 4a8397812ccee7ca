import type { Connector } from '../connectors/connector.ts'
import type { Clock } from '../platform/clock.ts'
import { ConfigError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { loadChunkSizes } from '../store/chunk-sizes.ts'
import type { Database } from '../store/database.ts'
import type { Sealing } from '../store/sealing.ts'
import { getSource, loadCredentials, type Source } from '../store/sources.ts'
import type { CallCounter } from './call-counter.ts'
import { type ConnectorDeps, createConnector, type SourceConnection, type SourceLimits, trustOf } from './connection.ts'
import type { Trace } from './engine-contract.ts'
import { limitsFor, withChunkSizes } from './limits.ts'
import { budgetKey, SharedLimiter } from './shared-limiter.ts'
import type { Customer } from './worker-pool.ts'

export interface SourceAccessDeps {
  readonly database: Database
  readonly sealing: Sealing
  readonly clock: Clock
  readonly log: Log
  readonly limits: SourceLimits
  readonly calls: CallCounter
}

/** What it takes to talk to sources: their keys, opened from the sealed store, their limits, and one budget for each key. */
export class SourceAccess {
  readonly #deps: SourceAccessDeps
  readonly #limiters = new Map<string, SharedLimiter>()
  /** By the run: the threads keep what they learnt of a source as long as its connection is the same. */
  readonly #customers = new Map<number, { readonly key: string; readonly customer: Customer }>()

  constructor(deps: SourceAccessDeps) {
    this.#deps = deps
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#limiters.values()].map(limiter => limiter.stop()))
  }

  /** @throws ConfigError `keys_needed`, `wrong_encryption_key` */
  async connectionOf(source: Source): Promise<SourceConnection> {
    const credentials = await loadCredentials(this.#deps, source.id)
    if (!credentials) {
      throw new ConfigError('keys_needed', `Source ${source.name} has no keys. Give it an access key and a secret key.`)
    }
    const learnt = await loadChunkSizes(this.#deps.database, source.id)
    return {
      kind: source.kind,
      baseUrl: source.baseUrl,
      accessKey: credentials.accessKey.reveal(),
      secretKey: credentials.secretKey.reveal(),
      trust: trustOf(source.settings),
      isOfEnvironment: source.managedBy === 'environment',
      limits: withChunkSizes(limitsFor(source.kind, this.#deps.limits, source.settings), learnt),
    }
  }

  /** For the parts of a run that another process holds; its keys and limits are looked up anew, for they may change. */
  async customerOf(runId: number, sourceId: number): Promise<Customer> {
    const source = await getSource(this.#deps.database, sourceId)
    const connection = await this.connectionOf(source)
    const key = JSON.stringify(connection)
    const known = this.#customers.get(runId)
    if (known?.key === key) return known.customer
    const customer = this.customer(runId, sourceId, connection)
    // The last few runs are enough to remember.
    for (const old of [...this.#customers.keys()].slice(0, -8)) this.#customers.delete(old)
    this.#customers.delete(runId)
    this.#customers.set(runId, { key, customer })
    return customer
  }

  customer(runId: number, sourceId: number, connection: SourceConnection): Customer {
    const allowed = connection.limits.requestsPerMinute
    return {
      runId,
      source: connection,
      limiter: this.limiterOf(connection),
      onCall: call => this.#deps.calls.count(sourceId, call, 'rows', allowed),
    }
  }

  /** One budget for each key, whoever uses it. */
  limiterOf({ baseUrl, accessKey, limits }: SourceConnection): SharedLimiter {
    const keyHash = budgetKey(baseUrl, accessKey)
    const terms = { keyHash, perMinute: limits.requestsPerMinute, burst: limits.requestBurst }
    const known = this.#limiters.get(keyHash)
    if (known) {
      known.terms = terms
      return known
    }
    const limiter = new SharedLimiter(this.#deps, terms)
    this.#limiters.set(keyHash, limiter)
    return limiter
  }

  /** A connector for the thread that plans; whoever asks for it closes it. */
  connect(connection: SourceConnection, trace?: Trace): Connector {
    const { log, clock } = this.#deps
    const deps: ConnectorDeps = { limiter: this.limiterOf(connection), log, clock, ...(trace ? { trace } : {}) }
    return createConnector(connection, deps)
  }

  async withConnector<T>(
    connection: SourceConnection,
    use: (connector: Connector) => Promise<T>,
    trace: Trace | undefined,
  ): Promise<T> {
    const connector = this.connect(connection, trace)
    try {
      return await use(connector)
    } finally {
      await connector.close()
    }
  }
}
