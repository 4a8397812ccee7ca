-- Scans with the history of their runs, and what audits found on each asset.

-- The list is the whole of what a source may offer; which of them a connector reads, the connector says.
alter table run_stream drop constraint run_stream_stream_check;
alter table run_stream add constraint run_stream_stream_check check (stream in (
  'assets', 'findings', 'plugins', 'networks', 'scanners', 'agents', 'tags', 'scans', 'compliance'));

alter table run_stream add column swept_at timestamptz;
comment on column run_stream.swept_at is 'when what this stream did not meet was judged; a run that is taken up again does not judge twice';

create table scan (
  scan_id bigint generated always as identity primary key,
  source_id integer not null,
  native_id bigint not null,
  schedule_uuid text collate "C",
  latest_run_uuid text collate "C",
  name text not null,
  type text,
  status text,
  owner text,
  folder_id bigint,
  policy_id bigint,
  template_uuid text,
  total_targets integer,
  progress integer,
  user_permissions integer,
  is_enabled boolean,
  is_shared boolean,
  time_zone text,
  rrules text,
  starts text,
  created_at timestamptz,
  last_run_at timestamptz,
  extra jsonb,
  row_hash bigint not null,
  history_cursor text,
  gone_at timestamptz,
  read_at timestamptz not null,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  unique (source_id, native_id)
);
comment on table scan is 'a scan as the source defines it: what, when, by whom; its runs are in scan_run';
comment on column scan.native_id is 'the integer id; schedule_uuid is its other name, which findings use';
comment on column scan.status is 'of the latest run, in the vendor''s words';
comment on column scan.folder_id is 'as the list tells it, which not all do; the details of a run tell it too';
comment on column scan.rrules is 'the schedule as the vendor writes it, for example FREQ=WEEKLY;INTERVAL=1;BYDAY=MO';
comment on column scan.starts is 'the first start on the wall clock of time_zone, for example 20260105T010000';
comment on column scan.history_cursor is 'how far the history of its runs was read; understood by the connector alone';
comment on column scan.gone_at is 'when a complete list of the scans first lacked it; null again when it is back';
create index scan_schedule_idx on scan (source_id, schedule_uuid);

create table scan_folder (
  source_id integer not null,
  native_id bigint not null,
  name text not null,
  type text,
  primary key (source_id, native_id)
);
comment on table scan_folder is 'folders that the source files its scans in';

-- One row per run of a scan, whoever named it first: a run that has a uuid goes by it alone. Until now the times that
-- findings tell were part of its name, so that one run could have several rows.
alter table scan_run
  add column scan_id bigint,
  add column native_id bigint,
  add column status text,
  add column is_archived boolean not null default false,
  add column listed_at timestamptz,
  add column extra jsonb,
  add column row_hash bigint,
  add column details_at timestamptz,
  add column details_problem text check (details_problem in ('forbidden', 'not_found')),
  add column hosts integer,
  add column info integer,
  add column low integer,
  add column medium integer,
  add column high integer,
  add column critical integer,
  add column policy text,
  add column scanner text,
  add column targets text,
  add column folder_id bigint;

create temporary table same_run on commit drop as
select s.scan_run_id, k.kept
from scan_run s
join (select source_id, scan_uuid, min(scan_run_id) as kept, min(started_at) as started_at,
             max(completed_at) as completed_at
      from scan_run
      where scan_uuid is not null
      group by source_id, scan_uuid) as k using (source_id, scan_uuid);
update finding f
set scan_run_id = s.kept
from same_run s
where f.scan_run_id = s.scan_run_id and s.kept <> s.scan_run_id;
update scan_run r
set started_at = t.started_at, completed_at = t.completed_at
from (select s.kept, min(d.started_at) as started_at, max(d.completed_at) as completed_at
      from same_run s
      join scan_run d using (scan_run_id)
      group by s.kept
      having count(*) > 1) as t
where r.scan_run_id = t.kept;
delete from scan_run r using same_run s where r.scan_run_id = s.scan_run_id and s.kept <> s.scan_run_id;
update scan_run
set name_hash = ('x' || substr(md5(scan_uuid), 1, 16))::bit(64)::bigint
where scan_uuid is not null;

comment on table scan_run is 'one run of a scan: as its history lists it, or as the findings it made name it, or both';
comment on column scan_run.name_hash is 'of scan_uuid; of all that findings say of it where they give no uuid';
comment on column scan_run.scan_id is 'the scan it is a run of; null while no list of scans has named one of its schedule';
comment on column scan_run.status is 'in the vendor''s words; null while only findings have named the run';
comment on column scan_run.is_archived is 'the source no longer gives results of it, only a file';
comment on column scan_run.listed_at is 'when the history of its scan last said something new of it; its times then count for more than those in findings';
comment on column scan_run.details_at is 'when its details were read: hosts, counts by severity, policy, scanner, targets, folder. Once, as a finished run does not change';
comment on column scan_run.details_problem is 'why there are no details though they were asked for';
comment on column scan_run.info is 'info to critical: results of that severity over all hosts, as the run''s details count them';
create unique index scan_run_uuid_idx on scan_run (source_id, scan_uuid) where scan_uuid is not null;
create index scan_run_scan_idx on scan_run (scan_id, started_at desc);
create index scan_run_schedule_idx on scan_run (source_id, schedule_uuid) where scan_id is null;

