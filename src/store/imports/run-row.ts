import type { StreamName } from '../../domain/batch.ts'
import type { Queryable } from '../database.ts'

export interface NewImportRun {
  readonly sourceId: number
  readonly trigger: 'cli' | 'api' | 'schedule'
  readonly streams: readonly StreamName[]
  readonly owner: string
}

/** Begins a run that this process holds from the start; undefined when the source has one already. */
export async function insertImportRun(
  queryable: Queryable,
  run: NewImportRun,
): Promise<{ readonly runId: number; readonly fence: number } | undefined> {
  const { rows } = await queryable.query<{ run_id: number }>(
    `insert into run (source_id, kind, trigger, streams, status, fence, owner, heartbeat_at, started_at)
     values ($1, 'import', $2, $3, 'running', 1, $4, clock_timestamp(), clock_timestamp())
     on conflict (source_id) where status in ('pending', 'running') and kind <> 'targeted' do nothing
     returning run_id`,
    [run.sourceId, run.trigger, run.streams, run.owner],
  )
  return rows[0] && { runId: rows[0].run_id, fence: 1 }
}

/** Runs of imports whose process is gone: their transaction went with it, and nothing of them is written. */
export async function failImportRuns(queryable: Queryable, sourceId: number, owner: string | null): Promise<void> {
  await queryable.query(
    `update run
     set status = 'failed', finished_at = clock_timestamp(), fence = fence + 1, error_code = 'worker_lost',
         error_message = 'The process that applied the import ended in the middle; nothing of it was written.'
     where source_id = $1 and kind = 'import' and status = 'running' and owner is not distinct from $2`,
    [sourceId, owner],
  )
}
