import type { ScanBatch } from '../../domain/batch.ts'
import {
  finishedScanStatuses,
  type Scan,
  type ScanFolder,
  type ScanReading,
  type ScanRun,
  type ScanRunDetails,
} from '../../domain/scan.ts'
import { textHash } from '../copy-text.ts'
import type { Connection } from '../database.ts'
import { locks } from '../locks.ts'
import type { PartContext } from './context.ts'
import { runNameHash } from './scan-directory.ts'

export interface ScanMergeResult {
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
}

/**
 * Merges what a source says of its scans: their definitions, the runs that their histories list, and the details of
 * single runs. Each fills columns of its own, so the order of the parts of a run does not matter. What comes last counts:
 * scans carry no version, but a source has one run at a time, and a part that is read is not read again.
 */
export async function mergeScans(
  connection: Connection,
  context: PartContext,
  batch: ScanBatch,
): Promise<ScanMergeResult> {
  // Parts are small and name the same scans; they take turns.
  await connection.query('select pg_advisory_xact_lock($1, $2)', [locks.scans, context.sourceId])
  const { scans, runs, details } = sorted(batch.rows)
  if (batch.folders) await mergeFolders(connection, context, batch.folders)
  const results = [
    await mergeDefinitions(connection, context, scans),
    await mergeRuns(connection, context, runs),
    await mergeDetails(connection, context, details),
  ]
  if (batch.listed) await markGone(connection, context, batch.listed)
  if (batch.cursor) await writeCursor(connection, context, batch.cursor)
  const inserted = results.reduce((sum, result) => sum + result.inserted, 0)
  const changed = results.reduce((sum, result) => sum + result.changed, 0)
  return { inserted, changed, unchanged: batch.rows.length - inserted - changed }
}

function sorted(rows: readonly ScanReading[]) {
  const scans: Scan[] = []
  const runs: ScanRun[] = []
  const details: ScanRunDetails[] = []
  for (const row of rows) {
    if (row.kind === 'scan') scans.push(row.scan)
    else if (row.kind === 'run') runs.push(row.run)
    else details.push(row.details)
  }
  return { scans, runs, details }
}

interface Written {
  readonly inserted: number
  readonly changed: number
}

const nothing: Written = { inserted: 0, changed: 0 }

async function written(connection: Connection, statement: string, values: readonly unknown[]): Promise<Written> {
  const { rows } = await connection.query<{ inserted: boolean }>(statement, values as unknown[])
  const inserted = rows.filter(row => row.inserted).length
  return { inserted, changed: rows.length - inserted }
}

const upsertFolders = `
insert into scan_folder as o (source_id, native_id, name, type)
select distinct on (f.native_id) $2::integer, f.native_id, f.name, f.type
from jsonb_to_recordset($1) as f (native_id bigint, name text, type text)
order by f.native_id
on conflict (source_id, native_id) do update
set name = excluded.name, type = excluded.type
where (o.name, o.type) is distinct from (excluded.name, excluded.type)`

async function mergeFolders(
  connection: Connection,
  { sourceId }: PartContext,
  folders: readonly ScanFolder[],
): Promise<void> {
  const rows = folders.map(({ nativeId, name, type }) => ({ native_id: nativeId, name, type }))
  await connection.query(upsertFolders, [JSON.stringify(rows), sourceId])
}

const scanColumns = {
  schedule_uuid: 'text',
  latest_run_uuid: 'text',
  name: 'text',
  type: 'text',
  status: 'text',
  owner: 'text',
  policy_id: 'bigint',
  template_uuid: 'text',
  total_targets: 'integer',
  progress: 'integer',
  user_permissions: 'integer',
  is_enabled: 'boolean',
  is_shared: 'boolean',
  time_zone: 'text',
  rrules: 'text',
  starts: 'text',
  created_at: 'timestamptz',
  last_run_at: 'timestamptz',
  extra: 'jsonb',
  row_hash: 'bigint',
} as const
const scanNames = Object.keys(scanColumns)

