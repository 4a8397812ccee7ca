-- Views under the names and columns that dashboards and scripts of older applications expect: schema compat. To let a
-- role read them: grant usage on schema compat, and select on all tables in it; it needs no right to our own tables.
--
-- They show what the sources have now: live assets, unlicensed and untracked ones too, and their findings but for ended
-- ones. What no source gives is null, and the column's comment says so. Each view joins, so that PostgreSQL takes no
-- writes through it.

create schema compat;
comment on schema compat is 'read-only views under the names that older dashboards and scripts expect';

-- The older applications number their rows; ours have keys of several columns. Not md5: some servers forbid it. Stable
-- as convert_to is: an immutable one would not be inlined.
create function compat.row_id(key text) returns bigint
  language sql stable parallel safe
  return ('x' || left(encode(sha256(convert_to(key, 'UTF8')), 'hex'), 16))::bit(64)::bigint & 9223372036854775807;
comment on function compat.row_id is 'a number from a key: the same on every server, and positive';

-- Family A: a PostgreSQL application.

create view compat.tenable_config as
select s.source_id as id,
       s.name,
       null::text as access_key_encrypted,
       null::text as secret_key_encrypted,
       s.base_url,
       s.is_enabled and s.removed_at is null as is_active,
       r.last_sync_at,
       s.created_at,
       s.updated_at
from source s
left join (
  select source_id, max(finished_at) as last_sync_at
  from run
  where status = 'completed'
  group by source_id
) r on r.source_id = s.source_id;
comment on view compat.tenable_config is 'one source; removed ones too, for their rows are still mirrored';
comment on column compat.tenable_config.access_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_config.secret_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_config.last_sync_at is 'the end of the last run that read everything it asked for';

create view compat.tenable_sync_jobs as
select (r.run_id * 4 + k.place)::integer as id,
       r.source_id as config_id,
       k.job_type,
       case
         when s.status in ('completed', 'failed', 'cancelled') then s.status
         when s.status = 'incomplete' then 'partial'
         when s.status = 'skipped' then 'failed'
         -- not read to an end: what became of the run became of it
         when r.status in ('failed', 'cancelled') then r.status
         when s.status in ('planning', 'reading') then 'running'
         else 'pending'
       end as status,
       e.export_id as export_uuid,
       case when s.status = 'completed' then c.received end as total_records,
       c.received as processed_records,
       coalesce(s.error_message, case when r.status = 'failed' then r.error_message end) as error_message,
       s.started_at,
       coalesce(s.finished_at, case when r.status in ('failed', 'cancelled') then r.finished_at end) as completed_at,
       r.created_at
from run r
join (values ('assets', 'assets', 0), ('findings', 'vulnerabilities', 1), ('scans', 'scans', 2))
  as k (stream, job_type, place) on k.stream = any (r.streams)
left join run_stream s on s.run_id = r.run_id and s.stream = k.stream
left join lateral (
  select j.export_id
  from export_job j
  where j.run_id = r.run_id and j.stream = k.stream
  order by j.export_job_id desc
  limit 1
) e on true
cross join lateral (
  select coalesce(sum(p.received), 0)::bigint as received
  from export_job j
  join export_chunk p on p.export_job_id = j.export_job_id
  where j.run_id = r.run_id and j.stream = k.stream
) c;
comment on view compat.tenable_sync_jobs is
  'one run and one of its streams, plugins left out: no older application reads them by themselves';
comment on column compat.tenable_sync_jobs.id is 'run_id × 4, + 1 for vulnerabilities, + 2 for scans';
comment on column compat.tenable_sync_jobs.status is
  'pending, running, completed, failed; ours add cancelled, and partial: the source gave up before the end';
comment on column compat.tenable_sync_jobs.export_uuid is 'the vendor''s job; the newest when the run asked again';
comment on column compat.tenable_sync_jobs.total_records is 'null until everything is read: the source does not tell before';

