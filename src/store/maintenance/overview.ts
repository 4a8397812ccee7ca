import { type ArchiveFile, listArchiveFiles, loadHistoryHorizon } from '../archive/files.ts'
import type { Queryable } from '../database.ts'
import { listJobs, type MaintenanceJob } from './jobs.ts'
import { keptForEver, listRetention, type RetentionRule } from './retention.ts'

export interface ClassSize extends RetentionRule {
  readonly bytes: number
  /** As the server estimates it: exact counts would read everything. */
  readonly estimated_rows: number
  readonly oldest_at: string | null
  readonly archived_rows: number
  readonly archived_bytes: number
  readonly archive_files: number
}

export interface MaintenanceOverview {
  readonly classes: readonly ClassSize[]
  readonly kept_for_ever: readonly { readonly class: string; readonly reason: string }[]
  readonly archive_folder: string
  readonly history_archived_before: string | null
  readonly database_bytes: number
  readonly jobs: readonly MaintenanceJob[]
}

/** Where the oldest row of a class is told by an index or the table is small. */
const oldest: Readonly<Record<string, string>> = {
  finding_event: 'select min(recorded_at) from finding_event',
  asset_event: 'select min(recorded_at) from asset_event',
  finding_output: "select min(changed_at) from finding where state = 'fixed' or ended_at is not null",
  plugin_change: 'select min(recorded_at) from plugin_change',
  export_chunk: 'select min(available_at) from export_chunk',
  rejected_record: 'select min(recorded_at) from rejected_record',
  quality_issue: 'select min(recorded_at) from quality_issue',
  source_call: 'select min(hour) from source_call',
  outbox: 'select min(delivered_at) from outbox',
}

/** Tables and their partitions, indexes included. A table without partitions has no tree. */
const sizes = `
select t.relname::text as class, sum(pg_total_relation_size(c.oid))::float8 as bytes,
       sum(greatest(c.reltuples, 0))::float8 as rows
from pg_class t
left join lateral pg_partition_tree(t.oid) p on p.isleaf
join pg_class c on c.oid = coalesce(p.relid, t.oid)
where t.relnamespace = 'public'::regnamespace and t.relname = any($1::text[])
group by t.relname`

export async function loadOverview(queryable: Queryable, folder: string): Promise<MaintenanceOverview> {
  const rules = await listRetention(queryable)
  const { rows: sized } = await queryable.query<{ class: string; bytes: number; rows: number }>(sizes, [
    rules.map(rule => rule.class),
  ])
  const files = (await listArchiveFiles(queryable)).filter(file => file.status === 'archived')
  const database = await queryable.query<{ bytes: number }>('select pg_database_size(current_database()) as bytes')
  const classes: ClassSize[] = []
  for (const rule of rules) {
    const size = sized.find(one => one.class === rule.class)
    const own = files.filter(file => file.class === rule.class)
    const { rows } = await queryable.query<{ at: string | null }>(`select (${oldest[rule.class]}) as at`)
    classes.push({
      ...rule,
      bytes: size?.bytes ?? 0,
      estimated_rows: Math.round(size?.rows ?? 0),
      oldest_at: rows[0]?.at ?? null,
      archived_rows: sum(own, file => file.removed_count),
      archived_bytes: sum(own, file => file.file_bytes),
      archive_files: own.length,
    })
  }
  return {
    classes,
    kept_for_ever: Object.entries(keptForEver).map(([name, reason]) => ({ class: name, reason })),
    archive_folder: folder,
    history_archived_before: await loadHistoryHorizon(queryable),
    database_bytes: database.rows[0]?.bytes ?? 0,
    jobs: await listJobs(queryable, 20),
  }
}

function sum(files: readonly ArchiveFile[], of: (file: ArchiveFile) => number): number {
  return files.reduce((total, file) => total + of(file), 0)
}
