import { type ArchiveClass, archiveClasses } from '../../domain/archive-class.ts'
import { supersededAssetEvents, supersededFindingEvents } from './superseded.ts'

// The classes of data that can go to the archive, as a table: which rows are old, and what must be true to take them out
// and to put them back.

export interface ArchiveClassSpec {
  readonly about: string
  /** Its rows; named as the class is. */
  readonly key: readonly string[]
  /** A query for the key and `dated_at` of the rows that are old at the horizon `$1`. */
  readonly old: string
  /** Columns beside the table's, over `t` and what `beside` joins: name and expression. */
  readonly more?: readonly { readonly name: string; readonly type: 'bigint' | 'instant'; readonly sql: string }[]
  readonly beside?: string
  /** True of `t` when it may still be taken out: rows of most classes never change. */
  readonly isUnchanged?: string
  /** Run before rows are taken out, over `archive_row` of the month `$1`. */
  readonly beforeRemoval?: string
  /** True of a row `n` of the file when what it belongs to is still there. */
  readonly belongs: string
  /** Run before rows are put back, over `archive_row`, which then has the keys of the file. */
  readonly beforeReturn?: string
  /** Days of totals must be made anew when rows come back. */
  readonly isHistory?: boolean
}

const findingKey = ['asset_id', 'plugin_id', 'port', 'protocol', 'instance']
const sameFinding = (one: string, other: string) =>
  findingKey.map(column => `${one}.${column} = ${other}.${column}`).join(' and ')
const eventKey = ['asset_id', 'recorded_at', 'event_id']

const byDate = (table: string, key: string, date: string) =>
  `select ${key}, ${date} as dated_at from ${table} where ${date} < $1::timestamptz`

/** The part that stands for those that were archived, with their sums: the ledger must still add up. */
export const archivedPart = 'archived'

export const classSpecs: Readonly<Record<ArchiveClass, ArchiveClassSpec>> = {
  finding_event: {
    about: 'events of findings that later events superseded',
    key: eventKey,
    old: supersededFindingEvents,
    belongs: `exists (select from finding f where ${sameFinding('f', 'n')})`,
    isHistory: true,
  },
  asset_event: {
    about: 'events of assets that later events superseded',
    key: eventKey,
    old: supersededAssetEvents,
    belongs: 'exists (select from asset a where a.asset_id = n.asset_id)',
    isHistory: true,
  },
  finding_output: {
    about: 'outputs of findings that are fixed or have ended',
    key: findingKey,
    old: `select ${findingKey.map(column => `o.${column}`).join(', ')}, f.changed_at as dated_at
      from finding_output o join finding f on ${sameFinding('f', 'o')}
      where (f.state = 'fixed' or f.ended_at is not null) and f.changed_at < $1::timestamptz`,
    more: [{ name: 'finding_output_hash', type: 'bigint', sql: 'f.output_hash' }],
    beside: `join finding f on ${sameFinding('f', 't')}`,
    isUnchanged: `exists (select from finding f where ${sameFinding('f', 't')} and f.changed_at = r.dated_at)`,
    // Another output may have come meanwhile, or none may belong there any more.
    belongs: `exists (select from finding f where ${sameFinding('f', 'n')} and f.output_hash = n.finding_output_hash)`,
  },
  plugin_change: {
    about: 'what runs changed in plugins',
    key: ['plugin_id', 'owner_source_id', 'run_id'],
    old: byDate('plugin_change', 'plugin_id, owner_source_id, run_id', 'recorded_at'),
    belongs: 'exists (select from plugin p where p.plugin_id = n.plugin_id and p.owner_source_id = n.owner_source_id)',
  },
  export_chunk: {
    about: 'parts of exports that runs have read, but for one that keeps their sums',
    key: ['export_job_id', 'part_id'],
    // What was rejected is looked up by its part, and a part that was not read must still be told of.
    old: `select export_job_id, part_id, dated_at
      from (select c.export_job_id, c.part_id, r.created_at as dated_at, count(*) over (partition by c.export_job_id) as parts
            from run r
            join export_job j on j.run_id = r.run_id
            join export_chunk c on c.export_job_id = j.export_job_id
            where r.finished_at < $1::timestamptz and r.status not in ('pending', 'running')
              and c.status = 'done' and c.rejected = 0 and c.part_id <> '${archivedPart}') as old
      where parts > 1`,
    beforeRemoval: `
      insert into export_chunk (export_job_id, part_id, detail, status, attempts, bytes, received, inserted, changed,
                                unchanged, available_at, started_at, finished_at, decode_ms, stage_ms, merge_ms)
      select c.export_job_id, '${archivedPart}', jsonb_build_object('archived_parts', count(*)), 'done', sum(c.attempts),
             sum(c.bytes), sum(c.received), sum(c.inserted), sum(c.changed), sum(c.unchanged), min(c.available_at),
             min(c.started_at), max(c.finished_at), sum(c.decode_ms), sum(c.stage_ms), sum(c.merge_ms)
      from archive_row r join export_chunk c using (export_job_id, part_id)
      where r.month = $1::date
      group by c.export_job_id`,
    belongs: 'exists (select from export_job j where j.export_job_id = n.export_job_id)',
    beforeReturn: `
      delete from export_chunk c
      where c.part_id = '${archivedPart}' and c.export_job_id in (select export_job_id from archive_row)`,
  },
  rejected_record: {
    about: 'records that could not be read',
    key: ['rejected_id'],
    old: byDate('rejected_record', 'rejected_id', 'recorded_at'),
    belongs: 'exists (select from run r where r.run_id = n.run_id)',
  },
  quality_issue: {
    about: 'records with something impossible in them',
    key: ['issue_id'],
    old: byDate('quality_issue', 'issue_id', 'recorded_at'),
    belongs: 'exists (select from run r where r.run_id = n.run_id)',
  },
  source_call: {
    about: 'calls to sources, hour by hour',
    key: ['source_id', 'hour'],
    old: byDate('source_call', 'source_id, hour', 'hour'),
    belongs: 'exists (select from source s where s.source_id = n.source_id)',
  },
  outbox: {
    about: 'what was delivered to those who wanted to hear of it',
    key: ['outbox_id'],
    old: byDate('outbox', 'outbox_id', 'delivered_at'),
    belongs: 'true',
  },
}

export function isArchiveClass(text: string): text is ArchiveClass {
  return (archiveClasses as readonly string[]).includes(text)
}