-- coverage asks which assets a run met last
create index asset_last_scan_idx on asset (last_scan_id) where last_scan_id is not null;

create table compliance_check (
  check_id bigint generated by default as identity primary key,
  source_id integer not null,
  audit_file text collate "C" not null,
  native_id text collate "C" not null,
  name text not null,
  info text,
  solution text,
  synopsis text,
  see_also text,
  plugin_id integer,
  plugin_name text,
  profile_name text,
  benchmark_name text,
  benchmark_version text,
  vendor_check_id text,
  control_id text,
  functional_id text,
  informational_id text,
  metadata_id text,
  db_type text,
  refs text[] not null default '{}',
  row_hash bigint not null,
  vendor_version_at timestamptz,
  run_id bigint not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  unique (source_id, audit_file, native_id)
);
comment on table compliance_check is 'one check of an audit file, as the newest result of it describes it';
comment on column compliance_check.native_id is 'the vendor''s compliance_full_id, which stays when the text of the check changes; else name: and the name';
comment on column compliance_check.vendor_check_id is 'the vendor''s check_id, which changes with the content of the check';
comment on column compliance_check.refs is 'framework|control, for example 800-53|AC-2';
comment on column compliance_check.vendor_version_at is 'when the newest result of the check was indexed; the newest describes it';
create index compliance_check_refs_idx on compliance_check using gin (refs);

create table compliance_result (
  asset_id bigint not null,
  check_id bigint not null,
  first_seen timestamptz,
  last_seen timestamptz,
  last_fixed timestamptz,
  last_observed timestamptz,
  vendor_version_at timestamptz,
  read_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  ended_at timestamptz,
  unconfirmed_at timestamptz,
  row_hash bigint not null,
  run_id bigint not null,
  source_id integer not null,
  missed_runs smallint not null default 0,
  state text not null check (state in ('passed', 'failed', 'warning', 'skipped', 'error', 'unknown')),
  vendor_state text,
  end_cause text check (end_cause in ('asset_gone', 'withdrawn')),
  actual_value text,
  expected_value text,
  check_error text,
  description text,
  extra jsonb,
  primary key (asset_id, check_id),
  check ((ended_at is null) = (end_cause is null))
);
comment on table compliance_result is 'what one check of an audit last found on one asset';
comment on column compliance_result.state is 'the outcome of the check';
comment on column compliance_result.vendor_state is 'open, reopened or fixed, as the vendor keeps it beside the outcome; null for rows it last saw before it kept one';
comment on column compliance_result.expected_value is 'what the policy asks for';
comment on column compliance_result.missed_runs is 'complete full runs in a row that did not meet it though its asset is there';
comment on column compliance_result.unconfirmed_at is 'when the first of those missed it';
-- who fails this check
create index compliance_result_check_idx on compliance_result (check_id, state, asset_id);
-- what changed last
create index compliance_result_seen_idx on compliance_result (coalesce(last_seen, '-infinity'), asset_id, check_id);

create sequence compliance_event_id_seq cache 100;

create table compliance_event (
  asset_id bigint not null,
  recorded_at timestamptz not null default now(),
  event_id bigint not null default nextval('compliance_event_id_seq'),
  happened_at timestamptz,
  run_id bigint,
  check_id bigint not null,
  source_id integer not null,
  kind text not null check (kind in ('changed', 'ended', 'returned')),
  state text not null check (state in ('passed', 'failed', 'warning', 'skipped', 'error', 'unknown')),
  before text check (before in ('passed', 'failed', 'warning', 'skipped', 'error', 'unknown')),
  cause text not null check (cause in ('source', 'asset_gone', 'withdrawn')),
  primary key (asset_id, recorded_at, event_id)
);
comment on table compliance_event is 'one change of the outcome of one check on one asset; that it appeared is its first_seen, and no event';
comment on column compliance_event.happened_at is 'the vendor''s clock: when the check was last seen with the new outcome';
comment on column compliance_event.recorded_at is 'our clock: when we were told';
comment on column compliance_event.state is 'as it is after the event';
comment on column compliance_event.before is 'the outcome until then';
create index compliance_event_result_idx on compliance_event (asset_id, check_id);

create table run_compliance_seen (
  run_id bigint not null,
  asset_id bigint not null,
  check_id bigint not null,
  primary key (run_id, asset_id, check_id)
);
comment on table run_compliance_seen is 'results that a full run met; emptied when the run is swept';

-- Scans and compliance go with the assets and findings of every few hours, where that schedule is still as it was made.
update schedule
set streams = streams || array['scans', 'compliance'], updated_at = now()
where name = 'changes' and kind = 'delta' and streams @> array['assets', 'findings']
  and not streams && array['scans', 'compliance'];
