import { createHash } from 'node:crypto'
import type { Database } from '../../src/store/database.ts'

// What we hold of scans and compliance results, in the form the simulator tells its truth in.

const instant = (column: string) =>
  `coalesce(to_char(${column} at time zone 'utc', 'YYYY-MM-DD"t"HH24:MI:SS.MS"z"'), '')`

export interface Counted {
  readonly total: number
  readonly checksum: string
}

export function heldCompliance(database: Database): Promise<Counted> {
  return counted(
    database,
    `select lower(concat_ws('|', a.native_id, c.audit_file, c.native_id, r.state, coalesce(r.vendor_state, ''),
                            ${instant('r.first_seen')}, ${instant('r.last_seen')}, ${instant('r.last_fixed')})) as line
     from compliance_result r
     join asset a using (asset_id)
     join compliance_check c using (check_id)
     where r.ended_at is null`,
  )
}

export function heldScans(database: Database): Promise<Counted> {
  return counted(
    database,
    `select lower(concat_ws('|', native_id, schedule_uuid, name, status, is_enabled::text)) as line
     from scan where gone_at is null`,
  )
}

/** Runs that a history listed; findings may name others. */
export function heldRuns(database: Database): Promise<Counted> {
  return counted(
    database,
    `select lower(concat_ws('|', s.native_id, r.scan_uuid, r.status, r.is_archived::text, ${instant('r.started_at')},
                            ${instant('r.completed_at')})) as line
     from scan_run r join scan s using (scan_id)
     where r.listed_at is not null and s.gone_at is null`,
  )
}

async function counted(database: Database, lines: string): Promise<Counted> {
  const { rows } = await database.query<{ line: string }>(`select line from (${lines}) as l order by line collate "C"`)
  const hash = createHash('sha256')
  for (const row of rows) hash.update(`${row.line}\n`)
  return { total: rows.length, checksum: hash.digest('hex') }
}
