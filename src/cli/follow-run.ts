import { performance } from 'node:perf_hooks'
import type { RunView } from '../contract/sync.ts'
import type { Hub } from '../hub.ts'
import { follow } from './follow.ts'
import type { Progress } from './progress.ts'
import { progressOf } from './run-report.ts'

/**
 * Shows a run's rows in the ledger until it has ended.
 * @throws CancelledError when the signal fired; the run itself goes on or waits to be resumed
 */
export function followRun(hub: Hub, runId: number, progress: Progress, signal: AbortSignal): Promise<RunView> {
  const startedAt = performance.now()
  return follow(hub, progress, signal, {
    look: async () => {
      const run = await hub.read.run(runId)
      progress.show(progressOf(run, performance.now() - startedAt))
      return run
    },
    isOver: run => run.status !== 'pending' && run.status !== 'running',
    isServed: true,
  })
}
