import { type Clock, systemClock } from '../../src/platform/clock.ts'

/** Time that only passes while somebody sleeps, and then at once. */
export class SleeplessClock implements Clock {
  readonly slept: number[] = []
  #now: number

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): Date {
    return new Date(this.#now)
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.slept.push(ms)
    this.#now += ms
    // Lets real input and output happen between two sleeps.
    await new Promise(resolve => setImmediate(resolve))
    signal?.throwIfAborted()
  }
}

/** A clock that can be set wrong while everything runs. A long wait passes at once, and moves it. */
export class BentClock implements Clock {
  /** How far it is from the right time, in milliseconds. */
  offsetMs = 0
  /** What was waited without waiting. */
  skippedMs = 0
  readonly #longMs: number

  constructor(longMs = 60_000) {
    this.#longMs = longMs
  }

  now(): Date {
    return new Date(Date.now() + this.offsetMs)
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < this.#longMs) return systemClock.sleep(ms, signal)
    signal?.throwIfAborted()
    this.offsetMs += ms
    this.skippedMs += ms
    await systemClock.sleep(1, signal)
  }
}
