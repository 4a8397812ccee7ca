import type { Connection, Queryable } from '../database.ts'
import { replaceEstate } from '../rollups/replaced-days.ts'

// Everything that a removed source brought. Its row, its name and the audit trail stay: they say that it was there.

interface OwnedRows {
  readonly table: string
  readonly isOwned: string
}

const ofSource = 't.source_id = $1'
const ofAsset = 't.asset_id in (select asset_id from asset where source_id = $1)'
const ofRun = 't.run_id in (select run_id from run where source_id = $1)'

/** In the order they are removed: what is found by an asset or a run goes before it. */
const owned: readonly OwnedRows[] = [
  ...[
    'finding_output',
    'finding_sighting',
    'asset_scan',
    'asset_tag',
    'asset_interface',
    'asset_software',
    'asset_group',
    'asset_group_event',
  ].map(table => ({ table, isOwned: ofAsset })),
  ...['asset_compliance', 'compliance_event', 'compliance_result', 'compliance_check'].map(table => ({
    table,
    isOwned: ofSource,
  })),
  ...[
    'finding_event',
    'finding',
    'asset_event',
    'asset_total',
    'asset',
    'asset_alias',
    'scan_run',
    'scan',
    'scan_folder',
  ].map(table => ({
    table,
    isOwned: ofSource,
  })),
  ...['directory_event', 'network', 'scanner', 'agent', 'tag', 'tag_category', 'plugin_family', 'owner_override'].map(
    table => ({ table, isOwned: ofSource }),
  ),
  ...['run_asset_seen', 'run_finding_missed', 'run_compliance_seen', 'sweep_asset', 'sweep_finding'].map(table => ({
    table,
    isOwned: ofRun,
  })),
  ...[
    'rejected_record',
    'quality_issue',
    'outbox',
    'source_call',
    'daily_change',
    'asset_step_change',
    'asset_steps',
    'daily_span',
  ].map(table => ({
    table,
    isOwned: ofSource,
  })),
  ...['plugin_total_change', 'plugin_total', 'plugin_total_span'].map(table => ({ table, isOwned: ofSource })),
  { table: 'daily_total', isOwned: `${ofSource} and t.level = 'source'` },
  ...['plugin_change', 'plugin_score', 'plugin'].map(table => ({ table, isOwned: 't.owner_source_id = $1' })),
  { table: 'schedule', isOwned: ofSource },
  { table: 'data_quality_day', isOwned: ofSource },
  // Its differences go with it; who signed what stays, as the audit trail does.
  { table: 'reconciliation', isOwned: '$1 in (t.files_source_id, t.api_source_id)' },
  // What was staged of a file goes with its import.
  { table: 'file_import', isOwned: ofSource },
  // Streams, exports, parts and sweeps go with their run.
  { table: 'run', isOwned: ofSource },
]

export async function countSourceData(queryable: Queryable, sourceId: number): Promise<number> {
  let total = 0
  for (const { table, isOwned } of owned) {
    const { rows } = await queryable.query<{ rows: number }>(
      `select count(*) as rows from ${table} t where ${isOwned}`,
      [sourceId],
    )
    total += rows[0]?.rows ?? 0
  }
  return total
}

/** In a transaction that is repeatable read; the totals of the estate are those of the other sources afterwards. */
export async function removeSourceData(connection: Connection, sourceId: number): Promise<number> {
  await connection.query('lock table daily_span in exclusive mode')
  let total = 0
  for (const { table, isOwned } of owned) {
    const { rowCount } = await connection.query(`delete from ${table} t where ${isOwned}`, [sourceId])
    total += rowCount ?? 0
  }
  await replaceEstate(connection, {})
  // Of no source there are no days.
  await connection.query("delete from daily_total where level = 'estate' and not exists (select from daily_span)")
  return total
}
