import { StoreError } from '../../platform/errors.ts'
import type { Connection } from '../database.ts'

/**
 * Refuses work of a process that no longer holds the run.
 * @param lock at a transaction's end: whoever takes the run over waits for the commit
 * @throws StoreError `fenced`
 */
export async function refuseFenced(
  connection: Connection,
  held: { readonly runId: number; readonly fence: number },
  lock: '' | 'for share',
): Promise<void> {
  const { rows } = await connection.query(
    `select from run where run_id = $1 and fence = $2 and status = 'running' ${lock}`,
    [held.runId, held.fence],
  )
  if (rows.length === 0) {
    throw new StoreError('fenced', `Run ${held.runId} was taken over or ended; what this process did of it is dropped.`)
  }
}
