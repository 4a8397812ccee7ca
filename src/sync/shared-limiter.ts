import { createHash } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import { CancelledError, messageOf } from '../platform/errors.ts'
import type { RequestLimiter } from '../platform/limiter.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { type Permits, pausePermits, takePermits } from '../store/request-budget.ts'

export interface SharedLimiterDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

/** Of one key at one address. The same on every machine; says nothing of the key. */
export function budgetKey(baseUrl: string, accessKey: string): string {
  return createHash('sha256').update(`${baseUrl} ${accessKey}`).digest('hex')
}

export interface SharedLimiterTerms {
  readonly keyHash: string
  readonly perMinute: number
  readonly burst: number
}

// Permits that were taken and not used are forgotten, for they would come on top of a later burst of others.
const permitLifeMs = 2_000
const longestWaitMs = 5_000

/**
 * One budget for each key, whoever uses it: the bucket is a row in the database. Permits are taken in slices of about a
 * second's worth, so that a quick source does not cost a statement for each request.
 */
export class SharedLimiter implements RequestLimiter {
  readonly #deps: SharedLimiterDeps
  readonly #stopping = new AbortController()
  readonly #waiters: (() => void)[] = []
  #terms: SharedLimiterTerms
  #left = 0
  #takenAt = 0
  #pausedUntil = 0
  #serving: Promise<void> | undefined

  constructor(deps: SharedLimiterDeps, terms: SharedLimiterTerms) {
    this.#deps = deps
    this.#terms = terms
  }

  /** The settings of a source may change while it is read. */
  set terms(terms: SharedLimiterTerms) {
    this.#terms = terms
  }

  acquire(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#stopping.signal.aborted) return Promise.reject(cancelled(signal))
    if (this.#waiters.length === 0 && this.#hasPermit()) {
      this.#left -= 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const place = this.#waiters.indexOf(grant)
        if (place >= 0) this.#waiters.splice(place, 1)
        reject(cancelled(signal))
      }
      const grant = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.push(grant)
      this.#serving ??= this.#serve().finally(() => {
        this.#serving = undefined
      })
    })
  }

  pause(ms: number): void {
    const { database, clock, log } = this.#deps
    this.#left = 0
    this.#pausedUntil = Math.max(this.#pausedUntil, clock.now().getTime() + ms)
    pausePermits(database, this.#terms.keyHash, ms).catch((error: unknown) => {
      log.warn({ error: messageOf(error) }, 'a pause of a source could not be told to other processes')
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#serving
  }

  #hasPermit(): boolean {
    const now = this.#deps.clock.now().getTime()
    if (now - this.#takenAt > permitLifeMs) this.#left = 0
    return this.#left > 0 && now >= this.#pausedUntil
  }

  /** Serves those who wait, first come, first served, until nobody is left. */
  async #serve(): Promise<void> {
    const { clock } = this.#deps
    const signal = this.#stopping.signal
    while (this.#waiters.length > 0 && !signal.aborted) {
      if (this.#hasPermit()) {
        this.#left -= 1
        this.#waiters.shift()?.()
        continue
      }
      const waitMs = await this.#refill()
      // Spread a little, so that processes that wait for the same permit do not always ask in the same order.
      if (waitMs > 0) {
        await clock.sleep(Math.min(waitMs, longestWaitMs) * (1 + Math.random() / 10), signal).catch(() => undefined)
      }
    }
  }

  async #refill(): Promise<number> {
    const { clock, log } = this.#deps
    const pausedMs = this.#pausedUntil - clock.now().getTime()
    if (pausedMs > 0) return pausedMs
    const { granted, waitMs } = await this.#take().catch((error: unknown): Permits => {
      // The database is away: whoever reads will be told by their own statements.
      log.warn({ error: messageOf(error) }, 'the budget of a key could not be asked')
      return { granted: 0, waitMs: 1_000 }
    })
    this.#left = granted
    this.#takenAt = clock.now().getTime()
    return waitMs
  }

  #take(): Promise<Permits> {
    const { perMinute, burst } = this.#terms
    const slice = Math.max(1, Math.min(Math.ceil(perMinute / 60), Math.floor(burst / 4)))
    return takePermits(this.#deps.database, this.#terms, Math.max(1, Math.min(slice, burst)))
  }
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError('Cancelled while waiting for a request permit.', { cause: signal.reason })
}
