-- Of sources that tell no states, Nessus for one: which scan saw a finding and how it looked, so that the same scan can
-- close what it does not see again.

create table asset_scan (
  asset_id bigint not null,
  scan_id bigint not null,
  source_id integer not null,
  history_id bigint not null,
  ended_at timestamptz not null,
  is_credentialed boolean not null,
  primary key (asset_id, scan_id)
);
comment on table asset_scan is 'scans that met an asset, each by the last of its runs that did; of sources that tell no states';
comment on column asset_scan.scan_id is 'the source''s own number of the scan, as in scan.native_id';
comment on column asset_scan.history_id is 'the source''s own number of the run, as in scan_run.native_id';
create index asset_scan_source_idx on asset_scan (source_id, scan_id);

create table finding_sighting (
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null default '',
  scan_id bigint not null,
  history_id bigint not null,
  seen_at timestamptz not null,
  is_credentialed boolean not null,
  ports text,
  policy text,
  settings text,
  primary key (asset_id, plugin_id, port, protocol, instance, scan_id)
);
comment on table finding_sighting is 'how each scan last saw a finding: only a run that looks no less closely may close it; of sources that tell no states';
comment on column finding_sighting.ports is 'the range of ports that was scanned, in the scanner''s words';
comment on column finding_sighting.policy is 'the name of the policy, where nothing better tells which plugins ran';
comment on column finding_sighting.settings is 'how closely the scan looked besides: thorough tests, paranoia and the like';

alter table finding_event drop constraint finding_event_cause_check;
alter table finding_event add constraint finding_event_cause_check check (cause in (
  'source', 'asset_gone', 'withdrawn', 'superseded', 'out_of_scope', 'person', 'not_seen'));
comment on column finding_event.cause is 'source: it said so; not_seen: a scan that had seen it looked for it in the same way and did not see it';
