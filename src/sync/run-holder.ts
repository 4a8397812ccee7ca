import type { Connector } from '../connectors/connector.ts'
import type { Clock } from '../platform/clock.ts'
import { CancelledError, codeOf, messageOf, StoreError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { releaseRun } from '../store/held-runs.ts'
import * as ledger from '../store/ledger.ts'
import { isConnectionLost } from '../store/lost-connection.ts'
import { getSource, type Source } from '../store/sources.ts'
import type { WorkerRole } from '../store/workers.ts'
import type { CallCounter } from './call-counter.ts'
import type { SourceConnection, SourceLimits } from './connection.ts'
import { correlateAfterRun } from './correlation.ts'
import type { Trace } from './engine-contract.ts'
import { expel } from './expel.ts'
import { isAbandoned } from './owner.ts'
import { PartDesk } from './part-desk.ts'
import { reconcileAfterRun } from './reconciliation/after-run.ts'
import { inTurn } from './refresh.ts'
import { endOfThrown, executeRun, type RunEnd } from './run.ts'
import { closeRun, learnChunkSizes } from './run-end.ts'
import type { SourceAccess } from './source-access.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface RunHolderDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly limits: SourceLimits
  readonly owner: string
  readonly role: WorkerRole
  /** Runs held at once; the others wait, those of people before those of schedules. */
  readonly maxRuns: number
  readonly pool: WorkerPool
  readonly access: SourceAccess
  readonly calls: CallCounter
  /** Work that ended makes room for other work. */
  readonly onEnd: () => void
}

const beatMs = 2000
/** A run whose keys a server cannot open is left to other processes for so long; then it ends and says why. */
const closedKeyMs = 30_000
/** A run that loses its database so often is not unlucky. */
const takeOversAtMost = 50

interface Holding {
  readonly abort: AbortController
  isCancelled: boolean
  readonly done: Promise<void>
}

/** The runs that this process plans and finishes. */
export class RunHolder {
  readonly #deps: RunHolderDeps
  readonly #holding = new Map<number, Holding>()
  readonly #closedSince = new Map<number, number>()
  readonly #stopping = new AbortController()

  constructor(deps: RunHolderDeps) {
    this.#deps = deps
  }

