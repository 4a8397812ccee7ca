// Which plugins have findings of a filter, how many, on how many assets, since when?

import { firstCustomPluginId } from '../../domain/plugin.ts'
import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment, scoreOfPlugin, severityCondition } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import type { FindingFilter } from './filters.ts'
import { chooseFindings, type FindingChoice } from './finding-choice.ts'
import { keepsPlugins, keptCells, keptConditions, keptPlugins } from './kept-plugins.ts'
import { decodeCursor, inOrder, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

/** One plugin with its findings of the filter folded together. */
export interface FindingPlugin {
  readonly plugin_id: number
  readonly owner_source_id: number
  readonly name: string | null
  readonly family: string | null
  readonly severity: Severity
  readonly findings: number
  readonly affected_assets: number
  readonly first_found: string | null
  readonly last_found: string | null
  readonly vpr_score: number | null
  readonly cvss3_base_score: number | null
  readonly epss_score: number | null
  readonly is_kev: boolean | null
  readonly kev_due_at: string | null
  readonly exploit_available: boolean | null
  readonly has_patch: boolean | null
  readonly risk: number
}

export type FindingPluginSortKey =
  | 'severity'
  | 'name'
  | 'plugin_id'
  | 'vpr_score'
  | 'cvss3_base_score'
  | 'epss_score'
  | 'findings'
  | 'affected_assets'
  | 'first_found'
  | 'last_found'
  | 'risk'
export type FindingPluginSort = FindingPluginSortKey | `-${FindingPluginSortKey}`

export interface FindingPluginsRequest extends PageRequest {
  readonly filter: FindingFilter
  readonly sort: FindingPluginSort
}

/**
 * From the totals kept of each plugin where they can tell; else the findings are folded anew for each page: which plugins
 * there are, and their order, hang on every one of them.
 * @throws ConfigError `bad_cursor`
 */
export async function listFindingPlugins(
  database: ScopedDatabase,
  request: FindingPluginsRequest,
): Promise<RowsPage<FindingPlugin>> {
  const { filter, limit } = request
  const order = orderOf(request.sort)
  const after = decodeCursor(request.cursor, order, filter)
  const choice = await chooseFindings(database, filter)
  const chosen: Chosen = { from: choice.from, conditions: allOf([...severityCondition(filter), ...choice.conditions]) }
  const { key } = parseSort<FindingPluginSortKey>(request.sort)
  const plan = (await keptPlan(database, filter, choice, chosen, key)) ?? foldedPlan(chosen, key)
  const rows = page({
    select: sql`
select l.*, ${keyColumns(order)}
from listed l`,
    conditions: [sql`true`],
    order,
    after,
    limit: limit + 1,
  })
  const [found, asOf] = await Promise.all([
    sql<FindingPlugin & Record<string, unknown>>`
with ${plan.folded}, listed as materialized (
${listedPlugins}
), shown as (
${rows}
)
select shown.*, ${plan.shown}
from shown
order by ${sql.join(
      [...order.sort, ...order.unique].map(
        (_column, index) => sql`${sql.raw(`k${index}`)} ${order.isDescending ? sql`desc` : sql`asc`}`,
      ),
      sql`, `,
    )}`.execute(database.kysely),
    loadAsOf(database, filter.source_id),
  ])
  const total = after === null && request.total !== false ? totalOf(found.rows[0]) : null
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => presented(row) })
}

/** In the order of the file's columns. */
export const findingPluginExportColumns = [
  ...(['plugin_id', 'name', 'family', 'severity', 'findings', 'affected_assets', 'first_found', 'last_found'] as const),
  ...(['vpr_score', 'cvss3_base_score', 'epss_score', 'is_kev', 'kev_due_at', 'exploit_available'] as const),
  ...(['has_patch', 'risk', 'owner_source_id'] as const),
] as const satisfies readonly (keyof FindingPlugin)[]