create view compat.tenable_assets as
select a.asset_id as id,
       a.native_id as tenable_id,
       a.source_id as config_id,
       a.hostnames as hostname,
       a.ipv4s as ipv4,
       a.ipv6s as ipv6,
       a.fqdns as fqdn,
       a.netbios_names[1] as netbios_name,
       a.operating_systems as operating_system,
       a.system_types as system_type,
       a.has_agent,
       array_remove(array[a.agent_uuid], null) as agent_uuid,
       round(a.exposure_score)::integer as exposure_score,
       round(a.acr_score)::integer as acr_score,
       case
         when a.acr_score < 1 then 'unknown'
         when a.acr_score < 4 then 'low'
         when a.acr_score < 7 then 'medium'
         when a.acr_score < 9 then 'high'
         when a.acr_score >= 9 then 'critical'
         else 'unknown'
       end as criticality_rating,
       a.first_seen,
       a.last_seen,
       a.first_scan_at as first_scan_time,
       a.last_scan_at as last_scan_time,
       a.last_authenticated_scan_at as last_authenticated_scan_date,
       a.aws_ec2_instance_id,
       a.aws_ec2_instance_ami_id,
       a.aws_owner_id,
       a.aws_availability_zone,
       a.aws_region,
       a.aws_vpc_id,
       a.aws_subnet_id,
       a.aws_ec2_instance_type,
       a.aws_ec2_instance_state_name,
       a.aws_ec2_name,
       a.azure_vm_id,
       a.azure_resource_id,
       a.bios_uuid,
       a.network_id,
       a.network_name,
       a.mac_addresses as mac_address,
       a.tpm_ids as manufacturer_tpm_id,
       a.updated_at as last_updated_tenable,
       a.recorded_at as created_at,
       a.changed_at as updated_at
from asset a
left join source s on s.source_id = a.source_id
where a.status = 'live';
comment on view compat.tenable_assets is
  'one asset that its source has now; unlicensed and untracked ones too, which the default count leaves out';
comment on column compat.tenable_assets.tenable_id is 'the vendor''s id';
comment on column compat.tenable_assets.criticality_rating is
  'derived from the ACR: 1–3 low, 4–6 medium, 7–8 high, 9–10 critical; unknown without';
comment on column compat.tenable_assets.last_updated_tenable is 'the vendor''s updated_at';
comment on column compat.tenable_assets.created_at is 'when our row was made';
comment on column compat.tenable_assets.updated_at is 'when our row last changed';

create view compat.tenable_asset_tags as
select compat.row_id(concat_ws(chr(31), t.asset_id, t.tag_key, t.tag_value)) as id,
       t.asset_id,
       t.tag_key as key,
       t.tag_value as value,
       t.added_by,
       t.added_at,
       null::timestamptz as created_at
from asset_tag t
join asset a on a.asset_id = t.asset_id and a.status = 'live';
comment on view compat.tenable_asset_tags is 'one tag of one live asset';
comment on column compat.tenable_asset_tags.id is 'made from asset, key and value: the same whenever it is read';
comment on column compat.tenable_asset_tags.created_at is 'always null: tags are kept as the source''s latest list';

create view compat.tenable_asset_network_interfaces as
select i.asset_id * 65536 + i.interface_number as id,
       i.asset_id,
       i.name,
       i.is_virtual as virtual,
       i.ipv4s as ipv4,
       i.ipv6s as ipv6,
       i.mac_addresses as mac_address,
       null::timestamptz as created_at
from asset_interface i
join asset a on a.asset_id = i.asset_id and a.status = 'live';
comment on view compat.tenable_asset_network_interfaces is 'one network interface of one live asset';
comment on column compat.tenable_asset_network_interfaces.id is 'asset and the place in the source''s list';
comment on column compat.tenable_asset_network_interfaces.created_at is
  'always null: interfaces are kept as the source''s latest list';

