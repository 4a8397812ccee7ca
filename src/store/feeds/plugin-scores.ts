import type { Connection } from '../database.ts'

// What the feeds make of each plugin: its best EPSS, and whether one of its CVEs is in the catalogue. Kept by whoever
// changes a plugin or a feed, so that lists need not look at CVEs.

const columns = [
  ...['epss_score', 'epss_percentile', 'epss_cve', 'epss_origin'],
  ...['is_kev', 'kev_origin', 'kev_cves', 'kev_added_on', 'kev_due_on', 'is_ransomware'],
] as const

/** What plugin_score must say of the plugins `p` under a condition. */
export const scoresOf = (condition: string) => `
select p.plugin_id, p.owner_source_id,
       coalesce(e.epss, p.epss_score) as epss_score, e.percentile as epss_percentile, e.cve as epss_cve,
       case when e.epss is not null then 'feed' when p.epss_score is not null then 'vendor' end as epss_origin,
       case when k.decides then k.listed > 0 else p.is_kev end as is_kev,
       case when k.decides then 'feed' when p.is_kev is not null then 'vendor' end as kev_origin,
       coalesce(k.cves, '{}') as kev_cves, k.added_on as kev_added_on, k.due_on as kev_due_on, k.is_ransomware
from plugin p
left join lateral (
  select s.cve, s.epss, s.percentile
  from unnest(p.cves) as c (cve)
  join score_feed s on s.kind = 'epss' and s.cve = c.cve and s.valid_to is null
  order by s.epss desc, s.percentile desc nulls last, s.cve
  limit 1
) as e on true
cross join lateral (
  -- the catalogue decides on what has a CVE; of the others it cannot say anything
  select coalesce(cardinality(p.cves), 0) > 0
           and exists (select from feed_state where kind = 'kev' and score_on is not null) as decides,
         count(*) as listed, array_agg(distinct s.cve order by s.cve) as cves, min(s.added_on) as added_on,
         min(s.due_on) as due_on, bool_or(s.is_ransomware) as is_ransomware
  from unnest(p.cves) as c (cve)
  join score_feed s on s.kind = 'kev' and s.cve = c.cve and s.valid_to is null
) as k
where ${condition}`

/** As `(a, b, …)` of an alias, to be compared. */
export const scoreRow = (alias: string) => `(${columns.map(column => `${alias}.${column}`).join(', ')})`

const stage = (condition: string) => `
create temporary table staged_score on commit drop as
select n.*
from (${scoresOf(condition)}) as n
left join plugin_score o using (plugin_id, owner_source_id)
where o.plugin_id is null or ${scoreRow('n')} is distinct from ${scoreRow('o')}`

// Somebody wants to hear of it who has open findings of the plugin. A date that was not known before has not changed.
const insertOutbox = `
insert into outbox (topic, source_id, run_id, subject)
select case when o.is_kev is not true then 'plugin.kev_listed' else 'plugin.kev_due_changed' end, f.source_id, $1::bigint,
       jsonb_build_object('plugin_id', n.plugin_id, 'cves', n.kev_cves, 'due_on', n.kev_due_on,
                          'due_on_before', o.kev_due_on, 'is_ransomware', n.is_ransomware)
from staged_score n
join plugin_score o using (plugin_id, owner_source_id)
cross join lateral (
  select distinct f.source_id
  from finding f
  where f.plugin_id = n.plugin_id and (n.owner_source_id = 0 or f.source_id = n.owner_source_id)
    and f.state <> 'fixed' and f.ended_at is null
) as f
where n.is_kev and n.kev_origin = 'feed'
  and (o.is_kev is not true or (o.kev_due_on is not null and o.kev_due_on is distinct from n.kev_due_on))
order by n.plugin_id, f.source_id`

const upsert = `
insert into plugin_score as o (plugin_id, owner_source_id, ${columns.join(', ')})
select plugin_id, owner_source_id, ${columns.join(', ')}
from staged_score
order by plugin_id, owner_source_id
on conflict (plugin_id, owner_source_id) do update
set ${columns.map(column => `${column} = excluded.${column}`).join(', ')}, changed_at = now()`

const dropStaged = 'drop table if exists staged_score'

export interface PluginKey {
  readonly plugin_id: number
  readonly owner_source_id: number
}

/** After the merge has written them. The caller holds the lock of plugins. */
export async function scorePlugins(
  connection: Connection,
  plugins: readonly PluginKey[],
  runId: number | null,
): Promise<number> {
  if (plugins.length === 0) return 0
  return write(
    connection,
    `(p.plugin_id, p.owner_source_id) in (select * from unnest($1::integer[], $2::integer[]))`,
    [plugins.map(plugin => plugin.plugin_id), plugins.map(plugin => plugin.owner_source_id)],
    runId,
  )
}

/** Up to here CVEs are looked up one by one; above, all plugins are read once. */
const lookedUpAtMost = 2_000

/** After a feed has changed what it says of some CVEs. The caller holds the lock of plugins. */
export async function scorePluginsOf(connection: Connection, cves: readonly string[]): Promise<number> {
  if (cves.length === 0) return 0
  if (cves.length <= lookedUpAtMost) return write(connection, 'p.cves && $1::text[]', [cves], null)
  const among = `
(p.plugin_id, p.owner_source_id) in (
  select q.plugin_id, q.owner_source_id
  from plugin q
  cross join lateral unnest(q.cves) as c (cve)
  join unnest($1::text[]) as w (cve) on w.cve = c.cve)`
  return write(connection, among, [cves], null)
}

/** All there are. The caller holds the lock of plugins. */
export async function scoreAllPlugins(connection: Connection): Promise<number> {
  const orphans = await connection.query(
    `delete from plugin_score s
     where not exists (select from plugin p where p.plugin_id = s.plugin_id and p.owner_source_id = s.owner_source_id)`,
  )
  return (orphans.rowCount ?? 0) + (await write(connection, 'true', [], null))
}

async function write(
  connection: Connection,
  condition: string,
  values: readonly unknown[],
  runId: number | null,
): Promise<number> {
  await connection.query(dropStaged)
  await connection.query(stage(condition), [...values])
  await connection.query(insertOutbox, [runId])
  const { rowCount } = await connection.query(upsert)
  await connection.query(dropStaged)
  return rowCount ?? 0
}

/** Plugins whose score is not what feeds and vendor say, by name. For `verify`. */
export const scoresThatDiffer = `
select concat('plugin ', coalesce(n.plugin_id, o.plugin_id))
from (${scoresOf('true')}) as n
full join plugin_score o using (plugin_id, owner_source_id)
where n.plugin_id is null or o.plugin_id is null or ${scoreRow('n')} is distinct from ${scoreRow('o')}`
