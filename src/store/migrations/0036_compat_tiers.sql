-- The three tiers of older dashboards, of every source: what is (vulnerabilities_current), what was on the last days of
-- which the whole is known (vulnerability_snapshots), and the totals of every day (vulnerability_daily_totals). Totals that
-- another product made stand for the days before our own first reading, and say whose they are.

create or replace view compat.vulnerabilities_current as
select compat.row_id(concat_ws(chr(31), f.asset_id, f.plugin_id, f.port, f.protocol, f.instance)) as id,
       f.run_id as import_id,
       to_char(
         case when f.state = 'fixed' then f.last_found else greatest(f.read_at, r.completed_at) end at time zone 'utc',
         'YYYY-MM-DD') as scan_date,
       case
         when a.name ~ '^\d+\.\d+\.\d+\.\d+$' then a.name
         else lower(split_part(a.name, '.', 1))
       end as hostname,
       a.ipv4s[1] as ip_address,
       array_to_string(p.cves, ', ') as cve,
       initcap(f.severity) as severity,
       p.vpr_score,
       coalesce(p.cvss3_base_score, p.cvss2_base_score) as cvss_score,
       to_char(f.first_found at time zone 'utc', 'YYYY-MM-DD') as first_seen,
       to_char(f.last_found at time zone 'utc', 'YYYY-MM-DD') as last_seen,
       f.plugin_id,
       p.name as plugin_name,
       p.description,
       p.solution,
       null::text as vendor_reference,
       coalesce(
         o.extra #>> '{hextrackr,vendor}',
         case
           when p.family ilike '%cisco%' then 'CISCO'
           when p.family ilike '%palo alto%' then 'Palo Alto'
           else 'Other'
         end) as vendor,
       to_char(coalesce(p.published_at, p.modified_at, p.vuln_published_at) at time zone 'utc', 'YYYY-MM-DD')
         as vulnerability_date,
       f.state,
       to_char(f.recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
       concat_ws('.', f.asset_id, f.plugin_id, f.port, f.protocol,
         case when f.instance <> ''
           then translate(encode(convert_to(f.instance, 'UTF8'), 'base64'), E'+/=\n', '-_') end) as unique_key,
       case when o.extra #>> '{hextrackr,confidence_score}' ~ '^\d{1,3}$'
         then (o.extra #>> '{hextrackr,confidence_score}')::integer else 95 end as confidence_score,
       case when o.extra #>> '{hextrackr,dedup_tier}' ~ '^\d$'
         then (o.extra #>> '{hextrackr,dedup_tier}')::integer else 1 end as dedup_tier,
       concat('asset:', a.native_id, '|plugin:', f.plugin_id) as enhanced_unique_key,
       array_to_string(a.operating_systems, ', ') as operating_system,
       p.solution as solution_text,
       case f.state when 'open' then 'active' when 'fixed' then 'resolved' else f.state end as lifecycle_state,
       case when f.state = 'fixed' then to_char(f.last_fixed at time zone 'utc', 'YYYY-MM-DD') end as resolved_date,
       case when f.state = 'fixed' then coalesce(o.extra #>> '{hextrackr,resolution_reason}', 'fixed') end
         as resolution_reason,
       p.has_patch as is_fix_available,
       f.native_id as tenable_uuid,
       a.native_id as tenable_asset_id,
       s.scan_uuid as scan_id,
       (select coalesce(json_agg(json_build_object('key', t.tag_key, 'value', t.tag_value)
                        order by t.tag_key collate "C", t.tag_value collate "C"), '[]')::text
        from asset_tag t
        where t.asset_id = f.asset_id) as tenable_tags
from finding f
join asset a on a.asset_id = f.asset_id and a.status = 'live'
left join plugin p on p.plugin_id = f.plugin_id
  and p.owner_source_id = case when f.plugin_id >= 1000000 then f.source_id else 0 end
left join finding_output o on o.asset_id = f.asset_id and o.plugin_id = f.plugin_id and o.port = f.port
  and o.protocol = f.protocol and o.instance = f.instance
left join scan_run s on s.scan_run_id = f.scan_run_id
left join (
  select r.source_id, max(s.watermark_at) as completed_at
  from run_stream s
  join run r on r.run_id = s.run_id
  where s.stream = 'findings' and s.status = 'completed'
  group by r.source_id
) r on r.source_id = f.source_id
where f.ended_at is null;
comment on column compat.vulnerabilities_current.vendor is
  'derived from the plugin''s family: CISCO, Palo Alto, Other; of what HexTrackr had as it says';
comment on column compat.vulnerabilities_current.confidence_score is
  '95: the source names its assets itself; of what HexTrackr had as it says';
comment on column compat.vulnerabilities_current.dedup_tier is '1; of what HexTrackr had as it says';
comment on column compat.vulnerabilities_current.resolution_reason is
  'fixed: the source said so; of what HexTrackr had as it says';

create or replace view compat.vulnerability_imports as
select r.run_id as id,
       i.file_name as filename,
       to_char(r.created_at at time zone 'utc', 'YYYY-MM-DD') as import_date,
       coalesce(i.rows_read, c.received) as row_count,
       'tenable' as vendor,
       coalesce(i.size_bytes, c.bytes) as file_size,
       (extract(epoch from r.finished_at - r.started_at) * 1000)::bigint as processing_time,
       nullif(i.facts -> 'columns', '[]')::text as raw_headers,
       to_char(r.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
       case r.kind when 'import' then 'csv' else 'api' end as import_type,
       r.run_id::text as api_sync_id,
       to_char(r.finished_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as sync_timestamp
from run r
left join file_import i on i.run_id = r.run_id
cross join lateral (
  select coalesce(sum(p.received), 0)::bigint as received, coalesce(sum(p.bytes), 0)::bigint as bytes
  from export_job j
  join export_chunk p on p.export_job_id = j.export_job_id
  where j.run_id = r.run_id and j.stream = 'findings'
) c
where 'findings' = any (r.streams);
comment on column compat.vulnerability_imports.filename is 'of a file that somebody brought; null where an API was read';
comment on column compat.vulnerability_imports.file_size is 'of the file; else bytes of findings received, uncompressed';
comment on column compat.vulnerability_imports.raw_headers is 'JSON: the columns of a file that has such; else null';

create view compat.scan_days as
select numbered.source_id, numbered.day, numbered.run_id
from (
  select source_id, day, max(run_id) as run_id, row_number() over (partition by source_id order by day desc) as place
  from (
    select r.source_id, (s.watermark_at at time zone 'utc')::date as day, r.run_id
    from run_stream s
    join run r on r.run_id = s.run_id
    left join file_import i on i.run_id = r.run_id
    where s.stream = 'findings' and s.status = 'completed' and s.watermark_at is not null
      and (r.kind in ('full', 'delta') or i.status = 'applied')
    union all
    select i.source_id, p.day, i.run_id
    from file_import_snapshot p
    join file_import i on i.import_id = p.import_id
    where i.status = 'applied'
  ) as told
  group by source_id, day
) as numbered
join source s on s.source_id = numbered.source_id
where numbered.place <= 3;
comment on view compat.scan_days is 'the last three days of each source on which it was read, or of which a file has the whole';
comment on column compat.scan_days.run_id is 'the newest run that read it; vulnerability_imports.id';

create view compat.vulnerability_snapshots as
select compat.row_id(concat_ws(chr(31), d.day, t.asset_id, t.plugin_id, t.port, t.protocol, t.instance)) as id,
       d.run_id as import_id,
       to_char(d.day, 'YYYY-MM-DD') as scan_date,
       case
         when a.name ~ '^\d+\.\d+\.\d+\.\d+$' then a.name
         else lower(split_part(a.name, '.', 1))
       end as hostname,
       a.ipv4s[1] as ip_address,
       array_to_string(p.cves, ', ') as cve,
       initcap(t.severity) as severity,
       p.vpr_score,
       coalesce(p.cvss3_base_score, p.cvss2_base_score) as cvss_score,
       to_char(f.first_found at time zone 'utc', 'YYYY-MM-DD') as first_seen,
       to_char(least((f.last_found at time zone 'utc')::date, d.day), 'YYYY-MM-DD') as last_seen,
       t.plugin_id,
       p.name as plugin_name,
       p.description,
       p.solution,
       null::text as vendor_reference,
       coalesce(
         o.extra #>> '{hextrackr,vendor}',
         case
           when p.family ilike '%cisco%' then 'CISCO'
           when p.family ilike '%palo alto%' then 'Palo Alto'
           else 'Other'
         end) as vendor,
       to_char(coalesce(p.published_at, p.modified_at, p.vuln_published_at) at time zone 'utc', 'YYYY-MM-DD')
         as vulnerability_date,
       'open'::text as state,
       to_char(r.finished_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
       concat_ws('.', t.asset_id, t.plugin_id, t.port, t.protocol,
         case when t.instance <> ''
           then translate(encode(convert_to(t.instance, 'UTF8'), 'base64'), E'+/=\n', '-_') end) as unique_key,
       case when o.extra #>> '{hextrackr,confidence_score}' ~ '^\d{1,3}$'
         then (o.extra #>> '{hextrackr,confidence_score}')::integer else 95 end as confidence_score,
       case when o.extra #>> '{hextrackr,dedup_tier}' ~ '^\d$'
         then (o.extra #>> '{hextrackr,dedup_tier}')::integer else 1 end as dedup_tier,
       concat('asset:', a.native_id, '|plugin:', t.plugin_id) as enhanced_unique_key,
       array_to_string(a.operating_systems, ', ') as operating_system,
       p.solution as solution_text
from (
  -- of all that was told of a finding, the latest telling of what had happened by the end of the day
  select d.source_id, d.day, e.asset_id, e.plugin_id, e.port, e.protocol, e.instance,
         bool_or(e.kind = 'opened') as is_there,
         (array_agg(e.state order by e.recorded_at desc, e.event_id desc)
            filter (where e.kind in ('opened', 'fixed', 'resurfaced')))[1] as state,
         (array_agg(e.severity order by e.recorded_at desc, e.event_id desc)
            filter (where e.kind in ('opened', 'severity')))[1] as severity,
         (array_agg(e.kind order by e.recorded_at desc, e.event_id desc)
            filter (where e.kind in ('ended', 'returned')))[1] as ending
  from compat.scan_days d
  join finding_event e on e.source_id = d.source_id and history_day(e.happened_at, e.recorded_at) <= d.day
  group by d.source_id, d.day, e.asset_id, e.plugin_id, e.port, e.protocol, e.instance
) t
join (
  select distinct on (d.source_id, d.day, e.asset_id) d.source_id, d.day, e.asset_id, e.status
  from compat.scan_days d
  join asset_event e on e.source_id = d.source_id
    and (e.kind = 'appeared' or history_day(e.happened_at, e.recorded_at) <= d.day)
  where e.kind in ('appeared', 'status', 'licence', 'tracking')
  order by d.source_id, d.day, e.asset_id, e.recorded_at desc, e.event_id desc
) g on g.source_id = t.source_id and g.day = t.day and g.asset_id = t.asset_id and g.status = 'live'
join compat.scan_days d on d.source_id = t.source_id and d.day = t.day
join asset a on a.asset_id = t.asset_id
left join finding f on f.asset_id = t.asset_id and f.plugin_id = t.plugin_id and f.port = t.port
  and f.protocol = t.protocol and f.instance = t.instance
left join plugin p on p.plugin_id = t.plugin_id
  and p.owner_source_id = case when t.plugin_id >= 1000000 then t.source_id else 0 end
left join finding_output o on o.asset_id = t.asset_id and o.plugin_id = t.plugin_id and o.port = t.port
  and o.protocol = t.protocol and o.instance = t.instance
left join run r on r.run_id = d.run_id
where t.is_there and t.state <> 'fixed' and t.ending is distinct from 'ended';
comment on view compat.vulnerability_snapshots is
  'one finding that was open at the end of a day in UTC, for each of the days of compat.scan_days; look rows up by asset or plugin in vulnerabilities_current instead, this view is folded from history whenever it is read';
comment on column compat.vulnerability_snapshots.id is 'made from the day and the finding: the same whenever it is read';
comment on column compat.vulnerability_snapshots.import_id is 'vulnerability_imports.id of the run that read the source on that day';
comment on column compat.vulnerability_snapshots.scan_date is 'the day, in UTC';
comment on column compat.vulnerability_snapshots.severity is 'as it was at the end of that day, after recast';
comment on column compat.vulnerability_snapshots.vpr_score is 'of today, like all that is said of the plugin and the asset';
comment on column compat.vulnerability_snapshots.last_seen is 'no later than the day';
comment on column compat.vulnerability_snapshots.vendor_reference is 'always null: no source gives it';
comment on column compat.vulnerability_snapshots.state is 'always open, as older programs expect: a snapshot has nothing else';

create view compat.vulnerability_daily_totals_by_source as
with first_read as (
  select r.source_id, min((t.watermark_at at time zone 'utc')::date) as day
  from run_stream t
  join run r on r.run_id = t.run_id
  left join file_import i on i.run_id = r.run_id
  where t.stream = 'findings' and t.status = 'completed'
    and (r.kind in ('full', 'delta') or i.status = 'applied' and i.format like 'hextrackr:%')
  group by r.source_id
), own_day as (
  select s.source_id, g as day, g = s.last_day as is_newest,
         g >= coalesce(((select max(a.horizon_at) from archive_file a where a.status = 'archived' and a.class in ('finding_event', 'asset_event')) at time zone 'utc')::date, g) as is_told
  from daily_span s
  left join first_read f on f.source_id = s.source_id
  cross join lateral (
    select exists (select from file_import_total t
                   join file_import i on i.import_id = t.import_id
                   where i.source_id = s.source_id and i.status = 'applied' and t.vendor = '') as has_imported) h
  cross join lateral generate_series(
    (case when h.has_imported then greatest(s.first_day, f.day) else s.first_day end)::timestamp,
    s.last_day::timestamp, interval '1 day') as at (g_at)
  cross join lateral (select g_at::date as g) as day
), counted as (
  select t.source_id, t.day,
         coalesce(sum(t.findings) filter (where t.severity = 'critical'), 0)::bigint as critical_count,
         coalesce(sum(t.findings) filter (where t.severity = 'high'), 0)::bigint as high_count,
         coalesce(sum(t.findings) filter (where t.severity = 'medium'), 0)::bigint as medium_count,
         coalesce(sum(t.findings) filter (where t.severity = 'low'), 0)::bigint as low_count,
         sum(t.findings)::bigint as total_vulnerabilities
  from daily_total t
  where t.level = 'source' and t.dimension = 'standing' and t.value in ('counted', 'unlicensed', 'untracked')
    and t.state <> 'fixed'
  group by t.source_id, t.day
)
select d.source_id,
       s.name as source,
       to_char(d.day, 'YYYY-MM-DD') as scan_date,
       coalesce(c.critical_count, 0)::bigint as critical_count,
       v.critical_total_vpr,
       coalesce(c.high_count, 0)::bigint as high_count,
       v.high_total_vpr,
       coalesce(c.medium_count, 0)::bigint as medium_count,
       v.medium_total_vpr,
       coalesce(c.low_count, 0)::bigint as low_count,
       v.low_total_vpr,
       coalesce(c.total_vulnerabilities, 0)::bigint as total_vulnerabilities,
       v.total_vpr,
       case when d.is_told then
         (select count(distinct (e.asset_id, e.plugin_id, e.port, e.protocol, e.instance))
          from finding_event e
          where e.source_id = d.source_id and e.kind = 'fixed'
            and coalesce(e.happened_at, e.recorded_at) >= d.day::timestamp at time zone 'utc'
            and coalesce(e.happened_at, e.recorded_at) < (d.day + 1)::timestamp at time zone 'utc') end as resolved_count,
       case when d.is_told then
         (select count(distinct (e.asset_id, e.plugin_id, e.port, e.protocol, e.instance))
          from finding_event e
          where e.source_id = d.source_id and e.kind = 'resurfaced'
            and coalesce(e.happened_at, e.recorded_at) >= d.day::timestamp at time zone 'utc'
            and coalesce(e.happened_at, e.recorded_at) < (d.day + 1)::timestamp at time zone 'utc') end as reopened_count,
       'tenfold'::text as origin
from own_day d
join source s on s.source_id = d.source_id
left join counted c on c.source_id = d.source_id and c.day = d.day
left join lateral (
  select sum(p.vpr_score) filter (where f.severity = 'critical') as critical_total_vpr,
         sum(p.vpr_score) filter (where f.severity = 'high') as high_total_vpr,
         sum(p.vpr_score) filter (where f.severity = 'medium') as medium_total_vpr,
         sum(p.vpr_score) filter (where f.severity = 'low') as low_total_vpr,
         sum(p.vpr_score) as total_vpr
  from finding f
  join asset a on a.asset_id = f.asset_id and a.status = 'live'
  join plugin p on p.plugin_id = f.plugin_id
    and p.owner_source_id = case when f.plugin_id >= 1000000 then f.source_id else 0 end
  where d.is_newest and f.state <> 'fixed' and f.ended_at is null and f.source_id = d.source_id
) v on true
union all
select i.source_id,
       s.name,
       to_char(t.day, 'YYYY-MM-DD'),
       t.critical_count,
       t.critical_total_vpr,
       t.high_count,
       t.high_total_vpr,
       t.medium_count,
       t.medium_total_vpr,
       t.low_count,
       t.low_total_vpr,
       t.total_vulnerabilities,
       t.total_vpr,
       t.resolved_count,
       t.reopened_count,
       'hextrackr'
from file_import_total t
join file_import i on i.import_id = t.import_id
join source s on s.source_id = i.source_id
left join first_read f on f.source_id = i.source_id
where i.status = 'applied' and t.vendor = '' and (f.day is null or t.day < f.day)
  and not exists (select from file_import_total n
                  join file_import k on k.import_id = n.import_id
                  where k.source_id = i.source_id and k.status = 'applied' and n.day = t.day and n.vendor = t.vendor
                    and n.import_id > t.import_id);
comment on view compat.vulnerability_daily_totals_by_source is
  'open findings of live assets at the end of one day, of one source; before its first reading, where HexTrackr''s totals were imported, those alone';
comment on column compat.vulnerability_daily_totals_by_source.scan_date is 'the day, in UTC';
comment on column compat.vulnerability_daily_totals_by_source.critical_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.high_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.medium_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.low_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.total_vulnerabilities is 'those of severity info too';
comment on column compat.vulnerability_daily_totals_by_source.total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals_by_source.resolved_count is
  'fixed on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals_by_source.reopened_count is
  'resurfaced on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals_by_source.origin is 'tenfold: ours; hextrackr: as HexTrackr made them, by its own rules';

create view compat.vulnerability_daily_totals as
with first_read as (
  select min((t.watermark_at at time zone 'utc')::date) as day
  from run_stream t
  join run r on r.run_id = t.run_id
  left join file_import i on i.run_id = r.run_id
  where t.stream = 'findings' and t.status = 'completed'
    and (r.kind in ('full', 'delta') or i.status = 'applied' and i.format like 'hextrackr:%')
), own_day as (
  select g as day, g = n.last_day as is_newest,
         g >= coalesce(((select max(a.horizon_at) from archive_file a where a.status = 'archived' and a.class in ('finding_event', 'asset_event')) at time zone 'utc')::date, g) as is_told
  from (select min(first_day) as first_day, max(last_day) as last_day,
               exists (select from file_import_total t
                       join file_import i on i.import_id = t.import_id
                       where i.status = 'applied' and t.vendor = '') as has_imported
        from daily_span) n
  cross join first_read f
  cross join lateral generate_series(
    (case when n.has_imported then greatest(n.first_day, f.day) else n.first_day end)::timestamp,
    n.last_day::timestamp, interval '1 day') as at (g_at)
  cross join lateral (select g_at::date as g) as day
), counted as (
  select t.day,
         coalesce(sum(t.findings) filter (where t.severity = 'critical'), 0)::bigint as critical_count,
         coalesce(sum(t.findings) filter (where t.severity = 'high'), 0)::bigint as high_count,
         coalesce(sum(t.findings) filter (where t.severity = 'medium'), 0)::bigint as medium_count,
         coalesce(sum(t.findings) filter (where t.severity = 'low'), 0)::bigint as low_count,
         sum(t.findings)::bigint as total_vulnerabilities
  from daily_total t
  where t.level = 'source' and t.dimension = 'standing' and t.value in ('counted', 'unlicensed', 'untracked')
    and t.state <> 'fixed'
  group by t.day
)
select to_char(d.day, 'YYYY-MM-DD') as scan_date,
       coalesce(c.critical_count, 0)::bigint as critical_count,
       v.critical_total_vpr,
       coalesce(c.high_count, 0)::bigint as high_count,
       v.high_total_vpr,
       coalesce(c.medium_count, 0)::bigint as medium_count,
       v.medium_total_vpr,
       coalesce(c.low_count, 0)::bigint as low_count,
       v.low_total_vpr,
       coalesce(c.total_vulnerabilities, 0)::bigint as total_vulnerabilities,
       v.total_vpr,
       case when d.is_told then
         (select count(distinct (e.asset_id, e.plugin_id, e.port, e.protocol, e.instance))
          from source s
          join finding_event e on e.source_id = s.source_id
          where e.kind = 'fixed'
            and coalesce(e.happened_at, e.recorded_at) >= d.day::timestamp at time zone 'utc'
            and coalesce(e.happened_at, e.recorded_at) < (d.day + 1)::timestamp at time zone 'utc') end as resolved_count,
       case when d.is_told then
         (select count(distinct (e.asset_id, e.plugin_id, e.port, e.protocol, e.instance))
          from source s
          join finding_event e on e.source_id = s.source_id
          where e.kind = 'resurfaced'
            and coalesce(e.happened_at, e.recorded_at) >= d.day::timestamp at time zone 'utc'
            and coalesce(e.happened_at, e.recorded_at) < (d.day + 1)::timestamp at time zone 'utc') end as reopened_count,
       'tenfold'::text as origin
from own_day d
left join counted c on c.day = d.day
left join lateral (
  select sum(p.vpr_score) filter (where f.severity = 'critical') as critical_total_vpr,
         sum(p.vpr_score) filter (where f.severity = 'high') as high_total_vpr,
         sum(p.vpr_score) filter (where f.severity = 'medium') as medium_total_vpr,
         sum(p.vpr_score) filter (where f.severity = 'low') as low_total_vpr,
         sum(p.vpr_score) as total_vpr
  from finding f
  join asset a on a.asset_id = f.asset_id and a.status = 'live'
  join plugin p on p.plugin_id = f.plugin_id
    and p.owner_source_id = case when f.plugin_id >= 1000000 then f.source_id else 0 end
  where d.is_newest and f.state <> 'fixed' and f.ended_at is null
) v on true
union all
select to_char(t.day, 'YYYY-MM-DD'),
       sum(t.critical_count)::bigint as critical_count,
       sum(t.critical_total_vpr) as critical_total_vpr,
       sum(t.high_count)::bigint as high_count,
       sum(t.high_total_vpr) as high_total_vpr,
       sum(t.medium_count)::bigint as medium_count,
       sum(t.medium_total_vpr) as medium_total_vpr,
       sum(t.low_count)::bigint as low_count,
       sum(t.low_total_vpr) as low_total_vpr,
       sum(t.total_vulnerabilities)::bigint as total_vulnerabilities,
       sum(t.total_vpr) as total_vpr,
       sum(t.resolved_count)::bigint as resolved_count,
       sum(t.reopened_count)::bigint as reopened_count,
       'hextrackr'
from file_import_total t
join file_import i on i.import_id = t.import_id
cross join first_read f
where i.status = 'applied' and t.vendor = '' and (f.day is null or t.day < f.day)
  and not exists (select from file_import_total n
                  join file_import k on k.import_id = n.import_id
                  where k.source_id = i.source_id and k.status = 'applied' and n.day = t.day and n.vendor = t.vendor
                    and n.import_id > t.import_id)
group by t.day;
comment on view compat.vulnerability_daily_totals is
  'open findings of live assets at the end of one day, of all sources; before our first reading, where HexTrackr''s totals were imported, those alone';
comment on column compat.vulnerability_daily_totals.scan_date is 'the day, in UTC';
comment on column compat.vulnerability_daily_totals.critical_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.high_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.medium_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.low_total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.total_vulnerabilities is 'those of severity info too';
comment on column compat.vulnerability_daily_totals.total_vpr is
  'of today''s findings by today''s scores, on the newest day alone: no source tells what scores were; null on earlier days';
comment on column compat.vulnerability_daily_totals.resolved_count is
  'fixed on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals.reopened_count is
  'resurfaced on that day; null where history is in the archive';
comment on column compat.vulnerability_daily_totals.origin is 'tenfold: ours; hextrackr: as HexTrackr made them, by its own rules';

create view compat.vendor_daily_totals as
select to_char(t.day, 'YYYY-MM-DD') as scan_date,
       t.vendor,
       t.critical_count,
       t.critical_total_vpr,
       t.high_count,
       t.high_total_vpr,
       t.medium_count,
       t.medium_total_vpr,
       t.low_count,
       t.low_total_vpr,
       t.total_vulnerabilities,
       t.total_vpr,
       i.source_id,
       'hextrackr'::text as origin
from file_import_total t
join file_import i on i.import_id = t.import_id
where i.status = 'applied' and t.vendor <> ''
  and not exists (select from file_import_total n
                  join file_import k on k.import_id = n.import_id
                  where k.source_id = i.source_id and k.status = 'applied' and n.day = t.day and n.vendor = t.vendor
                    and n.import_id > t.import_id);
comment on view compat.vendor_daily_totals is
  'totals of a day by vendor as HexTrackr made them; ours are not kept by vendor, count vulnerabilities_current instead';
comment on column compat.vendor_daily_totals.vendor is 'by HexTrackr''s rules: CISCO, Palo Alto, Other';
comment on column compat.vendor_daily_totals.origin is 'hextrackr: by its own rules';
