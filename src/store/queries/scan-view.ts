import type { ScanSeverities } from '../../domain/scan.ts'
import { scheduleInWords } from '../../domain/scan-schedule.ts'
import { sql } from '../database.ts'
import { jsonInstant } from './asset-view.ts'
import type { Fragment } from './conditions.ts'

/** A scan as lists show it. */
export interface ScanView {
  readonly id: number
  readonly native_id: number
  readonly schedule_uuid: string | null
  readonly source_id: number
  readonly source: string
  readonly name: string
  readonly type: string | null
  readonly status: string | null
  readonly owner: string | null
  readonly folder: string | null
  readonly policy: string | null
  readonly scanner: string | null
  readonly targets: string | null
  readonly is_enabled: boolean | null
  /** In words. */
  readonly schedule: string
  readonly rrules: string | null
  readonly starts: string | null
  readonly time_zone: string | null
  readonly progress: number | null
  readonly total_targets: number | null
  readonly created_at: string | null
  readonly last_run_at: string | null
  readonly gone_at: string | null
  readonly updated_at: string
  /** The latest run whose results are known. */
  readonly latest_results: LatestResults | null
}

export interface LatestResults {
  readonly run_uuid: string
  readonly started_at: string | null
  readonly hosts: number | null
  readonly severities: ScanSeverities | null
}

/** As selected: the schedule is put into words afterwards. */
export type ScanRow = Omit<ScanView, 'schedule'>

/** Over `scan n` and `scanJoins`. */
export const scanColumns = sql`
n.scan_id as id, n.native_id, n.schedule_uuid, n.source_id, s.name as source, n.name, n.type, n.status, n.owner,
o.name as folder, d.policy, d.scanner, d.targets, n.is_enabled, n.rrules, n.starts, n.time_zone, n.progress,
n.total_targets, n.created_at, n.last_run_at, n.gone_at, n.changed_at as updated_at,
case when d.scan_run_id is not null then jsonb_build_object(
  'run_uuid', d.scan_uuid, 'started_at', ${jsonInstant(sql`d.started_at`)}, 'hosts', d.hosts,
  'severities', ${severitiesOf('d')}) end as latest_results`

/** Policy, scanner, targets and folder are told by the details of a run: the latest that has some. */
export const scanJoins = sql`
join source s on s.source_id = n.source_id
left join lateral (
  select *
  from scan_run r
  where r.scan_id = n.scan_id and r.details_at is not null and r.details_problem is null
  order by r.started_at desc nulls last
  limit 1
) as d on true
left join scan_folder o on o.source_id = n.source_id and o.native_id = coalesce(n.folder_id, d.folder_id)`

/** Null where no details told them. */
export function severitiesOf(alias: string): Fragment {
  const column = (name: string) => sql.ref(`${alias}.${name}`)
  return sql`case when ${column('info')} is not null then jsonb_build_object(
    'info', ${column('info')}, 'low', ${column('low')}, 'medium', ${column('medium')}, 'high', ${column('high')},
    'critical', ${column('critical')}) end`
}

export function presentScan<R extends ScanRow>(row: R): R & { readonly schedule: string } {
  const { rrules, starts, time_zone: timeZone, is_enabled: isEnabled } = row
  return { ...row, schedule: scheduleInWords({ rrules, starts, timeZone, isEnabled }) }
}
