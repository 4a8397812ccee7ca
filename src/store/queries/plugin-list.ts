// Which plugins match a filter, a page at a time, in a stable order?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment, pluginConditions, scoreOfPlugin } from './conditions.ts'
import type { PluginFilter } from './filters.ts'
import { decodeCursor, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { countPlugins, type PluginView, pluginColumns } from './plugin-detail.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export type PluginSortKey =
  | 'plugin_id'
  | 'name'
  | 'vpr_score'
  | 'cvss3_base_score'
  | 'epss_score'
  | 'modified_at'
  | 'updated_at'
export type PluginSort = PluginSortKey | `-${PluginSortKey}`

export interface PluginListRequest extends PageRequest {
  readonly filter: PluginFilter
  readonly sort: PluginSort
  /** Also counts open findings and affected assets of each plugin shown. */
  readonly counts?: boolean | undefined
}

/** @throws ConfigError `bad_cursor` */
export async function listPlugins(database: ScopedDatabase, request: PluginListRequest): Promise<RowsPage<PluginView>> {
  const { filter, limit } = request
  const order = orderOf(request.sort)
  const after = decodeCursor(request.cursor, order, filter)
  const conditions = pluginConditions(database.access, filter)
  const keys = page({
    select: sql`
select ${keyColumns(order)}
from plugin p${
      order.unique === uniqueScore
        ? sql`
join plugin_score ps on ${scoreOfPlugin}`
        : sql``
    }`,
    conditions,
    order,
    after,
    limit: limit + 1,
  })
  const columns = [...order.sort, ...order.unique].map((_column, index) => sql.raw(`keys.k${index}`))
  const direction = order.isDescending ? sql`desc` : sql`asc`
  const rows = sql<PluginView & Record<string, unknown>>`
with keys as (
${keys}
)
select ${pluginColumns}, keys.*
from keys
join plugin p on p.plugin_id = ${columns.at(-2)!} and p.owner_source_id = ${columns.at(-1)!}
join plugin_score ps on ${scoreOfPlugin}
order by ${sql.join(
    columns.map(column => sql`${column} ${direction}`),
    sql`, `,
  )}`.execute(database.kysely)
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    rows,
    loadAsOf(database),
    wantsTotal ? countUpTo(database, sql`select from plugin p where ${allOf(conditions)}`) : null,
  ])
  const result = toPage(found.rows, {
    limit,
    order,
    filter,
    asOf,
    total,
    present: row => withoutKey(row) as PluginView,
  })
  if (!request.counts) return result
  const counts = await countPlugins(database, result.items)
  return { ...result, items: result.items.map(plugin => ({ ...plugin, counts: counts.get(plugin)! })) }
}

const unique: readonly KeyColumn[] = [
  { expression: sql`p.plugin_id`, type: 'integer' },
  { expression: sql`p.owner_source_id`, type: 'integer' },
]

/** The same of its score, so that plugin_score_epss_idx has them in order. */
const uniqueScore: readonly KeyColumn[] = [
  { expression: sql`ps.plugin_id`, type: 'integer' },
  { expression: sql`ps.owner_source_id`, type: 'integer' },
]

const unknownScore = (column: Fragment) => sql`coalesce(${column}, -1)`

const sortColumns: Record<PluginSortKey, readonly KeyColumn[]> = {
  plugin_id: [],
  name: [{ expression: sql`lower(coalesce(p.name, '')) collate "C"`, type: 'text' }],
  vpr_score: [{ expression: unknownScore(sql`p.vpr_score`), type: 'double precision' }],
  cvss3_base_score: [{ expression: unknownScore(sql`p.cvss3_base_score`), type: 'double precision' }],
  epss_score: [{ expression: unknownScore(sql`ps.epss_score`), type: 'double precision' }],
  modified_at: [{ expression: sql`coalesce(p.modified_at, '-infinity')`, type: 'timestamptz' }],
  updated_at: [{ expression: sql`p.changed_at`, type: 'timestamptz' }],
}

function orderOf(sort: PluginSort): Order {
  const { key, isDescending } = parseSort<PluginSortKey>(sort)
  return { name: sort, isDescending, sort: sortColumns[key], unique: key === 'epss_score' ? uniqueScore : unique }
}
