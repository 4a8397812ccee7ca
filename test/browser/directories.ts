import type { Database } from '../../src/store/database.ts'
import { countedCompliance } from '../../src/store/merge/asset-compliance.ts'
import { hostile } from './estate.ts'

// Scans, compliance results, networks, sensors and tags over the assets of the estate, in plain SQL.

/** 14 scans, one no longer listed; the first with 30 runs of every kind. */
export async function addScans(database: Database): Promise<void> {
  await database.query(
    `
insert into scan_folder (source_id, native_id, name, type) select source_id, 1, 'My Scans', 'main' from source;
insert into scan (source_id, native_id, schedule_uuid, latest_run_uuid, name, type, status, owner, folder_id, is_enabled, time_zone,
                  rrules, starts, created_at, last_run_at, row_hash, gone_at, read_at, run_id)
select s.source_id, 100 + n, 'template-' || n, 'run-' || n || '-0',
       case n when 2 then '${hostile.plugin.replaceAll("'", "''")}' else 'Scan ' || lpad(n::text, 2, '0') end,
       case when n % 3 = 0 then 'agent' else 'remote' end, case n when 3 then 'running' when 4 then 'empty' else 'completed' end,
       case when n % 2 = 0 then 'ann@example.com' else 'bob@example.com' end, 1, n <> 5, 'Etc/UTC',
       case when n % 4 <> 0 then 'FREQ=WEEKLY;INTERVAL=1;BYDAY=MO' end, '20250106T010000', now() - interval '400 days',
       case when n <> 4 then now() - make_interval(days => n) end, n,
       case when n = 14 then now() - interval '3 days' end, now(), 1
from generate_series(1, 14) as n, source s;
insert into scan_run (source_id, scan_uuid, schedule_uuid, started_at, completed_at, name_hash, scan_id, native_id, status, is_archived,
                      listed_at, details_at, details_problem, hosts, info, low, medium, high, critical, policy, scanner, targets, folder_id)
select c.source_id, 'run-' || c.native_id - 100 || '-' || k, c.schedule_uuid, c.last_run_at - make_interval(days => 7 * k),
       c.last_run_at - make_interval(days => 7 * k) + interval '95 minutes', c.native_id * 1000 + k, c.scan_id, c.native_id * 100 + k,
       case when k = 7 then 'canceled' else 'completed' end, k > 20, now(),
       case when k <> 5 and k < 20 then now() end, case when k = 6 then 'forbidden' end,
       case when k not in (5, 6) and k < 20 then 40 + k end, case when k not in (5, 6) and k < 20 then 300 end,
       case when k not in (5, 6) and k < 20 then 20 end, case when k not in (5, 6) and k < 20 then 12 end,
       case when k not in (5, 6) and k < 20 then 5 + k end, case when k not in (5, 6) and k < 20 then k end,
       'Basic Network Scan', 'US Cloud Scanner', '10.0.0.0/24, 192.0.2.0/28', 1
from scan c, generate_series(0, 29) as k
where c.last_run_at is not null and (c.native_id = 101 or k < 3);
update asset
set last_scan_id = case when asset_id % 5 <> 0 then 'run-1-' || asset_id % 4 end,
    last_scan_at = case when asset_id % 5 <> 0 then now() - make_interval(days => asset_id::integer) end,
    last_authenticated_scan_at = case when asset_id % 3 = 0 then now() - make_interval(days => asset_id::integer * 2) end;
insert into asset_group (asset_id, owner, group_names)
select asset_id, case when asset_id % 2 = 0 then 'Ann' else 'Bob' end, '{}' from asset where asset_id % 7 <> 0`,
  )
}

