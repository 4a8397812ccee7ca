import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { type CorrelationOutcome, correlateSourceTenant } from '../store/identity/correlate.ts'

export interface EndedRun {
  readonly runId: number
  readonly sourceId: number
}

interface CorrelationDeps {
  readonly database: Database
  readonly log: Log
  /** What looks, where it is not this thread. */
  readonly correlate?: (run: EndedRun) => Promise<CorrelationOutcome>
}

/** Looks which assets of the source's tenant are one machine, now that a run has changed some; a fault is no fault of the run. */
export async function correlateAfterRun(
  { database, log, correlate = ({ sourceId }) => correlateSourceTenant(database, sourceId) }: CorrelationDeps,
  run: EndedRun,
): Promise<void> {
  try {
    const { changed, looked } = await correlate(run)
    if (changed > 0)
      log.info({ run_id: run.runId, assets: changed, looked_at: looked }, 'machines were looked at again')
  } catch (error) {
    log.error({ run_id: run.runId, error: messageOf(error) }, 'machines could not be looked at; the next run does it')
  }
}
