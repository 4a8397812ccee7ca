// Which compliance results match a filter, a page at a time, in a stable order?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { complianceResults, complianceTables } from './compliance-results.ts'
import { type ComplianceView, complianceColumns } from './compliance-view.ts'
import { allOf, complianceConditions } from './conditions.ts'
import type { ComplianceFilter } from './filters.ts'
import { decodeCursor, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export type ComplianceSortKey = 'last_seen' | 'asset_id'
export type ComplianceSort = ComplianceSortKey | `-${ComplianceSortKey}`

export interface ComplianceListRequest extends PageRequest {
  readonly filter: ComplianceFilter
  readonly sort: ComplianceSort
  /** The outcomes of then, instead of those of now. */
  readonly asOf?: string | undefined
}

/** @throws ConfigError `bad_cursor` */
export async function listCompliance(
  database: ScopedDatabase,
  request: ComplianceListRequest,
): Promise<RowsPage<ComplianceView>> {
  const { limit, asOf: then } = request
  const filter = { ...request.filter, as_of: then }
  const order = orderOf(request.sort)
  const after = decodeCursor(request.cursor, order, filter)
  const tables = complianceTables(then)
  const conditions = complianceConditions(database.access, filter)
  const columns = [...order.sort, ...order.unique].map((_column, index) => sql.raw(`keys.k${index}`))
  const direction = order.isDescending ? sql`desc` : sql`asc`
  const keys = page({
    select: sql`select ${keyColumns(order)} ${tables}`,
    conditions,
    order,
    after,
    limit: limit + 1,
  })
  const rows = sql<ComplianceView & Record<string, unknown>>`
with keys as (
${keys}
)
select ${complianceColumns(then)}, keys.*
from keys
join ${complianceResults(then)} r on r.asset_id = ${columns.at(-2)!} and r.check_id = ${columns.at(-1)!}
join compliance_check c on c.check_id = r.check_id
join asset a on a.asset_id = r.asset_id
join source s on s.source_id = r.source_id
order by ${sql.join(
    columns.map(column => sql`${column} ${direction}`),
    sql`, `,
  )}`
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    rows.execute(database.kysely),
    loadAsOf(database, filter.source_id),
    wantsTotal ? countUpTo(database, sql`select ${tables} where ${allOf(conditions)}`) : null,
  ])
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as ComplianceView })
}

const unique: readonly KeyColumn[] = [
  { expression: sql`r.asset_id`, type: 'bigint' },
  { expression: sql`r.check_id`, type: 'bigint' },
]

const sortColumns: Record<ComplianceSortKey, readonly KeyColumn[]> = {
  // As compliance_result_seen_idx has it.
  last_seen: [{ expression: sql`coalesce(r.last_seen, '-infinity')`, type: 'timestamptz' }],
  asset_id: [],
}

function orderOf(sort: ComplianceSort): Order {
  const { key, isDescending } = parseSort<ComplianceSortKey>(sort)
  return { name: sort, isDescending, sort: sortColumns[key], unique }
}
