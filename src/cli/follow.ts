import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Hub } from '../hub.ts'
import type { Progress } from './progress.ts'

const lookMs = 250
const presenceEveryMs = 3000

export interface Following<T> {
  /** What is known now; shown by whoever asks. */
  readonly look: () => Promise<T>
  readonly isOver: (seen: T) => boolean
  /** Whether the server has just been asked about and is there, so that it is not asked about at once again. */
  readonly isServed: boolean
}

/**
 * Looks until it is over, whoever works on it. When no server does, or the one that did is gone, this process goes on
 * with it.
 * @throws CancelledError when the signal fired; what was begun goes on or waits
 */
export async function follow<T>(
  hub: Hub,
  progress: Progress,
  signal: AbortSignal,
  { look, isOver, isServed }: Following<T>,
): Promise<T> {
  let lookedForServerAt = isServed ? performance.now() : Number.NEGATIVE_INFINITY
  try {
    for (;;) {
      const seen = await look()
      if (isOver(seen)) return seen
      signal.throwIfAborted()
      if (performance.now() - lookedForServerAt > presenceEveryMs) {
        lookedForServerAt = performance.now()
        if (!(await hub.isServed())) await hub.engine.start()
      }
      // Aborted while it waits: the next round says so.
      await delay(lookMs, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    progress.end()
  }
}
