import type { Connection, Database, Queryable } from '../database.ts'
import { recountAssets } from '../merge/totals.ts'
import { noteChanges } from '../rollups/changes.ts'
import { takeTurn } from '../turns.ts'

// Ends what a planned sweep names. The vendor's state is never touched: only the source calls a finding fixed.

/** A finding that a later full run, which is still under way, has met as it was: it was not changed by that. */
const metSince = `exists (
  select from run_asset_seen met
  where met.run_id > $1 and met.stream = 'findings' and met.asset_id = f.asset_id
    and not exists (select from run_finding_missed m
                    where m.run_id = met.run_id and m.asset_id = f.asset_id and m.part_key = met.part_key
                      and m.plugin_id = f.plugin_id and m.port = f.port and m.protocol = f.protocol
                      and m.instance = f.instance))`

const assetMetSince = `exists (
  select from run_asset_seen met where met.run_id > $1 and met.stream = 'assets' and met.asset_id = a.asset_id)`

/** What the plan named may have come back since: it is still open, not ended and not met again, or it is left alone. */
const isStillMissing = `f.state <> 'fixed' and f.ended_at is null and f.changed_at <= $3 and not ${metSince}`

const ending = `
from sweep_finding s
join finding f using (asset_id, plugin_id, port, protocol, instance)
where s.run_id = $1 and s.cause <> 'unconfirmed' and s.asset_id = any($2::bigint[])
  and ${isStillMissing}`

/**
 * When it ended, on the vendor's clock: with its asset, where the source says when that went; else by the reading that
 * did not meet it.
 */
const endedAt = (finding: string) => `
coalesce((select case a.status when 'deleted' then a.deleted_at when 'terminated' then a.terminated_at end
          from asset a
          where a.asset_id = ${finding}.asset_id and s.cause = 'asset_gone'),
         (select max(r.watermark_at) from run_stream r where r.run_id = $1 and r.stream = 'findings'),
         now())`

const insertEvents = `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                           kind, state, severity, severity_modification, cause, before)
select f.asset_id, now(), ${endedAt('f')}, $1, f.plugin_id, f.port, f.source_id, f.protocol, f.instance,
       'ended', f.state, f.severity, f.severity_modification, s.cause,
       jsonb_build_object('state', f.state, 'severity', f.severity, 'last_found', f.last_found)
${ending}`

const insertOutbox = `
insert into outbox (topic, source_id, run_id, subject)
select 'finding.ended', f.source_id, $1, jsonb_build_object(
         'asset_id', f.asset_id, 'plugin_id', f.plugin_id, 'port', f.port, 'protocol', f.protocol,
         'instance', f.instance, 'severity', f.severity, 'cause', s.cause)
${ending} and f.severity in ('critical', 'high')`

const endFindings = `
update finding f
set ended_at = ${endedAt('f')}, end_cause = s.cause, unconfirmed_at = null, changed_at = now()
from sweep_finding s
where s.run_id = $1 and s.cause <> 'unconfirmed' and s.asset_id = any($2::bigint[])
  and f.asset_id = s.asset_id and f.plugin_id = s.plugin_id and f.port = s.port and f.protocol = s.protocol
  and f.instance = s.instance
  and ${isStillMissing}`

const markUnconfirmed = `
update finding f
set unconfirmed_at = now()
from sweep_finding s
where s.run_id = $1 and s.cause = 'unconfirmed' and s.asset_id = any($2::bigint[])
  and f.asset_id = s.asset_id and f.plugin_id = s.plugin_id and f.port = s.port and f.protocol = s.protocol
  and f.instance = s.instance
  and f.unconfirmed_at is null and ${isStillMissing}`

const insertAssetEvents = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before)
select a.asset_id,
       coalesce((select max(r.watermark_at) from run_stream r where r.run_id = $1 and r.stream = 'assets'), now()), $1,
       a.source_id, a.is_licensed, a.is_tracked, 'status', 'aged_out', 'absent', jsonb_build_object('status', a.status)
from sweep_asset s
join asset a using (asset_id)
where s.run_id = $1 and a.asset_id = any($2::bigint[]) and a.status = 'live' and a.changed_at <= $3
  and not ${assetMetSince}`

/** One that was outside the scope, before there was no limit any more. */
const insertScopeEvents = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before, after)
select a.asset_id,
       coalesce((select max(r.watermark_at) from run_stream r where r.run_id = $1 and r.stream = 'assets'), now()), $1,
       a.source_id, a.is_licensed, a.is_tracked, 'scope', a.status, 'absent', '{"in_scope": false}', '{"in_scope": true}'
from sweep_asset s
join asset a using (asset_id)
where s.run_id = $1 and a.asset_id = any($2::bigint[]) and a.status = 'live' and a.changed_at <= $3
  and a.out_of_scope_at is not null and not ${assetMetSince}`

