import type { Clock } from './clock.ts'
import { CancelledError } from './errors.ts'

/** A permit for one request to a remote; shared by everything that uses the same key. */
export interface RequestLimiter {
  /** Resolves when the request may start; first come, first served. */
  acquire(signal: AbortSignal): Promise<void>
  /** The remote asked everybody with this key to wait. */
  pause(ms: number): void
}

export interface TokenBucketOptions {
  /** Requests a minute in the long run. */
  readonly perMinute: number
  /** Requests that may start at once after a quiet time. */
  readonly burst: number
  readonly clock: Clock
}

export function createTokenBucket(options: TokenBucketOptions): RequestLimiter {
  return new TokenBucket(options)
}

interface Waiter {
  readonly grant: () => void
  readonly signal: AbortSignal
}

class TokenBucket implements RequestLimiter {
  readonly #perMs: number
  readonly #burst: number
  readonly #clock: Clock
  readonly #waiters: Waiter[] = []
  #tokens: number
  #countedAt: number
  #pausedUntil = 0
  #wake: AbortController | undefined

  constructor({ perMinute, burst, clock }: TokenBucketOptions) {
    this.#perMs = Math.max(perMinute, 0.001) / 60_000
    this.#burst = Math.max(1, burst)
    this.#clock = clock
    this.#tokens = this.#burst
    this.#countedAt = clock.now().getTime()
  }

  acquire(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(cancelled(signal))
    if (this.#waiters.length === 0 && this.#delayMs() === 0) {
      this.#tokens -= 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        const place = this.#waiters.indexOf(waiter)
        if (place >= 0) this.#waiters.splice(place, 1)
        // Without waiters nothing may keep the process alive.
        if (this.#waiters.length === 0) this.#wake?.abort()
        reject(cancelled(signal))
      }
      const waiter: Waiter = {
        signal,
        grant: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.push(waiter)
      if (!this.#wake) void this.#serve()
    })
  }

  pause(ms: number): void {
    const until = this.#clock.now().getTime() + Math.max(0, ms)
    if (until <= this.#pausedUntil) return
    this.#pausedUntil = until
    this.#refill()
    // After a pause requests resume one by one, not as the burst that may have caused it.
    this.#tokens = Math.min(this.#tokens, 1)
  }

  async #serve(): Promise<void> {
    const wake = new AbortController()
    this.#wake = wake
    while (this.#waiters.length > 0) {
      const delay = this.#delayMs()
      if (delay > 0) {
        try {
          await this.#clock.sleep(delay, wake.signal)
        } catch {
          break // every waiter left
        }
        continue
      }
      this.#tokens -= 1
      this.#waiters.shift()?.grant()
    }
    this.#wake = undefined
    if (this.#waiters.length > 0) void this.#serve()
  }

  #delayMs(): number {
    const now = this.#clock.now().getTime()
    if (this.#pausedUntil > now) return this.#pausedUntil - now
    this.#refill()
    return this.#tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - this.#tokens) / this.#perMs))
  }

  #refill(): void {
    const now = this.#clock.now().getTime()
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#countedAt) * this.#perMs)
    this.#countedAt = now
  }
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError('Cancelled while waiting for a request permit.', { cause: signal.reason })
}
