import { recordsAtMost } from '../../domain/identity/index.ts'
import type { Connection } from '../database.ts'
import { loadFacts, type StoredRecord } from './records.ts'

// Which assets share an identifier? Kept beside the assets, so that a change asks only about what it touches.

export interface TouchedIdentities {
  /** Assets that say something else of themselves now, or are new or gone. */
  readonly assetIds: readonly number[]
  /** Assets that shared something with them before they changed. */
  readonly before: readonly number[]
  /** Machines that lost a record which takes no part any more. */
  readonly parted?: readonly number[]
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

const batch = 5_000

/** Writes anew what assets that changed since the last look say of themselves, where it is something else. */
export async function replaceIdentities(
  connection: Connection,
  tenantId: number,
  overlapSeconds: number,
): Promise<TouchedIdentities> {
  const gone = await withoutAsset(connection, tenantId)
  const changed = await changedAssets(connection, tenantId, overlapSeconds)
  const touched: number[] = []
  const before = new Set<number>()
  for (const id of await holders(connection, tenantId, gone)) before.add(id)
  const parted = await forget(connection, gone)
  for (let from = 0; from < changed.length; from += batch) {
    const ids = changed.slice(from, from + batch)
    const { altered, left } = await compare(connection, ids)
    const all = [...altered.map(record => record.assetId), ...left]
    for (const id of await holders(connection, tenantId, all)) before.add(id)
    parted.push(...(await forget(connection, left)))
    await write(connection, tenantId, altered)
    touched.push(...all)
  }
  const isThere = new Set([...gone])
  return { assetIds: touched, before: [...before].filter(id => !isThere.has(id)), parted }
}

/** Taking part still, though their asset is no longer stored. */
async function withoutAsset(connection: Connection, tenantId: number): Promise<number[]> {
  const { rows } = await connection.query<{ asset_id: number }>(
    `select i.asset_id
     from asset_identity i
     where i.tenant_id = $1 and not exists (select from asset a where a.asset_id = i.asset_id)`,
    [tenantId],
  )
  return rows.map(row => row.asset_id)
}

async function changedAssets(connection: Connection, tenantId: number, overlapSeconds: number): Promise<number[]> {
  const { rows } = await connection.query<{ asset_id: number }>(
    `select a.asset_id
     from asset a
     join source s using (source_id)
     where s.tenant_id = $1
       and a.changed_at >= coalesce((select looked_at from identity_state where tenant_id = $1), '-infinity')
                           - make_interval(secs => $2)
     order by a.asset_id`,
    [tenantId, overlapSeconds],
  )
  return rows.map(row => row.asset_id)
}

async function holders(connection: Connection, tenantId: number, assetIds: readonly number[]): Promise<number[]> {
  if (assetIds.length === 0) return []
  const { rows } = await connection.query<{ asset_id: number }>(holdersOf, [tenantId, assetIds])
  return rows.map(row => row.asset_id)
}

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

/** @returns the machines that they were of */
async function forget(connection: Connection, assetIds: readonly number[]): Promise<number[]> {
  if (assetIds.length === 0) return []
  for (const table of ['asset_identifier', 'asset_identity']) {
    await connection.query(`delete from ${table} where asset_id = any($1)`, [assetIds])
  }
  const { rows } = await connection.query<{ device_id: number }>(
    'delete from device_asset where asset_id = any($1) returning device_id',
    [assetIds],
  )
  await connection.query('delete from device_evidence where asset_a = any($1) or asset_b = any($1)', [assetIds])
  return rows.map(row => row.device_id)
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
