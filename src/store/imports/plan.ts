import type { Connection } from '../database.ts'
import type { ImportNumbers, ImportRow, ImportScope } from './imports.ts'

// What would an import do to each finding? Asked for the preview, and again under the lock when it is applied.

/**
 * Which machine of the source each of the file's is: by its strongest name first. A weaker name leads to a machine only
 * when that one has no other name of the strength of ours: two uuids are two machines, whatever else they share. One that
 * has nothing but a name is as good as new: an import that was cut off has left it.
 */
const resolveHosts = `
update file_import_host h
set known_as = coalesce(m.known_as, h.native_id), known_asset = m.asset_id
from file_import_host o
left join lateral (
  select a.native_id as known_as, a.asset_id
  from unnest(array[o.native_id] || o.aliases) with ordinality as n (name, place)
  join asset_alias l on l.source_id = $2 and l.native_id = n.name
  join asset a on a.asset_id = l.asset_id
    and not (a.is_provisional and not exists (select from finding f where f.asset_id = a.asset_id))
  where n.place = 1
     or not exists (select from asset_alias k
                    where k.source_id = $2 and k.asset_id = a.asset_id
                      and split_part(k.native_id, ':', 1) = split_part(o.native_id, ':', 1))
  order by n.place
  limit 1
) m on true
where h.import_id = $1 and o.import_id = $1 and h.native_id = o.native_id`

/** A machine that is new under two names in one file is one. */
const joinNewHosts = `
update file_import_host h
set known_as = o.native_id
from file_import_host o
where h.import_id = $1 and o.import_id = $1 and h.known_asset is null and o.known_asset is null
  and o.native_id <> h.native_id and h.native_id = any(o.aliases)
  and split_part(h.native_id, ':', 1) <> split_part(o.native_id, ':', 1)
  and not exists (select from file_import_host p
                  where p.import_id = $1 and p.native_id <> o.native_id and h.native_id = any(p.aliases))`

const clearPlan = 'delete from file_import_plan where import_id = $1'

/**
 * One row for each finding that the file names, with the facts it has afterwards. What the file does not say stays as it
 * is; without a state a finding is open, and one that was fixed is found again.
 */
