// Which records could not be read, and which were kept though something in them is impossible?

import type { StreamName } from '../../domain/batch.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, type Fragment, pattern } from './conditions.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export interface RecordFilter {
  readonly source_id?: readonly number[] | undefined
  readonly run_id?: readonly number[] | undefined
  readonly stream?: readonly StreamName[] | undefined
  /** Part of the reason or the problem. */
  readonly q?: string | undefined
}

export interface RecordListRequest extends PageRequest {
  readonly filter: RecordFilter
}

export interface RejectedView {
  readonly id: number
  readonly run_id: number
  readonly source_id: number
  readonly source: string | null
  readonly stream: string
  readonly export_id: string
  readonly part_id: string
  readonly reason: string
  readonly raw: string
  readonly recorded_at: string
}

export interface QualityIssueView {
  readonly id: number
  readonly run_id: number
  readonly source_id: number
  readonly source: string | null
  readonly stream: string
  readonly field: string
  readonly problem: string
  readonly record: string
  readonly recorded_at: string
}

/** @throws ConfigError `bad_cursor` */
export function listRejected(database: ScopedDatabase, request: RecordListRequest): Promise<RowsPage<RejectedView>> {
  return listRecords<RejectedView>(database, request, {
    table: sql`rejected_record`,
    id: sql`x.rejected_id`,
    columns: sql`x.export_id, x.part_id, x.reason, x.raw`,
    text: sql`x.reason`,
  })
}

/** @throws ConfigError `bad_cursor` */
export function listQualityIssues(
  database: ScopedDatabase,
  request: RecordListRequest,
): Promise<RowsPage<QualityIssueView>> {
  return listRecords<QualityIssueView>(database, request, {
    table: sql`quality_issue`,
    id: sql`x.issue_id`,
    columns: sql`x.field, x.problem, x.record`,
    text: sql`concat_ws(' ', x.field, x.problem, x.record)`,
  })
}

interface RecordTable {
  readonly table: Fragment
  readonly id: Fragment
  readonly columns: Fragment
  readonly text: Fragment
}

async function listRecords<R>(
  database: ScopedDatabase,
  { filter, limit, cursor, total: counts }: RecordListRequest,
  { table, id, columns, text }: RecordTable,
): Promise<RowsPage<R>> {
  const order: Order = { name: '-id', isDescending: true, sort: [], unique: [{ expression: id, type: 'bigint' }] }
  const after = decodeCursor(cursor, order, filter)
  const conditions = [
    ...ofWholeSources(database.access, 'x.source_id'),
    ...(filter.source_id ? [sql`x.source_id = any(${filter.source_id}::integer[])`] : []),
    ...(filter.run_id ? [sql`x.run_id = any(${filter.run_id}::bigint[])`] : []),
    ...(filter.stream ? [sql`x.stream = any(${filter.stream}::text[])`] : []),
    ...(filter.q === undefined ? [] : [sql`${text} ilike ${pattern(filter.q)}`]),
  ]
  const select = sql`
select ${id} as id, x.run_id, x.source_id, s.name as source, x.stream, ${columns}, x.recorded_at, ${keyColumns(order)}
from ${table} x
left join source s on s.source_id = x.source_id`
  const [rows, asOf, total] = await Promise.all([
    sql<Record<string, unknown>>`${page({ select, conditions, order, after, limit: limit + 1 })}`.execute(
      database.kysely,
    ),
    loadAsOf(database, filter.source_id),
    after === null && counts !== false
      ? countUpTo(database, sql`select from ${table} x where ${allOf(conditions)}`)
      : null,
  ])
  return toPage(rows.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as R })
}