const ageOut = `
update asset a
set status = 'aged_out', out_of_scope_at = null, changed_at = now(), run_id = $1
from sweep_asset s
where s.run_id = $1 and a.asset_id = s.asset_id and a.asset_id = any($2::bigint[])
  and a.status = 'live' and a.changed_at <= $3 and not ${assetMetSince}`

// A transaction for so many assets: a large estate must not be locked while it is swept.
const assetsAtOnce = 200

/**
 * Does what the plan of a run says, a few assets at a time. Safe to repeat: what is done is left alone.
 * @param sourceId the source that the run read
 * @param refuse ends each transaction, and throws when the run or the sweep is another's by now
 * @param signal stops between two transactions
 */
export async function applySweep(
  database: Database,
  runId: number,
  sourceId: number,
  refuse: (connection: Connection, assets: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const planned = await database.query<{ planned_at: string }>('select planned_at from sweep where run_id = $1', [
    runId,
  ])
  const plannedAt = planned.rows[0]?.planned_at
  if (plannedAt === undefined) throw new Error(`run ${runId} has no planned sweep`)
  const assetIds = await plannedAssets(database, runId)
  for (let from = 0; from < assetIds.length; from += assetsAtOnce) {
    signal?.throwIfAborted()
    const ids = assetIds.slice(from, from + assetsAtOnce)
    await database.transaction(async connection => {
      await takeTurn(connection, sourceId, 'alone')
      await sweepAssets(connection, runId, sourceId, ids, plannedAt)
      await refuse(connection, ids.length)
    })
  }
}

async function plannedAssets(database: Database, runId: number): Promise<readonly number[]> {
  const { rows } = await database.query<{ asset_id: number }>(
    `select asset_id from sweep_asset where run_id = $1
     union
     select asset_id from sweep_finding where run_id = $1
     order by asset_id`,
    [runId],
  )
  return rows.map(row => row.asset_id)
}

async function sweepAssets(
  connection: Connection,
  runId: number,
  sourceId: number,
  assetIds: readonly number[],
  plannedAt: string,
): Promise<void> {
  const values = [runId, assetIds, plannedAt]
  await connection.query(insertEvents, values)
  await connection.query(insertOutbox, values)
  await connection.query(endFindings, values)
  await connection.query(markUnconfirmed, values)
  await connection.query(insertScopeEvents, values)
  await connection.query(insertAssetEvents, values)
  await connection.query(ageOut, values)
  await recountAssets(connection, sourceId, assetIds)
  await noteChanges(connection, sourceId, assetIds)
}

/**
 * Writes down who decided; with `applied` the plan has been carried out. Forgets the lists the plan was made of. One that
 * was decided before stays as it was, and answers false.
 */
export async function closeSweep(
  database: Queryable,
  runId: number,
  status: 'applied' | 'rejected',
  decidedBy: string,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update sweep set status = $2, decided_at = clock_timestamp(), decided_by = $3,
            applied_at = case when $2 = 'applied' then clock_timestamp() end
     where run_id = $1 and status = 'held'`,
    [runId, status, decidedBy],
  )
  if (rowCount === 0) return false
  await forgetPlan(database, runId)
  return true
}

/** Of a sweep that a person confirmed: all of it is done. */
export async function closeConfirmed(database: Queryable, runId: number, owner: string): Promise<void> {
  const { rowCount } = await database.query(
    `update sweep set status = 'applied', applied_at = clock_timestamp(), owner = null
     where run_id = $1 and owner = $2 and status = 'confirmed'`,
    [runId, owner],
  )
  if (rowCount === 1) await forgetPlan(database, runId)
}

async function forgetPlan(database: Queryable, runId: number): Promise<void> {
  for (const table of ['sweep_asset', 'sweep_finding']) {
    await database.query(`delete from ${table} where run_id = $1`, [runId])
  }
}

/**
 * Forgets what runs of a source up to this one noted for their sweep; a held plan keeps its own lists. A later run's
 * notes are not ours to forget, whoever wakes late.
 */
export async function forgetSeen(database: Database, sourceId: number, runId: number): Promise<void> {
  for (const table of ['run_asset_seen', 'run_finding_missed']) {
    await database.query(
      `delete from ${table} where run_id in (select run_id from run where source_id = $1 and run_id <= $2)`,
      [sourceId, runId],
    )
  }
}

/** A newer full run knows better than a plan that still waits for somebody. */
export async function dropHeldSweeps(database: Queryable, sourceId: number): Promise<void> {
  const { rows } = await database.query<{ run_id: number }>(
    "select run_id from sweep where source_id = $1 and status = 'held'",
    [sourceId],
  )
  for (const row of rows) await closeSweep(database, row.run_id, 'rejected', 'a later full run')
}