const planRows = `
insert into file_import_plan (import_id, step, action, row_number, row_count, known_as, known_asset, plugin_id, port,
                              protocol, instance, facts, before)
with grouped as (
  select h.known_as, h.known_asset, r.plugin_id, r.port, r.protocol, r.instance,
         min(r.row_number) as first_row, count(*) as row_count, count(distinct r.output) as outputs,
         min(r.first_found) as first_found,
         (array_agg(r.ctid order by r.version_at desc nulls last, severity_rank(r.severity) desc, r.row_number))[1] as best
  from file_import_row r
  join file_import_host h using (import_id, native_id)
  where r.import_id = $1
  group by h.known_as, h.known_asset, r.plugin_id, r.port, r.protocol, r.instance
),
told as (
  select g.known_as, g.known_asset, g.plugin_id, g.port, g.protocol, g.instance, g.first_row, g.row_count,
         b.severity, b.version_at, b.scan_uuid, b.scan_schedule_uuid, b.scan_started_at, b.scan_completed_at,
         b.state as told_state,
         coalesce(b.version_at, $2::timestamptz) as at,
         case when b.state is not null then b.state
              when f.asset_id is null then 'open'
              when f.state = 'fixed' then 'reopened'
              else f.state end as state,
         coalesce(b.default_severity, f.default_severity) as default_severity,
         coalesce(b.severity_modification, f.severity_modification, 'none') as severity_modification,
         coalesce(b.modification_reason, f.modification_reason) as modification_reason,
         least(g.first_found, f.first_found,
               case when g.first_found is null then coalesce(b.last_found, $2::timestamptz) end) as first_found,
         coalesce(b.last_found, case when b.state is distinct from 'fixed' then $2::timestamptz end, f.last_found)
           as last_found,
         coalesce(b.last_fixed, f.last_fixed,
                  case when b.state = 'fixed' then coalesce(b.version_at, $2::timestamptz) end) as last_fixed,
         coalesce(b.resurfaced_date,
                  case when b.state is null and f.state = 'fixed' then coalesce(b.last_found, $2::timestamptz) end,
                  f.resurfaced_date) as resurfaced_date,
         coalesce(b.service, f.service) as service, coalesce(b.sensor, f.sensor) as sensor,
         coalesce(b.scan_target, f.scan_target) as scan_target, coalesce(b.finding_native_id, f.native_id) as native_id,
         case when g.outputs > 1
              then (select string_agg(d.output, E'\\n\\n' order by d.first_row)
                    from (select x.output, min(x.row_number) as first_row
                          from file_import_row x
                          join file_import_host y using (import_id, native_id)
                          where x.import_id = $1 and y.known_as = g.known_as and x.plugin_id = g.plugin_id
                            and x.port = g.port and x.protocol = g.protocol and x.instance = g.instance
                            and x.output is not null
                          group by x.output) d)
              else coalesce(b.output, o.output) end as output,
         coalesce(b.extra, o.extra) as extra,
         f, o.output as old_output, o.extra as old_extra
  from grouped g
  join file_import_row b on b.ctid = g.best and b.import_id = $1
  left join finding f on f.asset_id = g.known_asset and f.plugin_id = g.plugin_id and f.port = g.port
    and f.protocol = g.protocol and f.instance = g.instance
  left join finding_output o on o.asset_id = g.known_asset and o.plugin_id = g.plugin_id and o.port = g.port
    and o.protocol = g.protocol and o.instance = g.instance
)
select $1, row_number() over (order by first_row, known_as, plugin_id, port, protocol, instance),
       case
         when (f).asset_id is null then case when state = 'fixed' then 'add_fixed' else 'open' end
         when (f).ended_at > $2 or at < (f).vendor_version_at then 'older'
         when (at = (f).vendor_version_at or (f).vendor_version_at is null) and (f).read_at > $2 then 'older'
         when (f).ended_at is not null then 'return'
         when state = 'fixed' and (f).state <> 'fixed' then 'close'
         when state <> 'fixed' and (f).state = 'fixed' or state = 'reopened' and (f).state = 'open' then 'reopen'
         when severity <> (f).severity or severity_modification <> (f).severity_modification then 'change'
         when (state, default_severity, modification_reason, first_found, last_found, last_fixed, resurfaced_date, at,
               service, sensor, scan_target, native_id, output, extra)
              is distinct from
              ((f).state, (f).default_severity, (f).modification_reason, (f).first_found, (f).last_found, (f).last_fixed,
               (f).resurfaced_date, (f).vendor_version_at, (f).service, (f).sensor, (f).scan_target, (f).native_id,
               old_output, old_extra) then 'update'
         else 'same'
       end,
       first_row, row_count, known_as, known_asset, plugin_id, port, protocol, instance,
       jsonb_build_object(
         'state', state, 'severity', severity, 'default_severity', default_severity,
         'severity_modification', severity_modification, 'modification_reason', modification_reason,
         'first_found', first_found, 'last_found', last_found, 'last_fixed', last_fixed,
         'resurfaced_date', resurfaced_date, 'version_at', at, 'service', service, 'sensor', sensor,
         'scan_target', scan_target, 'native_id', native_id, 'output', output, 'extra', extra,
         'scan_uuid', scan_uuid, 'scan_schedule_uuid', scan_schedule_uuid, 'scan_started_at', scan_started_at,
         'scan_completed_at', scan_completed_at),
       case when (f).asset_id is not null then
         jsonb_build_object('finding', to_jsonb(f), 'output', old_output, 'extra', old_extra) end
from told`

/**
 * What the file should have and has not: open findings of the machines it covers, of the severities it covers. Those of
 * machines that an estate has not at all end with their machine.
 */
const planAbsent = `
insert into file_import_plan (import_id, step, action, known_as, known_asset, plugin_id, port, protocol, instance, facts, before)
select $1, (select coalesce(max(step), 0) from file_import_plan where import_id = $1)
           + row_number() over (order by f.asset_id, f.plugin_id, f.port, f.protocol, f.instance),
       case when c.is_named then 'absent' else 'gone' end, a.native_id, f.asset_id, f.plugin_id, f.port, f.protocol,
       f.instance,
       case when c.is_named
            then jsonb_build_object('state', 'fixed', 'severity', f.severity, 'last_fixed', $3::timestamptz)
            else jsonb_build_object('state', f.state, 'severity', f.severity, 'ended_at', $3::timestamptz) end,
       jsonb_build_object('finding', to_jsonb(f))
from asset a
join finding f using (asset_id)
cross join lateral (
  select exists (select from file_import_host h where h.import_id = $1 and h.known_asset = a.asset_id)
         or $4 = 'hosts' as is_named) c
where a.source_id = $2 and f.state <> 'fixed' and f.ended_at is null
  and f.severity = any($5::text[])
  and coalesce(f.vendor_version_at, f.read_at) < $3::timestamptz
  and ($4 = 'estate'
       or exists (select from file_import_host h where h.import_id = $1 and h.known_asset = a.asset_id)
       or lower(a.native_id) = any($6::text[])
       or array[lower(a.name)] || a.ipv4s || a.ipv6s && $6::text[]
       or exists (select from unnest(a.fqdns || a.hostnames || a.netbios_names) as n (name) where lower(n.name) = any($6::text[])))
  and not exists (select from file_import_plan p
                  where p.import_id = $1 and p.known_asset = f.asset_id and p.plugin_id = f.plugin_id and p.port = f.port
                    and p.protocol = f.protocol and p.instance = f.instance)`