/** Every plugin with findings of a filter, a batch at a time, in the order of the list. */
export async function* streamFindingPlugins(
  database: ScopedDatabase,
  { filter, sort }: Pick<FindingPluginsRequest, 'filter' | 'sort'>,
  options: StreamOptions,
): AsyncGenerator<FindingPlugin[], void, undefined> {
  const choice = await chooseFindings(database, filter)
  const chosen: Chosen = { from: choice.from, conditions: allOf([...severityCondition(filter), ...choice.conditions]) }
  const query = sql`
with ${foldedPlan(chosen, 'affected_assets').folded}, listed as (
${listedPlugins}
)
select l.*, l.assets as affected_assets
from listed l
order by ${inOrder(orderOf(sort))}`
  const rows = streamRows<FindingPlugin & Record<string, unknown>>(database, query.compile(database.kysely), options)
  for await (const batch of rows) yield batch.map(presented)
}

interface Chosen {
  readonly from: Fragment
  readonly conditions: Fragment
}

/** How the plugins of a filter are had. */
interface Plan {
  /** `folded`: each plugin with findings of the filter, and what the order needs of them. */
  readonly folded: Fragment
  /** What is still to be told of the plugins of one page, `shown`; in the place of what `folded` has of that name. */
  readonly shown: Fragment
}

/** A custom plugin is of its source; the others are of all. */
const owner = sql`case when f.plugin_id >= ${sql.lit(firstCustomPluginId)} then f.source_id else 0 end`

async function keptPlan(
  database: ScopedDatabase,
  filter: FindingFilter,
  choice: FindingChoice,
  chosen: Chosen,
  key: FindingPluginSortKey,
): Promise<Plan | undefined> {
  const cells = choice.byPlugin && keptCells(database, filter)
  if (!choice.byPlugin || !cells) return undefined
  // Of a part of the severities or states the assets are not kept.
  if (key === 'affected_assets' && (filter.severity || filter.state || filter.include)) return undefined
  if (!(await keepsPlugins(database, filter.source_id))) return undefined
  const conditions = keptConditions(database, filter, choice.byPlugin)
  const dateOf = (table: string, column: 'first_found' | 'last_found') => sql`
  (select f.${sql.raw(column)}
   from ${chosen.from}
   where ${chosen.conditions} and f.plugin_id = ${sql.raw(table)}.plugin_id
     and ${sql.raw(table)}.owner_source_id in (0, f.source_id) and f.${sql.raw(column)} is not null
   order by f.${sql.raw(column)} ${sql.raw(column === 'first_found' ? 'asc' : 'desc')}
   limit 1)`
  const date = (column: 'first_found' | 'last_found') => (key === column ? dateOf('k', column) : sql`null::timestamptz`)
  return {
    folded: sql`kept as (
  select f.plugin_id, ${owner} as owner_source_id, (${cells.findings})::float8 as findings,
         sum(f.assets)::bigint as assets, ${cells.rank} as rank, ${cells.isWhole} as is_whole
  from ${keptPlugins} f
  where ${allOf(conditions)}
  group by 1, 2
  having ${cells.findings} > 0
), folded as (
  select k.*, ${date('first_found')} as first_found, ${date('last_found')} as last_found
  from kept k
)`,
    shown: sql`
${key === 'first_found' ? sql`shown.first_found` : dateOf('shown', 'first_found')} as first_found,
${key === 'last_found' ? sql`shown.last_found` : dateOf('shown', 'last_found')} as last_found,
case when shown.is_whole then shown.assets else ${assetsOf(chosen)} end as affected_assets`,
  }
}

/**
 * Distinct assets cost as much again as everything else, so they are counted here only where they make the order: folded by
 * asset first, and then by plugin.
 */
