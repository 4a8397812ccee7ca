import type { CheckResult, Connector, RequestLimiter } from '../connectors/connector.ts'
import type { Clock } from '../platform/clock.ts'
import { CancelledError, ConfigError, messageOf, NotFoundError, StoreError } from '../platform/errors.ts'
import { createTokenBucket } from '../platform/limiter.ts'
import type { Log } from '../platform/log.ts'
import { type Actor, recordAudit } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import type { Sealing } from '../store/sealing.ts'
import { getSource, loadCredentials, recordIdentity, type Source } from '../store/sources.ts'
import { CallCounter } from './call-counter.ts'
import { type ConnectorDeps, createConnector, type SourceConnection, type SourceLimits } from './connection.ts'
import type { Engine, RunRequest, SweepDecision, Trace, UnsavedConnection } from './engine-contract.ts'
import { isAbandoned, ownerName } from './owner.ts'
import { requestRunIn } from './request-run.ts'
import { endOfThrown, executeRun, type HeldRun, type RunEnd } from './run.ts'
import { Scheduler } from './scheduler.ts'
import { decideSweep } from './sweep.ts'
import { WorkerPool } from './worker-pool.ts'

export interface EngineDeps {
  readonly database: Database
  readonly sealing: Sealing
  readonly clock: Clock
  readonly log: Log
  readonly limits: SourceLimits
  /** Threads that read and merge chunks, for each run. */
  readonly workers: number
  readonly logLevel: string
}

export function createEngine(deps: EngineDeps): Engine {
  return new SyncEngine(deps)
}

const lookMs = 1000
const beatMs = 2000

interface Holding {
  readonly abort: AbortController
  isCancelled: boolean
  readonly done: Promise<void>
}

class SyncEngine implements Engine {
  readonly #deps: EngineDeps
  readonly #owner = ownerName()
  readonly #holding = new Map<number, Holding>()
  readonly #limiters = new Map<string, RequestLimiter>()
  readonly #stopping = new AbortController()
  readonly #scheduler: Scheduler
  readonly #calls: CallCounter
  #looking: Promise<void> | undefined

  constructor(deps: EngineDeps) {
    this.#deps = deps
    this.#scheduler = new Scheduler(deps)
    this.#calls = new CallCounter({ ...deps, allowedPerMinute: deps.limits.requestsPerMinute })
  }