const countPlan = `
select jsonb_build_object(
  'rejected', (select count(*) from file_import_rejected where import_id = $1),
  'hosts', (select count(distinct known_as) from file_import_host where import_id = $1),
  'new_hosts', (select count(distinct known_as) from file_import_host where import_id = $1 and known_asset is null),
  'gone_hosts', (select count(*) from asset a
                 where a.source_id = $2 and a.status = 'live' and $3
                   and coalesce(a.vendor_version_at, a.read_at) < $4::timestamptz
                   and not exists (select from file_import_host h where h.import_id = $1 and h.known_asset = a.asset_id)),
  'plugins', (select count(*) from file_import_plugin where import_id = $1),
  'compliance', (select count(*) from file_import_compliance where import_id = $1),
  ${['open', 'add_fixed', 'return', 'reopen', 'close', 'change', 'update', 'same', 'older', 'absent', 'gone']
    .map(action => `'${action}', count(*) filter (where action = '${action}')`)
    .join(', ')}) as numbers
from file_import_plan
where import_id = $1`

const allSeverities = ['info', 'low', 'medium', 'high', 'critical']

/** Why an import closes nothing although its scope says that it might; null when nothing stands in its way. */
export function whyNothingCloses(item: ImportRow, rejected: number): string | null {
  if (item.scope.covers === 'nothing') return null
  const { incomplete } = item.facts
  if (typeof incomplete === 'string') return incomplete
  if (rejected === 0) return null
  return `${rejected} rows could not be read; one of them may be what seems to be missing.`
}

/** Works out anew what the import would do, and writes it down. */
export async function planImport(connection: Connection, item: ImportRow): Promise<ImportNumbers> {
  const { import_id: importId, source_id: sourceId, observed_at: observedAt } = item
  await connection.query(resolveHosts, [importId, sourceId])
  await connection.query(joinNewHosts, [importId])
  await connection.query(clearPlan, [importId])
  await connection.query('analyze file_import_row, file_import_host')
  await connection.query(planRows, [importId, observedAt])
  const { rows } = await connection.query<{ rejected: number }>(
    'select count(*) as rejected from file_import_rejected where import_id = $1',
    [importId],
  )
  const closes = item.scope.covers !== 'nothing' && whyNothingCloses(item, rows[0]?.rejected ?? 0) === null
  if (closes) await connection.query(planAbsent, [importId, sourceId, observedAt, ...scopeValues(item.scope)])
  const isWhole = closes && item.scope.covers === 'estate'
  const counted = await connection.query<{ numbers: ImportNumbers }>(countPlan, [
    importId,
    sourceId,
    isWhole,
    observedAt,
  ])
  const numbers = counted.rows[0]!.numbers
  // Once it is applied that row is written last: heartbeats would wait for it all the time that the import takes.
  if (item.numbers === null || !sameNumbers(numbers, item.numbers)) {
    await connection.query('update file_import set numbers = $2 where import_id = $1', [
      importId,
      JSON.stringify(numbers),
    ])
  }
  return numbers
}

function scopeValues(scope: ImportScope): [string, readonly string[], readonly string[]] {
  const severities = scope.severities?.length ? scope.severities : allSeverities
  return [scope.covers, severities, (scope.hosts ?? []).map(host => host.trim().toLowerCase())]
}

/** Whether two previews say the same. */
export function sameNumbers(a: ImportNumbers, b: ImportNumbers): boolean {
  return (Object.keys(a) as (keyof ImportNumbers)[]).every(key => a[key] === b[key])
}
