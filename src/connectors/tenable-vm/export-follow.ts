import { SourceError } from '../../platform/errors.ts'
import type { ExportRecord, Part, PlanStep } from '../connector.ts'
import {
  type ExportDeps,
  type ExportFamily,
  type ExportJob,
  failedStatuses,
  jobStatus,
  runningStatuses,
  tryToCancel,
} from './export-job.ts'
import type { JobStatus } from './wire.ts'

/** How an export ended: which parts the source could not make. */
export interface ExportOutcome {
  readonly outcome: 'complete' | 'incomplete'
  readonly reason: string | null
  readonly failed: readonly string[]
  readonly cancelled: readonly string[]
}

/** A status nobody has documented is waited for this many polls without progress. */
const patienceWithUnknown = 10
/** FINISHED whose list lags behind its own count is asked again this often. */
const patienceWithFinished = 5

/**
 * Follows a job to its end.
 * @yields its progress, and each chunk once, in the order they became available: they come unordered and with gaps
 * @throws SourceError `export_stuck` after the deadline without progress, `export_expired`
 */
export async function* followExport(
  deps: ExportDeps,
  family: ExportFamily,
  job: ExportJob,
  signal: AbortSignal,
): AsyncGenerator<PlanStep, ExportOutcome> {
  const { record } = job
  const seen = new Set<number>()
  let lastSign = ''
  // Counted in waits, not read off a clock: one that is set forward or a process that was frozen must not cancel a job.
  let waitedMs = 0
  let delayMs = deps.pollDelay.firstMs
  let pollsWithoutProgress = 0
  for (;;) {
    signal.throwIfAborted()
    const status = await jobStatus(deps, family, record.exportId, signal)
    const sign = progressSign(status)
    pollsWithoutProgress = sign === lastSign ? pollsWithoutProgress + 1 : 0
    if (sign !== lastSign) {
      lastSign = sign
      waitedMs = 0
      delayMs = deps.pollDelay.firstMs
      yield { kind: 'progress', status: status.status, partsTotal: status.totalChunks || null }
    }
    const unreadable = new Set([...status.failed, ...status.cancelled])
    for (const chunk of status.available ?? []) {
      if (seen.has(chunk) || unreadable.has(chunk)) continue
      seen.add(chunk)
      yield { kind: 'part', part: partOf(family, record, chunk) }
    }
    const outcome = outcomeOf(status, seen, pollsWithoutProgress)
    if (outcome) return outcome
    if (waitedMs >= deps.stuckAfterMs) throw await stuck(deps, family, job, status, signal)
    await deps.clock.sleep(delayMs, signal)
    waitedMs += delayMs
    delayMs = Math.min(deps.pollDelay.maxMs, Math.ceil(delayMs * 1.5))
  }
}

function progressSign({ status, available, totalChunks, finishedChunks, failed, cancelled }: JobStatus): string {
  const counts = [available?.length ?? 0, totalChunks, finishedChunks, failed.length, cancelled.length]
  return `${status} ${counts.join(' ')}`
}

function partOf(family: ExportFamily, { exportId, readAt }: ExportRecord, chunk: number): Part {
  return { stream: family.stream, exportId, partId: String(chunk), readAt, detail: { api: family.api } }
}

function outcomeOf(
  status: JobStatus,
  seen: ReadonlySet<number>,
  pollsWithoutProgress: number,
): ExportOutcome | undefined {
  const failed = status.failed.map(String)
  const cancelled = status.cancelled.map(String)
  const incomplete = (reason: string): ExportOutcome => ({
    outcome: 'incomplete',
    reason: status.reason === null ? reason : `${reason} The source says: ${status.reason}`,
    failed,
    cancelled,
  })
  if (status.status === 'FINISHED') {
    if (failed.length + cancelled.length > 0) {
      return incomplete(`The export finished with ${failed.length} failed and ${cancelled.length} cancelled chunks.`)
    }
    const missing = missingChunks(status, seen)
    if (missing === null) return { outcome: 'complete', reason: null, failed, cancelled }
    return pollsWithoutProgress >= patienceWithFinished ? incomplete(missing) : undefined
  }
  if (failedStatuses.has(status.status)) return incomplete(`The export ended as ${status.status}.`)
  if (!runningStatuses.has(status.status) && pollsWithoutProgress >= patienceWithUnknown) {
    return incomplete(`The export has the unknown status ${status.status}.`)
  }
  return undefined
}

/** Why a FINISHED job cannot be believed yet; null when it can. */
function missingChunks(status: JobStatus, seen: ReadonlySet<number>): string | null {
  if (status.availableCount !== null && status.availableCount > seen.size) {
    return `The export finished with ${status.availableCount} chunks, of which only ${seen.size} were named.`
  }
  const { totalChunks, emptyCount } = status
  if (totalChunks !== null && emptyCount !== null && totalChunks > seen.size + emptyCount) {
    return `The export finished with ${totalChunks} chunks, of which ${seen.size} were named and ${emptyCount} are said to be empty.`
  }
  const isSaidEmpty = status.totalChunks === 0 || status.availableCount === 0
  if (status.available === null && !isSaidEmpty && seen.size === 0)
    return 'The export finished without saying which chunks it has.'
  return null
}

async function stuck(
  deps: ExportDeps,
  family: ExportFamily,
  job: ExportJob,
  status: JobStatus,
  signal: AbortSignal,
): Promise<SourceError> {
  const { exportId } = job.record
  // The same request would otherwise be answered with this very job again.
  const isCancelled = job.isOurs && (await tryToCancel(deps, family, exportId, signal))
  const minutes = Math.round(deps.stuckAfterMs / 60_000)
  const next = isCancelled
    ? 'It was cancelled; the next run asks again.'
    : `It ${job.isOurs ? 'could not be cancelled' : 'is not ours to cancel'}: do so in Tenable.`
  const text =
    `Export ${exportId} made no progress for ${minutes} minutes (${status.status}). ${next} Other exports may fill the ` +
    "container's ten slots; a longer TENABLE_EXPORT_TIMEOUT_MINUTES waits longer."
  return new SourceError('export_stuck', 'later', text, { context: { export_id: exportId, status: status.status } })
}