/** 12 checks in two audit files on the first 40 assets; some changed outcome, one ended. */
export async function addCompliance(database: Database): Promise<void> {
  await database.query(
    `
insert into compliance_check (source_id, audit_file, native_id, name, plugin_id, refs, benchmark_name, benchmark_version, info, solution,
                              see_also, row_hash, run_id)
select source_id, case when n <= 7 then 'CIS_Debian_Linux_12_v1.1.0_L1.audit' else 'CIS_Windows_Server_2022.audit' end, 'full-' || n,
       case n when 3 then '${hostile.plugin.replaceAll("'", "''")}' else '1.' || n || ' Ensure setting ' || n || ' is configured' end,
       21157, array['800-53|AC-' || n, 'CSCv7|5.' || n % 2], 'CIS Debian', '1.1.0', 'Why it matters.' || chr(10) || 'In two lines.',
       'Set it.', 'https://example.com/benchmark ${hostile.reference}', n, 1
from generate_series(1, 12) as n, source;
insert into compliance_result (asset_id, check_id, first_seen, last_seen, vendor_version_at, read_at, row_hash, run_id, source_id, state,
                               vendor_state, actual_value, expected_value, ended_at, end_cause)
select a.asset_id, c.check_id, now() - interval '60 days', now() - make_interval(hours => (a.asset_id % 30)::integer), now(), now(),
       a.asset_id * 100 + c.check_id, 1, a.source_id,
       (array['passed', 'failed', 'warning', 'passed', 'skipped', 'failed', 'error', 'passed'])[(a.asset_id * c.check_id) % 8 + 1], 'open',
       'PermitRootLogin yes', 'PermitRootLogin no', case when a.asset_id = 2 and c.check_id = 1 then now() - interval '5 days' end,
       case when a.asset_id = 2 and c.check_id = 1 then 'withdrawn' end
from asset a, compliance_check c
where a.asset_id <= 40;
insert into compliance_event (asset_id, recorded_at, happened_at, run_id, check_id, source_id, kind, state, before, cause)
select asset_id, now() - interval '19 days', now() - interval '20 days', 1, check_id, source_id, 'changed', 'failed', 'passed', 'source'
from compliance_result
where state = 'failed' and asset_id % 5 <> 0
union all
select asset_id, now() - interval '5 days', now() - interval '5 days', 1, check_id, source_id, 'ended', state, state, 'withdrawn'
from compliance_result where ended_at is not null`,
  )
  await database.query(
    `insert into asset_compliance (asset_id, audit_file, day, state, source_id, results) ${countedCompliance('true')}`,
  )
}

/** Three networks, one without anything in it; scanners, agents and tags. */
export async function addNetworks(database: Database): Promise<void> {
  await database.query(
    `
insert into network (source_id, native_id, name, description, is_default, assets_ttl_days, scanner_count, row_hash, read_at, run_id)
select source_id, 'net-' || n, (array['Default', '${hostile.plugin.replaceAll("'", "''")}', 'Empty'])[n], 'Network ' || n, n = 1, 90, 2,
       n, now(), 1
from generate_series(1, 3) as n, source;
update asset
set network_id = case when asset_id % 6 = 0 then null when asset_id % 2 = 0 then 'net-2' else 'net-1' end,
    network_name = case when asset_id % 6 = 0 then null when asset_id % 2 = 0 then 'n/a' else 'Default' end,
    ipv4s = array['10.0.' || asset_id % 4 || '.' || asset_id] || case when asset_id % 9 = 1 then array['192.0.2.' || asset_id] else '{}' end,
    ipv6s = case when asset_id % 5 = 1 then array['2001:db8::' || asset_id] else '{}' end;
insert into asset_interface (asset_id, interface_number, name, ipv4s, ipv6s, fqdns, mac_addresses)
select asset_id, k, 'eth' || k, ipv4s, '{}', '{}', '{}' from asset, generate_series(0, 1) as k where asset_id in (1, 3);
insert into scanner (source_id, native_id, uuid, name, type, status, is_linked, network_name, ip_addresses, platform, engine_version,
                     plugin_set, last_connect_at, row_hash, read_at, run_id)
select source_id, 's' || n, 'scanner-' || n, case n when 1 then '${hostile.host.replaceAll("'", "''")}' else 'Scanner ' || n end, 'managed',
       case when n % 3 = 0 then 'off' else 'on' end, true, 'Default', array['10.0.1.25' || n], 'LINUX', '10.8.' || n, '202611280000',
       now() - make_interval(hours => n), n, now(), 1
from generate_series(1, 4) as n, source;
insert into agent (source_id, native_id, uuid, asset_native_id, name, platform, ip_address, status, health, groups, network_id, network_name,
                   core_version, plugin_set, linked_at, last_connect_at, row_hash, read_at, run_id)
select a.source_id, 'a' || a.asset_id, 'agent-' || a.asset_id, a.native_id, 'agent-' || lpad(a.asset_id::text, 3, '0'), 'LINUX', a.ipv4s[1],
       case when a.asset_id % 7 = 0 then 'off' else 'on' end, 'HEALTHY', array['All agents'], a.network_id, a.network_name, '10.7.2',
       '202611280000', now() - interval '90 days', now() - make_interval(hours => a.asset_id::integer), a.asset_id, now(), 1
from asset a
where a.has_agent and a.status = 'live';
insert into tag_category (source_id, native_id, name, description, row_hash, read_at, run_id)
select source_id, 'c-1', 'Env', 'Where it runs', 1, now(), 1 from source;
insert into tag (source_id, native_id, category_id, category, value, type, description, created_at, row_hash, read_at, run_id)
select source_id, 't-' || n, 'c-1', 'Env', (array['Prod', 'Nowhere'])[n], (array['static', 'dynamic'])[n], 'A tag', now() - interval '200 days',
       n, now(), 1
from generate_series(1, 2) as n, source`,
  )
}
