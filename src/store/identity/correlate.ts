import { type Correlation, correlate, type Decision, recordsAtMost } from '../../domain/identity/index.ts'
import type { Connection, Database, Queryable } from '../database.ts'
import { locks } from '../locks.ts'
import { dueDevices, gatherDevices, takeDueDevices } from '../rollups/device-due.ts'
import { countDevices } from '../rollups/estate-totals.ts'
import { addDueAssets, dueAssets, gatherAssets, holdersOf, replaceIdentities } from './identifiers.ts'
import { recordOf, type StoredRecord } from './records.ts'

// Keeps machines in step with assets. What changed is looked at together with everything that shares an identifier with
// it, however many steps away: so the machines are those that looking at everything would make.

export interface CorrelationOutcome {
  /** Assets that say something else of themselves than before. */
  readonly changed: number
  /** Assets that were looked at again. */
  readonly looked: number
}

/** Assets written within so long before the last look may have become visible after it. */
const overlapSeconds = 3_600

/** Assets that are looked at together, and what hangs together with them. */
const usualBatch = 500

/** Every tenant, one after the other. */
export async function correlateAll(database: Database): Promise<CorrelationOutcome> {
  const { rows } = await database.query<{ tenant_id: number }>('select tenant_id from tenant order by tenant_id')
  const sum = { changed: 0, looked: 0 }
  for (const { tenant_id } of rows) {
    const { changed, looked } = await correlateTenant(database, tenant_id)
    sum.changed += changed
    sum.looked += looked
  }
  return sum
}

/** Looks at assets that changed since the last look, so many at a time. One look at a time for each tenant. */
export function correlateTenant(
  database: Database,
  tenantId: number,
  { batch = usualBatch }: { readonly batch?: number } = {},
): Promise<CorrelationOutcome> {
  return database.transaction(async connection => {
    await holdTenant(connection, tenantId)
    const { rows } = await connection.query<{ now: string }>('select now()::text as now')
    await gather(connection)
    const changed = await replaceIdentities(connection, tenantId, { overlapSeconds, batch })
    const looked = await lookAgain(connection, tenantId, batch)
    await connection.query(
      `insert into identity_state (tenant_id, looked_at) values ($1, $2)
       on conflict (tenant_id) do update set looked_at = excluded.looked_at`,
      [tenantId, rows[0]!.now],
    )
    await takeDueDevices(connection, tenantId)
    await countDevices(connection, tenantId)
    return { changed, looked }
  })
}

/** What is to be looked at and counted is kept in the database: here are only the assets of one batch. */
async function gather(connection: Connection): Promise<void> {
  await gatherAssets(connection)
  await gatherDevices(connection)
}

/** @see correlateTenant */
export async function correlateSourceTenant(database: Database, sourceId: number): Promise<CorrelationOutcome> {
  const { rows } = await database.query<{ tenant_id: number }>('select tenant_id from source where source_id = $1', [
    sourceId,
  ])
  const tenantId = rows[0]?.tenant_id
  return tenantId === undefined ? { changed: 0, looked: 0 } : correlateTenant(database, tenantId)
}

export async function holdTenant(connection: Connection, tenantId: number): Promise<void> {
  await connection.query('select pg_advisory_xact_lock($1::integer, $2::integer)', [locks.identity, tenantId])
}

/** Looks again at some assets and all that hangs together with them, and counts the machines that are others now. */
export async function lookAndCount(
  connection: Connection,
  tenantId: number,
  assetIds: readonly number[],
): Promise<void> {
  await gather(connection)
  await addDueAssets(connection, assetIds)
  await lookAgain(connection, tenantId, usualBatch)
  await countDevices(connection, tenantId)
}

const nextDue = `select asset_id from ${dueAssets} where asset_id > $1 order by asset_id limit $2`

/**
 * Makes machines anew of the gathered assets and of all that hangs together with them. The caller holds the tenant.
 * @returns how many assets were looked at
 */
