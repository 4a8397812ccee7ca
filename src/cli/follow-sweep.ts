import type { SweepDetail, SweepView } from '../contract/sweeps.ts'
import type { Hub } from '../hub.ts'
import { follow } from './follow.ts'
import type { Progress } from './progress.ts'
import { counted } from './text.ts'

/**
 * Shows how far a confirmed sweep is until it is carried out.
 * @throws CancelledError when the signal fired; the sweep stays queued
 */
export function followSweep(hub: Hub, runId: number, progress: Progress, signal: AbortSignal): Promise<SweepDetail> {
  return follow(hub, progress, signal, {
    look: async () => {
      const sweep: SweepDetail = await hub.sweeps.get(runId, { limit: 1, total: false })
      progress.show([progressOf(sweep)])
      return sweep
    },
    isOver: sweep => sweep.status !== 'confirmed',
    isServed: false,
  })
}

function progressOf({ run_id, progress, error }: SweepView) {
  const { assets_done: done, assets: total } = progress ?? { assets_done: 0, assets: null }
  const far = total === null ? 'waits to be carried out' : `${done} of ${counted(total, 'asset')}`
  return { label: `sweep of run ${run_id}`, done, total, text: error === null ? far : `${far}; ${error}` }
}
