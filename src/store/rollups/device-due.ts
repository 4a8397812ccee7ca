import type { Connection } from '../database.ts'
import { listed, standingKinds } from './daily-steps.ts'

// Which machines are to be counted again? Whoever writes events says so in its own transaction, as with daily_change.

/** Events of assets that make or unmake machines of the default count. */
export const presenceKinds = [...standingKinds, 'scope'] as const

// Of a machine of one record the findings are counted with its source.
const noteDue = `
insert into device_due (source_id, asset_id)
select $1::integer, m.asset_id
from device_asset m
where m.asset_id = any($2::bigint[])
  and (exists (select from device_asset o where o.device_id = m.device_id and o.asset_id <> m.asset_id)
       or exists (select from asset_event e
                  where e.asset_id = m.asset_id and e.recorded_at = now() and e.kind in (${listed(presenceKinds)})))`

/** Of assets that the transaction wrote events of. */
export async function noteDueAssets(
  connection: Connection,
  sourceId: number,
  assetIds: readonly number[],
): Promise<void> {
  if (assetIds.length > 0) await connection.query(noteDue, [sourceId, assetIds])
}

/** For a first load, which notes nothing by itself. */
export async function noteDueSource(connection: Connection, sourceId: number): Promise<void> {
  await connection.query(
    `insert into device_due (source_id, asset_id)
     select a.source_id, a.asset_id
     from asset a
     join device_asset m using (asset_id)
     where a.source_id = $1`,
    [sourceId],
  )
}

/**
 * Where a transaction gathers the machines that it counts again: in the database, since a first look has all of them. The
 * transaction must have called `gatherDevices`.
 */
export const dueDevices = 'due_device'

export async function gatherDevices(connection: Connection): Promise<void> {
  await connection.query(
    `create temporary table if not exists ${dueDevices} (device_id bigint primary key) on commit drop`,
  )
}

const takeDue = `
with taken as (
  delete from device_due d
  using source s
  where s.source_id = d.source_id and s.tenant_id = $1
  returning d.asset_id
)
insert into ${dueDevices}
select distinct m.device_id
from taken
join device_asset m using (asset_id)
on conflict do nothing`

/** The machines of what was noted, which is forgotten with that. */
export async function takeDueDevices(connection: Connection, tenantId: number): Promise<void> {
  await connection.query(takeDue, [tenantId])
}
