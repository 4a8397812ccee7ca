-- What was true on any day, and what we had been told by then: assets over time, and totals of every day.

-- as-of lists and changes between two dates look events up by when they happened
create index finding_event_happened_idx on finding_event (source_id, coalesce(happened_at, recorded_at));

create function asset_standing(status text, is_licensed boolean, is_tracked boolean) returns text
  language sql immutable parallel safe
  return case when status <> 'live' then 'gone'
              when is_licensed is false then 'unlicensed'
              when is_tracked is false then 'untracked'
              else 'counted' end;
comment on function asset_standing is 'what the default count makes of the findings of an asset';

create function history_day(happened_at timestamptz, recorded_at timestamptz) returns date
  language sql immutable parallel safe
  return greatest((coalesce(happened_at, recorded_at) at time zone 'utc')::date, date '2000-01-01');
comment on function history_day is 'the day in UTC that an event counts on; a date before 2000 is a mistake and counts on the first day of it';

create sequence asset_event_id_seq cache 100;

create table asset_event (
  asset_id bigint not null,
  recorded_at timestamptz not null default now(),
  event_id bigint not null default nextval('asset_event_id_seq'),
  happened_at timestamptz,
  run_id bigint,
  source_id integer not null,
  is_reconstructed boolean not null default false,
  is_licensed boolean,
  is_tracked boolean,
  kind text not null
    check (kind in ('appeared', 'status', 'licence', 'tracking', 'names', 'addresses', 'tags')),
  status text not null check (status in ('live', 'deleted', 'terminated', 'aged_out')),
  cause text not null check (cause in ('source', 'absent', 'person')),
  before jsonb,
  after jsonb,
  primary key (asset_id, recorded_at, event_id)
);
comment on table asset_event is 'one change of one asset: of its status, licence, names, addresses or tags';
comment on column asset_event.happened_at is 'the vendor''s clock; null when the source gives no date';
comment on column asset_event.recorded_at is 'our clock: when we were told';
comment on column asset_event.status is 'status, is_licensed and is_tracked as they are after the event';
comment on column asset_event.is_reconstructed is 'made from what the row said at the first sight of it, not witnessed';
comment on column asset_event.cause is 'source: it said so; absent: a complete full run did not meet the asset';
comment on column asset_event.after is 'of names, addresses and tags: what they are now, as before is what they were';
create index asset_event_happened_idx on asset_event (source_id, coalesce(happened_at, recorded_at));

-- Databases that were loaded before: what is known of their assets begins now.
insert into asset_event (asset_id, happened_at, run_id, source_id, is_reconstructed, is_licensed, is_tracked, kind, status,
                         cause, after)
select a.asset_id, coalesce(a.created_at, a.first_seen), a.run_id, a.source_id, true, a.is_licensed, a.is_tracked,
       'appeared', case when a.status in ('deleted', 'terminated') then 'live' else a.status end, 'source',
       jsonb_build_object(
         'names', jsonb_build_object('name', a.name, 'hostnames', a.hostnames, 'fqdns', a.fqdns,
                                     'netbios_names', a.netbios_names),
         'addresses', jsonb_build_object('ipv4s', a.ipv4s, 'ipv6s', a.ipv6s, 'mac_addresses', a.mac_addresses),
         'tags', coalesce((select jsonb_agg(t.tag_key || ':' || t.tag_value order by t.tag_key, t.tag_value)
                           from asset_tag t
                           where t.asset_id = a.asset_id), '[]'))
from asset a;
insert into asset_event (asset_id, happened_at, run_id, source_id, is_reconstructed, is_licensed, is_tracked, kind, status,
                         cause, before)
select a.asset_id, case a.status when 'deleted' then a.deleted_at else a.terminated_at end, a.run_id, a.source_id, true,
       a.is_licensed, a.is_tracked, 'status', a.status, 'source', '{"status": "live"}'
from asset a
where a.status in ('deleted', 'terminated');

create table daily_total (
  day date not null,
  level text not null check (level in ('source', 'estate')),
  source_id integer not null,
  dimension text not null check (dimension in ('all', 'standing')),
  value text collate "C" not null,
  severity text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  state text not null check (state in ('open', 'reopened', 'fixed')),
  findings bigint not null,
  primary key (day, level, source_id, dimension, value, severity, state)
);
comment on table daily_total is 'findings at the end of one day in UTC, by severity and state; a row that is not there is none';
comment on column daily_total.source_id is '0 at level estate';
comment on column daily_total.dimension is
  'all: whatever has not ended; standing: every finding, by what the default count makes of it';
comment on column daily_total.value is 'empty for all; standing: counted, unlicensed, untracked, gone, ended';

create table daily_span (
  source_id integer primary key,
  first_day date not null,
  last_day date not null,
  rolled_up_at timestamptz not null default now()
);
comment on table daily_span is 'the days that daily_total has of a source; before the first there was nothing';

create table daily_change (
  source_id integer not null,
  day date not null,
  standing text collate "C" not null check (standing in ('counted', 'unlicensed', 'untracked', 'gone', 'ended')),
  severity text not null check (severity in ('info', 'low', 'medium', 'high', 'critical')),
  state text not null check (state in ('open', 'reopened', 'fixed')),
  findings bigint not null
);
comment on table daily_change is
  'what parts of runs have added to and taken from the totals of a day and all after it, not yet in daily_total';
create index daily_change_source_idx on daily_change (source_id, day);
