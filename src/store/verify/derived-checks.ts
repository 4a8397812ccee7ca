import type { Queryable } from '../database.ts'
import { scoresThatDiffer } from '../feeds/plugin-scores.ts'
import { desiredGroups, isOtherGroup } from '../groups/desired.ts'
import { rulesInForce } from '../groups/regroup.ts'
import { countedCompliance } from '../merge/asset-compliance.ts'
import { countedPlugins, keptPluginTotals, pluginTotalColumns, summedPluginTotals } from '../rollups/plugin-totals.ts'
import { type Check, type Damage, damageOf, samplesAtMost } from './check.ts'

// What feeds and rules make of plugins and assets, and what is counted of plugins, made anew and compared.

const pluginColumns = (alias: string) =>
  `(${pluginTotalColumns.map(column => `coalesce(${alias}.${column}, 0)`).join(', ')})`

export const pluginTotalCheck: Check = {
  name: 'plugin_totals_differ',
  about: 'plugins whose counts are not those of their findings',
  repair: 'plugin_totals',
  sql: `select concat('plugin ', plugin_id, ' of source ', source_id)
    from (select k.plugin_id, k.source_id, ${summedPluginTotals}
          from (${keptPluginTotals}) as k join plugin_total_span using (source_id)
          group by k.plugin_id, k.source_id) as kept
    full join (${countedPlugins('f.source_id in (select s.source_id from plugin_total_span s)')}) as counted
      using (plugin_id, source_id)
    where ${pluginColumns('kept')} <> ${pluginColumns('counted')}`,
}

export const feedChecks: readonly Check[] = [
  {
    name: 'plugin_scores_differ',
    about: 'plugins whose EPSS or KEV is not what feeds and vendor say',
    repair: 'plugin_scores',
    sql: scoresThatDiffer,
  },
  {
    name: 'score_feed_overlaps',
    about: 'CVEs of which a feed says two things of one day',
    sql: `select distinct concat(s.kind, ' of ', s.cve)
      from (select kind, cve, valid_to, lead(valid_from) over (partition by kind, cve order by valid_from) as next_from
            from score_feed) as s
      where s.next_from is not null and (s.valid_to is null or s.valid_to > s.next_from)`,
  },
  {
    name: 'score_feed_without_load',
    about: 'CVEs of which a feed says something from a day that was never loaded',
    sql: `select concat(s.kind, ' of ', s.cve, ' from ', s.valid_from)
      from score_feed s
      where not exists (select from feed_load l where l.kind = s.kind and l.score_on = s.valid_from)`,
  },
]

export const complianceTotalCheck: Check = {
  name: 'compliance_totals_differ',
  about: 'assets whose compliance results are not counted as they are',
  repair: 'compliance_totals',
  sql: `select distinct concat('asset ', asset_id)
    from asset_compliance kept
    full join (${countedCompliance('true')}) as counted using (asset_id, audit_file, day, state)
    where (kept.results, kept.source_id) is distinct from (counted.results, counted.source_id)`,
}

/** Assets whose owner, criticality or groups are not what the rules say. */
export async function checkAssetGroups(queryable: Queryable): Promise<Damage | undefined> {
  const desired = desiredGroups(await rulesInForce(queryable), 'all')
  const { rows } = await queryable.query<{ found: number; samples: string[] }>(
    `with ${desired.text}, damage (subject) as materialized (
       select concat('asset ', asset_id)
       from desired d
       full join asset_group g using (asset_id)
       where d.asset_id is null or ${isOtherGroup}
     )
     select (select count(*) from damage) as found,
            array(select subject from damage order by subject limit ${samplesAtMost}) as samples`,
    desired.values,
  )
  return damageOf(
    {
      name: 'asset_groups_differ',
      about: 'assets whose owner or groups are not what rules and people say',
      repair: 'asset_groups',
    },
    rows[0]?.found ?? 0,
    rows[0]?.samples ?? [],
  )
}
