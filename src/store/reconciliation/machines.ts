import type { Connection } from '../database.ts'

// Which records of the two sources are one machine, in tables of this transaction. $1 is the source of files, $2 the other.

const assets = `
create temporary table compared_asset on commit drop as
select a.asset_id, a.source_id = $1 as is_files, coalesce(m.device_id, -a.asset_id) as machine_id,
       m.device_id is not null as has_device
from asset a
left join device_asset m using (asset_id)
where a.source_id in ($1, $2)`

/**
 * Files name the vendor's uuid. That is surer than whatever correlation makes of names, and joins what it leaves out; only
 * a person's word that they are two stands over it.
 */
const sameUuid = `
from asset_alias n
join compared_asset f on f.asset_id = n.asset_id and f.is_files
join asset_alias o on o.source_id = $2 and o.native_id = substr(n.native_id, 6)
join compared_asset p on p.asset_id = o.asset_id and not p.is_files
where n.source_id = $1 and n.native_id like 'uuid:%'
  and not exists (select from device_decision d
                  where d.undone_at is null and not d.is_same
                    and d.asset_a = least(f.asset_id, p.asset_id) and d.asset_b = greatest(f.asset_id, p.asset_id))`

const followFiles = `
update compared_asset c
set machine_id = s.machine_id
from (select p.asset_id, min(f.machine_id) as machine_id ${sameUuid} and not p.has_device group by p.asset_id) s
where c.asset_id = s.asset_id`

const followApi = `
update compared_asset c
set machine_id = s.machine_id
from (select f.asset_id, min(p.machine_id) as machine_id ${sameUuid} and p.has_device
      group by f.asset_id) s
where c.asset_id = s.asset_id`

const machines = `
create temporary table compared_machine on commit drop as
select c.machine_id,
       (array_agg(c.asset_id order by a.status = 'live' desc, a.last_seen desc nulls last, c.asset_id)
          filter (where c.is_files))[1] as files_asset_id,
       (array_agg(c.asset_id order by a.status = 'live' desc, a.last_seen desc nulls last, c.asset_id)
          filter (where not c.is_files))[1] as api_asset_id,
       null::timestamptz as files_at, null::bigint as candidate_id, null::text[] as shared
from compared_asset c
join asset a using (asset_id)
group by c.machine_id`

const fileMoments = `
update compared_machine m
set files_at = s.at
from (
  select c.machine_id, max(i.observed_at) as at
  from file_import i
  join file_import_host h using (import_id)
  join asset_alias l on l.source_id = $1 and l.native_id = h.known_as
  join compared_asset c on c.asset_id = l.asset_id
  where i.source_id = $1 and i.status = 'applied'
  group by c.machine_id
) s
where m.machine_id = s.machine_id`

/** By which a machine may be named, in a row that could not be read or in a record that was not held to be it. */
const names = `
create temporary table compared_name on commit drop as
select c.asset_id, c.machine_id, c.is_files, n.value, n.is_address
from compared_asset c
join asset a using (asset_id)
cross join lateral (
  select lower(address) as value, true as is_address from unnest(a.ipv4s || a.ipv6s) as i (address)
  union
  select value, false
  from (
    select lower(name) as name from unnest(a.name || a.fqdns || a.hostnames || a.netbios_names) as t (name)
    union
    select lower(case when a.native_id ~ '^(uuid|fqdn|netbios|ip):' then split_part(a.native_id, ':', 2) else a.native_id end)
  ) as t
  cross join lateral unnest(array[t.name, regexp_replace(t.name, '^.*\\\\', ''),
                                  case when t.name ~ '[a-z]' then split_part(t.name, '.', 1) end]) as v (value)
  where value <> '' and inet_or_null(t.name) is null
) as n
where length(n.value) > 2`

/** Values that so many records have name no machine. */
const commonFrom = 20

