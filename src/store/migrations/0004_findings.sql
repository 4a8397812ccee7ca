-- Findings, their output, their history and the counts kept beside them; all keyed by asset_id first.

create function severity_rank(severity text) returns smallint
  -- not strict: a strict function is not inlined, and building the index would take three times as long
  language sql immutable parallel safe
  return case severity when 'critical' then 4 when 'high' then 3 when 'medium' then 2 when 'low' then 1 when 'info' then 0 end;

create table scan_run (
  scan_run_id bigint generated always as identity primary key,
  source_id integer not null,
  scan_uuid text,
  schedule_uuid text,
  started_at timestamptz,
  completed_at timestamptz,
  -- of the four above, which may be null
  name_hash bigint not null,
  unique (source_id, name_hash)
);
comment on table scan_run is 'one run of a scan, as the findings it made name it';

create table finding (
  asset_id bigint not null,
  first_found timestamptz,
  last_found timestamptz,
  last_fixed timestamptz,
  resurfaced_date timestamptz,
  vendor_version_at timestamptz,
  read_at timestamptz not null,
  changed_at timestamptz not null default now(),
  recorded_at timestamptz not null default now(),
  ended_at timestamptz,
  time_taken_to_fix bigint,
  row_hash bigint not null,
  output_hash bigint,
  run_id bigint not null,
  scan_run_id bigint,
  plugin_id integer not null,
  port integer not null,
  source_id integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null default '',
  state text not null check (state in ('open', 'reopened', 'fixed')),
  severity text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  default_severity text check (default_severity in ('info', 'low', 'medium', 'high', 'critical')),
  severity_modification text not null default 'none'
    check (severity_modification in ('none', 'recasted', 'accepted')),
  end_cause text check (end_cause in ('asset_gone', 'withdrawn', 'superseded', 'out_of_scope')),
  modification_reason text,
  modification_rule_id text,
  service text,
  sensor text,
  scan_target text,
  native_id text,
  primary key (asset_id, plugin_id, port, protocol, instance),
  check ((ended_at is null) = (end_cause is null))
);
comment on table finding is 'one plugin''s result on one asset at one port and protocol';
comment on column finding.severity is 'as the vendor sent it, after recast, under the tenant''s CVSS setting; never derived';
comment on column finding.time_taken_to_fix is 'seconds, as the vendor counts them';
comment on column finding.vendor_version_at is 'when the vendor indexed this version (VM: indexed); orders versions';
comment on column finding.scan_run_id is 'the latest scan that found it';
comment on column finding.ended_at is 'when it stopped counting without the source having called it fixed';

create table finding_output (
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null default '',
  output text,
  extra jsonb,
  primary key (asset_id, plugin_id, port, protocol, instance)
);
comment on table finding_output is 'the latest output, hostile text, and the wire fields without a column';
-- Outputs are a few hundred bytes of repetitive text: worth compressing long before the default 2 kB, and never worth a
-- second lookup.
alter table finding_output set (toast_tuple_target = 256);
alter table finding_output alter column output set storage main, alter column extra set storage main;

create sequence finding_event_id_seq cache 1000;

create table finding_event (
  asset_id bigint not null,
  recorded_at timestamptz not null,
  event_id bigint not null default nextval('finding_event_id_seq'),
  happened_at timestamptz,
  run_id bigint,
  plugin_id integer not null,
  port integer not null,
  source_id integer not null,
  is_reconstructed boolean not null default false,
  protocol text collate "C" not null,
  instance text collate "C" not null default '',
  kind text not null
    check (kind in ('opened', 'fixed', 'resurfaced', 'severity', 'modification', 'ended', 'returned')),
  state text not null check (state in ('open', 'reopened', 'fixed')),
  severity text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  severity_modification text not null check (severity_modification in ('none', 'recasted', 'accepted')),
  cause text not null check (cause in ('source', 'asset_gone', 'withdrawn', 'superseded', 'out_of_scope', 'person')),
  before jsonb,
  primary key (asset_id, recorded_at, event_id)
) partition by range (recorded_at);
comment on table finding_event is 'one change of one finding; a mere re-sighting is none';
comment on column finding_event.happened_at is 'the vendor''s clock; null when the source gives no date';
comment on column finding_event.recorded_at is 'our clock: when we were told';
comment on column finding_event.state is 'state, severity and modification as they are after the event';
comment on column finding_event.is_reconstructed is 'made from the dates in the row at the first sight of it, not witnessed';

create table finding_event_default partition of finding_event default;

create table asset_total (
  asset_id bigint primary key,
  source_id integer not null,
  open_info integer not null,
  open_low integer not null,
  open_medium integer not null,
  open_high integer not null,
  open_critical integer not null,
  reopened_info integer not null,
  reopened_low integer not null,
  reopened_medium integer not null,
  reopened_high integer not null,
  reopened_critical integer not null,
  fixed_info integer not null,
  fixed_low integer not null,
  fixed_medium integer not null,
  fixed_high integer not null,
  fixed_critical integer not null,
  ended integer not null
);
comment on table asset_total is 'findings of one asset by state and severity; open_* and reopened_* leave out ended ones';
