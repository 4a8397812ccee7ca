// How are the findings of a filter best found?

import { firstCustomPluginId } from '../../domain/plugin.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import {
  allOf,
  assetMatches,
  assetOfFindingConditions,
  type Fragment,
  findingConditions,
  pluginFactConditions,
  pluginMatches,
  pluginOfFinding,
} from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { keepsPlugins, keptPlugins } from './kept-plugins.ts'
import { looksAtTags, visible } from './scope.ts'
import { TooMany } from './too-many.ts'

/** Findings to select from `from` under `conditions`; severity apart. */
export interface FindingChoice {
  readonly from: Fragment
  readonly conditions: readonly Fragment[]
  /** What the plugin and the searched text ask, when it is all about the plugin of `f`. */
  readonly byPlugin: readonly Fragment[] | undefined
}

// Up to here, ids in the statement are better than a join: the planner sees how few they are, and takes the index.
const pluginsAtMost = 500
const assetsAtMost = 1_000
const tooManyPlugins = new TooMany()

/**
 * Looks up which plugins and which assets a filter means, and when they are few names them: a statement that joins on
 * facts of the plugin instead may read every open finding to find the hundred that match.
 */
export async function chooseFindings(database: ScopedDatabase, filter: FindingFilter): Promise<FindingChoice> {
  const [byPlugin, byAsset, byText] = await Promise.all([
    pluginChoice(database, filter),
    assetChoice(database, filter),
    textChoice(database, filter),
  ])
  const needsAsset = byAsset.length > 0
  return {
    from: needsAsset ? sql`finding f join asset a on a.asset_id = f.asset_id` : sql`finding f`,
    conditions: [...findingConditions(database.access, filter), ...byAsset, ...byPlugin, ...byText.conditions],
    byPlugin: byText.isOfPlugin ? [...byPlugin, ...byText.conditions] : undefined,
  }
}

/**
 * Conditions of a filter on the plugin of a finding, on `f`.
 * @param when of the past no totals of plugins are kept
 */
export async function pluginChoice(
  database: ScopedDatabase,
  filter: FindingFilter,
  when: 'now' | 'then' = 'now',
): Promise<Fragment[]> {
  const facts = pluginFactConditions(filter)
  if (facts.length === 0) return []
  const matches = sql`exists (select from plugin p where ${pluginOfFinding} and ${allOf(facts)})`
  const { sql: text, parameters } = allOf(facts).compile(database.kysely)
  const asked = JSON.stringify([text, parameters])
  if (tooManyPlugins.has(asked)) return [matches]
  const hasIndex = filter.is_kev === true || filter.cve !== undefined
  const ids = await (hasIndex
    ? foundAmong(database, allOf(facts))
    : foundThatMatch(database, allOf(facts), when === 'now' && asksOfCounted(filter) ? filter : undefined))
  if (!ids) {
    tooManyPlugins.add(asked)
    return [matches]
  }
  // Several sources may each have a custom plugin of the same id: then the owner decides.
  const areShared = ids.every(id => id < firstCustomPluginId)
  return [sql`f.plugin_id = any(${ids}::integer[])`, ...(areShared ? [] : [matches])]
}

async function assetChoice(database: ScopedDatabase, filter: FindingFilter): Promise<Fragment[]> {
  const ids = await fewAssets(database, filter)
  return ids ? [sql`f.asset_id = any(${ids}::bigint[])`] : assetOfFindingConditions(filter)
}

/** The assets of a filter that names some of them, with the role of who asks. Undefined when there are too many to name. */
export async function fewAssets(database: ScopedDatabase, filter: FindingFilter): Promise<number[] | undefined> {
  const { access } = database
  const { tag, network_id, cloud, owner, has_owner, group, assigned_criticality } = filter
  const isNarrow =
    looksAtTags(access) ||
    [tag, network_id, cloud, owner, has_owner, group, assigned_criticality].some(one => one !== undefined)
  if (!isNarrow) return undefined
  return assetIds(database, allOf([...assetOfFindingConditions(filter), ...visible(access, 'a')]))
}

interface TextChoice {
  readonly conditions: readonly Fragment[]
  /** No asset is meant, so that nothing but the plugin of `f` is asked. */
  readonly isOfPlugin: boolean
}

