import { StoreError } from '../../platform/errors.ts'
import type { Connection, Database } from '../database.ts'
import { refuseFenced } from '../merge/fence.ts'
import { recountAssets } from '../merge/totals.ts'
import { noteChanges } from '../rollups/changes.ts'
import { takeTurn } from '../turns.ts'
import { getImport } from './imports.ts'

// Takes an import back where nothing has happened since: history is added to, never taken away.

/** Nobody has written the finding since, and its last event, where it has one of the import, is the import's. */
const markRevertible = `
update file_import_plan p
set undo = case
  when f.run_id = $2 and not exists (
    select from finding_event e
    where e.asset_id = f.asset_id and e.plugin_id = f.plugin_id and e.port = f.port and e.protocol = f.protocol
      and e.instance = f.instance and e.run_id is distinct from $2
      and (e.recorded_at, e.event_id) > (select max(m.recorded_at), max(m.event_id)
                                         from finding_event m
                                         where m.asset_id = f.asset_id and m.plugin_id = f.plugin_id and m.port = f.port
                                           and m.protocol = f.protocol and m.instance = f.instance and m.run_id = $2))
  then 'reverted' else 'kept' end,
  known_asset = f.asset_id
from asset_alias l, finding f
where p.import_id = $1 and l.source_id = $3 and l.native_id = p.known_as
  and f.asset_id = coalesce(p.known_asset, l.asset_id) and f.plugin_id = p.plugin_id and f.port = p.port
  and f.protocol = p.protocol and f.instance = p.instance`

const reverted = `
from file_import_plan p
join finding f on f.asset_id = p.known_asset and f.plugin_id = p.plugin_id and f.port = p.port
  and f.protocol = p.protocol and f.instance = p.instance
where p.import_id = $1 and p.undo = 'reverted'`

/** What each finding is again: with the end it had, or the state, or the severity that differ from now. */
const insertEvents = `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                           kind, state, severity, severity_modification, cause, before)
select f.asset_id, now(), now(), $2::bigint, f.plugin_id, f.port, f.source_id, f.protocol, f.instance, e.kind, e.state,
       e.severity, e.severity_modification, 'person',
       jsonb_build_object('state', f.state, 'severity', f.severity, 'severity_modification', f.severity_modification,
                          'last_found', f.last_found, 'last_fixed', f.last_fixed, 'resurfaced_date', f.resurfaced_date,
                          'ended_at', f.ended_at, 'end_cause', f.end_cause)
from (select p.before, f as now_row ${reverted}) r
cross join lateral (select (r.now_row).*) f
cross join lateral (
  select coalesce(r.before #>> '{finding,state}', f.state) as state,
         coalesce(r.before #>> '{finding,severity}', f.severity) as severity,
         coalesce(r.before #>> '{finding,severity_modification}', f.severity_modification) as severity_modification,
         r.before is null or r.before #>> '{finding,ended_at}' is not null as is_ended
) w
cross join lateral (
  select case
           when w.is_ended then 'ended'
           when f.ended_at is not null then 'returned'
           when w.state <> f.state then case w.state when 'fixed' then 'fixed' when 'reopened' then 'resurfaced' else 'opened' end
           when w.severity <> f.severity then 'severity'
           when w.severity_modification <> f.severity_modification then 'modification'
         end as kind, w.state, w.severity, w.severity_modification
) e
where e.kind is not null`

const restoreFindings = `
update finding f
set state = b.state, severity = b.severity, default_severity = b.default_severity,
    severity_modification = b.severity_modification, modification_reason = b.modification_reason,
    first_found = b.first_found, last_found = b.last_found, last_fixed = b.last_fixed,
    resurfaced_date = b.resurfaced_date, vendor_version_at = b.vendor_version_at, read_at = b.read_at,
    row_hash = b.row_hash, output_hash = b.output_hash, service = b.service, sensor = b.sensor,
    scan_target = b.scan_target, native_id = b.native_id, scan_run_id = b.scan_run_id, run_id = $2::bigint,
    ended_at = b.ended_at, end_cause = b.end_cause, unconfirmed_at = b.unconfirmed_at, changed_at = now()
from file_import_plan p
cross join lateral jsonb_populate_record(null::finding, p.before -> 'finding') as b
where p.import_id = $1 and p.undo = 'reverted' and p.before is not null
  and f.asset_id = p.known_asset and f.plugin_id = p.plugin_id and f.port = p.port and f.protocol = p.protocol
  and f.instance = p.instance`

const restoreOutputs = `
update finding_output o
set output = p.before ->> 'output', extra = nullif(p.before -> 'extra', 'null')
from file_import_plan p
where p.import_id = $1 and p.undo = 'reverted' and p.before ? 'output'
  and o.asset_id = p.known_asset and o.plugin_id = p.plugin_id and o.port = p.port and o.protocol = p.protocol
  and o.instance = p.instance`

