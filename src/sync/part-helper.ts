import type { Part } from '../connectors/connector.ts'
import { CancelledError, codeOf, messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { stillRunning } from '../store/held-runs.ts'
import { isConnectionLost } from '../store/lost-connection.ts'
import type { PartContext } from '../store/merge/context.ts'
import {
  type Claim,
  type ClaimedPart,
  claimAnyPart,
  failClaim,
  partOwners,
  reclaimParts,
  releaseClaim,
  releaseForgotten,
} from '../store/part-claims.ts'
import { expel } from './expel.ts'
import { isAbandoned } from './owner.ts'
import { sendError } from './sent-error.ts'
import type { Customer, WorkerPool } from './worker-pool.ts'

export interface PartHelperDeps {
  readonly database: Database
  readonly pool: WorkerPool
  readonly log: Log
  readonly owner: string
  /** Runs that this process holds: their parts are read by name. */
  readonly heldRuns: () => readonly number[]
  /** What it takes to talk to the source of a run. @throws ConfigError when its keys cannot be opened here */
  readonly customerOf: (runId: number, sourceId: number) => Promise<Customer>
}

interface Helping {
  readonly runId: number
  readonly fence: number
  readonly claim: Claim
  readonly abort: AbortController
}

/** A source whose keys could not be opened is not tried again at once. */
const closedMs = 60_000

/** Reads parts of runs that other processes hold, with the threads that have nothing else to do. */
export class PartHelper {
  readonly #deps: PartHelperDeps
  readonly #helping = new Set<Helping>()
  readonly #closed = new Map<number, number>()
  readonly #working = new Set<Promise<void>>()
  #isStopping = false
  #isLooking = false

  constructor(deps: PartHelperDeps) {
    this.#deps = deps
  }

  /** Takes up what waits, as long as there are threads to spare. */
  async look(): Promise<void> {
    if (this.#isLooking || this.#isStopping) return
    this.#isLooking = true
    try {
      while (this.#deps.pool.spare > 0 && !this.#isStopping) {
        const claimed = await this.#claim()
        if (!claimed) return
        const work = this.#read(claimed).finally(() => {
          this.#working.delete(work)
          void this.look().catch((error: unknown) => {
            this.#deps.log.warn({ error: messageOf(error) }, 'could not look for parts to read')
          })
        })
        this.#working.add(work)
      }
    } finally {
      this.#isLooking = false
    }
  }

  /** Lets go of parts whose run has ended, is being stopped, or has another holder. */
  async watch(): Promise<void> {
    if (this.#helping.size === 0) return
    const open = await stillRunning(this.#deps.database, [...this.#helping])
    for (const helping of this.#helping) {
      if (!open.has(helping.runId)) helping.abort.abort(new CancelledError())
    }
  }

  /** Opens the parts of processes that are dead or silent to the others. */
  async reclaim(): Promise<void> {
    const { database, log, owner: own } = this.#deps
    const gone = (await partOwners(database))
      .filter(({ owner, heartbeat_age_ms }) => owner !== own && isAbandoned(owner, heartbeat_age_ms))
      .map(({ owner }) => owner)
    const known = [...this.#helping].map(({ claim }) => claim)
    await releaseForgotten(database, own, known)
    if (gone.length === 0) return
    // First, for a part half merged holds locks that the next reader would wait for.
    for (const owner of gone) await expel(database, log, owner)
    const parts = await reclaimParts(database, gone)
    log.warn({ owners: gone, parts }, 'parts of a process that is gone are read again')
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    for (const helping of this.#helping) helping.abort.abort(new CancelledError())
    await Promise.allSettled(this.#working)
  }

  #claim(): Promise<ClaimedPart | undefined> {
    const { database, owner, heldRuns } = this.#deps
    const now = Date.now()
    for (const [sourceId, until] of this.#closed) if (until < now) this.#closed.delete(sourceId)
    return claimAnyPart(database, owner, { runIds: heldRuns(), sourceIds: [...this.#closed.keys()] })
  }

  async #read(claimed: ClaimedPart): Promise<void> {
    const { log, owner, pool, customerOf } = this.#deps
    const { run_id: runId, source_id: sourceId, fence, attempts, export_job_id: exportJobId, part_id: partId } = claimed
    const claim: Claim = { exportJobId, partId, owner, attempt: attempts }
    const helping: Helping = { runId, fence, claim, abort: new AbortController() }
    this.#helping.add(helping)
    try {
      const customer = await customerOf(runId, sourceId).catch((error: unknown) => {
        this.#closed.set(sourceId, Date.now() + closedMs)
        log.error({ source_id: sourceId, code: codeOf(error), error: messageOf(error) }, 'a source cannot be read here')
        throw new CancelledError()
      })
      await pool.run(customer, {
        task: taskOf(claimed),
        priority: claimed.offer.priority,
        signal: helping.abort.signal,
        claim: () => Promise.resolve(attempts),
      })
    } catch (error) {
      await this.#giveUp(claim, error).catch((failure: unknown) => {
        // The database is away. When it is back, what this process does not know of any more is given back.
        log.warn({ run_id: runId, part: partId, error: messageOf(failure) }, 'a part could not be given back')
      })
    } finally {
      this.#helping.delete(helping)
    }
  }

  /** What is nobody's fault is given back; what the source or a record did is for the holder of the run to judge. */
  async #giveUp(claim: Claim, error: unknown): Promise<void> {
    const { database, log } = this.#deps
    const isBlameless = error instanceof CancelledError || codeOf(error) === 'fenced' || isConnectionLost(error)
    if (isBlameless) return releaseClaim(database, claim)
    log.warn({ part: claim.partId, code: codeOf(error) }, 'a part of another process’s run could not be read')
    await failClaim(database, claim, sendError(error))
  }
}

function taskOf({ offer, part_id: partId, detail }: ClaimedPart) {
  // As its holder wrote it, with the names and types of its own program.
  const part = { ...offer.part, partId, detail } as unknown as Part
  const context = { ...offer.context, partId } as unknown as PartContext
  return { part, context }
}