  get heldRuns(): readonly number[] {
    return [...this.#holding.keys()]
  }

  /** Resolves when a run held here has ended; undefined when it is not. */
  done(runId: number): Promise<void> | undefined {
    return this.#holding.get(runId)?.done
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const holding of this.#holding.values()) holding.abort.abort()
    await Promise.allSettled([...this.#holding.values()].map(holding => holding.done))
  }

  cancel(runId: number): void {
    const holding = this.#holding.get(runId)
    if (!holding) return
    holding.isCancelled = true
    holding.abort.abort(new CancelledError())
  }

  /** Takes up runs that nobody holds: new ones, and those whose holder is gone. */
  async look(): Promise<void> {
    for (const run of inTurn(await ledger.findOpenRuns(this.#deps.database))) {
      if (this.#holding.size >= this.#deps.maxRuns) return
      // Imports are worked by whoever has their file.
      if (run.kind === 'import') continue
      if (this.#holding.has(run.run_id) || !isAbandoned(run.owner, run.heartbeat_age_ms)) continue
      if (await this.#isForUs(run)) await this.#take(run)
    }
  }

  /** Another process may have the key that this one lacks; when none takes the run, a server ends it and says why. */
  async #isForUs(run: ledger.RunRow): Promise<boolean> {
    const { access, clock, database, log, role } = this.#deps
    const now = clock.now().getTime()
    const since = this.#closedSince.get(run.run_id)
    if (since !== undefined && now - since < closedKeyMs) return false
    this.#closedSince.delete(run.run_id)
    try {
      await access.connectionOf(await getSource(database, run.source_id))
      return true
    } catch (error) {
      // What else is wrong with the source ends the run, with its words.
      if (codeOf(error) !== 'wrong_encryption_key' || (since !== undefined && role !== 'worker')) return true
      log.error({ run_id: run.run_id, code: codeOf(error), error: messageOf(error) }, 'a run cannot be read here')
      this.#closedSince.set(run.run_id, now)
      return false
    }
  }

  async #take(run: ledger.RunRow): Promise<void> {
    const { database, owner, log } = this.#deps
    // A frozen holder's half-merged part holds locks that everybody else would wait for.
    if (run.owner !== null) await expel(database, log, run.owner)
    const fence = await ledger.claimRun(database, run.run_id, run.fence, owner)
    if (fence === undefined) return
    if (run.owner !== null) log.warn({ run_id: run.run_id, from: run.owner }, 'a run was taken over')
    const abort = new AbortController()
    const finished = Promise.withResolvers<void>()
    this.#holding.set(run.run_id, { abort, isCancelled: run.cancel_requested_at !== null, done: finished.promise })
    void this.#hold(run, fence, abort).finally(() => {
      this.#holding.delete(run.run_id)
      finished.resolve()
      this.#deps.onEnd()
    })
  }

  /** Works a run to its end and writes the end down; a run that another has taken over is left alone. */
  async #hold(row: ledger.RunRow, fence: number, abort: AbortController): Promise<void> {
    const { database, log } = this.#deps
    const run = { runId: row.run_id, fence, sourceId: row.source_id }
    const finished = new AbortController()
    const beating = this.#beat(row.run_id, fence, abort, finished.signal)
    try {
      const end = await this.#execute(row, fence, abort.signal)
      if (end) {
        await closeRun(this.#deps, run, end)
        if (end.status === 'completed' || end.status === 'partial') {
          // In a worker thread: its memory is bounded, and no request waits for it.
          await correlateAfterRun({ ...this.#deps, correlate: ended => this.#deps.pool.correlate(ended) }, run)
          await reconcileAfterRun(this.#deps, { ...run, kind: row.kind, isComplete: end.status === 'completed' })
        }
      } else await releaseRun(database, row.run_id, fence)
    } catch (error) {
      // Its heartbeat stops with us: whoever looks next goes on with it.
      log.error({ run_id: row.run_id, error: messageOf(error) }, 'a run was left unfinished')
    } finally {
      finished.abort()
      await beating
    }
  }

  /** @returns how it ended; undefined when it has not, and somebody is to go on with it */
  async #execute(row: ledger.RunRow, fence: number, signal: AbortSignal): Promise<RunEnd | undefined> {
    const { database, access, log } = this.#deps
    const runId = row.run_id
    let connector: Connector | undefined
    try {
      const source = await getSource(database, row.source_id)
      for (;;) {
        const connection = await access.connectionOf(source)
        connector = access.connect(connection, this.#traceOf(source.id, connection))
        // Asked to stop while nobody held it: with a connector its exports can be cancelled too.
        if (this.#holding.get(runId)?.isCancelled) throw new CancelledError()
        try {
          const end = await this.#read({ row, fence, source }, connection, connector, signal)
          await learnChunkSizes(this.#deps, source, runId)
          return end
        } catch (error) {
          if (codeOf(error) !== 'bad_credentials' || !(await this.#hasNewKey(source, connection))) throw error
          await ledger.addNote(
            database,
            runId,
            'The key was replaced while this run was under way; it went on with the new one.',
          )
          await connector.close()
        }
      }
    } catch (error) {
      const isCancelled = this.#holding.get(runId)?.isCancelled ?? false
      if (isCancelled && connector) await this.#cancelExports(runId, connector)
      if (!isCancelled && isConnectionLost(error) && fence < takeOversAtMost) {
        log.warn(
          { run_id: runId, error: messageOf(error) },
          'the database was lost; the run waits to be taken up again',
        )
        return undefined
      }
      return endOfThrown(error, this.#stopping.signal.aborted, isCancelled)
    } finally {
      await connector?.close()
    }
  }

  #read(
    run: { readonly row: ledger.RunRow; readonly fence: number; readonly source: Source },
    connection: SourceConnection,
    connector: Connector,
    signal: AbortSignal,
  ): Promise<RunEnd> {
    const { database, clock, log, access } = this.#deps
    const customer = access.customer(run.row.run_id, run.source.id, connection)
    const parts = new PartDesk(this.#deps, customer)
    return executeRun({ database, connector, parts, clock, log }, run, signal)
  }

  #traceOf(sourceId: number, { limits }: SourceConnection): Trace {
    return call => this.#deps.calls.count(sourceId, call, 'source', limits.requestsPerMinute)
  }

  /** Whether somebody has saved another key since this one was opened. */
  async #hasNewKey(source: Source, used: SourceConnection): Promise<boolean> {
    const now = await this.#deps.access.connectionOf(await getSource(this.#deps.database, source.id))
    return now.accessKey !== used.accessKey || now.secretKey !== used.secretKey
  }

  async #beat(runId: number, fence: number, abort: AbortController, finished: AbortSignal): Promise<void> {
    const { database, clock, log } = this.#deps
    while (!finished.aborted) {
      await clock.sleep(beatMs, finished).catch(() => undefined)
      if (finished.aborted) return
      try {
        const state = await ledger.beat(database, runId, fence)
        if (!state.isHeld) abort.abort(new StoreError('fenced', `Run ${runId} was taken over.`))
        else if (state.isCancelled) this.cancel(runId)
      } catch (error) {
        log.warn({ run_id: runId, error: messageOf(error) }, 'a heartbeat failed')
      }
    }
  }

  /** The vendor's jobs fill slots that others of the tenant need. */
  async #cancelExports(runId: number, connector: Connector): Promise<void> {
    const { database, log } = this.#deps
    const signal = AbortSignal.timeout(15_000)
    for (const open of await ledger.listOpenExports(database, runId)) {
      try {
        await connector.cancel(open.stream, open.export_id, signal)
      } catch (error) {
        log.warn({ run_id: runId, export_id: open.export_id, error: messageOf(error) }, 'an export was not cancelled')
      }
      await ledger.endExport(database, open.export_job_id, 'cancelled', 'The run was cancelled.')
    }
  }
}
