import type { FaultAction } from './faults.ts'
import type { Job, JobView } from './job.ts'

export function viewOf(job: Job, queuedPolls: number, chunksPerPoll: number | undefined): JobView {
  const { fault, order } = job
  const count = order.length
  const perPoll = chunksPerPoll ?? Math.max(Math.ceil(count / 3), 1)
  const worked = Math.max(job.steps - queuedPolls, 0)
  const shown = Math.min(worked * perPoll, count)
  const isQueued = job.steps <= queuedPolls || !job.isPlanned
  const base = {
    total: isQueued ? 0 : count + job.emptyChunks,
    empty: isQueued ? 0 : job.emptyChunks,
    failed: [],
    cancelled: [],
    reason: undefined,
  }
  if (job.cancelledAt !== 0) {
    return {
      ...base,
      status: 'CANCELLED',
      available: order.slice(0, job.cancelledShown),
      cancelled: order.slice(job.cancelledShown),
    }
  }
  if (isQueued) return { ...base, status: 'QUEUED', available: [] }
  const stop = Math.min(stopOf(fault, count), count)
  switch (fault?.kind) {
    case 'job_stuck':
      return { ...base, status: fault.status ?? 'PROCESSING', available: order.slice(0, Math.min(shown, stop)) }
    case 'job_error':
      if (shown < stop) break
      return {
        ...base,
        status: 'ERROR',
        reason: fault.reason ?? errorReason,
        available: order.slice(0, stop),
        cancelled: order.slice(stop),
      }
    case 'job_cancelled':
      if (shown < stop) break
      return { ...base, status: 'CANCELLED', available: order.slice(0, stop), cancelled: order.slice(stop) }
    case 'chunk_failed': {
      if (shown < count) break
      const failed = order.slice(stop, stop + (fault.count ?? 1))
      const rest = order.slice(stop + failed.length)
      const reason = `${failed.length} of ${count} chunks failed to process. The remaining chunks are available for download.`
      if (fault.cancelsRest === true)
        return { ...base, status: 'FINISHED', reason, available: order.slice(0, stop), failed, cancelled: rest }
      return { ...base, status: 'FINISHED', reason, available: [...order.slice(0, stop), ...rest], failed }
    }
    default:
  }
  // What a fault will take away is not shown beforehand.
  const safe = fault !== undefined && isJobFault(fault) ? Math.min(shown, stop) : shown
  const isDone = shown >= count && (fault === undefined || !isJobFault(fault))
  return { ...base, status: isDone ? 'FINISHED' : 'PROCESSING', available: order.slice(0, safe) }
}

const errorReason = 'An unexpected error occurred while processing the export. Try again later.'

function isJobFault(fault: FaultAction): boolean {
  return ['job_error', 'job_cancelled', 'job_stuck', 'chunk_failed'].includes(fault.kind)
}

/** How many chunks get through before the fault bites. */
function stopOf(fault: FaultAction | undefined, count: number): number {
  if (fault?.kind === 'job_error' || fault?.kind === 'job_cancelled' || fault?.kind === 'job_stuck')
    return fault.availableChunks ?? Math.floor(count / 2)
  if (fault?.kind === 'chunk_failed')
    return Math.max(count - (fault.count ?? 1) - (fault.cancelsRest === true ? 1 : 0), 0)
  return count
}