// The list does not always tell the folder; the details of a run do.
const upsertScans = `
insert into scan as s (source_id, native_id, folder_id, ${scanNames.join(', ')}, read_at, run_id)
select $2::integer, n.native_id, n.folder_id, ${scanNames.map(name => `n.${name}`).join(', ')}, $3::timestamptz, $4::bigint
from jsonb_to_recordset($1) as n (native_id bigint, folder_id bigint, ${Object.entries(scanColumns)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')})
order by n.native_id
on conflict (source_id, native_id) do update
set ${scanNames.map(name => `${name} = excluded.${name}`).join(', ')},
    folder_id = coalesce(excluded.folder_id, s.folder_id), gone_at = null, read_at = excluded.read_at,
    run_id = excluded.run_id, changed_at = now()
where s.row_hash is distinct from excluded.row_hash or s.gone_at is not null
returning xmax = 0 as inserted`

const adoptRuns = `
update scan_run r
set scan_id = s.scan_id
from scan s
where r.source_id = $1 and r.scan_id is null and s.source_id = $1 and s.schedule_uuid = r.schedule_uuid`

async function mergeDefinitions(
  connection: Connection,
  context: PartContext,
  scans: readonly Scan[],
): Promise<Written> {
  if (scans.length === 0) return nothing
  const { sourceId, readAt, runId } = context
  const rows = new Map(scans.map(scan => [scan.nativeId, definitionRow(scan)]))
  const result = await written(connection, upsertScans, [JSON.stringify([...rows.values()]), sourceId, readAt, runId])
  await connection.query(adoptRuns, [sourceId])
  return result
}

function definitionRow(scan: Scan) {
  return {
    native_id: scan.nativeId,
    folder_id: scan.folderId,
    schedule_uuid: scan.scheduleUuid,
    latest_run_uuid: scan.latestRunUuid,
    name: scan.name,
    type: scan.type,
    status: scan.status,
    owner: scan.owner,
    policy_id: scan.policyId,
    template_uuid: scan.templateUuid,
    total_targets: scan.totalTargets,
    progress: scan.progress,
    user_permissions: scan.userPermissions,
    is_enabled: scan.isEnabled,
    is_shared: scan.isShared,
    time_zone: scan.timeZone,
    rrules: scan.rrules,
    starts: scan.starts,
    created_at: scan.createdAt,
    last_run_at: scan.lastRunAt,
    extra: scan.extra,
    row_hash: textHash(JSON.stringify(scan)),
  }
}

const runOfScan = `
(select s.scan_id from scan s where s.source_id = $2::integer and s.native_id = n.scan_native_id)`

// What findings said of the run gives way to what the history of its scan says.
const upsertRuns = `
insert into scan_run as r (source_id, name_hash, scan_uuid, schedule_uuid, scan_id, native_id, status, is_archived,
                           started_at, completed_at, extra, row_hash, listed_at)
select $2::integer, n.name_hash, n.scan_uuid, n.schedule_uuid, ${runOfScan}, n.native_id, n.status, n.is_archived,
       n.started_at, n.completed_at, n.extra, n.row_hash, $3::timestamptz
from jsonb_to_recordset($1) as n (
  name_hash bigint, scan_uuid text, schedule_uuid text, scan_native_id bigint, native_id bigint, status text,
  is_archived boolean, started_at timestamptz, completed_at timestamptz, extra jsonb, row_hash bigint)
order by n.name_hash
on conflict (source_id, name_hash) do update
set schedule_uuid = coalesce(excluded.schedule_uuid, r.schedule_uuid), scan_id = coalesce(excluded.scan_id, r.scan_id),
    native_id = excluded.native_id, status = excluded.status, is_archived = excluded.is_archived or r.is_archived,
    started_at = coalesce(excluded.started_at, r.started_at),
    completed_at = coalesce(excluded.completed_at, r.completed_at), extra = excluded.extra,
    row_hash = excluded.row_hash, listed_at = excluded.listed_at
where r.row_hash is distinct from excluded.row_hash
returning xmax = 0 as inserted`

async function mergeRuns(connection: Connection, context: PartContext, runs: readonly ScanRun[]): Promise<Written> {
  if (runs.length === 0) return nothing
  const rows = new Map(runs.map(run => [run.uuid, runRow(run)]))
  return written(connection, upsertRuns, [JSON.stringify([...rows.values()]), context.sourceId, context.readAt])
}

