import type { Queryable } from '../database.ts'

/** What is held of the scans of a source, so that nothing is asked twice; as connectors take it. */
export interface HeldScans {
  readonly cursors: ReadonlyMap<string, string>
  readonly members: readonly { readonly parentId: string; readonly id: string; readonly isWhole: boolean }[]
}

const selectCursors = `
select native_id::text as id, history_cursor as cursor
from scan
where source_id = $1 and gone_at is null and history_cursor is not null`

// Archived ones have no details to ask for, so these are those of five weeks. A refusal is tried again once a week: rights change.
const selectRuns = `
select s.native_id::text as parent, r.scan_uuid as id,
       r.details_at is not null
         and not (r.details_problem is not distinct from 'forbidden' and r.details_at < now() - interval '7 days')
         as is_whole
from scan_run r
join scan s using (scan_id)
where r.source_id = $1 and s.gone_at is null and r.scan_uuid is not null and not r.is_archived
  and r.status in ('completed', 'canceled', 'aborted', 'imported', 'stopped')
order by r.started_at desc nulls last, r.scan_uuid collate "C"`

export async function loadHeldScans(database: Queryable, sourceId: number): Promise<HeldScans> {
  const cursors = await database.query<{ id: string; cursor: string }>(selectCursors, [sourceId])
  const runs = await database.query<{ parent: string; id: string; is_whole: boolean }>(selectRuns, [sourceId])
  return {
    cursors: new Map(cursors.rows.map(row => [row.id, row.cursor])),
    members: runs.rows.map(row => ({ parentId: row.parent, id: row.id, isWhole: row.is_whole })),
  }
}
