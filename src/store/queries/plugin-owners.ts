// Whose assets have this plugin?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, assetOfFindingConditions, findingConditions, severityCondition } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { findPlugin, pluginNotFound } from './plugin-detail.ts'

export interface PluginOwner {
  /** Null: of assets that nobody owns. */
  readonly owner: string | null
  readonly affected_assets: number
  readonly findings: number
}

/** Who needs more looks at the assets. */
const ownersAtMost = 200

/**
 * Most assets first.
 * @throws NotFoundError `plugin_not_found`
 */
export async function listPluginOwners(
  database: ScopedDatabase,
  pluginId: number,
  filter: FindingFilter,
): Promise<{ readonly as_of: string | null; readonly level: 'source'; readonly items: PluginOwner[] }> {
  if (!(await findPlugin(database, pluginId))) throw pluginNotFound(pluginId)
  const wanted: FindingFilter = { ...filter, plugin_id: [pluginId] }
  const conditions = [
    ...findingConditions(database.access, wanted),
    ...severityCondition(wanted),
    ...assetOfFindingConditions(wanted),
  ]
  const [{ rows }, as_of] = await Promise.all([
    sql<PluginOwner>`
select ag.owner, count(distinct f.asset_id) as affected_assets, count(*) as findings
from finding f
join asset a on a.asset_id = f.asset_id
left join asset_group ag on ag.asset_id = f.asset_id
where ${allOf(conditions)}
group by ag.owner
order by affected_assets desc, ag.owner collate "C" nulls last
limit ${sql.lit(ownersAtMost)}`.execute(database.kysely),
    loadAsOf(database, filter.source_id),
  ])
  return { as_of, level: 'source', items: rows }
}
