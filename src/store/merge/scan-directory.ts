import type { Finding } from '../../domain/finding.ts'
import { textHash } from '../copy-text.ts'
import type { Database } from '../database.ts'

/** Runs of scans that findings name, and our ids of them: thousands of findings share one. */
export type ScanDirectory = Map<string, number>

// About 300 bytes each.
const remembered = 50_000

/** Undefined when the finding says nothing of its scan. */
export function scanKey(finding: Finding): string | undefined {
  const { scanUuid, scanScheduleUuid, scanStartedAt, scanCompletedAt } = finding
  if (scanUuid === null && scanScheduleUuid === null && scanStartedAt === null && scanCompletedAt === null) {
    return undefined
  }
  return `${scanUuid}\t${scanScheduleUuid}\t${scanStartedAt}\t${scanCompletedAt}`
}

/** What a run of a scan goes by: its uuid, whoever names it; else all that the finding says of it. */
export function runNameHash(uuid: string | null, key: string): string {
  return textHash(uuid ?? key)
}

interface NamedScan {
  readonly key: string
  readonly name_hash: string
  readonly scan_uuid: string | null
  readonly schedule_uuid: string | null
  readonly started_at: string | null
  readonly completed_at: string | null
}

// Findings of one run tell its times as far as each knows them: the first start and the last end count, until the history
// of the scan says better. The schedule leads to the scan when a list of scans has named it.
const insertScans = `
insert into scan_run as r (source_id, name_hash, scan_uuid, schedule_uuid, started_at, completed_at, scan_id)
select $2::integer, n.name_hash, min(n.scan_uuid), min(n.schedule_uuid), min(n.started_at), max(n.completed_at),
       min((select s.scan_id from scan s where s.source_id = $2::integer and s.schedule_uuid = n.schedule_uuid limit 1))
from jsonb_to_recordset($1) as n (
  name_hash bigint, scan_uuid text, schedule_uuid text, started_at timestamptz, completed_at timestamptz)
group by n.name_hash
order by n.name_hash
on conflict (source_id, name_hash) do update
set schedule_uuid = coalesce(r.schedule_uuid, excluded.schedule_uuid),
    started_at = least(r.started_at, excluded.started_at),
    completed_at = greatest(r.completed_at, excluded.completed_at)
where r.listed_at is null
  and (r.schedule_uuid is null and excluded.schedule_uuid is not null
       or least(r.started_at, excluded.started_at) is distinct from r.started_at
       or greatest(r.completed_at, excluded.completed_at) is distinct from r.completed_at)`

const selectScans = `
select name_hash::text, scan_run_id from scan_run where source_id = $2 and name_hash = any($1::bigint[])`

/** Learns the ids of the scans that some findings name, writing down new ones, in statements of their own. */
export async function resolveScans(
  database: Database,
  directory: ScanDirectory,
  sourceId: number,
  findings: readonly Finding[],
): Promise<void> {
  if (directory.size > remembered) directory.clear()
  const unknown = new Map<string, NamedScan>()
  for (const finding of findings) {
    const key = scanKey(finding)
    if (key === undefined || directory.has(key) || unknown.has(key)) continue
    unknown.set(key, {
      key,
      name_hash: runNameHash(finding.scanUuid, key),
      scan_uuid: finding.scanUuid,
      schedule_uuid: finding.scanScheduleUuid,
      started_at: finding.scanStartedAt,
      completed_at: finding.scanCompletedAt,
    })
  }
  if (unknown.size === 0) return
  const scans = [...unknown.values()]
  await database.query(insertScans, [JSON.stringify(scans), sourceId])
  const { rows } = await database.query<{ name_hash: string; scan_run_id: number }>(selectScans, [
    [...new Set(scans.map(scan => scan.name_hash))],
    sourceId,
  ])
  const ids = new Map(rows.map(row => [row.name_hash, row.scan_run_id]))
  for (const scan of scans) directory.set(scan.key, ids.get(scan.name_hash)!)
}
