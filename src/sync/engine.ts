import type { CheckResult, ConnectorKind } from '../connectors/connector.ts'
import type { JsonObject } from '../domain/json.ts'
import { scopeOfSettings } from '../domain/scope.ts'
import type { SourceCounts } from '../domain/source-counts.ts'
import type { Clock } from '../platform/clock.ts'
import { ConfigError, messageOf, NotFoundError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type Actor, recordAudit } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import type { Sealing } from '../store/sealing.ts'
import { noteAcceptedKey } from '../store/source-health.ts'
import { getSource, recordIdentity, type Source } from '../store/sources.ts'
import { beatWorker, forgetWorker, sessionName, type WorkerRole } from '../store/workers.ts'
import { CallCounter } from './call-counter.ts'
import { ConfirmedSweeps } from './confirmed-sweeps.ts'
import { type SourceLimits, trustOf } from './connection.ts'
import type { Engine, RetryTrigger, RunRequest, SweepDecision, Trace, UnsavedConnection } from './engine-contract.ts'
import { limitsFor } from './limits.ts'
import { life, ownerName } from './owner.ts'
import { PartHelper } from './part-helper.ts'
import { type QueuedRefresh, type RefreshRequest, requestRefreshIn } from './refresh.ts'
import { requestRunIn } from './request-run.ts'
import { findFailedRuns, requestAgain } from './retry-run.ts'
import { RunHolder } from './run-holder.ts'
import { Scheduler } from './scheduler.ts'
import { SourceAccess } from './source-access.ts'
import { pauseSource } from './source-pause.ts'
import { decideSweep } from './sweep.ts'
import { WorkerPool } from './worker-pool.ts'

export interface EngineDeps {
  readonly database: Database
  readonly sealing: Sealing
  readonly clock: Clock
  readonly log: Log
  readonly limits: SourceLimits
  /** Threads that read and merge chunks, over all runs. */
  readonly workers: number
  /** Runs held at once. */
  readonly maxRuns?: number
  readonly role?: WorkerRole
  readonly logLevel: string
  /** What a worker thread runs; the product's own when left out. */
  readonly workerEntry?: URL
}

/** Nothing reads it by itself. */
function notRead(name: string): ConfigError {
  return new ConfigError(
    'files_are_brought',
    `Source ${name} holds files, which people bring: there is nothing to synchronise. Bring a newer file with "tenfold import" or on the page Imports.`,
  )
}

export function createEngine(deps: EngineDeps): Engine {
  return new SyncEngine(deps)
}

const lookMs = 1000
const beatMs = 2000
export const usualMaxRuns = 8

class SyncEngine implements Engine {
  readonly #deps: EngineDeps
  readonly #owner = ownerName()
  readonly #stopping = new AbortController()
  readonly #scheduler: Scheduler
  readonly #calls: CallCounter
  readonly #access: SourceAccess
  readonly #pool: WorkerPool
  readonly #runs: RunHolder
  readonly #helper: PartHelper
  readonly #sweeps: ConfirmedSweeps
  #working: Promise<unknown> | undefined
  #looking: Promise<void> | undefined