/**
 * The import alone had ever seen it. As if it had been withdrawn by the moment the file speaks for; the least fingerprint of
 * all, so that the same file may bring it again.
 */
const withdrawNew = `
update finding f
set ended_at = $3::timestamptz, end_cause = 'withdrawn', row_hash = -9223372036854775808, run_id = $2::bigint, changed_at = now()
from file_import_plan p
where p.import_id = $1 and p.undo = 'reverted' and p.before is null
  and f.asset_id = p.known_asset and f.plugin_id = p.plugin_id and f.port = p.port and f.protocol = p.protocol
  and f.instance = p.instance`

/** Machines that only this import has named, and those that it called gone. */
const selectAssets = `
select a.asset_id, case when a.status = 'aged_out' then 'live' else 'aged_out' end as status
from asset a
where a.source_id = $3 and a.run_id = $2
  and (a.status = 'aged_out'
       or a.status = 'live'
          and exists (select from file_import_host h where h.import_id = $1 and h.known_as = a.native_id and h.known_asset is null)
          and not exists (select from finding f where f.asset_id = a.asset_id and f.ended_at is null))
order by a.asset_id`

const insertAssetEvents = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before)
select a.asset_id, now(), $2, a.source_id, a.is_licensed, a.is_tracked, 'status',
       case when a.status = 'aged_out' then 'live' else 'aged_out' end, 'person', jsonb_build_object('status', a.status)
from asset a where a.asset_id = any($1::bigint[])`

const turnAssets = `
update asset set status = case when status = 'aged_out' then 'live' else 'aged_out' end, row_hash = null,
                 changed_at = now(), run_id = $2
where asset_id = any($1::bigint[])`

export interface UndoContext {
  readonly runId: number
  readonly fence: number
  readonly sourceId: number
  readonly owner: string
}

/**
 * Takes back what an import did to findings that nobody has touched since, in one transaction; the others are listed in its
 * plan as kept. What it said of plugins, compliance and machines stays.
 * @param finish what else belongs into the transaction, at its end
 */
export async function undoImport(
  database: Database,
  importId: number,
  context: UndoContext,
  finish: (connection: Connection) => Promise<void>,
): Promise<void> {
  await database.transaction(async connection => {
    await refuseFenced(connection, context, '')
    await takeTurn(connection, context.sourceId, 'alone')
    const item = await getImport(connection, importId)
    await connection.query(markRevertible, [importId, item.run_id, context.sourceId])
    const { rows } = await connection.query<{ asset_id: number }>(
      "select distinct known_asset as asset_id from file_import_plan where import_id = $1 and undo = 'reverted' order by 1",
      [importId],
    )
    const assetIds = rows.map(row => row.asset_id)
    await connection.query('select from asset where asset_id = any($1::bigint[]) order by asset_id for no key update', [
      assetIds,
    ])
    await connection.query(insertEvents, [importId, context.runId])
    await connection.query(restoreFindings, [importId, context.runId])
    await connection.query(restoreOutputs, [importId])
    await connection.query(withdrawNew, [importId, context.runId, item.observed_at])
    const turned = await turnBackAssets(connection, importId, item.run_id, context)
    const touched = [...new Set([...assetIds, ...turned])]
    await recountAssets(connection, context.sourceId, touched)
    await noteChanges(connection, context.sourceId, touched)
    await markUndone(connection, importId, context)
    await refuseFenced(connection, context, 'for share')
    await finish(connection)
  })
}

async function turnBackAssets(
  connection: Connection,
  importId: number,
  importRun: number | null,
  context: UndoContext,
): Promise<readonly number[]> {
  const { rows } = await connection.query<{ asset_id: number }>(selectAssets, [importId, importRun, context.sourceId])
  const assetIds = rows.map(row => row.asset_id)
  await connection.query(insertAssetEvents, [assetIds, context.runId])
  await connection.query(turnAssets, [assetIds, context.runId])
  return assetIds
}

async function markUndone(connection: Connection, importId: number, context: UndoContext): Promise<void> {
  const { rowCount } = await connection.query(
    `update file_import i
     set status = 'undone', undone_at = clock_timestamp(), undo_run_id = $2,
         undo_numbers = (select jsonb_build_object('reverted', count(*) filter (where undo = 'reverted'),
                                                   'kept', count(*) filter (where undo = 'kept'))
                         from file_import_plan where import_id = i.import_id)
     where import_id = $1 and status = 'undoing' and owner = $3`,
    [importId, context.runId, context.owner],
  )
  if (rowCount !== 1) throw new StoreError('fenced', `Import ${importId} was taken over by another process.`)
}
