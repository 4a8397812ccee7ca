// Where do two sources differ, and why?

import type { JsonObject } from '../../domain/json.ts'
import type { DifferenceCause, DifferenceKind, DifferenceLevel } from '../../domain/reconciliation/index.ts'
import type { Severity } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, type Fragment, pattern } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { decodeCursor, keyColumns, type Order, page } from './keyset.ts'
import { getComparison } from './reconciliation.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export interface DifferenceRow {
  readonly no: number
  readonly level: DifferenceLevel
  readonly kind: DifferenceKind
  readonly cause: DifferenceCause
  readonly was: DifferenceCause | null
  readonly evidence: JsonObject
  readonly files_asset_id: number | null
  readonly api_asset_id: number | null
  readonly asset: string | null
  readonly plugin_id: number | null
  readonly plugin: string | null
  readonly port: number | null
  readonly protocol: string | null
  readonly instance: string | null
  readonly severity: Severity | null
  readonly files_count: number | null
  readonly api_count: number | null
}

export interface DifferenceFilter {
  readonly cause?: readonly DifferenceCause[] | undefined
  readonly level?: readonly DifferenceLevel[] | undefined
  readonly kind?: readonly DifferenceKind[] | undefined
  readonly severity?: readonly Severity[] | undefined
  readonly plugin_id?: readonly number[] | undefined
  readonly q?: string | undefined
}

const inOrder: Order = {
  name: 'no',
  isDescending: false,
  sort: [],
  unique: [{ expression: sql`d.difference_no`, type: 'bigint' }],
}

const columns = sql`
d.difference_no as no, d.level, d.kind, d.cause, d.was, d.evidence, d.files_asset_id, d.api_asset_id, d.asset, d.plugin_id,
(select p.name from plugin p
 where p.plugin_id = d.plugin_id and p.owner_source_id in (0, r.api_source_id, r.files_source_id)
 order by p.owner_source_id limit 1) as plugin,
d.port, d.protocol, d.instance, d.severity, d.files_count, d.api_count`

const from = sql`from reconciliation_difference d join reconciliation r using (reconciliation_id)`

function conditionsOf(comparisonId: number, filter: DifferenceFilter): Fragment[] {
  return [
    sql`d.reconciliation_id = ${comparisonId}::bigint`,
    ...(filter.cause ? [sql`d.cause = any(${filter.cause}::text[])`] : []),
    ...(filter.level ? [sql`d.level = any(${filter.level}::text[])`] : []),
    ...(filter.kind ? [sql`d.kind = any(${filter.kind}::text[])`] : []),
    ...(filter.severity ? [sql`d.severity = any(${filter.severity}::text[])`] : []),
    ...(filter.plugin_id ? [sql`d.plugin_id = any(${filter.plugin_id}::integer[])`] : []),
    ...(filter.q === undefined ? [] : [sql`d.asset ilike ${pattern(filter.q)}`]),
  ]
}

/**
 * @throws NotFoundError `comparison_not_found`
 * @throws ConfigError `bad_cursor`
 */
export async function listDifferences(
  database: ScopedDatabase,
  comparisonId: number,
  { filter, limit, cursor, total: wants }: PageRequest & { readonly filter: DifferenceFilter },
): Promise<RowsPage<DifferenceRow>> {
  await getComparison(database, comparisonId)
  const bound = { ...filter, comparisonId }
  const after = decodeCursor(cursor, inOrder, bound)
  const conditions = conditionsOf(comparisonId, filter)
  const select = sql`select ${columns}, ${keyColumns(inOrder)} ${from}`
  const rows = page({ select, conditions, order: inOrder, after, limit: limit + 1 })
  const found = await sql<Record<string, unknown>>`${rows}`.execute(database.kysely)
  const total =
    after === null && wants !== false ? await countUpTo(database, sql`select ${from} where ${allOf(conditions)}`) : null
  const present = (row: Record<string, unknown>) => withoutKey(row) as unknown as DifferenceRow
  return toPage(found.rows, { limit, order: inOrder, filter: bound, asOf: null, total, present })
}

/** All of them, a batch at a time. @throws NotFoundError `comparison_not_found` */
export async function* streamDifferences(
  database: ScopedDatabase,
  comparisonId: number,
  filter: DifferenceFilter,
  options: StreamOptions = {},
): AsyncGenerator<DifferenceRow[]> {
  await getComparison(database, comparisonId)
  const query = sql`
select ${columns} ${from}
where ${allOf(conditionsOf(comparisonId, filter))}
order by d.difference_no`.compile(database.kysely)
  yield* streamRows<DifferenceRow>(database, query, options)
}