  constructor(deps: EngineDeps) {
    const { database, log } = deps
    const owner = this.#owner
    this.#deps = deps
    this.#scheduler = new Scheduler(deps)
    const calls = new CallCounter({ ...deps, allowedPerMinute: deps.limits.requestsPerMinute })
    const access = new SourceAccess({ ...deps, calls })
    const pool = new WorkerPool({
      size: deps.workers,
      ...(deps.workerEntry ? { entry: deps.workerEntry } : {}),
      setup: {
        connectionString: database.connectionString,
        applicationName: sessionName(life),
        logLevel: deps.logLevel,
      },
    })
    const onEnd = () => void this.#lookOnce()
    const { role = 'command', maxRuns = usualMaxRuns } = deps
    this.#runs = new RunHolder({ ...deps, owner, role, maxRuns, pool, access, calls, onEnd })
    this.#helper = new PartHelper({
      database,
      pool,
      log,
      owner,
      heldRuns: () => this.#runs.heldRuns,
      customerOf: (runId, sourceId) => access.customerOf(runId, sourceId),
    })
    this.#sweeps = new ConfirmedSweeps({ ...deps, owner })
    this.#calls = calls
    this.#access = access
    this.#pool = pool
  }

  start(): Promise<void> {
    this.#working ??= Promise.all([this.#keepLooking(), this.#keepBeating()])
    this.#calls.start()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    const { database, log } = this.#deps
    this.#stopping.abort()
    const rooms = [this.#scheduler, this.#runs, this.#helper, this.#sweeps]
    await Promise.allSettled([this.#working, ...rooms.map(room => room.stop())])
    await this.#pool.close()
    await this.#access.stop()
    await this.#calls.stop()
    if (!this.#working) return
    await forgetWorker(database, this.#owner).catch((error: unknown) => {
      log.debug({ error: messageOf(error) }, 'this process could not take its leave')
    })
  }

  async requestRun(request: RunRequest, actor: Actor): Promise<{ runId: number; created: boolean }> {
    const source = await this.#readableSource(request.sourceId)
    const { database } = this.#deps
    const queued = await database.transaction(connection => requestRunIn(connection, source.name, request, actor))
    this.#lookNow()
    return queued
  }

  async requestRefresh(request: RefreshRequest, actor: Actor): Promise<QueuedRefresh> {
    const source = await this.#readableSource(request.sourceId)
    const { database } = this.#deps
    const queued = await database.transaction(connection => requestRefreshIn(connection, source, request, actor))
    this.#lookNow()
    return queued
  }

  async #readableSource(sourceId: number): Promise<Source> {
    const source = await getSource(this.#deps.database, sourceId)
    if (source.kind === 'files') throw notRead(source.name)
    if (!source.isEnabled) {
      throw new ConfigError('source_disabled', `Source ${source.name} is switched off. Switch it on to synchronise it.`)
    }
    if (!source.hasCredentials) {
      throw new ConfigError('keys_needed', `Source ${source.name} has no keys. Give it an access key and a secret key.`)
    }
    return source
  }

  async retryRun(runId: number, trigger: RetryTrigger, actor: Actor): Promise<{ runId: number; created: boolean }> {
    const again = await requestAgain(this.#deps.database, runId, trigger)
    return 'target' in again ? this.requestRefresh(again, actor) : this.requestRun(again, actor)
  }

  async retryFailed(days: number, trigger: RetryTrigger, actor: Actor, sourceIds?: readonly number[]) {
    const { database, clock } = this.#deps
    const since = new Date(clock.now().getTime() - days * 86_400_000)
    const retried: { runId: number; created: boolean; retries: number }[] = []
    for (const failed of await findFailedRuns(database, since, sourceIds)) {
      retried.push({ ...(await this.retryRun(failed, trigger, actor)), retries: failed })
    }
    return retried
  }

  startSchedules(): void {
    this.#scheduler.start()
  }

  get isScheduling(): boolean {
    return this.#scheduler.isOn
  }

  pauseSource(sourceId: number, isPaused: boolean, actor: Actor): Promise<boolean> {
    return pauseSource(this.#deps.database, sourceId, isPaused, actor)
  }

  async decideSweep(runId: number, decision: SweepDecision, actor: Actor): Promise<void> {
    await decideSweep(this.#deps.database, runId, decision, actor)
    this.#lookNow()
  }

  async cancelRun(runId: number, actor: Actor): Promise<boolean> {
    if ((await ledger.findRun(this.#deps.database, runId)) === undefined) throw runNotFound(runId)
    const isAsked = await this.#deps.database.transaction(async connection => {
      const asked = await ledger.requestCancel(connection, runId)
      if (asked) await recordAudit(connection, { actor, action: 'run.cancelled', subject: `run:${runId}` })
      return asked
    })
    if (isAsked) this.#runs.cancel(runId)
    return isAsked
  }

  async stopAll(actor: Actor, sourceIds?: readonly number[]): Promise<number> {
    const open = await ledger.findOpenRuns(this.#deps.database)
    const meant = sourceIds ? open.filter(run => sourceIds.includes(run.source_id)) : open
    const asked = await Promise.all(meant.map(run => this.cancelRun(run.run_id, actor)))
    return asked.filter(Boolean).length
  }

  async checkSource(sourceId: number, signal: AbortSignal, trace?: Trace): Promise<CheckResult> {
    const { database } = this.#deps
    const source = await getSource(database, sourceId)
    const connection = await this.#access.connectionOf(source)
    const traced: Trace = call => {
      this.#calls.count(sourceId, call, 'source', connection.limits.requestsPerMinute)
      trace?.(call)
    }
    const scope = scopeOfSettings(source.settings)
    const result = await this.#access.withConnector(
      connection,
      async connector => {
        const checked = await connector.check(signal)
        if (!checked.ok) return checked
        const scopeProblems = await connector.checkScope(scope, signal)
        return { ...checked, scopeProblems: [...(checked.scopeProblems ?? []), ...scopeProblems] }
      },
      traced,
    )
    await recordIdentity(database, sourceId, {
      // Only a run writes the fingerprint: a mistyped address that is merely tried must not become the source.
      fingerprint: null,
      containerName: result.container.name,
      role: result.user.role,
    })
    if (result.ok) await database.transaction(transaction => noteAcceptedKey(transaction, sourceId))
    return result
  }

  async countSource(sourceId: number, signal: AbortSignal): Promise<SourceCounts> {
    const source = await getSource(this.#deps.database, sourceId)
    if (source.kind !== 'tenable-vm') {
      throw new ConfigError(
        'counts_not_offered',
        `Source ${source.name} (${source.kind}) counts nothing of itself that could be compared. Compare files with it instead.`,
      )
    }
    const connection = await this.#access.connectionOf(source)
    const traced: Trace = call => this.#calls.count(sourceId, call, 'source', connection.limits.requestsPerMinute)
    const counted = await this.#access.withConnector(connection, async connector => connector.count?.(signal), traced)
    if (!counted) throw new ConfigError('counts_not_offered', `Source ${source.name} counts nothing of itself.`)
    return counted
  }

  limitsOf(kind: ConnectorKind, settings: JsonObject): SourceLimits {
    return limitsFor(kind, this.#deps.limits, settings)
  }

  checkConnection(connection: UnsavedConnection, signal: AbortSignal, trace?: Trace): Promise<CheckResult> {
    const { kind, settings = {} } = connection
    const reached = { ...connection, trust: trustOf(settings), limits: this.limitsOf(kind, settings) }
    return this.#access.withConnector(reached, connector => connector.check(signal), trace)
  }

  async waitForRun(runId: number, signal?: AbortSignal): Promise<ledger.FinalStatus> {
    const { database, clock } = this.#deps
    // A run that was asked for a moment ago is being taken up: then its end is told to us.
    await this.#looking
    for (;;) {
      const run = await ledger.findRun(database, runId)
      if (run === undefined) throw runNotFound(runId)
      if (run.status !== 'pending' && run.status !== 'running') return run.status
      await Promise.race([this.#runs.done(runId) ?? clock.sleep(250, signal), clock.sleep(1000, signal)])
    }
  }

  async #keepLooking(): Promise<void> {
    const { clock } = this.#deps
    while (!this.#stopping.signal.aborted) {
      await this.#lookOnce()
      await clock.sleep(lookMs, this.#stopping.signal).catch(() => undefined)
    }
  }

  /** For what somebody waits for who asked here; a process that only asks leaves it to the others. */
  #lookNow(): void {
    if (this.#working) void this.#lookOnce()
  }

  /** One after the other: two at once would hold more runs than they may. */
  #lookOnce(): Promise<void> {
    this.#looking = (this.#looking ?? Promise.resolve()).then(() => this.#look())
    return this.#looking
  }

  /** Sweeps to carry out, runs to hold, parts to read for others, and parts of processes that are gone. */
  async #look(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    try {
      await this.#sweeps.look()
      await this.#runs.look()
      await this.#helper.reclaim()
      await this.#helper.look()
    } catch (error) {
      this.#deps.log.error({ error: messageOf(error) }, 'could not look for work')
    }
  }

  /** Apart from looking, which may wait for a slow statement: whoever is alive must not seem silent. */
  async #keepBeating(): Promise<void> {
    const { database, clock, log, role = 'command', workers: threads } = this.#deps
    const signal = this.#stopping.signal
    while (!signal.aborted) {
      try {
        await beatWorker(database, { owner: this.#owner, role, threads })
        await this.#helper.watch()
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'a heartbeat of this process failed')
      }
      await clock.sleep(beatMs, signal).catch(() => undefined)
    }
  }
}

function runNotFound(runId: number): NotFoundError {
  return new NotFoundError('run_not_found', `There is no run ${runId}.`)
}
