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

interface NamedScan {
  readonly key: string
  readonly name_hash: string
  readonly scan_uuid: string | null
  readonly schedule_uuid: string | null
  readonly started_at: string | null
  readonly completed_at: string | null
}

const insertScans = `
insert into scan_run (source_id, name_hash, scan_uuid, schedule_uuid, started_at, completed_at)
select $2::integer, n.name_hash, n.scan_uuid, n.schedule_uuid, n.started_at, n.completed_at
from jsonb_to_recordset($1) as n (
  name_hash bigint, scan_uuid text, schedule_uuid text, started_at timestamptz, completed_at timestamptz)
order by n.name_hash
on conflict do nothing`

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
      name_hash: textHash(key),
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
    scans.map(scan => scan.name_hash),
    sourceId,
  ])
  const ids = new Map(rows.map(row => [row.name_hash, row.scan_run_id]))
  for (const scan of scans) directory.set(scan.key, ids.get(scan.name_hash)!)
}
