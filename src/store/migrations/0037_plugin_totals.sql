-- How many findings of the default count each plugin has: folding every finding for one page of plugins took seconds.

create table plugin_total (
  plugin_id integer not null,
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
  assets integer not null,
  primary key (plugin_id, source_id)
);
comment on table plugin_total is
  'findings of one plugin in one source by state and severity, on assets of the default count; ended ones are left out';
comment on column plugin_total.assets is 'with at least one that is open or reopened';

create table plugin_total_change (
  plugin_id integer not null,
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
  assets integer not null
);
comment on table plugin_total_change is 'what parts of runs have added to and taken from plugin_total, not yet in it';
create index plugin_total_change_source_idx on plugin_total_change (source_id);

create table plugin_total_span (
  source_id integer primary key,
  counted_at timestamptz not null default now()
);
comment on table plugin_total_span is 'sources whose plugin_total is kept; that of the others is made when a run of theirs closes';

insert into plugin_total
select plugin_id, source_id,
       coalesce(sum(cell.findings) filter (where state = 'open' and severity = 'info'), 0),
       coalesce(sum(cell.findings) filter (where state = 'open' and severity = 'low'), 0),
       coalesce(sum(cell.findings) filter (where state = 'open' and severity = 'medium'), 0),
       coalesce(sum(cell.findings) filter (where state = 'open' and severity = 'high'), 0),
       coalesce(sum(cell.findings) filter (where state = 'open' and severity = 'critical'), 0),
       coalesce(sum(cell.findings) filter (where state = 'reopened' and severity = 'info'), 0),
       coalesce(sum(cell.findings) filter (where state = 'reopened' and severity = 'low'), 0),
       coalesce(sum(cell.findings) filter (where state = 'reopened' and severity = 'medium'), 0),
       coalesce(sum(cell.findings) filter (where state = 'reopened' and severity = 'high'), 0),
       coalesce(sum(cell.findings) filter (where state = 'reopened' and severity = 'critical'), 0),
       coalesce(sum(cell.findings) filter (where state = 'fixed' and severity = 'info'), 0),
       coalesce(sum(cell.findings) filter (where state = 'fixed' and severity = 'low'), 0),
       coalesce(sum(cell.findings) filter (where state = 'fixed' and severity = 'medium'), 0),
       coalesce(sum(cell.findings) filter (where state = 'fixed' and severity = 'high'), 0),
       coalesce(sum(cell.findings) filter (where state = 'fixed' and severity = 'critical'), 0),
       coalesce(max(met.assets), 0)
from (
  select f.plugin_id, f.source_id, f.state, f.severity, count(*) as findings
  from finding f
  join asset a on a.asset_id = f.asset_id
  where f.ended_at is null and a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false
  group by f.plugin_id, f.source_id, f.state, f.severity
) as cell
left join (
  select plugin_id, source_id, count(*) as assets
  from (select distinct f.plugin_id, f.source_id, f.asset_id
        from finding f
        join asset a on a.asset_id = f.asset_id
        where f.ended_at is null and f.state <> 'fixed'
          and a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false) as pair
  group by plugin_id, source_id
) as met using (plugin_id, source_id)
group by plugin_id, source_id;
insert into plugin_total_span (source_id)
select d.source_id from daily_span d;

-- the oldest and the latest open finding of a plugin
create index finding_plugin_first_idx on finding (plugin_id, first_found) where state <> 'fixed' and ended_at is null;
create index finding_plugin_last_idx on finding (plugin_id, last_found) where state <> 'fixed' and ended_at is null;
-- what falls due in a period: severity after severity, since when it is open
create index finding_since_idx on finding (severity_rank(severity), coalesce(resurfaced_date, first_found), asset_id)
  where state <> 'fixed' and ended_at is null;
