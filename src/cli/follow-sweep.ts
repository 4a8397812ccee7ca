import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { SweepDetail, SweepView } from '../contract/sweeps.ts'
import type { Hub } from '../hub.ts'
import type { Progress } from './progress.ts'
import { counted } from './text.ts'

const lookMs = 250
const presenceEveryMs = 3000

/**
 * Shows how far a confirmed sweep is until it is carried out, whoever does it; this process when there is no server.
 * @throws CancelledError when the signal fired; the sweep stays queued
 */
export async function followSweep(
  hub: Hub,
  runId: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<SweepDetail> {
  let lookedForServerAt = Number.NEGATIVE_INFINITY
  try {
    for (;;) {
      const sweep: SweepDetail = await hub.sweeps.get(runId, { limit: 1, total: false })
      progress.show([progressOf(sweep)])
      if (sweep.status !== 'confirmed') return sweep
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

function progressOf({ run_id, progress, error }: SweepView) {
  const { assets_done: done, assets: total } = progress ?? { assets_done: 0, assets: null }
  const far = total === null ? 'waits to be carried out' : `${done} of ${counted(total, 'asset')}`
  return { label: `sweep of run ${run_id}`, done, total, text: error === null ? far : `${far}; ${error}` }
}
