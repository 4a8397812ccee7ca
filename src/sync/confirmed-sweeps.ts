import type { Clock } from '../platform/clock.ts'
import { CancelledError, codeOf, messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { rollUpTotals } from '../store/rollups/roll-up.ts'
import { applySweep, closeConfirmed } from '../store/sweep/apply.ts'
import { type ClaimedSweep, claimConfirmed, countSwept, releaseSweep, sweepOwners } from '../store/sweep/confirmed.ts'
import { correlateAfterRun } from './correlation.ts'
import { expel } from './expel.ts'
import { isAbandoned } from './owner.ts'

export interface ConfirmedSweepsDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly owner: string
}

/** One that could not be carried out is not tried again at once. */
const pauseMs = 30_000

/** Carries out the sweeps that people confirmed, one at a time, beside everything else. */
export class ConfirmedSweeps {
  readonly #deps: ConfirmedSweepsDeps
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined
  #pausedUntil = 0

  constructor(deps: ConfirmedSweepsDeps) {
    this.#deps = deps
  }

  /** Takes up one that waits, or whose process is gone; returns at once. */
  async look(): Promise<void> {
    const { database, clock, log, owner } = this.#deps
    if (this.#working || this.#stopping.signal.aborted || clock.now().getTime() < this.#pausedUntil) return
    const gone = (await sweepOwners(database))
      .filter(other => other.owner !== owner && isAbandoned(other.owner, other.heartbeat_age_ms))
      .map(other => other.owner)
    // First, for a frozen one holds the locks of what it was ending.
    for (const other of gone) await expel(database, log, other)
    // What is ours and not in hand was left behind when the database was lost.
    const sweep = await claimConfirmed(database, owner, [...gone, owner])
    if (!sweep) return
    this.#working = this.#carryOut(sweep).finally(() => {
      this.#working = undefined
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new CancelledError())
    await this.#working
  }

  async #carryOut({ run_id: runId, source_id: sourceId }: ClaimedSweep): Promise<void> {
    const { database, clock, log, owner } = this.#deps
    log.debug({ run_id: runId }, 'a confirmed sweep is carried out')
    try {
      await applySweep(
        database,
        runId,
        sourceId,
        (connection, assets) => countSwept(connection, runId, owner, assets),
        this.#stopping.signal,
      )
      await rollUpTotals(database, sourceId)
      await correlateAfterRun({ database, log }, { runId, sourceId })
      await database.transaction(connection => closeConfirmed(connection, runId, owner))
      log.info({ run_id: runId }, 'a confirmed sweep was carried out')
    } catch (error) {
      const isBlameless = error instanceof CancelledError || codeOf(error) === 'fenced'
      if (!isBlameless) {
        this.#pausedUntil = clock.now().getTime() + pauseMs
        log.error({ run_id: runId, error: messageOf(error) }, 'a confirmed sweep could not be carried out')
      }
      await releaseSweep(database, runId, owner, isBlameless ? null : messageOf(error)).catch((failure: unknown) => {
        log.warn({ run_id: runId, error: messageOf(failure) }, 'a confirmed sweep could not be given back')
      })
    }
  }
}