const candidates = `
with lonely as (
  select machine_id from compared_machine where files_asset_id is null or api_asset_id is null
),
common as (
  select value from compared_name group by value having count(distinct asset_id) > ${commonFrom}
),
shared as (
  select u.machine_id, o.machine_id as other_id, o.asset_id, bool_or(not u.is_address) as has_name,
         array_agg(distinct u.value order by u.value) as shared
  from lonely
  join compared_name u using (machine_id)
  join compared_name o on o.value = u.value and o.is_files <> u.is_files
  where u.value not in (select value from common)
  group by u.machine_id, o.machine_id, o.asset_id
),
best as (
  select distinct on (s.machine_id) s.machine_id, s.asset_id, s.shared
  from shared s
  join asset a using (asset_id)
  left join lonely l on l.machine_id = s.other_id
  -- an address of a machine that has its own partner is one that was given to another
  where s.has_name or l.machine_id is not null
  order by s.machine_id, s.has_name desc, a.status = 'live' desc, l.machine_id is null, cardinality(s.shared) desc, s.asset_id
)
update compared_machine m
set candidate_id = b.asset_id, shared = b.shared[1:5]
from best b
where m.machine_id = b.machine_id`

/** Of either side the newest; and none that a whole reading has come after. */
const rejectedAtMost = 5_000
const rejectedDays = 30

const rejected = `
create temporary table compared_rejected on commit drop as
select r.rejected_id, r.is_files, t.token
from (
  select distinct on (s.source_id, r.rejected_id) r.rejected_id, s.source_id = $1 as is_files, r.raw
  from (values ($1::integer), ($2::integer)) as s (source_id)
  cross join lateral (
    select r.rejected_id, r.raw
    from rejected_record r
    join run u using (run_id)
    left join file_import i on i.run_id = u.run_id
    where r.source_id = s.source_id and r.stream = 'findings'
      and case when s.source_id = $1
               then i.status = 'applied' and i.observed_at > $3::timestamptz - interval '${rejectedDays} days'
               else r.run_id >= coalesce((select max(f.run_id) from run f
                                          where f.source_id = $2 and f.kind = 'full' and f.status = 'completed'), 0) end
    order by r.rejected_id desc
    limit ${rejectedAtMost}
  ) as r
) as r
cross join lateral (
  select distinct lower(token) as token
  from regexp_split_to_table(left(r.raw, 20000), '[^A-Za-z0-9._:\\\\-]+') as t (token)
  where token <> ''
) as t`

/** Rows that could not be read, by the machine and every number that they name: one of those is the plugin. */
const rejectedOfMachines = `
create temporary table compared_unread on commit drop as
select distinct n.machine_id, p.token::integer as plugin_id, p.is_files, p.rejected_id
from compared_rejected p
join compared_rejected o using (rejected_id)
join compared_name n on n.value = o.token
where p.token ~ '^[1-9][0-9]{0,8}$'`

export interface ComparedSources {
  readonly filesSourceId: number
  readonly apiSourceId: number
  readonly filesAt: string
}

/** Makes compared_asset, compared_machine and compared_unread. */
export async function compareMachines(
  connection: Connection,
  { filesSourceId, apiSourceId, filesAt }: ComparedSources,
): Promise<void> {
  const both = [filesSourceId, apiSourceId]
  await connection.query(assets, both)
  await connection.query('create index on compared_asset (asset_id)')
  await connection.query('analyze compared_asset')
  await connection.query(followFiles, both)
  await connection.query(followApi, both)
  await connection.query(machines)
  await connection.query('create index on compared_machine (machine_id)')
  await connection.query(fileMoments, [filesSourceId])
  await connection.query(names)
  await connection.query('create index on compared_name (value)')
  await connection.query('analyze compared_machine, compared_name')
  await connection.query(candidates)
  await connection.query(rejected, [...both, filesAt])
  await connection.query(rejectedOfMachines)
  await connection.query('create index on compared_unread (machine_id, plugin_id)')
  await connection.query('create index on compared_rejected (rejected_id, token)')
  await connection.query('analyze compared_machine, compared_unread, compared_rejected')
}
