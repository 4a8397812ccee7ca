import { recordsAtMost } from '../../domain/identity/index.ts'
import type { Connection } from '../database.ts'
import { dueDevices } from '../rollups/device-due.ts'
import { loadFacts, type StoredRecord } from './records.ts'

// Which assets share an identifier? Kept beside the assets, so that a change asks only about what it touches.

/**
 * Where a transaction gathers the assets that it looks at: in the database, since a first look has all of them. The
 * transaction must have called `gatherAssets`.
 */
export const dueAssets = 'due_asset'

export async function gatherAssets(connection: Connection): Promise<void> {
  await connection.query(
    `create temporary table if not exists ${dueAssets} (asset_id bigint primary key) on commit drop`,
  )
}

export async function addDueAssets(connection: Connection, assetIds: readonly number[]): Promise<void> {
  if (assetIds.length === 0) return
  await connection.query(`insert into ${dueAssets} select unnest($1::bigint[]) on conflict do nothing`, [assetIds])
}

/**
 * Of an asset the others that share an identifier with it ($1 tenant, $2 assets). A value of very many names no machine;
 * twice as many as the matcher looks at, since those that a value has just become common to are to be looked at too.
 */
export const holdersOf = `
select unnest(shared.asset_ids) as asset_id
from (
  select distinct kind, value from asset_identifier where tenant_id = $1 and asset_id = any($2)
) as own
cross join lateral (
  select array_agg(asset_id) as asset_ids
  from (
    select i.asset_id
    from asset_identifier i
    where i.tenant_id = $1 and i.kind = own.kind and i.value = own.value
    limit ${2 * recordsAtMost + 1}
  ) as few
  having count(*) <= ${2 * recordsAtMost}
) as shared`

/** Of an asset what shares an identifier with it is due, too ($1 tenant, $2 assets). */
const addHolders = `insert into ${dueAssets} ${holdersOf} on conflict do nothing`

/**
 * Writes anew what assets that changed since the last look say of themselves, where it is something else. Those and what
 * shared something with them before are gathered to be looked at, and machines that lost a record to be counted.
 * @param batch assets at a time
 * @returns how many say something else now, or are new or gone
 */
export async function replaceIdentities(
  connection: Connection,
  tenantId: number,
  { overlapSeconds, batch }: { readonly overlapSeconds: number; readonly batch: number },
): Promise<number> {
  await forgetGone(connection, tenantId, batch)
  let touched = 0
  await connection.query(declareChanged, [tenantId, overlapSeconds])
  for (;;) {
    const { rows } = await connection.query<{ asset_id: number }>(`fetch ${batch} from changed_asset`)
    if (rows.length === 0) break
    const { altered, left } = await compare(
      connection,
      rows.map(row => row.asset_id),
    )
    const all = [...altered.map(record => record.assetId), ...left]
    if (all.length === 0) continue
    await connection.query(addHolders, [tenantId, all])
    await addDueAssets(connection, all)
    await forget(connection, left)
    await write(connection, tenantId, altered)
    touched += all.length
  }
  await connection.query('close changed_asset')
  return touched
}

const selectGone = `
select i.asset_id
from asset_identity i
where i.tenant_id = $1 and not exists (select from asset a where a.asset_id = i.asset_id)
limit $2`

/** What takes part still, though its asset is no longer stored. */
async function forgetGone(connection: Connection, tenantId: number, batch: number): Promise<void> {
  for (;;) {
    const { rows } = await connection.query<{ asset_id: number }>(selectGone, [tenantId, batch])
    if (rows.length === 0) break
    const gone = rows.map(row => row.asset_id)
    await connection.query(addHolders, [tenantId, gone])
    await forget(connection, gone)
  }
  await connection.query(
    `delete from ${dueAssets} d where not exists (select from asset a where a.asset_id = d.asset_id)`,
  )
}

const declareChanged = `
declare changed_asset no scroll cursor for
select a.asset_id
from asset a
join source s using (source_id)
where s.tenant_id = $1
  and a.changed_at >= coalesce((select looked_at from identity_state where tenant_id = $1), '-infinity')
                      - make_interval(secs => $2)
order by a.asset_id`

const week = 7 * 86_400_000

/**
 * Which say something else than is stored, and which no longer take part. That an asset was seen again, as every scan sees
 * it, is nothing else within a week.
 */
async function compare(
  connection: Connection,
  assetIds: readonly number[],
): Promise<{ altered: StoredRecord[]; left: number[] }> {
  const facts = await loadFacts(connection, assetIds)
  const { rows } = await connection.query<{ asset_id: number; is_same: boolean | null }>(
    `select i.asset_id,
            i.record - 'lastSeen' = n.record - 'lastSeen'
              and (i.record->'lastSeen' = n.record->'lastSeen'
                   or coalesce(abs((i.record->>'lastSeen')::float8 - (n.record->>'lastSeen')::float8) < ${week}, false))
              as is_same
     from asset_identity i
     left join jsonb_to_recordset($2::jsonb) as n (asset_id bigint, record jsonb) using (asset_id)
     where i.asset_id = any($1)`,
    [assetIds, JSON.stringify(facts.map(record => ({ asset_id: record.assetId, record })))],
  )
  const same = new Set(rows.filter(row => row.is_same === true).map(row => row.asset_id))
  return {
    altered: facts.filter(record => !same.has(record.assetId)),
    left: rows.filter(row => row.is_same === null).map(row => row.asset_id),
  }
}

const forgetMembers = `
with parted as (
  delete from device_asset where asset_id = any($1) returning device_id
)
insert into ${dueDevices} select distinct device_id from parted on conflict do nothing`

async function forget(connection: Connection, assetIds: readonly number[]): Promise<void> {
  if (assetIds.length === 0) return
  for (const table of ['asset_identifier', 'asset_identity']) {
    await connection.query(`delete from ${table} where asset_id = any($1)`, [assetIds])
  }
  await connection.query(forgetMembers, [assetIds])
  await connection.query('delete from device_evidence where asset_a = any($1) or asset_b = any($1)', [assetIds])
}

async function write(connection: Connection, tenantId: number, records: readonly StoredRecord[]): Promise<void> {
  if (records.length === 0) return
  const ids = records.map(record => record.assetId)
  await connection.query(
    `insert into asset_identity (asset_id, tenant_id, source_id, record)
     select (record->>'assetId')::bigint, $1, (record->>'sourceId')::integer, record
     from jsonb_array_elements($2::jsonb) as r (record)
     on conflict (asset_id) do update
     set tenant_id = excluded.tenant_id, source_id = excluded.source_id, record = excluded.record, changed_at = now()`,
    [tenantId, JSON.stringify(records)],
  )
  await connection.query('delete from asset_identifier where asset_id = any($1)', [ids])
  await connection.query(
    `insert into asset_identifier (tenant_id, kind, value, asset_id)
     select $1, k.kind, v.value, i.asset_id
     from asset_identity i
     cross join jsonb_each(i.record->'identifiers') as k (kind, held)
     cross join jsonb_array_elements_text(k.held) as v (value)
     where i.asset_id = any($2)`,
    [tenantId, ids],
  )
}
