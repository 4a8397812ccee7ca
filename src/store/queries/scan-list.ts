// Which scans match a filter, a page at a time, in a stable order?

import type { Access, ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment, pattern } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import type { ScanFilter } from './filters.ts'
import { decodeCursor, inOrder, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { presentScan, type ScanRow, type ScanView, scanColumns, scanJoins } from './scan-view.ts'
import { ofWholeSources } from './scope.ts'

export type ScanSortKey = 'name' | 'last_run' | 'id'
export type ScanSort = ScanSortKey | `-${ScanSortKey}`

export interface ScanListRequest extends PageRequest {
  readonly filter: ScanFilter
  readonly sort: ScanSort
}

/** @throws ConfigError `bad_cursor` */
export async function listScans(database: ScopedDatabase, request: ScanListRequest): Promise<RowsPage<ScanView>> {
  const { filter, limit } = request
  const order = orderOf(request.sort)
  const after = decodeCursor(request.cursor, order, filter)
  const conditions = visibleScans(database.access, filter)
  const select = sql`
select ${scanColumns}, ${keyColumns(order)}
from scan n
${scanJoins}`
  const rows = sql<ScanRow & Record<string, unknown>>`${page({ select, conditions, order, after, limit: limit + 1 })}`
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    rows.execute(database.kysely),
    loadAsOf(database, filter.source_id),
    wantsTotal ? countUpTo(database, sql`select from scan n ${scanJoins} where ${allOf(conditions)}`) : null,
  ])
  const present = (row: ScanRow & Record<string, unknown>) => presentScan(withoutKey(row)) as ScanView
  return toPage(found.rows, { limit, order, filter, asOf, total, present })
}

/** Every scan of a filter, a batch at a time, by name. */
export async function* streamScans(
  database: ScopedDatabase,
  filter: ScanFilter,
  options: StreamOptions,
): AsyncGenerator<ScanView[], void, undefined> {
  const query = sql`
select ${scanColumns}
from scan n
${scanJoins}
where ${allOf(visibleScans(database.access, filter))}
order by ${inOrder(orderOf('name'))}`
  for await (const rows of streamRows<ScanRow>(database, query.compile(database.kysely), options)) {
    yield rows.map(presentScan)
  }
}

function visibleScans(access: Access, filter: ScanFilter): Fragment[] {
  return [...scanConditions(filter), ...ofWholeSources(access, 'n.source_id')]
}

function scanConditions(filter: ScanFilter): Fragment[] {
  const conditions: (Fragment | undefined | false)[] = [
    !filter.include?.includes('gone') && sql`n.gone_at is null`,
    filter.q !== undefined && sql`n.name ilike ${pattern(filter.q)}`,
    filter.source_id && sql`n.source_id = any(${filter.source_id}::integer[])`,
    filter.status && sql`n.status = any(${filter.status}::text[])`,
    filter.type && sql`n.type = any(${filter.type}::text[])`,
    filter.is_enabled !== undefined && sql`n.is_enabled = ${filter.is_enabled}`,
    filter.owner && sql`n.owner = any(${filter.owner}::text[])`,
    filter.folder &&
      sql`(o.name = any(${filter.folder}::text[])
           or coalesce(n.folder_id, d.folder_id)::text = any(${filter.folder}::text[]))`,
  ]
  return conditions.filter(condition => condition !== false && condition !== undefined)
}

const unique: readonly KeyColumn[] = [{ expression: sql`n.scan_id`, type: 'bigint' }]

const sortColumns: Record<ScanSortKey, readonly KeyColumn[]> = {
  name: [{ expression: sql`lower(n.name) collate "C"`, type: 'text' }],
  last_run: [{ expression: sql`coalesce(n.last_run_at, '-infinity')`, type: 'timestamptz' }],
  id: [],
}

function orderOf(sort: ScanSort): Order {
  const { key, isDescending } = parseSort<ScanSortKey>(sort)
  return { name: sort, isDescending, sort: sortColumns[key], unique }
}
