import type { Connection } from '../database.ts'

/**
 * After a backup of the state the ledger tells of rows that are not there. So that no delta starts from them: what was
 * read counts as not read, open runs are over, and the next run reads everything, as the first one did.
 */
export async function forgetUnrestoredRows(connection: Connection): Promise<void> {
  await connection.query(
    `update run_stream
     set status = 'incomplete', watermark_at = null, error_code = $1, error_message = $2`,
    [rowsNotRestored, message],
  )
  await connection.query(
    `update run
     set status = 'cancelled', finished_at = coalesce(finished_at, clock_timestamp()), heartbeat_at = null,
         error_code = $1, error_message = $2
     where status in ('pending', 'running')`,
    [rowsNotRestored, message],
  )
  await connection.query(
    `update run set status = 'partial', error_code = $1, error_message = $2 where status = 'completed'`,
    [rowsNotRestored, message],
  )
  await connection.query(
    `update sweep set status = 'rejected', decided_at = clock_timestamp(), decided_by = 'restore', owner = null
     where status in ('held', 'confirmed')`,
  )
}

export const rowsNotRestored = 'rows_not_restored'

const message =
  'The rows of this run were not in the backup, which was of the state alone. The next run reads everything.'