create view compat.tenable_vulnerabilities as
select compat.row_id(concat_ws(chr(31), f.asset_id, f.plugin_id, f.port, f.protocol, f.instance)) as id,
       f.asset_id,
       f.source_id as config_id,
       f.plugin_id,
       p.name as plugin_name,
       p.family as plugin_family,
       (p.modified_at at time zone 'utc')::date as plugin_modification_date,
       (p.published_at at time zone 'utc')::date as plugin_publication_date,
       p.risk_factor as plugin_risk_factor,
       p.solution as plugin_solution,
       p.synopsis as plugin_synopsis,
       p.description as plugin_description,
       p.version as plugin_version,
       null::integer as scan_id,
       s.scan_uuid,
       s.schedule_uuid as scan_schedule_id,
       s.started_at as scan_started_at,
       s.completed_at as scan_completed_at,
       f.severity,
       severity_rank(f.severity)::integer as severity_id,
       severity_rank(f.default_severity)::integer as severity_default_id,
       f.severity_modification as severity_modification_type,
       f.state,
       f.first_found,
       f.last_found,
       case when p.cvss3_base_score is not null then p.cvss3_base_score else p.cvss2_base_score end as cvss_base_score,
       case when p.cvss3_base_score is not null then p.cvss3_temporal_score else p.cvss2_temporal_score end
         as cvss_temporal_score,
       null::double precision as cvss_environmental_score,
       case when p.cvss3_base_score is not null then p.cvss3_vector else p.cvss2_vector end as cvss_vector,
       p.vpr_score,
       o.output,
       f.port,
       f.protocol,
       f.vendor_version_at as indexed_at,
       f.recorded_at as created_at,
       f.changed_at as updated_at
from finding f
join asset a on a.asset_id = f.asset_id and a.status = 'live'
-- a custom plugin belongs to its source; joined by the whole key, so that a query without its columns does not read it
left join plugin p on p.plugin_id = f.plugin_id
  and p.owner_source_id = case when f.plugin_id >= 1000000 then f.source_id else 0 end
left join finding_output o on o.asset_id = f.asset_id and o.plugin_id = f.plugin_id and o.port = f.port
  and o.protocol = f.protocol and o.instance = f.instance
left join scan_run s on s.scan_run_id = f.scan_run_id
where f.ended_at is null;
comment on view compat.tenable_vulnerabilities is
  'one finding of a live asset, fixed ones too, ended ones not; look rows up by asset_id or plugin_id, which have an index';
comment on column compat.tenable_vulnerabilities.id is
  'made from asset, plugin, port, protocol and instance: the same whenever it is read; it has no index';
comment on column compat.tenable_vulnerabilities.scan_id is 'always null: findings name their scan by scan_uuid alone';
comment on column compat.tenable_vulnerabilities.severity is 'as the source sent it, after recast';
comment on column compat.tenable_vulnerabilities.severity_default_id is 'before recast';
comment on column compat.tenable_vulnerabilities.cvss_base_score is
  'of CVSS 3 where the plugin has it, else of CVSS 2; the temporal score and the vector are of the same version';
comment on column compat.tenable_vulnerabilities.cvss_environmental_score is 'always null: no source gives it';
comment on column compat.tenable_vulnerabilities.output is 'text from the scanned machine: hostile';
comment on column compat.tenable_vulnerabilities.created_at is 'when our row was made';
comment on column compat.tenable_vulnerabilities.updated_at is 'when our row last changed';

create view compat.tenable_scans as
select null::bigint as id,
       null::integer as tenable_scan_id,
       null::integer as config_id,
       null::text as scan_uuid,
       null::text as name,
       null::text as description,
       null::integer as policy_id,
       null::integer as scanner_id,
       null::text as scanner_name,
       null::integer as folder_id,
       null::text as type,
       null::text as status,
       null::timestamptz as starttime,
       null::timestamptz as endtime,
       null::text as timezone,
       null::text as text_targets,
       null::text as target_network_uuid,
       null::timestamptz as scanner_start,
       null::timestamptz as scanner_end,
       null::integer as hosts_total,
       null::integer as hosts_scanned,
       null::integer as vulnerabilities_total,
       null::timestamptz as created_at,
       null::timestamptz as updated_at
where false;
comment on view compat.tenable_scans is 'empty: this version does not read scans yet; findings carry their scan_uuid';

