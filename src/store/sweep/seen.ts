import type { Connection } from '../database.ts'
import type { PartContext } from '../merge/context.ts'

// Written in the part's own transaction: a part that is read again replaces nothing, it was never there.

/** Notes the assets that a part of a full run holds. */
export async function noteAssets(
  connection: Connection,
  context: PartContext,
  stream: 'assets' | 'findings',
  assetIds: Iterable<number>,
): Promise<void> {
  const ids = [...assetIds].sort((a, b) => a - b)
  if (ids.length === 0) return
  await connection.query(
    `insert into run_asset_seen (run_id, stream, asset_id, part_key)
     select $1, $2, asset_id, $3 from unnest($4::bigint[]) as seen (asset_id)
     on conflict do nothing`,
    [context.runId, stream, partKey(context), ids],
  )
}

// The staged keys have no index and may be many: a hash join is right here, as nowhere else in the part.
const noteMissed = `
insert into run_finding_missed (run_id, asset_id, part_key, plugin_id, port, protocol, instance)
select $1, f.asset_id, $2, f.plugin_id, f.port, f.protocol, f.instance
from finding f
left join staged_key k using (asset_id, plugin_id, port, protocol, instance)
where f.asset_id = any($3::bigint[])
  and f.state <> 'fixed' and f.ended_at is null
  and k.asset_id is null
on conflict do nothing`

/** Notes the open findings of the part's assets that the part does not hold. All keys of the part are still staged. */
export async function noteMissedFindings(
  connection: Connection,
  context: PartContext,
  assetIds: Iterable<number>,
): Promise<void> {
  await connection.query('set local enable_hashjoin = on')
  await connection.query(noteMissed, [context.runId, partKey(context), [...assetIds]])
}

function partKey(context: PartContext): string {
  return `${context.exportJobId}/${context.partId}`
}
