import { ConfigError, NotFoundError } from '../platform/errors.ts'
import type { Database } from '../store/database.ts'
import { listUnmadeUp } from '../store/failed-runs.ts'
import { findRun } from '../store/ledger.ts'
import { getSource } from '../store/sources.ts'
import type { RetryTrigger, RunRequest } from './engine-contract.ts'
import type { RefreshRequest } from './refresh.ts'

/**
 * A request like the one of a run that has ended.
 * @throws NotFoundError `run_not_found`, `source_not_found`
 * @throws ConfigError `job_not_ended`, `not_retriable`
 */
export async function requestAgain(
  database: Database,
  runId: number,
  trigger: RetryTrigger,
): Promise<RunRequest | RefreshRequest> {
  const run = await findRun(database, runId)
  if (!run) throw new NotFoundError('run_not_found', `There is no run ${runId}.`)
  if (run.status === 'pending' || run.status === 'running') {
    throw new ConfigError('job_not_ended', `Sync job ${runId} is ${run.status}. Stop it first, or wait for its end.`)
  }
  const { kind, streams, target } = run
  const source = await getSource(database, run.source_id)
  if (kind === 'targeted' && target) return { sourceId: source.id, target, streams, trigger }
  if (kind !== 'full' && kind !== 'delta') {
    throw new ConfigError(
      'not_retriable',
      `Sync job ${runId} is of kind ${kind}; only full, delta and targeted ones can run again.`,
    )
  }
  return { sourceId: source.id, kind, trigger, streams }
}

/** Of each source that can be read, the broadest run since an instant that failed or read only a part, and that no later run has made up for. */
export async function findFailedRuns(
  database: Database,
  since: Date,
  sourceIds?: readonly number[],
): Promise<readonly number[]> {
  const failed = await listUnmadeUp(database, since)
  return failed.filter(run => sourceIds === undefined || sourceIds.includes(run.source_id)).map(run => run.run_id)
}
