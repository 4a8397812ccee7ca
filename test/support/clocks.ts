import type { Clock } from '../../src/platform/clock.ts'

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
