import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'
import { encodeCursor, type KeyValue, keyOf, type Order } from './keyset.ts'

/** What every list takes beside its filter and sort. */
export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
  /** Counted on the first page unless false. */
  readonly total?: boolean | undefined
}

/** One page, in the shape the API answers with. */
export interface RowsPage<R> {
  readonly items: R[]
  readonly next_cursor: string | null
  readonly as_of: string | null
  /** Each row is what one source says; devices seen by several sources are not folded together yet. */
  readonly level: 'source'
  readonly total?: number
  readonly total_is_exact?: boolean
}

export interface Total {
  readonly total: number
  readonly total_is_exact: boolean
}

/** Counting stops here: who needs more looks at statistics or filters further. */
export const countedAtMost = 10_000

/**
 * Counts the rows of a query, up to `countedAtMost`.
 * @param tables common table expressions that it selects from
 */
export async function countUpTo(database: ScopedDatabase, query: Fragment, tables?: Fragment): Promise<Total> {
  const { rows } = await sql<{ total: number }>`
${tables ? sql`with ${tables}` : sql``}
select count(*) as total from (${query} limit ${sql.lit(countedAtMost + 1)}) as counted`.execute(database.kysely)
  return totalUpTo(rows[0]!.total)
}

/** @param total how many there are, or more than `countedAtMost` */
export function totalUpTo(total: number): Total {
  return { total: Math.min(total, countedAtMost), total_is_exact: total <= countedAtMost }
}

/**
 * Makes a page of rows that were selected with `keyColumns` and one row more than the limit.
 * @param present takes the key columns off and makes the row what readers expect
 */
export function toPage<Row extends Readonly<Record<string, unknown>>, R>(
  rows: readonly Row[],
  options: {
    readonly limit: number
    readonly order: Order
    readonly filter: object
    readonly asOf: string | null
    readonly total: Total | null
    readonly present: (row: Row) => R
  },
): RowsPage<R> {
  const { limit, order, filter } = options
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  const key: readonly KeyValue[] | undefined = last && keyOf(last, order)
  return {
    items: shown.map(options.present),
    next_cursor: key ? encodeCursor(key, order, filter) : null,
    as_of: options.asOf,
    level: 'source',
    ...(options.total ?? {}),
  }
}

/** A row without its key columns. */
export function withoutKey<Row extends Readonly<Record<string, unknown>>>(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !/^k\d+$/.test(name))) as Row
}
