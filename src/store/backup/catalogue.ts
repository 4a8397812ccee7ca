import type { Queryable } from '../database.ts'
import type { BackupKind, Partition, SequenceState } from './manifest.ts'

// What there is to back up, read from the catalogue of the database: a table that a later migration adds is in the backup
// without anybody thinking of it.

/** Rows that a sync brings back. A backup of the state leaves them out. */
export const mirrorTables: ReadonlySet<string> = new Set([
  'agent',
  'archive_file',
  'archive_store',
  'asset',
  'asset_alias',
  'asset_compliance',
  'asset_event',
  'asset_group',
  'asset_group_event',
  'asset_identifier',
  'asset_identity',
  'asset_interface',
  'asset_scan',
  'asset_software',
  'asset_step_change',
  'asset_steps',
  'asset_tag',
  'asset_total',
  'compliance_check',
  'compliance_event',
  'compliance_result',
  'daily_change',
  'daily_span',
  'daily_total',
  'device',
  'device_asset',
  'device_change',
  // by our ids of assets, which a mirror that is read anew gives otherwise
  'device_decision',
  'device_due',
  'device_evidence',
  'directory_event',
  'estate_change',
  'file_import',
  'file_import_compliance',
  'file_import_host',
  'file_import_issue',
  'file_import_plan',
  'file_import_plugin',
  'file_import_rejected',
  'file_import_row',
  'file_import_snapshot',
  'file_import_total',
  'finding',
  'finding_event',
  'finding_output',
  'finding_sighting',
  'identity_state',
  'network',
  'outbox',
  'plugin',
  'plugin_change',
  'plugin_family',
  'plugin_score',
  'plugin_total',
  'plugin_total_change',
  'plugin_total_span',
  'quality_issue',
  // by our ids of assets
  'reconciliation',
  'reconciliation_difference',
  'rejected_record',
  // who works, and what is left of a minute: of this moment
  'request_budget',
  'run_asset_seen',
  'run_compliance_seen',
  'run_finding_missed',
  'scan',
  'scan_folder',
  'scan_run',
  'scanner',
  'sweep_asset',
  'sweep_finding',
  'tag',
  'tag_category',
  'worker',
])

/** The migrations write it. */
const ownTable = 'schema_migration'

export interface TableShape {
  readonly name: string
  readonly columns: readonly string[]
  /** Where its rows lie: itself, or its partitions in a fixed order. */
  readonly parts: readonly string[]
}

interface TableRow {
  readonly name: string
  readonly columns: string[]
  readonly parts: string[] | null
  readonly refers_to: string[]
}

/** The tables of a kind of backup, each after those that its foreign keys name. */
export async function listTables(connection: Queryable, kind: BackupKind): Promise<readonly TableShape[]> {
  const { rows } = await connection.query<TableRow>(
    `select c.relname::text as name,
            array(select a.attname::text from pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                  order by a.attnum) as columns,
            case when c.relkind = 'p' then array(
              select p.relname::text from pg_partition_tree(c.oid) t join pg_class p on p.oid = t.relid
              where t.isleaf order by p.relname collate "C") end as parts,
            array(select distinct r.relname::text from pg_constraint f join pg_class r on r.oid = f.confrelid
                  where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as refers_to
     from pg_class c
     where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
       and c.relname <> $1
     order by c.relname collate "C"`,
    [ownTable],
  )
  const wanted = rows.filter(row => kind === 'full' || !mirrorTables.has(row.name))
  return afterThoseTheyName(wanted).map(({ name, columns, parts }) => ({ name, columns, parts: parts ?? [name] }))
}

function afterThoseTheyName(rows: readonly TableRow[]): readonly TableRow[] {
  const placed = new Set<string>()
  const ordered: TableRow[] = []
  let left = rows
  while (left.length > 0) {
    const isFree = (row: TableRow) =>
      row.refers_to.every(name => placed.has(name) || !left.some(one => one.name === name))
    const free = left.filter(isFree)
    if (free.length === 0) throw new Error(`the foreign keys of ${left.map(row => row.name).join(', ')} are a ring`)
    ordered.push(...free)
    for (const row of free) placed.add(row.name)
    left = left.filter(row => !placed.has(row.name))
  }
  return ordered
}

/** Partitions with bounds; the default one is made by the migrations. */
export async function listPartitions(connection: Queryable): Promise<readonly Partition[]> {
  const { rows } = await connection.query<{ table: string; name: string; bound: string }>(
    `select p.relname::text as table, c.relname::text as name, pg_get_expr(c.relpartbound, c.oid) as bound
     from pg_inherits i
     join pg_class c on c.oid = i.inhrelid and c.relkind = 'r'
     join pg_class p on p.oid = i.inhparent
     where c.relispartition and c.relnamespace = 'public'::regnamespace
     order by c.relname collate "C"`,
  )
  return rows
    .filter(({ bound }) => bound !== 'DEFAULT')
    .map(({ table, name, bound }) => {
      const range = /^FOR VALUES FROM \('([^']*)'\) TO \('([^']*)'\)$/.exec(bound)
      if (!range) throw new Error(`the partition ${name} is not by range: ${bound}`)
      return { table, name, from: range[1] ?? '', to: range[2] ?? '' }
    })
}

/** Sequences that have given a number out. */
export async function listSequences(connection: Queryable): Promise<readonly SequenceState[]> {
  const { rows } = await connection.query<{ name: string; last_value: number }>(
    `select sequencename::text as name, last_value
     from pg_sequences
     where schemaname = 'public' and last_value is not null
     order by sequencename collate "C"`,
  )
  return rows.map(row => ({ name: row.name, lastValue: row.last_value }))
}

export async function sealedWith(connection: Queryable): Promise<readonly string[]> {
  const { rows } = await connection.query<{ key_id: string }>('select key_id from sealing_key order by key_id')
  return rows.map(row => row.key_id)
}

/** As an identifier of SQL. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Equal rows must give equal text, on every server and whatever it is set to. */
export const textSettings = `
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'iso_8601';
set local bytea_output = 'hex';
set local extra_float_digits = 1;
set local synchronize_seqscans = off;`