create view compat.assets as
select a.asset_id as tenable_asset_id,
       greatest(a.read_at, r.completed_at) as last_tenable_sync
from asset a
left join (
  select r.source_id, max(s.watermark_at) as completed_at
  from run_stream s
  join run r on r.run_id = s.run_id
  where s.stream = 'assets' and s.status = 'completed'
  group by r.source_id
) r on r.source_id = a.source_id
where a.status = 'live';
comment on view compat.assets is 'for joins: tenable_asset_id is tenable_assets.id';
comment on column compat.assets.last_tenable_sync is 'up to when its source is known to have said what the row says';

create view compat.vulnerabilities as
select compat.row_id(concat_ws(chr(31), f.asset_id, f.plugin_id, f.port, f.protocol, f.instance)) as tenable_vulnerability_id,
       f.plugin_id as tenable_plugin_id,
       greatest(f.read_at, r.completed_at) as last_tenable_sync
from finding f
join asset a on a.asset_id = f.asset_id and a.status = 'live'
left join (
  select r.source_id, max(s.watermark_at) as completed_at
  from run_stream s
  join run r on r.run_id = s.run_id
  where s.stream = 'findings' and s.status = 'completed'
  group by r.source_id
) r on r.source_id = f.source_id
where f.ended_at is null;
comment on view compat.vulnerabilities is 'for joins: tenable_vulnerability_id is tenable_vulnerabilities.id';
comment on column compat.vulnerabilities.last_tenable_sync is
  'up to when its source is known to have said what the row says';

-- Family B: an SQLite application. Its dates are text: YYYY-MM-DD for a day, ISO 8601 in UTC for an instant.
-- vulnerability_snapshots and vulnerability_daily_totals come with the daily totals that they show.

