import type { Connection } from '../database.ts'

// What a file should have and has not, by the word of the person who imports it.

const ofAction = (action: 'absent' | 'gone') => `
from file_import_plan p
join finding f on f.asset_id = p.known_asset and f.plugin_id = p.plugin_id and f.port = p.port
  and f.protocol = p.protocol and f.instance = p.instance
where p.import_id = $1 and p.action = '${action}' and f.state <> 'fixed' and f.ended_at is null`

const insertEvents = (action: 'absent' | 'gone') => `
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                           kind, state, severity, severity_modification, cause, before)
select f.asset_id, now(), $3::timestamptz, $2::bigint, f.plugin_id, f.port, f.source_id, f.protocol, f.instance,
       ${action === 'absent' ? "'fixed', 'fixed'" : "'ended', f.state"}, f.severity, f.severity_modification,
       ${action === 'absent' ? "'person'" : "'asset_gone'"},
       jsonb_build_object('state', f.state, 'severity', f.severity, 'severity_modification', f.severity_modification,
                          'last_found', f.last_found, 'last_fixed', f.last_fixed, 'resurfaced_date', f.resurfaced_date)
${ofAction(action)}`

const insertOutbox = `
insert into outbox (topic, source_id, run_id, subject)
select 'finding.fixed', f.source_id, $2, jsonb_build_object(
         'asset_id', f.asset_id, 'plugin_id', f.plugin_id, 'port', f.port, 'protocol', f.protocol,
         'instance', f.instance, 'severity', f.severity, 'happened_at', $3::timestamptz)
${ofAction('absent')} and f.severity = 'critical'`

const setOf = {
  absent: `state = 'fixed', last_fixed = $3::timestamptz, vendor_version_at = $3::timestamptz, row_hash = 0`,
  gone: `ended_at = $3::timestamptz, end_cause = 'asset_gone', unconfirmed_at = null`,
} as const

const update = (action: 'absent' | 'gone') => `
update finding f
set ${setOf[action]}, read_at = greatest(f.read_at, $3::timestamptz), run_id = $2::bigint, changed_at = now()
from file_import_plan p
where p.import_id = $1 and p.action = '${action}' and f.asset_id = p.known_asset and f.plugin_id = p.plugin_id
  and f.port = p.port and f.protocol = p.protocol and f.instance = p.instance
  and f.state <> 'fixed' and f.ended_at is null`

const goneAssets = `
select a.asset_id
from asset a
where a.source_id = $2 and a.status = 'live' and coalesce(a.vendor_version_at, a.read_at) < $3::timestamptz
  and not exists (select from file_import_host h where h.import_id = $1 and h.known_asset = a.asset_id)
order by a.asset_id`

const insertAssetEvents = `
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before)
select asset_id, $3::timestamptz, $2, source_id, is_licensed, is_tracked, 'status', 'aged_out', 'absent',
       jsonb_build_object('status', status)
from asset where asset_id = any($1::bigint[])`

const ageOut = `
update asset set status = 'aged_out', changed_at = now(), run_id = $2 where asset_id = any($1::bigint[])`

export interface AbsentOf {
  readonly importId: number
  readonly sourceId: number
  readonly runId: number
  readonly observedAt: string
  /** The file shows the whole estate: machines that it has not are gone. */
  readonly isEstate: boolean
}

/**
 * Closes what the plan calls absent, ends what it calls gone, and ages out the machines. In the caller's transaction, which
 * has its turn. Of the machines in the file it locks none: what findings say of those is written in other transactions.
 * @returns the assets whose counts and days have moved
 */
export async function closeAbsent(connection: Connection, of: AbsentOf): Promise<readonly number[]> {
  const { importId, sourceId, runId, observedAt } = of
  const { rows } = await connection.query<{ asset_id: number }>(
    `select distinct known_asset as asset_id from file_import_plan
     where import_id = $1 and action in ('absent', 'gone') order by 1`,
    [importId],
  )
  const assetIds = rows.map(row => row.asset_id)
  for (const action of ['absent', 'gone'] as const) {
    await connection.query(insertEvents(action), [importId, runId, observedAt])
    if (action === 'absent') await connection.query(insertOutbox, [importId, runId, observedAt])
    await connection.query(update(action), [importId, runId, observedAt])
  }
  if (!of.isEstate) return assetIds
  const gone = await connection.query<{ asset_id: number }>(goneAssets, [importId, sourceId, observedAt])
  const goneIds = gone.rows.map(row => row.asset_id)
  await connection.query(insertAssetEvents, [goneIds, runId, observedAt])
  await connection.query(ageOut, [goneIds, runId])
  return [...new Set([...assetIds, ...goneIds])]
}
