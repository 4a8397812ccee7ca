import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { RunView } from '../contract/sync.ts'
import type { Hub } from '../hub.ts'
import type { Progress } from './progress.ts'
import { progressOf } from './run-report.ts'

const lookMs = 250
const presenceEveryMs = 3000

/**
 * Shows a run's rows in the ledger until it has ended, whoever works on it. When the server that did is gone, this
 * process goes on with it.
 * @throws CancelledError when the signal fired; the run itself goes on or waits to be resumed
 */
export async function followRun(hub: Hub, runId: number, progress: Progress, signal: AbortSignal): Promise<RunView> {
  const startedAt = performance.now()
  let lookedForServerAt = startedAt
  try {
    for (;;) {
      const run = await hub.read.run(runId)
      progress.show(progressOf(run, performance.now() - startedAt))
      if (run.status !== 'pending' && run.status !== 'running') return run
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