function runRow(run: ScanRun) {
  // A run that goes on has no end yet, whatever the history puts there.
  const isOver = run.status !== null && finishedScanStatuses.has(run.status)
  return {
    name_hash: runNameHash(run.uuid, ''),
    scan_uuid: run.uuid,
    schedule_uuid: run.scheduleUuid,
    scan_native_id: run.scanNativeId,
    native_id: run.nativeId,
    status: run.status,
    is_archived: run.isArchived,
    started_at: run.startedAt,
    completed_at: isOver ? run.completedAt : null,
    extra: run.extra,
    row_hash: textHash(JSON.stringify(run)),
  }
}

const detailValues = `
details_at = now(), details_problem = n.problem, is_archived = r.is_archived or n.is_archived,
hosts = n.hosts, info = n.info, low = n.low, medium = n.medium, high = n.high, critical = n.critical,
policy = n.policy, scanner = n.scanner, targets = n.targets, folder_id = n.folder_id,
scan_id = coalesce(r.scan_id, ${runOfScan})`

const detailColumns = `
  name_hash bigint, scan_native_id bigint, problem text, is_archived boolean, started_at timestamptz, hosts integer,
  info integer, low integer, medium integer, high integer, critical integer, policy text, scanner text, targets text,
  folder_id bigint`

/** The history part of the same scan may not have been merged yet: the run is made then, and described. */
const insertRuns = `
insert into scan_run (source_id, name_hash, scan_uuid, schedule_uuid, scan_id, started_at)
select $2::integer, n.name_hash, n.scan_uuid, n.schedule_uuid, ${runOfScan}, n.started_at
from jsonb_to_recordset($1) as n (
  name_hash bigint, scan_uuid text, schedule_uuid text, scan_native_id bigint, started_at timestamptz)
order by n.name_hash
on conflict (source_id, name_hash) do nothing
returning true as inserted`

const updateRuns = `
update scan_run r
set ${detailValues}
from jsonb_to_recordset($1) as n (${detailColumns})
where r.source_id = $2 and r.name_hash = n.name_hash
  and (r.details_at is null or r.details_problem is not null)
returning false as inserted`

async function mergeDetails(
  connection: Connection,
  context: PartContext,
  details: readonly ScanRunDetails[],
): Promise<Written> {
  if (details.length === 0) return nothing
  const json = JSON.stringify(details.map(detailRow))
  const made = await written(connection, insertRuns, [json, context.sourceId])
  const told = await written(connection, updateRuns, [json, context.sourceId])
  return { inserted: made.inserted, changed: told.changed - made.inserted }
}

function detailRow({ severities, ...details }: ScanRunDetails) {
  return {
    name_hash: runNameHash(details.uuid, ''),
    scan_uuid: details.uuid,
    schedule_uuid: details.scheduleUuid,
    scan_native_id: details.scanNativeId,
    problem: details.problem,
    is_archived: details.isArchived,
    started_at: details.startedAt,
    hosts: details.hosts,
    ...severities,
    policy: details.policy,
    scanner: details.scanner,
    targets: details.targets,
    folder_id: details.folderId,
  }
}

/*
 * Scans that a complete list lacks. A key with fewer rights than an earlier one sees fewer scans: what it does not see is
 * not gone.
 */
const markMissing = `
update scan s
set gone_at = $3, changed_at = now()
where s.source_id = $1 and s.gone_at is null and s.native_id <> all($2::bigint[])
  and coalesce((select r.permissions from run r where r.run_id = $4), 0)
      >= coalesce((select max(p.permissions)
                   from run p join run_stream t using (run_id)
                   where p.source_id = $1 and p.run_id < $4 and t.stream = 'scans' and t.status = 'completed'
                     and p.run_id > $4 - 1000), 0)`

async function markGone(connection: Connection, context: PartContext, listed: readonly number[]): Promise<void> {
  // An empty list after a full one is rather a fault, or a key that sees nothing, than a tenant without scans.
  if (listed.length === 0) return
  await connection.query(markMissing, [context.sourceId, listed, context.readAt, context.runId])
}

async function writeCursor(
  connection: Connection,
  { sourceId }: PartContext,
  { scanNativeId, value }: NonNullable<ScanBatch['cursor']>,
): Promise<void> {
  await connection.query(
    `update scan set history_cursor = $3
     where source_id = $1 and native_id = $2 and history_cursor is distinct from $3`,
    [sourceId, scanNativeId, value],
  )
}
