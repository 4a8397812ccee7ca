import type { Database } from '../database.ts'
import { countedCompliance } from '../merge/asset-compliance.ts'

/**
 * A small estate with every case that a reader may meet: two sources, assets of every status, unlicensed and untracked
 * ones, unknown dates, ties, fixed and ended findings, web-application findings, a custom plugin of two owners. For tests.
 */
export async function insertSampleEstate(database: Database): Promise<void> {
  await database.query(statements)
  await database.query(
    `insert into asset_compliance (asset_id, audit_file, day, state, source_id, results) ${countedCompliance('true')}`,
  )
}

const statements = `
insert into source (tenant_id, name, kind, base_url, settings) values
  (1, 'Cloud', 'tenable-vm', 'https://cloud.tenable.com', '{}'),
  (1, 'Lab', 'tenable-vm', 'https://lab.example.com', '{"sync_interval_hours": 24}');

insert into run (source_id, kind, trigger, streams, status, created_at, started_at, finished_at, error_code, error_message)
values
  (1, 'full', 'cli', '{plugins,assets,findings}', 'completed', '2026-11-20T06:00:00Z', '2026-11-20T06:00:01Z', '2026-11-20T06:05:00Z', null, null),
  (1, 'delta', 'schedule', '{assets,findings}', 'partial', '2026-11-20T10:00:00Z', '2026-11-20T10:00:01Z', '2026-11-20T10:01:00Z', 'export_expired', 'Export e-3 expired.'),
  (2, 'full', 'api', '{assets,findings}', 'failed', '2026-11-20T11:00:00Z', '2026-11-20T11:00:01Z', '2026-11-20T11:00:05Z', 'forbidden', 'The key may not export.');

insert into run_stream (run_id, stream, status, watermark_at, vendor_status, parts_total, started_at, finished_at, error_code, error_message)
values
  (1, 'plugins', 'completed', '2026-11-20T05:59:00Z', null, 1, '2026-11-20T06:00:01Z', '2026-11-20T06:01:00Z', null, null),
  (1, 'assets', 'completed', '2026-11-20T05:58:00Z', 'FINISHED', 2, '2026-11-20T06:00:01Z', '2026-11-20T06:02:00Z', null, null),
  (1, 'findings', 'completed', '2026-11-20T05:57:00Z', 'FINISHED', 3, '2026-11-20T06:02:00Z', '2026-11-20T06:05:00Z', null, null),
  (2, 'assets', 'completed', '2026-11-20T09:59:00Z', 'FINISHED', 1, '2026-11-20T10:00:01Z', '2026-11-20T10:00:30Z', null, null),
  (2, 'findings', 'incomplete', null, 'PROCESSING', null, '2026-11-20T10:00:30Z', '2026-11-20T10:01:00Z', 'export_expired', 'Export e-3 expired.'),
  (3, 'assets', 'failed', null, null, null, '2026-11-20T11:00:01Z', '2026-11-20T11:00:05Z', 'forbidden', 'The key may not export.');

insert into export_job (run_id, stream, export_id, asked, echoed, notes, read_at, status, reason, created_at, finished_at) values
  (1, 'assets', 'e-1', '{"chunk_size": 100}', '{"chunk_size": 100}', '{}', '2026-11-20T05:58:00Z', 'complete', null, '2026-11-20T06:00:02Z', '2026-11-20T06:02:00Z'),
  (1, 'findings', 'e-2', '{"num_assets": 50}', null, '{clamped}', '2026-11-20T05:57:00Z', 'complete', null, '2026-11-20T06:02:01Z', '2026-11-20T06:05:00Z'),
  (2, 'findings', 'e-3', '{"num_assets": 50}', null, '{}', '2026-11-20T09:59:30Z', 'expired', 'It expired.', '2026-11-20T10:00:31Z', '2026-11-20T10:01:00Z');

insert into export_chunk (export_job_id, part_id, detail, status, attempts, bytes, received, inserted, changed, unchanged, rejected, error_code, error_message, available_at, started_at, finished_at, decode_ms, stage_ms, merge_ms) values
  (1, '1', '{}', 'done', 1, 1000, 20, 20, 0, 0, 0, null, null, '2026-11-20T06:01:00Z', '2026-11-20T06:01:01Z', '2026-11-20T06:01:02Z', 1, 2, 3),
  (1, '2', '{}', 'done', 1, 1100, 20, 18, 0, 1, 1, null, null, '2026-11-20T06:01:10Z', '2026-11-20T06:01:11Z', '2026-11-20T06:01:12.5Z', 1, 2, 3),
  (2, '1', '{}', 'done', 1, 5000, 400, 400, 0, 0, 0, null, null, '2026-11-20T06:03:00Z', '2026-11-20T06:03:01Z', '2026-11-20T06:03:02Z', 1, 2, 3),
  (2, '2', '{}', 'done', 2, 5000, 400, 390, 5, 5, 0, null, null, '2026-11-20T06:03:00Z', '2026-11-20T06:03:01Z', '2026-11-20T06:03:03Z', 1, 2, 3),
  (3, '1', '{}', 'failed', 3, 0, 0, 0, 0, 0, 0, 'export_expired', 'It expired.', '2026-11-20T10:00:40Z', '2026-11-20T10:00:41Z', '2026-11-20T10:00:59Z', null, null, null);

insert into rejected_record (run_id, source_id, stream, export_id, part_id, reason, raw, recorded_at)
select 1, 1, 'assets', 'e-1', '2', 'not an object: number ' || n, n::text, '2026-11-20T06:01:12Z' from generate_series(1, 7) as n;
insert into quality_issue (run_id, source_id, stream, field, problem, record)
select 1, 1, 'findings', 'last_found', 'before first_found', 'finding ' || n from generate_series(1, 5) as n;

-- Assets 1 to 30 are of the first source, 31 to 40 of the second.
insert into asset_alias (source_id, native_id, asset_id)
select case when n <= 30 then 1 else 2 end, lower(md5('asset ' || n)::uuid::text), n from generate_series(1, 40) as n;
insert into asset_alias (source_id, native_id, asset_id) values (1, 'former-name-of-5', 5);
select setval(pg_get_serial_sequence('asset_alias', 'asset_id'), 1000);

insert into asset (asset_id, source_id, native_id, name, status, is_provisional, is_licensed, is_tracked, has_agent, types,
                   hostnames, fqdns, ipv4s, operating_systems, network_id, network_name, aws_ec2_instance_id, azure_vm_id,
                   gcp_instance_id, acr_score, exposure_score, first_seen, last_seen, run_id, changed_at, extra)
select n, case when n <= 30 then 1 else 2 end, lower(md5('asset ' || n)::uuid::text),
       case when n in (7, 8, 9) then 'twin' else 'Host-' || n || '.example.com' end,
       case n % 10 when 3 then 'deleted' when 6 then case when n < 20 then 'terminated' else 'aged_out' end else 'live' end,
       n % 13 = 0,
       case when n % 7 = 0 then false when n % 5 = 0 then null else true end,
       case when n % 11 = 0 then false when n % 4 = 0 then null else true end,
       case when n % 6 = 0 then null else n % 2 = 0 end,
       case when n % 9 = 0 then '{host,cloud}'::text[] else '{host}' end,
       array['host-' || n], array['Host-' || n || '.example.com'], array['10.0.0.' || n],
       case when n % 8 = 0 then '{}'::text[] else array[(array['Ubuntu 22.04', '100%_sure OS', 'Windows \\ Server'])[n % 3 + 1]] end,
       case when n % 3 = 0 then null else 'net-' || n % 3 end, case when n % 3 = 0 then null else 'Net ' || n % 3 end,
       case when n % 5 = 1 then 'i-' || n end, case when n % 5 = 2 then 'vm-' || n end, case when n % 10 = 8 then 'g-' || n end,
       nullif(n % 11, 0), case when n % 4 = 0 then null else n * 20 end,
       '2026-01-01T00:00:00Z'::timestamptz + make_interval(days => n % 5),
       case when n % 12 = 0 then null else '2026-11-01T00:00:00Z'::timestamptz + make_interval(hours => n / 3) end,
       1, '2026-11-20T00:00:00Z'::timestamptz + make_interval(mins => n / 4), jsonb_build_object('n', n)
from generate_series(1, 40) as n;

insert into asset_tag (asset_id, tag_key, tag_value, tag_uuid, added_at)
select n, 'Env', (array['Prod', 'Dev', 'a:b'])[n % 3 + 1], null, '2026-03-01T12:00:00.5Z'::timestamptz from generate_series(1, 40) as n where n % 4 <> 0
union all
select n, 'Owner', 'team-' || n % 2, md5('tag')::uuid::text, null::timestamptz from generate_series(1, 40) as n where n % 2 = 0;
insert into asset_interface (asset_id, interface_number, name, is_virtual, is_aliased, ipv4s, ipv6s, fqdns, mac_addresses)
values (1, 0, 'eth0', false, null, '{10.0.0.1}', '{}', '{}', '{00:00:00:00:00:01}');
insert into asset_software (asset_id, cpe) values (1, 'cpe:/a:apache:http_server:2.4'), (1, 'cpe:/o:canonical:ubuntu_linux:22.04');

insert into plugin (plugin_id, owner_source_id, name, family, type, risk_factor, synopsis, description, solution, cves,
                    cvss3_base_score, vpr_score, epss_score, is_kev, exploit_available, has_patch, published_at, modified_at,
                    source_rank, read_at, run_id, incoming_hash, changed_at)
select 10000 + n, 0, case when n = 17 then null else 'Plugin ' || n || case when n % 4 = 0 then ' 100%_sure' else '' end end,
       (array['Windows', 'Ubuntu Local Security Checks', 'General'])[n % 3 + 1], 'remote',
       (array['none', 'low', 'medium', 'high', 'critical'])[n % 5 + 1], 'Synopsis', 'Description', 'Update.',
       case when n % 4 = 1 then array['CVE-2024-' || 1000 + n, 'CVE-2023-1'] when n % 4 = 2 then '{}'::text[] end,
       case when n % 6 = 0 then null else (n % 10)::float8 end, case when n % 5 = 0 then null else ((n * 7) % 100) / 10.0 end,
       case when n % 3 = 0 then null else ((n * 13) % 100) / 100.0 end,
       case when n % 4 = 3 then null else n % 8 = 0 end, n % 3 = 0, case when n % 2 = 0 then true end,
       '2024-01-01T00:00:00Z'::timestamptz + make_interval(days => n), case when n % 7 = 0 then null else '2025-01-01T00:00:00Z'::timestamptz end,
       1, now(), 1, n, '2026-11-20T00:00:00Z'::timestamptz + make_interval(mins => n / 5)
from generate_series(1, 30) as n;
insert into plugin (plugin_id, owner_source_id, name, family, is_kev, vpr_score, source_rank, read_at, run_id, incoming_hash) values
  (1000001, 1, 'Custom of the first', 'Custom', true, 9.5, 1, now(), 1, 1),
  (1000001, 2, 'Custom of the second', 'Custom', false, 1.5, 1, now(), 1, 2);

insert into plugin_score (plugin_id, owner_source_id, epss_score, epss_origin, is_kev, kev_origin)
select plugin_id, owner_source_id, epss_score, case when epss_score is not null then 'vendor' end, is_kev,
       case when is_kev is not null then 'vendor' end
from plugin;

-- On asset a plugin k: a fixed pattern of states, severities, dates (many of them equal) and ends.
insert into finding (asset_id, plugin_id, port, source_id, protocol, instance, state, severity, default_severity,
                     severity_modification, first_found, last_found, last_fixed, resurfaced_date, read_at, row_hash, run_id,
                     native_id, service, changed_at, ended_at, end_cause, time_taken_to_fix, vendor_version_at)
select a, case when k = 21 then 1000001 else 10000 + k end, case when k % 3 = 0 then 443 else 0 end,
       case when a <= 30 then 1 else 2 end, case when k % 3 = 0 then 'tcp' else 'icmp' end,
       case when k = 20 then 'https://host/' || a || '?q=é&x=1' else '' end,
       case when (a + k) % 6 = 0 then 'fixed' when (a + k) % 6 = 1 then 'reopened' else 'open' end,
       (array['info', 'low', 'medium', 'high', 'critical'])[(a * 3 + k) % 5 + 1],
       case when k % 9 = 0 then 'high' end, case when k % 9 = 0 then 'recasted' when k % 9 = 1 then 'accepted' else 'none' end,
       case when k = 5 and a % 4 = 0 then null else '2026-05-01T00:00:00Z'::timestamptz + make_interval(days => k) end,
       case when k = 7 and a % 3 = 0 then null else '2026-11-10T00:00:00.000123Z'::timestamptz + make_interval(hours => (a + k) % 4) end,
       case when (a + k) % 6 = 0 then '2026-11-12T00:00:00Z'::timestamptz end,
       case when (a + k) % 6 = 1 then '2026-11-11T00:00:00Z'::timestamptz end,
       now(), a * 100 + k, 1, md5('finding ' || a || ' ' || k)::uuid::text, case when k % 3 = 0 then 'www' end,
       '2026-11-20T00:00:00Z'::timestamptz + make_interval(mins => (a + k) / 10),
       case when (a * k) % 17 = 3 then '2026-11-15T00:00:00Z'::timestamptz end,
       case when (a * k) % 17 = 3 then 'withdrawn' end,
       case when (a + k) % 6 = 0 then 86400 end, '2026-11-10T01:00:00Z'
from generate_series(1, 40) as a, generate_series(1, 21) as k
where (a * 7 + k * 5) % 4 <> 0;
-- An asset whose findings all ended with it.
update finding set ended_at = '2026-11-16T00:00:00Z', end_cause = 'asset_gone' where asset_id = 13;

insert into finding_output (asset_id, plugin_id, port, protocol, instance, output, extra)
select asset_id, plugin_id, port, protocol, instance, '=cmd|calc <script>' || asset_id, '{"odd": [1, null]}'
from finding where plugin_id % 2 = 0;

insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, is_reconstructed, protocol,
                           instance, kind, state, severity, severity_modification, cause, before)
select asset_id, '2026-11-20T06:03:00Z'::timestamptz, first_found, 1, plugin_id, port, source_id, true, protocol, instance, 'opened', 'open',
       severity, severity_modification, 'source', null::jsonb from finding
union all
select asset_id, '2026-11-20T06:04:00Z'::timestamptz, last_fixed, 1, plugin_id, port, source_id, false, protocol, instance, 'fixed', 'fixed',
       severity, severity_modification, 'source', '{"state": "open"}'::jsonb from finding where state = 'fixed';

insert into asset_total
select asset_id, source_id,
       ${['open', 'reopened', 'fixed']
         .flatMap(state =>
           ['info', 'low', 'medium', 'high', 'critical'].map(
             severity => `count(*) filter (where state = '${state}' and severity = '${severity}' and ended_at is null)`,
           ),
         )
         .join(', ')},
       count(*) filter (where ended_at is not null), count(*) filter (where end_cause = 'out_of_scope')
from finding
group by asset_id, source_id;

analyze;

update asset
set last_scan_at = case when asset_id % 6 <> 0 then '2026-11-19T00:00:00Z'::timestamptz - make_interval(days => asset_id::int % 50) end,
    last_authenticated_scan_at = case when asset_id % 4 = 0 then '2026-11-19T00:00:00Z'::timestamptz - make_interval(days => asset_id::int) end,
    last_scan_id = case when asset_id % 6 <> 0 then 'run-' || asset_id % 3 end;

insert into scan_folder (source_id, native_id, name, type) values (1, 10, 'Trash', 'trash'), (1, 11, 'My Scans', 'main');
insert into scan (source_id, native_id, schedule_uuid, latest_run_uuid, name, type, status, owner, folder_id, is_enabled,
                  time_zone, rrules, starts, created_at, last_run_at, row_hash, gone_at, read_at, run_id)
values
  (1, 20, 'template-1', 'run-1', 'Weekly, servers', 'remote', 'completed', 'ann@example.com', null, true, 'Etc/UTC',
   'FREQ=WEEKLY;INTERVAL=1;BYDAY=MO', '20250106T010000', '2025-01-01T00:00:00Z', '2026-11-19T00:00:00Z', 1, null, '2026-11-20T06:00:00Z', 1),
  (1, 23, 'template-2', 'run-9', '=agents 100%_sure', 'agent', 'running', 'bob@example.com', 10, true, null, null, null,
   null, '2026-11-20T00:00:00Z', 2, null, '2026-11-20T06:00:00Z', 1),
  (1, 26, null, null, 'Never ran', null, 'empty', 'ann@example.com', null, false, null, null, null, null, null, 3, null, '2026-11-20T06:00:00Z', 1),
  (2, 20, 'template-3', null, 'Gone', 'remote', 'empty', 'ann@example.com', null, true, null, null, null, null, null, 4, '2026-11-01T00:00:00Z', '2026-10-01T06:00:00Z', 1);
insert into scan_run (source_id, scan_uuid, schedule_uuid, started_at, completed_at, name_hash, scan_id, native_id, status,
                      is_archived, listed_at, details_at, details_problem, hosts, info, low, medium, high, critical, policy, scanner, targets, folder_id)
select 1, 'run-' || n, 'template-1', '2026-11-19T00:00:00Z'::timestamptz - make_interval(days => 7 * n),
       '2026-11-19T01:30:00Z'::timestamptz - make_interval(days => 7 * n), 900000 + n, 1, 100 + n, 'completed', n > 5, now(),
       case when n < 4 then now() end, case when n = 3 then 'forbidden' end,
       case when n < 3 then 12 end, case when n < 3 then 50 end, case when n < 3 then 4 end, case when n < 3 then 3 end,
       case when n < 3 then 2 end, case when n < 3 then n end, case when n < 3 then 'Basic Network Scan' end,
       case when n < 3 then 'US Cloud Scanner' end, case when n < 3 then '10.0.0.0/8' end, case when n < 3 then 11 end
from generate_series(0, 7) as n;
insert into scan_run (source_id, scan_uuid, schedule_uuid, started_at, name_hash, scan_id, native_id, status, listed_at)
values (1, 'run-9', 'template-2', '2026-11-20T00:00:00Z', 900009, 2, 109, 'running', now());

insert into compliance_check (source_id, audit_file, native_id, name, plugin_id, refs, benchmark_name, row_hash, run_id)
select 1, case when n <= 4 then 'CIS_Linux.audit' else 'CIS_Windows.audit' end, 'full-' || n, '1.' || n || ' Ensure setting ' || n,
       21157, array['800-53|AC-' || n, 'CSCv7|5.' || n % 2], 'CIS', n, 1
from generate_series(1, 6) as n;
insert into compliance_result (asset_id, check_id, first_seen, last_seen, vendor_version_at, read_at, row_hash, run_id, source_id,
                               state, vendor_state, actual_value, expected_value, ended_at, end_cause, unconfirmed_at, missed_runs, changed_at)
select a, c, '2026-10-01T00:00:00Z'::timestamptz + make_interval(days => a), '2026-11-10T00:00:00Z'::timestamptz + make_interval(hours => (a * c) % 40),
       '2026-11-11T00:00:00Z', '2026-11-20T05:58:00Z', a * 100 + c, 1, 1,
       (array['passed', 'failed', 'warning', 'passed', 'skipped', 'failed', 'error'])[(a * c) % 7 + 1], 'open', 'disabled', 'enabled',
       case when a = 2 and c = 1 then '2026-11-15T00:00:00Z'::timestamptz end, case when a = 2 and c = 1 then 'withdrawn' end,
       case when a = 4 and c = 1 then '2026-11-19T00:00:00Z'::timestamptz end, case when a = 4 and c = 1 then 1 else 0 end,
       '2026-11-20T00:00:00Z'::timestamptz
from generate_series(1, 12) as a, generate_series(1, 6) as c;
insert into compliance_event (asset_id, recorded_at, happened_at, run_id, check_id, source_id, kind, state, before, cause)
select asset_id, '2026-11-12T06:00:00Z'::timestamptz, '2026-11-12T00:00:00Z'::timestamptz, 1, check_id, 1, 'changed', 'failed', 'passed', 'source'
from compliance_result where state = 'failed' and asset_id < 4
union all
select asset_id, '2026-11-15T06:00:00Z', ended_at, 1, check_id, 1, 'ended', state, state, 'withdrawn'
from compliance_result where ended_at is not null;
`