async function lookAgain(connection: Connection, tenantId: number, batch: number): Promise<number> {
  let looked = 0
  let last = 0
  // What hangs together with one batch hangs together with no other: each is a whole look of its own.
  for (;;) {
    const { rows } = await connection.query<{ asset_id: number }>(nextDue, [last, batch])
    if (rows.length === 0) break
    last = rows.at(-1)!.asset_id
    const assetIds = await hangingTogether(
      connection,
      tenantId,
      rows.map(row => row.asset_id),
    )
    await connection.query(`delete from ${dueAssets} where asset_id = any($1)`, [assetIds])
    await makeMachines(connection, tenantId, assetIds)
    looked += assetIds.length
  }
  await connection.query(
    'delete from device d where tenant_id = $1 and not exists (select from device_asset m where m.device_id = d.device_id)',
    [tenantId],
  )
  return looked
}

async function makeMachines(connection: Connection, tenantId: number, assetIds: readonly number[]): Promise<void> {
  const records = await loadRecords(connection, tenantId, assetIds)
  const found = correlate(records.map(recordOf), await decisionsAmong(connection, assetIds))
  await storeDevices(connection, tenantId, found)
  await storeEvidence(connection, tenantId, assetIds, found)
}

async function hangingTogether(
  connection: Connection,
  tenantId: number,
  assetIds: readonly number[],
): Promise<number[]> {
  const met = new Set<number>()
  let next = [...assetIds]
  while (next.length > 0) {
    for (const id of next) met.add(id)
    const near = await nearTo(connection, tenantId, next)
    next = near.filter(id => !met.has(id))
  }
  return [...met].sort((a, b) => a - b)
}

/** What shares an identifier with them, is held to be the same machine, or was said to be by a person. */
async function nearTo(connection: Connection, tenantId: number, assetIds: readonly number[]): Promise<number[]> {
  const { rows } = await connection.query<{ asset_id: number }>(
    `${holdersOf}
     union
     select other.asset_id
     from device_asset own join device_asset other using (device_id)
     where own.asset_id = any($2)
     union
     select unnest(array[asset_a, asset_b])
     from device_decision
     where tenant_id = $1 and undone_at is null and (asset_a = any($2) or asset_b = any($2))`,
    [tenantId, assetIds],
  )
  return rows.map(row => row.asset_id)
}

async function loadRecords(
  connection: Queryable,
  tenantId: number,
  assetIds: readonly number[],
): Promise<StoredRecord[]> {
  const { rows } = await connection.query<{ record: StoredRecord }>(
    'select record from asset_identity where tenant_id = $1 and asset_id = any($2) order by asset_id',
    [tenantId, assetIds],
  )
  const common = await commonAmong(connection, tenantId, assetIds)
  return rows.map(({ record }) => ({ ...record, identifiers: without(record.identifiers, common) }))
}

/** Values of so many assets that they name no machine, as the whole tenant has them: here are only some of its assets. */
async function commonAmong(
  connection: Queryable,
  tenantId: number,
  assetIds: readonly number[],
): Promise<ReadonlySet<string>> {
  const { rows } = await connection.query<{ kind: string; value: string }>(
    `select kind, value
     from (select distinct kind, value from asset_identifier where tenant_id = $1 and asset_id = any($2)) as own
     where (select count(*)
            from (select from asset_identifier i
                  where i.tenant_id = $1 and i.kind = own.kind and i.value = own.value
                  limit ${recordsAtMost + 1}) as few) > ${recordsAtMost}`,
    [tenantId, assetIds],
  )
  return new Set(rows.map(row => `${row.kind}|${row.value}`))
}

function without(identifiers: StoredRecord['identifiers'], common: ReadonlySet<string>): StoredRecord['identifiers'] {
  if (common.size === 0) return identifiers
  const kept = Object.entries(identifiers)
    .map(([kind, values]) => [kind, values.filter(value => !common.has(`${kind}|${value}`))] as const)
    .filter(([, values]) => values.length > 0)
  return Object.fromEntries(kept)
}

