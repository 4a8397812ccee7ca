import type { Clock } from '../platform/clock.ts'
import { CancelledError, StoreError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { stillRunning } from '../store/held-runs.ts'
import type { MergedPart } from '../store/merge/part.ts'
import { claimPart, offerExport, type PartState, partStates } from '../store/part-claims.ts'
import { receiveError } from './sent-error.ts'
import type { PartTask, SentError } from './worker-messages.ts'
import type { Customer, WorkerPool } from './worker-pool.ts'

/** Reads and merges the parts of a run, wherever. */
export interface PartReader {
  run(task: PartTask, priority: number, signal: AbortSignal): Promise<Pick<MergedPart, 'counts'>>
}

export interface PartDeskDeps {
  readonly database: Database
  readonly pool: WorkerPool
  readonly clock: Clock
  readonly log: Log
  readonly owner: string
}

const lookMs = 400
/** A part that was begun so often and never ended may be what the processes died of. */
export const beginningsAtMost = 6

interface Waiter {
  readonly exportJobId: number
  readonly partId: string
  readonly resolve: (state: PartState) => void
  readonly reject: (error: unknown) => void
}

/**
 * The parts of a run that this process holds. They are offered in the ledger and taken from there: by the threads of this
 * process, or by another, whose work is waited for like our own.
 */
export class PartDesk implements PartReader {
  readonly #deps: PartDeskDeps
  readonly #customer: Customer
  readonly #offers = new Map<number, Promise<void>>()
  readonly #elsewhere = new Set<Waiter>()
  #looking: Promise<void> | undefined

  constructor(deps: PartDeskDeps, customer: Customer) {
    this.#deps = deps
    this.#customer = customer
  }

  async run(task: PartTask, priority: number, signal: AbortSignal): Promise<Pick<MergedPart, 'counts'>> {
    await this.#offer(task, priority)
    for (;;) {
      const merged = await this.#readHere(task, priority, signal)
      if (merged !== 'elsewhere') return merged
      const state = await this.#readElsewhere(task, signal)
      if (state.status === 'done') return { counts: countsOf(state) }
      if (state.status === 'failed') throw failureOf(state)
      // Given back: whoever had it is gone. Unless the run is not ours any more.
      await this.#demandRun(task)
      if (state.attempts >= beginningsAtMost) throw diedOf(state)
    }
  }

  async #demandRun({ context: { runId, fence } }: PartTask): Promise<void> {
    const held = await stillRunning(this.#deps.database, [{ runId, fence }])
    if (!held.has(runId)) throw new StoreError('fenced', `Run ${runId} was taken over or is being stopped.`)
  }

  /** Once for each export. Its parts may be read only from here on: those of earlier streams go first. */
  #offer({ part, context }: PartTask, priority: number): Promise<void> {
    const { exportJobId } = context
    const known = this.#offers.get(exportJobId)
    if (known) return known
    const { partId: _part, detail: _detail, ...rest } = part
    const { partId: _same, ...shared } = context
    const offered = offerExport(this.#deps.database, exportJobId, { priority, part: rest, context: shared })
    this.#offers.set(exportJobId, offered)
    return offered
  }

  async #readHere(task: PartTask, priority: number, signal: AbortSignal): Promise<MergedPart | 'elsewhere'> {
    const { database, pool, log, owner } = this.#deps
    const { exportJobId, partId } = task.context
    let attempt: number | undefined
    const claim = async () => {
      attempt = await claimPart(database, task.context, owner)
      const { runId } = task.context
      if (attempt !== undefined) log.debug({ run_id: runId, stream: task.part.stream, part: partId }, 'a part is read')
      return attempt
    }
    try {
      return await pool.run(this.#customer, { task, priority, signal, claim })
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'fenced')) throw error
      // This part alone was taken from us while we were silent, or the run is not ours any more.
      await this.#demandRun(task)
      const [state] = await partStates(database, [{ exportJobId, partId }])
      if (!state || (state.status === 'reading' && state.owner === owner && state.attempts === attempt)) throw error
      return 'elsewhere'
    }
  }

  #readElsewhere({ context }: PartTask, signal: AbortSignal): Promise<PartState> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new CancelledError())
      const onAbort = () => {
        this.#elsewhere.delete(waiter)
        reject(new CancelledError())
      }
      const end = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          signal.removeEventListener('abort', onAbort)
          this.#elsewhere.delete(waiter)
          settle(value)
        }
      }
      const { exportJobId, partId } = context
      const waiter: Waiter = { exportJobId, partId, resolve: end(resolve), reject: end(reject) }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#elsewhere.add(waiter)
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined
      })
    })
  }

  /** One statement for all the parts in other hands, as long as there are any. */
  async #look(): Promise<void> {
    const { database, clock } = this.#deps
    while (this.#elsewhere.size > 0) {
      const asked = [...this.#elsewhere]
      try {
        const states = new Map((await partStates(database, asked)).map(state => [keyOf(state), state]))
        for (const waiter of asked) {
          const state = states.get(keyOf({ export_job_id: waiter.exportJobId, part_id: waiter.partId }))
          if (state && state.status !== 'reading') waiter.resolve(state)
        }
      } catch (error) {
        for (const waiter of asked) waiter.reject(error)
      }
      if (this.#elsewhere.size > 0) await clock.sleep(lookMs)
    }
  }
}

function keyOf(part: Pick<PartState, 'export_job_id' | 'part_id'>): string {
  return `${part.export_job_id} ${part.part_id}`
}

function countsOf(state: PartState): MergedPart['counts'] {
  const { bytes, received, inserted, changed, unchanged, rejected } = state
  return { bytes, received, inserted, changed, unchanged, rejected }
}

function diedOf({ part_id: partId, attempts }: PartState): Error {
  const text = `Part ${partId} was begun ${attempts} times, and whoever read it was gone before its end.`
  return new StoreError('worker_lost', text)
}

function failureOf({ failure, part_id: partId }: PartState): Error {
  return failure === null
    ? new StoreError('worker_lost', `Part ${partId} failed in another process, which did not say how.`)
    : receiveError(failure as SentError)
}
