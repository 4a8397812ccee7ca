import type { Clock } from '../platform/clock.ts'

const pauseMs = 60_000

/** Does something now and every minute after; answers what stops it, and waits until it has. */
export function startMinuteLoop(clock: Clock, work: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  const loop = async () => {
    while (!signal.aborted) {
      await work(signal)
      await clock.sleep(pauseMs, signal).catch(() => undefined)
    }
  }
  const looping = loop()
  return () => {
    stopping.abort()
    return looping
  }
}
