import type { Connection } from '../database.ts'
import { listed, standingKinds } from './daily-steps.ts'
import { isFresh, versions } from './fresh-events.ts'
import { pluginCells, pluginTotalColumns } from './plugin-totals.ts'

// The last event of a finding says its state, its severity and whether it has ended, and that of an asset whether its
// findings count: with the events of this transaction what they are, without them what they were.

const key = 'asset_id, plugin_id, port, protocol, instance'

/*
 * Findings that something happened to, those of assets that something happened to, and whatever else the same plugin has
 * on those assets: an asset counts once for a plugin.
 */
const touched = `
select ${key}
from finding
join (select distinct e.asset_id, e.plugin_id
      from finding_event e
      where e.asset_id = any($2::bigint[]) and ${isFresh('e')}) as pair using (asset_id, plugin_id)
union
select ${key}
from finding
where asset_id in (select e.asset_id from asset_event e
                   where e.asset_id = any($2::bigint[]) and ${isFresh('e')} and e.kind in (${listed(standingKinds)}))`

const noteChanges = `
insert into plugin_total_change (plugin_id, source_id, ${pluginTotalColumns.join(', ')})
with touched as materialized (${touched}), finding_told as (
  select distinct on (v.sign, ${key}) v.sign, ${key}, e.kind, e.state, e.severity
  from touched
  join finding_event e using (${key})
  join ${versions} on v.sign = 1 or not ${isFresh('e')}
  where e.asset_id = any($2::bigint[])
  order by v.sign, ${key}, e.recorded_at desc, e.event_id desc
), asset_told as (
  select distinct on (v.sign, e.asset_id) v.sign, e.asset_id, asset_standing(e.status, e.is_licensed, e.is_tracked) as standing
  from asset_event e
  join ${versions} on v.sign = 1 or not ${isFresh('e')}
  where e.asset_id = any($2::bigint[]) and e.kind in (${listed(standingKinds)})
  order by v.sign, e.asset_id, e.recorded_at desc, e.event_id desc
), per_asset as (
  select sign, plugin_id, asset_id, bool_or(state <> 'fixed') as is_open,
         ${pluginCells.map(({ state, severity, column }) => `count(*) filter (where state = '${state}' and severity = '${severity}') as ${column}`).join(',\n         ')}
  from finding_told
  join asset_told using (sign, asset_id)
  where kind <> 'ended' and standing = 'counted'
  group by sign, plugin_id, asset_id
), change as (
  select plugin_id, ${pluginCells.map(({ column }) => `sum(sign * ${column}) as ${column}`).join(', ')},
         sum(sign) filter (where is_open) as assets
  from per_asset
  group by plugin_id
)
select plugin_id, $1::integer, ${pluginCells.map(({ column }) => column).join(', ')}, coalesce(assets, 0)
from change
where (${pluginTotalColumns.map(column => (column === 'assets' ? 'coalesce(assets, 0)' : column)).join(', ')})
      <> (${pluginTotalColumns.map(() => '0').join(', ')})`

/** @param assetIds assets that events of this transaction are about */
export async function notePluginChanges(
  connection: Connection,
  sourceId: number,
  assetIds: readonly number[],
): Promise<void> {
  await connection.query(noteChanges, [sourceId, assetIds])
}
