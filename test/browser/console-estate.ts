import type { Database } from '../../src/store/database.ts'
import { hostile } from './estate.ts'

// What an operator's pages show beside the estate: a second source, schedules, runs of the last days that went well and
// badly, calls by the hour, and a sweep that waits for a person.

export async function addConsole(database: Database): Promise<void> {
  await database.query(
    `
insert into source (tenant_id, name, kind, base_url, credentials, credentials_key_id, access_key_hint, managed_by, settings)
select tenant_id, $1, 'tenable-vm', 'https://cloud.tenable.com', '\\x00', 'none', 'beef', 'environment',
       '{"scope": {"tags": [{"key": "Env", "value": "Prod"}], "severities": ["critical", "high"]}}'
from tenant`,
    [`Plant ${hostile.host}`],
  )
  await database.query(`
insert into schedule (source_id, name, kind, streams, cron, interval_hours, time_zone, longest_gap_hours, next_at, managed_by,
                      blackout, jitter_seconds)
select s.source_id, v.name, v.kind, v.streams, v.cron, v.hours, 'Europe/Amsterdam', v.gap,
       now() + make_interval(hours => v.wait, mins => 3), s.managed_by,
       case when v.name = 'everything' then '[{"days": ["mon", "tue"], "from": "08:00", "to": "18:00"}]'::jsonb else '[]' end,
       case when v.name = 'plugins' then 300 else 0 end
from source s,
     (values ('changes', 'delta', array['assets', 'findings'], null, 4, 4, 2),
             ('plugins', 'delta', array['plugins'], '30 1 * * *', null, 24, 9),
             ('everything', 'full', null, '0 2 * * sun', null, 168, 40)) as v (name, kind, streams, cron, hours, gap, wait)`)
  await addEarlierRuns(database)
  await database.query(`
insert into source_call (source_id, hour, calls, failed, refused, timed, slow, total_ms, longest_ms, bytes, allowed_per_minute)
select 1, date_trunc('hour', now()) - make_interval(hours => h), 300 + 97 * h, h % 3, case when h = 5 then 4 else 0 end,
       100, 0, 20000, 900, 1000000, 100
from generate_series(0, 20) as h
where h not in (7, 8, 9, 12)`)
  await addLatestRun(database)
  await holdSweep(database)
}

/** Every eight hours, but for a day on which there were none. */
async function addEarlierRuns(database: Database): Promise<void> {
  await database.query(`
with earlier as (
  select i, now() - make_interval(hours => 8 * i) as at,
         case when i % 9 = 4 then 'failed' when i % 7 = 3 then 'partial' else 'completed' end as status
  from generate_series(1, 40) as i
  where i not between 12 and 15
)
insert into run (source_id, kind, trigger, streams, status, owner, heartbeat_at, created_at, started_at, finished_at,
                 error_code, error_message)
select 1, case when i % 20 = 0 then 'full' else 'delta' end, case when i % 5 = 0 then 'api' else 'schedule' end,
       array['findings'], status, 'elsewhere', at, at, at, at + make_interval(secs => 40 + (i * 37) % 300),
       case when status = 'failed' then 'unreachable' end,
       case when status = 'failed' then 'https://cloud.tenable.com could not be reached. Look at the network, then run again.' end
from earlier
order by i desc`)
  await database.query(`
insert into run_stream (run_id, stream, status, parts_total, started_at, finished_at)
select run_id, 'findings', case status when 'completed' then 'completed' when 'failed' then 'failed' else 'incomplete' end, 5,
       started_at, finished_at
from run
where run_id not in (select run_id from run_stream)`)
  await database.query(`
insert into export_job (run_id, stream, export_id, asked, echoed, read_at, status)
select run_id, 'findings', 'earlier-' || run_id, '{}', '{}', started_at, 'complete'
from run
where run_id not in (select run_id from export_job)`)
  await database.query(`
insert into export_chunk (export_job_id, part_id, detail, status, attempts, bytes, received, inserted, rejected)
select export_job_id, '1', '{}', case when run_id % 9 = 4 then 'failed' else 'done' end, 1, 100000, 100 + run_id * 13,
       run_id * 3, run_id % 4
from export_job
where export_id like 'earlier-%'`)
}

/** The newest: complete, five minutes ago. */
async function addLatestRun(database: Database): Promise<void> {
  await database.query(`
insert into run (source_id, kind, trigger, streams, status, owner, heartbeat_at, created_at, started_at, finished_at)
select 1, 'delta', 'schedule', array['findings'], 'completed', 'elsewhere', at, at, at, at + interval '1 minute'
from (select now() - interval '6 minutes') as latest (at)`)
  await database.query(`
insert into run_stream (run_id, stream, status, watermark_at, parts_total, started_at, finished_at)
select run_id, 'findings', 'completed', started_at, 1, started_at, finished_at
from run
order by run_id desc
limit 1`)
}

/** Of a full run, over three assets and their findings. */
async function holdSweep(database: Database): Promise<void> {
  await database.query(`
insert into sweep (run_id, source_id, status, reason, assets_live, findings_open, assets_aged_out, findings_asset_gone,
                   findings_superseded, findings_withdrawn, findings_unconfirmed)
select 1, 1, 'held', '3 of 20 live assets would age out, which is more than 10 %.',
       20, 400, 3, (select count(*) from finding where asset_id in (10, 11, 12)), 0,
       (select count(*) from finding where asset_id = 13), 0`)
  await database.query('insert into sweep_asset (run_id, asset_id) values (1, 10), (1, 11), (1, 12)')
  await database.query(`
insert into sweep_finding (run_id, asset_id, plugin_id, port, protocol, instance, cause)
select 1, asset_id, plugin_id, port, protocol, instance, case when asset_id = 13 then 'withdrawn' else 'asset_gone' end
from finding
where asset_id in (10, 11, 12, 13)`)
}
