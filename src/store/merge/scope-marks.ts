import type { Connection } from '../database.ts'
import { noteDueAssets } from '../rollups/device-due.ts'
import type { PartContext } from './context.ts'

const lockMarked = `
select asset_id
from asset
where asset_id = any($1::bigint[]) and out_of_scope_at <= $2::timestamptz
order by asset_id
for no key update`

const insertEvents = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before, after)
select a.asset_id, $2::timestamptz, $3::bigint, a.source_id, a.is_licensed, a.is_tracked, 'scope', a.status, 'source',
       '{"in_scope": false}', '{"in_scope": true}'
from asset a
where a.asset_id = any($1::bigint[])
order by a.asset_id`

const clearMarks = 'update asset set out_of_scope_at = null, changed_at = now() where asset_id = any($1::bigint[])'

/**
 * Assets that the source shows within its scope are within it. Only by a reading later than the one that left them out:
 * a part of an older export may come late.
 * @param assetIds that the part holds
 */
export async function returnToScope(
  connection: Connection,
  context: PartContext,
  assetIds: Iterable<number>,
): Promise<void> {
  const { rows } = await connection.query<{ asset_id: number }>(lockMarked, [[...assetIds], context.readAt])
  if (rows.length === 0) return
  const ids = rows.map(row => row.asset_id)
  await connection.query(insertEvents, [ids, context.readAt, context.runId])
  await connection.query(clearMarks, [ids])
  await noteDueAssets(connection, context.sourceId, ids)
}
