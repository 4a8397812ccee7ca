import { openDatabase } from '../src/store/database.ts'
import { countedCompliance } from '../src/store/merge/asset-compliance.ts'
import { recountPluginTotals } from '../src/store/rollups/plugin-totals.ts'
import { dropSecondaryIndexes, ensureSecondaryIndexes } from '../src/store/secondary-indexes.ts'

// What screens show and the files of the estate have not: dates up to today, networks, systems, tags and owners that differ,
// plugins that differ, sensors, and compliance results. Set in a mirror that was loaded; hashes of rows stay, so that reading
// the same files again still changes nothing.

const statements = [
  // Findings come and go over a year and a half, more of them lately; a third of the fixes is of the last ninety days.
  `update finding f
   set first_found = d.found, last_found = now() - make_interval(hours => d.n % 300),
       last_fixed = case when f.last_fixed is not null then least(now(), d.found + make_interval(hours => 12 + d.n % 2400)) end,
       resurfaced_date = case when f.resurfaced_date is not null
                              then least(now(), d.found + make_interval(hours => 24 + d.n % 2600)) end
   from (select asset_id, plugin_id, port, protocol, instance, n,
                now() - make_interval(hours => (13000 * (n % 1000 / 1000.0) ^ 2)::integer) as found
         from (select asset_id, plugin_id, port, protocol, instance, abs(row_hash % 1000003)::integer as n from finding) as f
        ) as d
   where f.asset_id = d.asset_id and f.plugin_id = d.plugin_id and f.port = d.port and f.protocol = d.protocol
     and f.instance = d.instance`,
  `update asset
   set network_id = (asset_id % 12)::text, network_name = 'Network ' || asset_id % 12,
       operating_systems = array[(array['Linux Kernel 5.15 on Ubuntu 22.04', 'Windows Server 2022', 'Windows 11',
                                        'Red Hat Enterprise Linux 9', 'Debian 12', 'VMware ESXi 8'])[1 + asset_id % 6]],
       acr_score = 1 + asset_id % 10, exposure_score = asset_id * 7919 % 1000,
       first_seen = now() - make_interval(hours => (asset_id * 31 % 13000)::integer),
       last_seen = now() - make_interval(hours => (asset_id * 17 % 900)::integer),
       last_scan_at = case when asset_id % 10 > 0 then now() - make_interval(hours => (asset_id * 17 % 1800)::integer) end,
       last_authenticated_scan_at = case when asset_id % 3 > 0 then now() - make_interval(hours => (asset_id * 13 % 2400)::integer) end,
       is_licensed = asset_id % 50 > 0, has_agent = asset_id % 3 > 0`,
  `insert into asset_event (asset_id, run_id, source_id, is_licensed, is_tracked, kind, status, cause, before)
   select asset_id, run_id, source_id, is_licensed, is_tracked, 'licence', status, 'source', '{"is_licensed": true}'
   from asset where is_licensed is false`,
  `insert into asset_tag (asset_id, tag_key, tag_value)
   select asset_id, key, value
   from asset
   cross join lateral (values ('Site', 'site-' || asset_id % 9), ('Environment', (array['prod', 'test', 'dev'])[1 + asset_id % 3]),
                              ('Application', 'app-' || asset_id % 211)) as t (key, value)
   on conflict do nothing`,
  `insert into tag (source_id, native_id, category, value, row_hash, read_at, run_id)
   select 1, tag_key || tag_value, tag_key, tag_value, 0, now(), 1 from (select distinct tag_key, tag_value from asset_tag) as t`,
  `insert into asset_group (asset_id, owner, criticality, group_names)
   select asset_id, 'team-' || asset_id % 20, (array['low', 'medium', 'high', 'critical'])[1 + asset_id % 4],
          array['group-' || asset_id % 15, 'unit-' || asset_id % 4]
   from asset where asset_id % 7 > 0
   on conflict (asset_id) do nothing`,
  `insert into network (source_id, native_id, name, row_hash, read_at, run_id)
   select 1, n::text, 'Network ' || n, 0, now(), 1 from generate_series(0, 11) as n`,
  `insert into scanner (source_id, native_id, name, network_name, ip_addresses, row_hash, read_at, run_id)
   select 1, n::text, 'Scanner ' || n, 'Network ' || n % 12, array['10.0.' || n || '.9'], 0, now(), 1 from generate_series(0, 47) as n`,
  `insert into agent (source_id, native_id, asset_native_id, name, platform, ip_address, status, network_id, network_name,
                      groups, last_connect_at, row_hash, read_at, run_id)
   select source_id, 'agent-' || asset_id, native_id, name, 'LINUX', ipv4s[1], case when asset_id % 9 > 0 then 'on' else 'off' end,
          network_id, network_name, array['group-' || asset_id % 15], last_seen, 0, now(), 1
   from asset where has_agent`,
  `update plugin
   set vpr_score = plugin_id::bigint * 7919 % 100 / 10.0, cvss3_base_score = plugin_id::bigint * 104729 % 100 / 10.0, family = 'Family ' || plugin_id % 40,
       has_patch = plugin_id % 5 > 0`,
  `update plugin_score set is_kev = plugin_id % 97 = 0, kev_due_on = case when plugin_id % 97 = 0 then current_date - 30 + plugin_id % 60 end,
                           epss_score = plugin_id::bigint * 15485863 % 10000 / 10000.0`,
  `insert into compliance_check (source_id, audit_file, native_id, name, refs, row_hash, run_id)
   select 1, 'CIS_' || (array['Ubuntu_22.04', 'Windows_Server_2022', 'RHEL_9', 'Debian_12'])[1 + n % 4] || '_L1.audit', 'check-' || n,
          '1.' || n || ' Ensure that setting ' || n || ' is as it should be',
          array['800-53|AC-' || n % 20, 'CSF|PR.AC-' || n % 7, 'ISO-27001|A.' || n % 15], 0, 1
   from generate_series(1, 200) as n`,
  `insert into compliance_result (asset_id, check_id, first_seen, last_seen, read_at, row_hash, run_id, source_id, state,
                                  actual_value, expected_value)
   select a.asset_id, c.check_id, now() - make_interval(days => ((a.asset_id * 7 + case when c.check_id % 10 = 0 then c.check_id else 0 end) % 200)::integer),
          now() - make_interval(hours => ((a.asset_id + c.check_id) % 240)::integer), now(), 0, 1, a.source_id,
          (array['passed', 'passed', 'passed', 'failed', 'failed', 'warning', 'passed', 'passed', 'error', 'skipped'])[1 + (a.asset_id * 31 + c.check_id * 17) % 10],
          'value ' || a.asset_id % 100, 'value ' || c.check_id
   from (select * from asset order by asset_id limit 4000) as a
   join compliance_check c on c.check_id % 4 = a.asset_id % 4`,
  `insert into compliance_event (asset_id, check_id, happened_at, run_id, source_id, kind, state, before, cause)
   select asset_id, check_id, last_seen - interval '3 days', run_id, source_id, 'changed', state,
          case state when 'failed' then 'passed' else 'failed' end, 'source'
   from compliance_result where (asset_id * 3 + check_id) % 20 = 0`,
]

export async function dressEstate(connectionString: string): Promise<void> {
  const database = openDatabase(connectionString, { max: 1 })
  try {
    await dropSecondaryIndexes(database)
    for (const statement of statements) await database.query(statement)
    await database.query(
      `insert into asset_compliance (asset_id, audit_file, day, state, source_id, results) ${countedCompliance('true')}`,
    )
    await recountPluginTotals(database)
    await database.query('vacuum (full) finding')
    await ensureSecondaryIndexes(database)
  } finally {
    await database.close()
  }
}