/** The condition that a searched text makes, on `f`. */
export async function textChoice(database: ScopedDatabase, { q }: FindingFilter): Promise<TextChoice> {
  if (q === undefined) return { conditions: [], isOfPlugin: true }
  const [plugins, assets] = await Promise.all([
    foundAmong(database, pluginMatches(q)),
    assetIds(database, assetMatches(q)),
  ])
  const ofPlugins = plugins
    ? sql`f.plugin_id = any(${plugins}::integer[])`
    : sql`f.plugin_id in (select p.plugin_id from plugin p where ${pluginMatches(q)})`
  const ofAssets = assets
    ? sql`f.asset_id = any(${assets}::bigint[])`
    : sql`f.asset_id in (select a.asset_id from asset a where ${assetMatches(q)})`
  if (assets?.length === 0) return { conditions: [ofPlugins], isOfPlugin: true }
  const conditions = plugins?.length === 0 ? [ofAssets] : [sql`(${ofPlugins} or ${ofAssets})`]
  return { conditions, isOfPlugin: false }
}

/**
 * Of the plugins that an index finds quickly, those that were found on anything. Without the others the planner knows how
 * few findings are meant. Undefined when there are too many to name.
 */
async function foundAmong(database: ScopedDatabase, condition: Fragment): Promise<number[] | undefined> {
  const { rows } = await sql<{ plugin_id: number; is_found: boolean }>`
select c.plugin_id, exists (select from finding f where f.plugin_id = c.plugin_id) as is_found
from (select distinct p.plugin_id from plugin p where ${condition} limit ${sql.lit(pluginsAtMost + 1)}) as c`.execute(
    database.kysely,
  )
  return rows.length > pluginsAtMost ? undefined : rows.filter(row => row.is_found).map(row => row.plugin_id)
}

/**
 * Of the plugins that were found on anything, those that match: a few thousand, where the catalogue has a quarter of a
 * million. Undefined when there are too many to name.
 * @param counted the filter, when totals are kept of whatever it may choose
 */
async function foundThatMatch(
  database: ScopedDatabase,
  condition: Fragment,
  counted: FindingFilter | undefined,
): Promise<number[] | undefined> {
  const isKept = counted !== undefined && (await keepsPlugins(database, counted.source_id))
  const { rows } = await sql<{ plugin_id: number }>`
with recursive ${isKept ? foundByTotals : foundByHops}
select distinct p.plugin_id
from found
join plugin p on p.plugin_id = found.plugin_id
where ${condition}
limit ${sql.lit(pluginsAtMost + 1)}`.execute(database.kysely)
  return rows.length > pluginsAtMost ? undefined : rows.map(row => row.plugin_id)
}

/** Of findings that totals are kept of: none has ended, and their assets are of the default count. */
function asksOfCounted({ include, end_cause, asset_status, is_licensed, is_tracked }: FindingFilter): boolean {
  const isOther = [end_cause, asset_status, is_licensed, is_tracked].some(one => one !== undefined)
  return !isOther && !include?.some(one => one !== 'fixed')
}

const foundByTotals = sql`found as (select distinct f.plugin_id from ${keptPlugins} f)`

/** Through finding_plugin_idx from one plugin to the next. */
const foundByHops = sql`found as (
  select min(plugin_id) as plugin_id from finding
  union all
  select (select min(f.plugin_id) from finding f where f.plugin_id > found.plugin_id)
  from found
  where found.plugin_id is not null
)`

/**
 * The assets that do not meet some conditions: findings of all but a few are counted best as those of all, without theirs.
 * Undefined when there are too many to name.
 */
export function assetsLeftOut(
  database: ScopedDatabase,
  conditions: readonly Fragment[],
): Promise<number[] | undefined> {
  return assetIds(database, sql`(${allOf(conditions)}) is not true`)
}

/** Undefined when there are too many to name. */
async function assetIds(database: ScopedDatabase, condition: Fragment): Promise<number[] | undefined> {
  const { rows } = await sql<{ asset_id: number }>`
select a.asset_id from asset a where ${condition} limit ${sql.lit(assetsAtMost + 1)}`.execute(database.kysely)
  return rows.length > assetsAtMost ? undefined : rows.map(row => row.asset_id)
}