async function decisionsAmong(connection: Queryable, assetIds: readonly number[]): Promise<Decision[]> {
  const { rows } = await connection.query<{ asset_a: number; asset_b: number; is_same: boolean }>(
    `select asset_a, asset_b, is_same
     from device_decision
     where undone_at is null and asset_a = any($1) and asset_b = any($1)
     order by decision_id`,
    [assetIds],
  )
  return rows.map(row => ({ a: row.asset_a, b: row.asset_b, isSame: row.is_same }))
}

/**
 * A machine keeps its id where most of its records are; of equals the machine with the older id stays. Those that have
 * won or lost a record are due to be counted.
 */
async function storeDevices(connection: Connection, tenantId: number, { devices }: Correlation): Promise<void> {
  const members = devices.flatMap((device, cluster) => device.map(assetId => ({ assetId, cluster })))
  await connection.query('drop table if exists staged_device')
  await connection.query(
    `create temporary table staged_device on commit drop as
     select s.asset_id, s.cluster, m.device_id as before
     from unnest($1::bigint[], $2::integer[]) as s (asset_id, cluster)
     left join device_asset m using (asset_id)`,
    [members.map(one => one.assetId), members.map(one => one.cluster)],
  )
  await connection.query(
    `create temporary table staged_cluster on commit drop as
     with votes as (
       select cluster, before, count(*) as votes from staged_device where before is not null group by cluster, before
     ),
     kept as (
       select distinct on (before) before as device_id, cluster, votes from votes order by before, votes desc, cluster
     ),
     chosen as (
       select distinct on (cluster) cluster, device_id from kept order by cluster, votes desc, device_id
     )
     select cluster, device_id from chosen`,
  )
  await connection.query(
    `with needed as (
       select cluster, row_number() over (order by cluster) as n
       from (select distinct cluster from staged_device) as d
       where cluster not in (select cluster from staged_cluster)
     ),
     made as (
       insert into device (tenant_id) select $1 from needed returning device_id
     ),
     numbered as (
       select device_id, row_number() over (order by device_id) as n from made
     )
     insert into staged_cluster select cluster, device_id from needed join numbered using (n)`,
    [tenantId],
  )
  await connection.query(
    `insert into ${dueDevices}
     select c.device_id
     from staged_device s join staged_cluster c using (cluster)
     where s.before is distinct from c.device_id
     union
     select s.before
     from staged_device s join staged_cluster c using (cluster)
     where s.before <> c.device_id
     on conflict do nothing`,
  )
  await connection.query(
    `insert into device_asset (asset_id, device_id)
     select s.asset_id, c.device_id
     from staged_device s join staged_cluster c using (cluster)
     where s.before is distinct from c.device_id
     on conflict (asset_id) do update set device_id = excluded.device_id, since = now()`,
  )
  await connection.query('drop table staged_device, staged_cluster')
}

async function storeEvidence(
  connection: Connection,
  tenantId: number,
  assetIds: readonly number[],
  { links, asked }: Correlation,
): Promise<void> {
  await connection.query('delete from device_evidence where asset_a = any($1) or asset_b = any($1)', [assetIds])
  const rows = [
    ...links.map(link => ({ ...link, isAsked: false })),
    ...asked.map(link => ({ ...link, isAsked: true })),
  ].map(({ a, b, score, confidence, evidence, isAsked }) => ({
    asset_a: Math.min(a, b),
    asset_b: Math.max(a, b),
    score,
    confidence,
    evidence,
    is_asked: isAsked,
  }))
  for (let from = 0; from < rows.length; from += 5_000) {
    await connection.query(
      `insert into device_evidence (asset_a, asset_b, tenant_id, score, confidence, evidence, is_asked)
       select asset_a, asset_b, $1, score, confidence, evidence, is_asked
       from jsonb_to_recordset($2::jsonb)
         as r (asset_a bigint, asset_b bigint, score double precision, confidence double precision, evidence jsonb,
               is_asked boolean)`,
      [tenantId, JSON.stringify(rows.slice(from, from + 5_000))],
    )
  }
}