  start(): Promise<void> {
    this.#looking ??= this.#look()
    this.#calls.start()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const holding of this.#holding.values()) holding.abort.abort()
    await Promise.allSettled([
      this.#looking,
      this.#scheduler.stop(),
      ...[...this.#holding.values()].map(holding => holding.done),
    ])
    await this.#calls.stop()
  }

  async requestRun(request: RunRequest, actor: Actor): Promise<{ runId: number; created: boolean }> {
    const source = await getSource(this.#deps.database, request.sourceId)
    if (!source.isEnabled) {
      throw new ConfigError('source_disabled', `Source ${source.name} is switched off. Switch it on to synchronise it.`)
    }
    if (!source.hasCredentials) {
      throw new ConfigError('keys_needed', `Source ${source.name} has no keys. Give it an access key and a secret key.`)
    }
    return this.#deps.database.transaction(connection => requestRunIn(connection, source.name, request, actor))
  }

  startSchedules(): void {
    this.#scheduler.start()
  }

  get isScheduling(): boolean {
    return this.#scheduler.isOn
  }

  decideSweep(runId: number, decision: SweepDecision, actor: Actor): Promise<void> {
    return decideSweep(this.#deps.database, runId, decision, actor)
  }

  async cancelRun(runId: number, actor: Actor): Promise<boolean> {
    if ((await ledger.findRun(this.#deps.database, runId)) === undefined) throw runNotFound(runId)
    const isAsked = await this.#deps.database.transaction(async connection => {
      const asked = await ledger.requestCancel(connection, runId)
      if (asked) await recordAudit(connection, { actor, action: 'run.cancelled', subject: `run:${runId}` })
      return asked
    })
    if (isAsked) this.#cancelHeld(runId)
    return isAsked
  }

  async stopAll(actor: Actor, sourceIds?: readonly number[]): Promise<number> {
    const open = await ledger.findOpenRuns(this.#deps.database)
    const meant = sourceIds ? open.filter(run => sourceIds.includes(run.source_id)) : open
    const asked = await Promise.all(meant.map(run => this.cancelRun(run.run_id, actor)))
    return asked.filter(Boolean).length
  }

  async checkSource(sourceId: number, signal: AbortSignal, trace?: Trace): Promise<CheckResult> {
    const source = await getSource(this.#deps.database, sourceId)
    const connection = await this.#connectionOf(source)
    const traced: Trace = call => {
      this.#calls.count(sourceId, call, 'source')
      trace?.(call)
    }
    const result = await this.#withConnector(connection, connector => connector.check(signal), traced)
    await recordIdentity(this.#deps.database, sourceId, {
      // Only a run writes the fingerprint: a mistyped address that is merely tried must not become the source.
      fingerprint: null,
      containerName: result.container.name,
      role: result.user.role,
    })
    return result
  }

  checkConnection(connection: UnsavedConnection, signal: AbortSignal, trace?: Trace): Promise<CheckResult> {
    return this.#withConnector(
      { ...connection, limits: this.#deps.limits },
      connector => connector.check(signal),
      trace,
    )
  }

  async waitForRun(runId: number, signal?: AbortSignal): Promise<ledger.FinalStatus> {
    for (;;) {
      const run = await ledger.findRun(this.#deps.database, runId)
      if (run === undefined) throw runNotFound(runId)
      if (run.status !== 'pending' && run.status !== 'running') return run.status
      const done = this.#holding.get(runId)?.done
      await Promise.race([done ?? this.#deps.clock.sleep(250, signal), this.#deps.clock.sleep(1000, signal)])
    }
  }

  /** Looks for runs to take up: new ones, and those whose holder is gone. */
  async #look(): Promise<void> {
    const { database, clock, log } = this.#deps
    while (!this.#stopping.signal.aborted) {
      try {
        for (const run of await ledger.findOpenRuns(database)) {
          if (!this.#holding.has(run.run_id) && isAbandoned(run.owner, run.heartbeat_age_ms)) await this.#take(run)
        }
      } catch (error) {
        log.error({ error: messageOf(error) }, 'could not look for runs')
      }
      await clock.sleep(lookMs, this.#stopping.signal).catch(() => undefined)
    }
  }

  async #take(run: ledger.RunRow): Promise<void> {
    const fence = await ledger.claimRun(this.#deps.database, run.run_id, run.fence, this.#owner)
    if (fence === undefined) return
    const abort = new AbortController()
    const finished = Promise.withResolvers<void>()
    this.#holding.set(run.run_id, { abort, isCancelled: run.cancel_requested_at !== null, done: finished.promise })
    void this.#hold(run, fence, abort).finally(() => {
      this.#holding.delete(run.run_id)
      finished.resolve()
    })
  }

  /** Works a run to its end and writes the end down; a run that another has taken over is left alone. */
  async #hold(row: ledger.RunRow, fence: number, abort: AbortController): Promise<void> {
    const { log } = this.#deps
    const finished = new AbortController()
    const beating = this.#beat(row.run_id, fence, abort, finished.signal)
    try {
      const end = await this.#execute(row, fence, abort.signal)
      if (end) await this.#close(row.run_id, fence, end)
    } catch (error) {
      log.error({ run_id: row.run_id, error: messageOf(error) }, 'a run was left unfinished')
    } finally {
      finished.abort()
      await beating
    }
  }

  async #execute(row: ledger.RunRow, fence: number, signal: AbortSignal): Promise<RunEnd | undefined> {
    const { database, clock, log } = this.#deps
    let connector: Connector | undefined
    let pool: WorkerPool | undefined
    try {
      const source = await getSource(database, row.source_id)
      const connection = await this.#connectionOf(source)
      const limiter = this.#limiterOf(connection)
      const trace: Trace = call => this.#calls.count(source.id, call, 'source')
      connector = createConnector(connection, { limiter, log, clock, trace })
      // Asked to stop while nobody held it: with a connector its exports can be cancelled too.
      if (this.#holding.get(row.run_id)?.isCancelled) throw new CancelledError()
      pool = new WorkerPool({
        size: this.#deps.workers,
        limiter,
        onCall: call => this.#calls.count(source.id, call, 'rows'),
        setup: { connectionString: database.connectionString, source: connection, logLevel: this.#deps.logLevel },
      })
      const run: HeldRun = { row, fence, source }
      return await executeRun({ database, connector, pool, clock, log }, run, signal)
    } catch (error) {
      const isCancelled = this.#holding.get(row.run_id)?.isCancelled ?? false
      if (isCancelled && connector) await this.#cancelExports(row.run_id, connector)
      return endOfThrown(error, this.#stopping.signal.aborted, isCancelled)
    } finally {
      await pool?.close()
      await connector?.close()
    }
  }

  async #close(runId: number, fence: number, end: RunEnd): Promise<void> {
    const isOurs = await ledger.finishRun(this.#deps.database, runId, fence, end.status, end.error)
    if (!isOurs) return
    const detail = { status: end.status, code: end.error?.code ?? null }
    const actor: Actor = { kind: 'system', name: 'engine' }
    await recordAudit(this.#deps.database, { actor, action: 'run.ended', subject: `run:${runId}`, detail })
    this.#deps.log.info({ run_id: runId, status: end.status, code: end.error?.code }, 'a run ended')
  }

  async #beat(runId: number, fence: number, abort: AbortController, finished: AbortSignal): Promise<void> {
    const { database, clock, log } = this.#deps
    while (!finished.aborted) {
      await clock.sleep(beatMs, finished).catch(() => undefined)
      if (finished.aborted) return
      try {
        const state = await ledger.beat(database, runId, fence)
        if (!state.isHeld) abort.abort(new StoreError('fenced', `Run ${runId} was taken over.`))
        else if (state.isCancelled) this.#cancelHeld(runId)
      } catch (error) {
        log.warn({ run_id: runId, error: messageOf(error) }, 'a heartbeat failed')
      }
    }
  }

  #cancelHeld(runId: number): void {
    const holding = this.#holding.get(runId)
    if (!holding) return
    holding.isCancelled = true
    holding.abort.abort(new CancelledError())
  }

  /** The vendor's jobs fill slots that others of the tenant need. */
  async #cancelExports(runId: number, connector: Connector): Promise<void> {
    const signal = AbortSignal.timeout(15_000)
    for (const open of await ledger.listOpenExports(this.#deps.database, runId)) {
      try {
        await connector.cancel(open.stream, open.export_id, signal)
      } catch (error) {
        this.#deps.log.warn(
          { run_id: runId, export_id: open.export_id, error: messageOf(error) },
          'an export was not cancelled',
        )
      }
      await ledger.endExport(this.#deps.database, open.export_job_id, 'cancelled', 'The run was cancelled.')
    }
  }

  async #connectionOf(source: Source): Promise<SourceConnection> {
    const credentials = await loadCredentials(this.#deps, source.id)
    if (!credentials) {
      throw new ConfigError('keys_needed', `Source ${source.name} has no keys. Give it an access key and a secret key.`)
    }
    return {
      kind: source.kind,
      baseUrl: source.baseUrl,
      accessKey: credentials.accessKey.reveal(),
      secretKey: credentials.secretKey.reveal(),
      limits: this.#deps.limits,
    }
  }

  /** One budget for each key, whoever uses it. */
  #limiterOf(connection: SourceConnection): RequestLimiter {
    const key = `${connection.baseUrl} ${connection.accessKey}`
    const known = this.#limiters.get(key)
    if (known) return known
    const { requestsPerMinute, requestBurst } = this.#deps.limits
    const limiter = createTokenBucket({ perMinute: requestsPerMinute, burst: requestBurst, clock: this.#deps.clock })
    this.#limiters.set(key, limiter)
    return limiter
  }

  async #withConnector<T>(
    connection: SourceConnection,
    use: (connector: Connector) => Promise<T>,
    trace: Trace | undefined,
  ): Promise<T> {
    const { log, clock } = this.#deps
    const deps: ConnectorDeps = { limiter: this.#limiterOf(connection), log, clock, ...(trace ? { trace } : {}) }
    const connector = createConnector(connection, deps)
    try {
      return await use(connector)
    } finally {
      await connector.close()
    }
  }
}

function runNotFound(runId: number): NotFoundError {
  return new NotFoundError('run_not_found', `There is no run ${runId}.`)
}
