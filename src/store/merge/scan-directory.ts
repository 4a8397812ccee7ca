import type { Finding } from '../../domain/finding.ts'
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
  readonly scan_uuid: string | null
  readonly schedule_uuid: string | null
  readonly started_at: string | null
  readonly completed_at: string | null
}

const named = `jsonb_to_recordset($1) as n (
  key text, scan_uuid text, schedule_uuid text, started_at timestamptz, completed_at timestamptz)`

const insertScans = `
insert into scan_run (source_id, scan_uuid, schedule_uuid, started_at, completed_at)
select $2::integer, n.scan_uuid, n.schedule_uuid, n.started_at, n.completed_at
from ${named}
order by n.scan_uuid, n.schedule_uuid, n.started_at, n.completed_at
on conflict do nothing`

const selectScans = `
select n.key, s.scan_run_id
from ${named}
join scan_run s on s.source_id = $2::integer
  and s.scan_uuid is not distinct from n.scan_uuid and s.schedule_uuid is not distinct from n.schedule_uuid
  and s.started_at is not distinct from n.started_at and s.completed_at is not distinct from n.completed_at`

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
      scan_uuid: finding.scanUuid,
      schedule_uuid: finding.scanScheduleUuid,
      started_at: finding.scanStartedAt,
      completed_at: finding.scanCompletedAt,
    })
  }
  if (unknown.size === 0) return
  const values = [JSON.stringify([...unknown.values()]), sourceId]
  await database.query(insertScans, values)
  const { rows } = await database.query<{ key: string; scan_run_id: number }>(selectScans, values)
  for (const row of rows) directory.set(row.key, row.scan_run_id)
}