function foldedPlan(chosen: Chosen, key: FindingPluginSortKey): Plan {
  const { from, conditions } = chosen
  if (key !== 'affected_assets') {
    return {
      folded: sql`folded as (
  select f.plugin_id, ${owner} as owner_source_id, count(*)::float8 as findings, 0::bigint as assets,
         max(severity_rank(f.severity)) as rank, false as is_whole, min(f.first_found) as first_found,
         max(f.last_found) as last_found
  from ${from}
  where ${conditions}
  group by 1, 2
)`,
      shown: sql`${assetsOf(chosen)} as affected_assets`,
    }
  }
  return {
    folded: sql`per_asset as (
  select f.plugin_id, ${owner} as owner_source_id, f.asset_id, count(*) as findings,
         max(severity_rank(f.severity)) as rank, min(f.first_found) as first_found, max(f.last_found) as last_found
  from ${from}
  where ${conditions}
  group by 1, 2, 3
), folded as (
  select plugin_id, owner_source_id, sum(findings)::float8 as findings, count(*) as assets, max(rank) as rank,
         true as is_whole, min(first_found) as first_found, max(last_found) as last_found
  from per_asset
  group by plugin_id, owner_source_id
)`,
    shown: sql`shown.assets as affected_assets`,
  }
}

/** Of a plugin of one page. */
function assetsOf({ from, conditions }: Chosen): Fragment {
  return sql`(select count(distinct f.asset_id)
        from ${from}
        where ${conditions} and f.plugin_id = shown.plugin_id and shown.owner_source_id in (0, f.source_id))`
}

function totalOf(first: Readonly<Record<string, unknown>> | undefined) {
  return { total: first === undefined ? 0 : Number(first.plugins), total_is_exact: true }
}

const listedPlugins = sql`
  select g.plugin_id, g.owner_source_id, p.name, p.family,
         (array['info', 'low', 'medium', 'high', 'critical'])[g.rank + 1] as severity, g.rank, g.is_whole, g.findings, g.assets,
         g.first_found, g.last_found, p.vpr_score, p.cvss3_base_score, ps.epss_score, ps.is_kev,
         ps.kev_due_on::text as kev_due_at, p.exploit_available, p.has_patch,
         g.findings * coalesce(p.vpr_score, p.cvss3_base_score, 0) as risk, count(*) over () as plugins
  from folded g
  left join plugin p on p.plugin_id = g.plugin_id and p.owner_source_id = g.owner_source_id
  left join plugin_score ps on ${scoreOfPlugin}`

function presented(row: FindingPlugin & Record<string, unknown>): FindingPlugin {
  const { rank: _rank, plugins: _plugins, assets: _assets, is_whole: _isWhole, ...shown } = withoutKey(row)
  return shown as FindingPlugin
}

const unique: readonly KeyColumn[] = [
  { expression: sql`l.plugin_id`, type: 'integer' },
  { expression: sql`l.owner_source_id`, type: 'integer' },
]

const orUnknown = (column: Fragment): KeyColumn => ({
  expression: sql`coalesce(${column}, -1)`,
  type: 'double precision',
})

const sortColumns: Record<FindingPluginSortKey, readonly KeyColumn[]> = {
  severity: [{ expression: sql`l.rank`, type: 'integer' }, orUnknown(sql`l.vpr_score`)],
  name: [{ expression: sql`lower(coalesce(l.name, '')) collate "C"`, type: 'text' }],
  plugin_id: [],
  vpr_score: [orUnknown(sql`l.vpr_score`)],
  cvss3_base_score: [orUnknown(sql`l.cvss3_base_score`)],
  epss_score: [orUnknown(sql`l.epss_score`)],
  findings: [{ expression: sql`l.findings`, type: 'double precision' }],
  affected_assets: [{ expression: sql`l.assets`, type: 'bigint' }],
  first_found: [{ expression: sql`l.first_found`, type: 'timestamptz', isNullable: true }],
  last_found: [{ expression: sql`l.last_found`, type: 'timestamptz', isNullable: true }],
  risk: [{ expression: sql`l.risk`, type: 'double precision' }],
}

function orderOf(sort: FindingPluginSort): Order {
  const { key, isDescending } = parseSort<FindingPluginSortKey>(sort)
  return { name: sort, isDescending, sort: sortColumns[key], unique }
}
