import { rowsNotRestored } from '../backup/state-only.ts'
import type { Check } from './check.ts'

// What the ledger says was read, against itself and against what is there.

const part = `concat('part ', c.part_id, ' of export ', j.export_id, ' in run ', j.run_id)`

/** Streams whose rows are meant to be here; a backup of the state restores the ledger without them. */
const restored = `
select run_id, stream from run_stream where error_code is distinct from '${rowsNotRestored}'`

/** Rows of each source that its parts say they inserted. */
const insertedBy = (stream: string) => `
select r.source_id, sum(c.inserted) as inserted
from export_chunk c
join export_job j using (export_job_id)
join run r using (run_id)
join (${restored}) as here on here.run_id = j.run_id and here.stream = j.stream
where j.stream = '${stream}' and c.status = 'done'
group by r.source_id`

const rowsAgainstLedger = (stream: string, rows: string) => `
select concat('source ', s.source_id, ': ', coalesce(h.held, 0), ' rows, ', coalesce(l.inserted, 0), ' read')
from source s
left join (${rows}) h using (source_id)
left join (${insertedBy(stream)}) l using (source_id)
where coalesce(h.held, 0) <> coalesce(l.inserted, 0)
  -- a file is one part, with assets, findings and audits in it
  and s.kind <> 'files'`

export const ledgerChecks: readonly Check[] = [
  {
    name: 'part_counts_differ',
    about: 'parts that are done and whose counts do not add up',
    sql: `select ${part}
      from export_chunk c join export_job j using (export_job_id)
      where c.status = 'done'
        and (c.received <> c.inserted + c.changed + c.unchanged + c.rejected or c.finished_at is null)`,
  },
  {
    name: 'complete_export_with_open_parts',
    about: 'parts that are not done, of exports that are complete',
    sql: `select ${part}
      from export_chunk c join export_job j using (export_job_id)
      where j.status = 'complete' and c.status <> 'done'`,
  },
  {
    name: 'completed_stream_incomplete',
    about: 'streams called completed without a complete export or a watermark',
    sql: `select concat(s.stream, ' of run ', s.run_id)
      from run_stream s
      join run r using (run_id)
      where s.status = 'completed'
        -- a targeted run has not read the stream up to any instant
        and ((s.watermark_at is null) <> (r.kind = 'targeted')
             or not exists (select from export_job j
                            where j.run_id = s.run_id and j.stream = s.stream and j.status = 'complete'))`,
  },
  {
    name: 'completed_run_incomplete',
    about: 'runs called completed with a stream that is not',
    sql: `select concat('run ', r.run_id)
      from run r
      where r.status = 'completed'
        and exists (select from run_stream s where s.run_id = r.run_id and s.status not in ('completed', 'skipped'))`,
  },
  {
    name: 'ended_run_open',
    about: 'runs that ended without a time, or have one and go on',
    sql: `select concat('run ', r.run_id)
      from run r
      where (r.status in ('pending', 'running')) = (r.finished_at is not null)`,
  },
  {
    name: 'rejected_counts_differ',
    about: 'parts with another number of rejected records than they counted',
    sql: `select ${part}
      from export_chunk c
      join export_job j using (export_job_id)
      join (${restored}) as here on here.run_id = j.run_id and here.stream = j.stream
      left join (
        select run_id, stream, export_id, part_id, count(*) as kept
        from rejected_record
        group by run_id, stream, export_id, part_id
      ) k on k.run_id = j.run_id and k.stream = j.stream and k.export_id = j.export_id and k.part_id = c.part_id
      where c.status = 'done' and c.rejected <> coalesce(k.kept, 0)
        -- those of old runs are in the archive
        and c.finished_at >= coalesce((select archive_horizon(array['rejected_record'])) + interval '1 day', '-infinity')`,
  },
  {
    name: 'rejected_without_part',
    about: 'rejected records of a part that the ledger does not know',
    sql: `select concat('record ', k.rejected_id)
      from rejected_record k
      where not exists (
        select from export_job j join export_chunk c using (export_job_id)
        where j.run_id = k.run_id and j.stream = k.stream and j.export_id = k.export_id and c.part_id = k.part_id
          and c.status = 'done')`,
  },
  {
    name: 'assets_differ_from_ledger',
    about: 'sources with more or fewer assets than were read',
    sql: rowsAgainstLedger(
      'assets',
      'select source_id, count(*) as held from asset where not is_provisional group by source_id',
    ),
  },
  {
    name: 'findings_differ_from_ledger',
    about: 'sources with more or fewer findings than were read',
    sql: rowsAgainstLedger('findings', 'select source_id, count(*) as held from finding group by source_id'),
  },
  {
    name: 'compliance_differs_from_ledger',
    about: 'sources with more or fewer compliance results than were read',
    sql: rowsAgainstLedger(
      'compliance',
      'select source_id, count(*) as held from compliance_result group by source_id',
    ),
  },
  {
    name: 'held_sweep_incomplete',
    about: 'sweeps that wait for a decision, or to be carried out, and have lost a part of their list',
    sql: `select concat('sweep of run ', s.run_id)
      from sweep s
      where s.status in ('held', 'confirmed')
        and (s.assets_aged_out <> (select count(*) from sweep_asset a where a.run_id = s.run_id)
             or s.findings_asset_gone + s.findings_superseded + s.findings_withdrawn + s.findings_unconfirmed
                + (select count(*) from sweep_finding f where f.run_id = s.run_id and f.cause = 'out_of_scope')
                <> (select count(*) from sweep_finding f where f.run_id = s.run_id))`,
  },
  {
    name: 'credentials_of_unknown_key',
    about: 'sources whose keys are sealed with a key that the store does not know',
    sql: `select concat('source ', s.source_id)
      from source s
      where s.credentials is not null
        and not exists (select from sealing_key k where k.key_id = s.credentials_key_id)`,
  },
]
