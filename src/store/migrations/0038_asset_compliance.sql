-- Compliance results counted beside each asset: statistics of audits read every result and every change of one.

create table asset_compliance (
  asset_id bigint not null,
  audit_file text collate "C" not null,
  day date not null,
  state text not null check (state in ('passed', 'failed', 'warning', 'skipped', 'error', 'unknown')),
  source_id integer not null,
  results integer not null,
  primary key (asset_id, audit_file, day, state)
);
comment on table asset_compliance is
  'what a day added to and took from the results of one asset under one audit file with an outcome; up to a day they add up to what was, in all to what is';
comment on column asset_compliance.day is 'in UTC, of the first sighting of a result, of its changes and of its end';

insert into asset_compliance (asset_id, audit_file, day, state, source_id, results)
with event as (
  select asset_id, check_id, event_id, kind, state, before, (coalesce(happened_at, recorded_at) at time zone 'utc')::date as day
  from compliance_event
), first as (
  select distinct on (asset_id, check_id) asset_id, check_id, before from event order by asset_id, check_id, event_id
), step as (
  select r.asset_id, r.check_id, (coalesce(r.first_seen, r.recorded_at) at time zone 'utc')::date as day,
         coalesce(f.before, r.state) as state, 1 as results
  from compliance_result r
  left join first f using (asset_id, check_id)
  union all
  select asset_id, check_id, day, before, -1 from event where kind <> 'returned' and before is not null
  union all
  select asset_id, check_id, day, state, 1 from event where kind <> 'ended'
)
select s.asset_id, c.audit_file, s.day, s.state, a.source_id, sum(s.results)
from step s
join compliance_check c using (check_id)
join asset a using (asset_id)
group by s.asset_id, c.audit_file, s.day, s.state, a.source_id
having sum(s.results) <> 0;
