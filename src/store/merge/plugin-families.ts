import type { PluginFamily } from '../../domain/directory.ts'
import { firstCustomPluginId } from '../../domain/plugin.ts'
import type { Database } from '../database.ts'
import { locks } from '../locks.ts'
import type { PartContext } from './context.ts'

/*
 * A plugin whose newest description was made by a finding has its family from there. The catalogue never says it: those
 * take it from the list of the family.
 */
const outdated = `
from plugin p
where p.plugin_id = any($1::integer[])
  and p.owner_source_id = case when p.plugin_id >= ${firstCustomPluginId} then $2::integer else 0 end
  and (p.family is null or p.source_rank = $3::integer)
  and (p.family, p.family_id) is distinct from ($4::text, $5::integer)`

const insertChanges = `
insert into plugin_change (plugin_id, owner_source_id, run_id, changed)
select p.plugin_id, p.owner_source_id, $6::bigint, jsonb_build_object('family', p.family, 'family_id', p.family_id)
${outdated} and p.family <> $4::text
on conflict (plugin_id, owner_source_id, run_id) do update
set changed = excluded.changed || plugin_change.changed`

const updatePlugins = `
update plugin u
set family = $4::text, family_id = $5::integer, changed_at = now()
from (select p.plugin_id, p.owner_source_id ${outdated}) as o
where u.plugin_id = o.plugin_id and u.owner_source_id = o.owner_source_id`

const upsertFamily = `
insert into plugin_family as f (source_id, family_id, name, plugin_count, missing_count, is_settled, read_at, run_id)
select $2::integer, $3::integer, $4::text, $5::integer, missing, missing = 0, $6::timestamptz, $7::bigint
from (select count(*)::integer as missing
      from unnest($1::integer[]) as i (plugin_id)
      where not exists (
        select from plugin p
        where p.plugin_id = i.plugin_id
          and p.owner_source_id = case when p.plugin_id >= ${firstCustomPluginId} then $2::integer else 0 end)) as m
on conflict (source_id, family_id) do update
set name = excluded.name, plugin_count = excluded.plugin_count, missing_count = excluded.missing_count,
    is_settled = excluded.is_settled or excluded.missing_count = f.missing_count,
    read_at = excluded.read_at, run_id = excluded.run_id
where f.run_id <= excluded.run_id`

/** Gives the plugins of a family its name, in a transaction of its own as plugins have theirs. */
export async function mergePluginFamily(database: Database, context: PartContext, family: PluginFamily): Promise<void> {
  const { sourceId, sourceRank, runId, readAt } = context
  const values = [family.pluginIds, sourceId, sourceRank, family.name, family.familyId]
  await database.transaction(async connection => {
    await connection.query('select pg_advisory_xact_lock($1)', [locks.plugins])
    await connection.query(insertChanges, [...values, runId])
    await connection.query(updatePlugins, values)
    await connection.query(upsertFamily, [
      ...[family.pluginIds, sourceId, family.familyId, family.name, family.pluginCount],
      ...[readAt, runId],
    ])
  })
}
