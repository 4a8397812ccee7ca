// Which assets match a filter, a page at a time, in a stable order?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { type AssetView, assetColumns, assetJoins } from './asset-view.ts'
import { allOf, assetConditions, type Fragment } from './conditions.ts'
import type { AssetFilter } from './filters.ts'
import { decodeCursor, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export type AssetSortKey =
  | 'name'
  | 'last_seen'
  | 'first_seen'
  | 'acr_score'
  | 'exposure_score'
  | 'open_critical'
  | 'updated_at'
  | 'id'
export type AssetSort = AssetSortKey | `-${AssetSortKey}`

export interface AssetListRequest extends PageRequest {
  readonly filter: AssetFilter
  readonly sort: AssetSort
}

/** @throws ConfigError `bad_cursor` */
export async function listAssets(database: ScopedDatabase, request: AssetListRequest): Promise<RowsPage<AssetView>> {
  const { filter, limit } = request
  const order = orderOf(request.sort)
  const after = decodeCursor(request.cursor, order, filter)
  const wantsTotal = after === null && request.total !== false
  const matching = sql`
select ${keyColumns(order)}
from asset a
left join asset_total t on t.asset_id = a.asset_id`
  const conditions = assetConditions(database.access, filter)
  const keys = page({ select: matching, conditions, order, after, limit: limit + 1 })
  const columns = [...order.sort, ...order.unique].map((_column, index) => sql.raw(`keys.k${index}`))
  const direction = order.isDescending ? sql`desc` : sql`asc`
  // No index has the assets in an order of the list: the first page looks at each, and so may count them on the way.
  const first = sql`matching as materialized (
${matching}
where ${allOf(conditions)}
), keys as (
select *
from matching
order by ${sql.join(
    columns.map((_column, index) => sql`${sql.raw(`k${index}`)} ${direction}`),
    sql`, `,
  )}
limit ${sql.lit(limit + 1)}
)`
  const rows = sql<AssetView & { readonly total: number } & Record<string, unknown>>`
with ${wantsTotal ? first : sql`keys as (${keys})`}
select ${assetColumns}, ${wantsTotal ? sql`(select count(*) from matching)` : sql`null::bigint`} as total, keys.*
from keys
join asset a on a.asset_id = ${columns.at(-1)!}
${assetJoins}
order by ${sql.join(
    columns.map(column => sql`${column} ${direction}`),
    sql`, `,
  )}`.execute(database.kysely)
  const [found, asOf] = await Promise.all([rows, loadAsOf(database, filter.source_id)])
  const total = wantsTotal ? { total: found.rows[0]?.total ?? 0, total_is_exact: true } : null
  const present = ({ total: _total, ...row }: (typeof found.rows)[number]) => withoutKey(row) as AssetView
  return toPage(found.rows, { limit, order, filter, asOf, total, present })
}

const unique: readonly KeyColumn[] = [{ expression: sql`a.asset_id`, type: 'bigint' }]

// What is unknown sorts as the least: the newest, the riskiest first is what a falling order is asked for.
const unknownScore = (column: Fragment) => sql`coalesce(${column}, -1)`
const unknownInstant = (column: Fragment) => sql`coalesce(${column}, '-infinity')`

const sortColumns: Record<AssetSortKey, readonly KeyColumn[]> = {
  name: [{ expression: sql`lower(a.name) collate "C"`, type: 'text' }],
  last_seen: [{ expression: unknownInstant(sql`a.last_seen`), type: 'timestamptz' }],
  first_seen: [{ expression: unknownInstant(sql`a.first_seen`), type: 'timestamptz' }],
  acr_score: [{ expression: unknownScore(sql`a.acr_score`), type: 'double precision' }],
  exposure_score: [{ expression: unknownScore(sql`a.exposure_score`), type: 'double precision' }],
  open_critical: ['critical', 'high', 'medium'].map(severity => ({
    expression: sql.raw(`coalesce(t.open_${severity} + t.reopened_${severity}, 0)`),
    type: 'integer',
  })),
  updated_at: [{ expression: sql`a.changed_at`, type: 'timestamptz' }],
  id: [],
}

function orderOf(sort: AssetSort): Order {
  const { key, isDescending } = parseSort<AssetSortKey>(sort)
  return { name: sort, isDescending, sort: sortColumns[key], unique }
}