create view compat.tenable_api_config as
select s.source_id as id,
       case s.kind when 'tenable-vm' then 'tenable.io' when 'tenable-sc' then 'tenable.sc' else s.kind end as platform,
       s.base_url,
       null::text as api_key_encrypted,
       null::text as secret_key_encrypted,
       to_char(r.last_sync at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as last_sync,
       s.is_enabled and s.removed_at is null as sync_enabled,
       null::text as webhook_url,
       null::integer as rate_limit_remaining
from source s
left join (
  select source_id, max(finished_at) as last_sync
  from run
  where status = 'completed'
  group by source_id
) r on r.source_id = s.source_id
where s.kind <> 'files';
comment on view compat.tenable_api_config is 'one source that is read through an API; removed ones too';
comment on column compat.tenable_api_config.platform is 'tenable.io, tenable.sc, nessus';
comment on column compat.tenable_api_config.api_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_api_config.secret_key_encrypted is 'always null: secrets never leave';
comment on column compat.tenable_api_config.webhook_url is 'always null: a source has none';
comment on column compat.tenable_api_config.rate_limit_remaining is 'always null: the sources do not tell';

create view compat.vulnerabilities_current as
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
       case
         when p.family ilike '%cisco%' then 'CISCO'
         when p.family ilike '%palo alto%' then 'Palo Alto'
         else 'Other'
       end as vendor,
       to_char(coalesce(p.published_at, p.modified_at, p.vuln_published_at) at time zone 'utc', 'YYYY-MM-DD')
         as vulnerability_date,
       f.state,
       to_char(f.recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
       concat_ws('.', f.asset_id, f.plugin_id, f.port, f.protocol,
         case when f.instance <> ''
           then translate(encode(convert_to(f.instance, 'UTF8'), 'base64'), E'+/=\n', '-_') end) as unique_key,
       95 as confidence_score,
       1 as dedup_tier,
       concat('asset:', a.native_id, '|plugin:', f.plugin_id) as enhanced_unique_key,
       array_to_string(a.operating_systems, ', ') as operating_system,
       p.solution as solution_text,
       case f.state when 'open' then 'active' when 'fixed' then 'resolved' else f.state end as lifecycle_state,
       case when f.state = 'fixed' then to_char(f.last_fixed at time zone 'utc', 'YYYY-MM-DD') end as resolved_date,
       case when f.state = 'fixed' then 'fixed' end as resolution_reason,
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
left join scan_run s on s.scan_run_id = f.scan_run_id
left join (
  select r.source_id, max(s.watermark_at) as completed_at
  from run_stream s
  join run r on r.run_id = s.run_id
  where s.stream = 'findings' and s.status = 'completed'
  group by r.source_id
) r on r.source_id = f.source_id
where f.ended_at is null;
comment on view compat.vulnerabilities_current is
  'one finding of a live asset, at one port: not one row for each CVE, so that its rows count as findings do elsewhere';
comment on column compat.vulnerabilities_current.import_id is 'vulnerability_imports.id of the run that last changed it';
comment on column compat.vulnerabilities_current.scan_date is
  'the day up to which the source is known to say so; of a fixed one the day it was last found';
comment on column compat.vulnerabilities_current.hostname is 'the first label, lower case; an address as it is';
comment on column compat.vulnerabilities_current.cve is 'all of the plugin''s, separated by a comma and a space';
comment on column compat.vulnerabilities_current.cvss_score is 'of CVSS 3 where the plugin has it, else of CVSS 2';
comment on column compat.vulnerabilities_current.vendor_reference is 'always null: no source gives it';
comment on column compat.vulnerabilities_current.vendor is 'derived from the plugin''s family: CISCO, Palo Alto, Other';
comment on column compat.vulnerabilities_current.unique_key is 'the finding''s id in our API';
comment on column compat.vulnerabilities_current.confidence_score is 'always 95: the source names its assets itself';
comment on column compat.vulnerabilities_current.lifecycle_state is
  'active, reopened, resolved; never grace_period: nothing is closed for being absent from one reading';
comment on column compat.vulnerabilities_current.resolution_reason is 'fixed: the source said so';
comment on column compat.vulnerabilities_current.tenable_uuid is 'the vendor''s id of the finding';
comment on column compat.vulnerabilities_current.tenable_asset_id is 'the vendor''s id of the asset';
comment on column compat.vulnerabilities_current.scan_id is 'the scan''s uuid';
comment on column compat.vulnerabilities_current.tenable_tags is 'JSON: [{"key", "value"}]';

create view compat.vulnerability_imports as
select r.run_id as id,
       null::text as filename,
       to_char(r.created_at at time zone 'utc', 'YYYY-MM-DD') as import_date,
       c.received as row_count,
       'tenable' as vendor,
       c.bytes as file_size,
       (extract(epoch from r.finished_at - r.started_at) * 1000)::bigint as processing_time,
       null::text as raw_headers,
       to_char(r.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
       case r.kind when 'import' then 'csv' else 'api' end as import_type,
       r.run_id::text as api_sync_id,
       to_char(r.finished_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as sync_timestamp
from run r
cross join lateral (
  select coalesce(sum(p.received), 0)::bigint as received, coalesce(sum(p.bytes), 0)::bigint as bytes
  from export_job j
  join export_chunk p on p.export_job_id = j.export_job_id
  where j.run_id = r.run_id and j.stream = 'findings'
) c
where 'findings' = any (r.streams);
comment on view compat.vulnerability_imports is 'one run that reads findings, whatever became of it';
comment on column compat.vulnerability_imports.filename is 'always null: runs read an API';
comment on column compat.vulnerability_imports.file_size is 'bytes of findings received, uncompressed';
comment on column compat.vulnerability_imports.processing_time is 'milliseconds; null while it runs';
comment on column compat.vulnerability_imports.raw_headers is 'always null: an API has no header line';
comment on column compat.vulnerability_imports.sync_timestamp is 'the end of the run';

-- What the catalogue did not say yet of the tables themselves.
comment on table asset_tag is 'one tag of an asset, as its source last listed them';
comment on table asset_interface is 'one network interface of an asset, as its source last listed them';
comment on table asset_software is 'one program installed on an asset, by its CPE name';
comment on table finding_event_default is 'events of months without a partition of their own: none, when runs make them';
comment on table schema_migration is 'the migrations applied to this database; a program that knows fewer refuses it';
