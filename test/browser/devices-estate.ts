import type { Database } from '../../src/store/database.ts'
import { correlateAll } from '../../src/store/identity/correlate.ts'
import { recountAssets } from '../../src/store/merge/totals.ts'
import { rebuildDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import { hostile } from './estate.ts'

/**
 * A second source that knows some machines of the estate: assets 1 to 4 for certain, one of them with another agent; 5 and
 * 6 by their name alone. Of what both report one finding is fixed for the second.
 */
export async function addSecondSource(database: Database): Promise<void> {
  await database.query(
    `
insert into source (tenant_id, name, kind, base_url, credentials, credentials_key_id, fingerprint)
select tenant_id, 'Data centre', 'tenable-sc', 'https://sc.example.com', '\\x00', 'none', 'f-2' from source where name = 'Head office';
insert into run (source_id, kind, trigger, streams, status, created_at, started_at, finished_at)
select source_id, 'full', 'schedule', array['assets', 'findings'], 'completed', now() - interval '9 min', now() - interval '9 min',
       now() - interval '5 min'
from source where name = 'Data centre';
insert into run_stream (run_id, stream, status, watermark_at, started_at, finished_at)
select r.run_id, s, 'completed', now() - interval '9 min', r.started_at, r.finished_at
from run r join source using (source_id), unnest(r.streams) as s where name = 'Data centre';
update asset set mac_addresses = array['00:50:56:9a:00:0' || asset_id], agent_uuid = lower(md5('agent ' || asset_id)) where asset_id <= 4;
insert into asset (asset_id, source_id, native_id, name, status, is_tracked, types, fqdns, hostnames, ipv4s, mac_addresses, agent_uuid,
                   operating_systems, first_seen, last_seen, created_at, updated_at, read_at, run_id)
select 100 + a.asset_id, s.source_id, 'repositoryID=1|ip=' || a.asset_id, case when a.asset_id = 6 then $1 else 'dc-' || a.asset_id end,
       'live', true, a.types, a.fqdns, '{}', case when a.asset_id <= 4 then a.ipv4s else '{}' end, a.mac_addresses,
       case a.asset_id when 3 then lower(md5('another agent')) when 4 then a.agent_uuid end,
       case when a.asset_id <= 4 then a.operating_systems else '{}' end, a.first_seen, a.last_seen, a.created_at, a.updated_at,
       now(), a.run_id
from asset a, source s
where a.asset_id <= 6 and s.name = 'Data centre'`.replaceAll('$1', `'${hostile.host.replaceAll("'", "''")}'`),
  )
  await database.query(`
insert into finding (asset_id, source_id, plugin_id, port, protocol, state, severity, default_severity, severity_modification,
                     first_found, last_found, last_fixed, native_id, read_at, row_hash, run_id)
select 100 + f.asset_id, a.source_id, f.plugin_id, f.port, f.protocol, case when f.asset_id = 4 and f.port = 1 then 'fixed' else 'open' end,
       f.severity, f.default_severity, f.severity_modification, f.first_found, f.last_found,
       case when f.asset_id = 4 and f.port = 1 then f.last_found end, 'dc-' || f.native_id, f.read_at, f.row_hash, f.run_id
from finding f join asset a on a.asset_id = 100 + f.asset_id
where f.asset_id <= 4`)
  await database.transaction(async connection => {
    const { rows } = await connection.query<{ source_id: number }>(
      "select source_id from source where name = 'Data centre'",
    )
    await recountAssets(connection, rows[0]!.source_id, [101, 102, 103, 104])
  })
  await addHistory(database)
}

/** Events of what is there, so that its days can be counted. */
async function addHistory(database: Database): Promise<void> {
  await database.query(`
insert into asset_event (asset_id, happened_at, source_id, kind, status, is_licensed, is_tracked, cause, after)
select asset_id, created_at, source_id, 'appeared', status, is_licensed, is_tracked, 'source', '{}'
from asset a
where not exists (select from asset_event e where e.asset_id = a.asset_id);
update finding_event e set state = f.state
from finding f
where f.asset_id = e.asset_id and f.plugin_id = e.plugin_id and f.port = e.port and f.protocol = e.protocol and e.kind = 'opened';
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance, kind, state,
                           severity, severity_modification, cause)
select asset_id, now() - interval '2 min', first_found, run_id, plugin_id, port, source_id, protocol, instance, 'opened', state, severity,
       severity_modification, 'source'
from finding f
where not exists (select from finding_event e
                  where e.asset_id = f.asset_id and e.plugin_id = f.plugin_id and e.port = f.port and e.kind = 'opened');
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance, kind, state,
                           severity, severity_modification, cause)
select asset_id, now() - interval '1 min', ended_at, run_id, plugin_id, port, source_id, protocol, instance, 'ended', state, severity,
       severity_modification, end_cause
from finding f
where ended_at is not null
  and not exists (select from finding_event e
                  where e.asset_id = f.asset_id and e.plugin_id = f.plugin_id and e.port = f.port and e.kind = 'ended');
insert into export_job (run_id, stream, export_id, asked, echoed, read_at, status)
select run_id, 'findings', 'of-second', '{}', '{}', now(), 'complete' from run order by run_id desc limit 1`)
  await rebuildDailyTotals(database)
  await correlateAll(database)
}
