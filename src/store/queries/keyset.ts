import { createHash } from 'node:crypto'
import { ConfigError } from '../../platform/errors.ts'
import { canonical } from '../audit.ts'
import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'

// Pages by key: the next page starts after the last row of this one, however deep, and whatever was written between.

export type KeyType = 'bigint' | 'integer' | 'double precision' | 'text' | 'timestamptz'

export interface KeyColumn {
  readonly expression: Fragment
  readonly type: KeyType
  /** Nulls are after everything else, as PostgreSQL's ascending order has them. */
  readonly isNullable?: boolean
}

/** A total order: the sort columns, then columns that are unique together and never null. */
export interface Order {
  /** What a person calls it, for example `-severity`; part of what a cursor is bound to. */
  readonly name: string
  readonly isDescending: boolean
  readonly sort: readonly KeyColumn[]
  readonly unique: readonly KeyColumn[]
}

export type KeyValue = string | number | null

/** @throws ConfigError `bad_cursor` when it was changed, or made for another filter or sort */
export function decodeCursor(cursor: string | undefined, order: Order, filter: object): readonly KeyValue[] | null {
  if (cursor === undefined) return null
  const columns = [...order.sort, ...order.unique]
  const parsed = parse(cursor)
  if (
    !Array.isArray(parsed) ||
    parsed.length !== columns.length + 1 ||
    parsed[0] !== seal(parsed.slice(1), order, filter) ||
    !columns.every((column, index) => fits(column, parsed[index + 1]))
  ) {
    throw new ConfigError(
      'bad_cursor',
      'The cursor does not belong to this filter and sort. Start again without a cursor.',
      { context: { field: 'cursor' } },
    )
  }
  return parsed.slice(1) as KeyValue[]
}

export function encodeCursor(values: readonly KeyValue[], order: Order, filter: object): string {
  return Buffer.from(JSON.stringify([seal(values, order, filter), ...values])).toString('base64url')
}

export interface PageParts {
  /** Everything before `where`: the columns and the joins. */
  readonly select: Fragment
  readonly conditions: readonly Fragment[]
  /**
   * Conditions of which each row meets exactly one. Each is read apart, so that an index that starts with such a column
   * gives every part in order.
   */
  readonly partitions?: readonly Fragment[]
  readonly order: Order
  readonly after: readonly KeyValue[] | null
  readonly limit: number
}

/**
 * The rows after a key, in order. A key of several columns is taken apart into cases (all but the last column equal, all
 * but the last two, …), each of which an index can start at; one condition over all of them could only be filtered.
 * Sort columns are there as `k0`, `k1` …
 */
export function page(parts: PageParts): Fragment {
  const { order, limit } = parts
  const cases = parts.after === null ? [[]] : casesAfter(order, parts.after)
  const partitions = parts.partitions ?? [sql`true`]
  const direction = order.isDescending ? sql`desc` : sql`asc`
  const columns = [...order.sort, ...order.unique]
  const branches = partitions.flatMap(partition =>
    cases.map(
      conditions => sql`(
${parts.select}
where ${sql.join(
        [...parts.conditions, partition, ...conditions],
        sql`
  and `,
      )}
order by ${inOrder(order)}
limit ${sql.lit(limit)})`,
    ),
  )
  if (branches.length === 1) return branches[0]!
  const outer = sql.join(
    columns.map((_column, index) => sql`${sql.raw(`k${index}`)} ${direction}`),
    sql`, `,
  )
  return sql`select * from (${sql.join(
    branches,
    sql`
union all
`,
  )}) as cases
order by ${outer}
limit ${sql.lit(limit)}`
}

/** For `order by`. */
export function inOrder({ sort, unique, isDescending }: Order): Fragment {
  const direction = isDescending ? sql`desc` : sql`asc`
  return sql.join(
    [...sort, ...unique].map(column => sql`${column.expression} ${direction}`),
    sql`, `,
  )
}

/** The key columns, named `k0`, `k1` …, for the select list. */
export function keyColumns(order: Order): Fragment {
  return sql.join(
    [...order.sort, ...order.unique].map((column, index) => sql`${column.expression} as ${sql.raw(`k${index}`)}`),
    sql`, `,
  )
}

/** The key of a row that was selected with `keyColumns`. */
export function keyOf(row: Readonly<Record<string, unknown>>, order: Order): KeyValue[] {
  return [...order.sort, ...order.unique].map((_column, index) => row[`k${index}`] as KeyValue)
}

/** `name` or `-name` taken apart. */
export function parseSort<K extends string>(sort: K | `-${K}`): { key: K; isDescending: boolean } {
  const isDescending = sort.startsWith('-')
  return { key: (isDescending ? sort.slice(1) : sort) as K, isDescending }
}

function casesAfter(order: Order, values: readonly KeyValue[]): Fragment[][] {
  const { sort, unique, isDescending } = order
  const equal = (index: number) => {
    const value = values[index]!
    return value === null
      ? sql`${sort[index]!.expression} is null`
      : sql`${sort[index]!.expression} = ${bound(sort[index]!, value)}`
  }
  const ties = sql`(${sql.join(
    unique.map(column => column.expression),
    sql`, `,
  )}) ${isDescending ? sql`<` : sql`>`} (${sql.join(
    unique.map((column, index) => bound(column, values[sort.length + index]!)),
    sql`, `,
  )})`
  const cases = [[...sort.map((_column, index) => equal(index)), ties]]
  for (let last = sort.length - 1; last >= 0; last -= 1) {
    const before = sort.slice(0, last).map((_column, index) => equal(index))
    for (const beyond of beyondOf(sort[last]!, values[last]!, isDescending)) cases.push([...before, beyond])
  }
  return cases
}

/** What comes after a value of one column. Null is greater than everything: last ascending, first descending. */
function beyondOf(column: KeyColumn, value: KeyValue, isDescending: boolean): Fragment[] {
  const { expression } = column
  if (value === null) return isDescending ? [sql`${expression} is not null`] : []
  if (isDescending) return [sql`${expression} < ${bound(column, value)}`]
  const greater = sql`${expression} > ${bound(column, value)}`
  return column.isNullable ? [greater, sql`${expression} is null`] : [greater]
}

function bound(column: KeyColumn, value: KeyValue): Fragment {
  return sql`${value}::${sql.raw(column.type)}`
}

function seal(values: readonly unknown[], order: Order, filter: object): string {
  return createHash('sha256')
    .update(canonical([order.name, filter, values]))
    .digest('base64url')
    .slice(0, 16)
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function fits(column: KeyColumn, value: unknown): boolean {
  if (value === null) return column.isNullable === true
  if (column.type === 'text') return typeof value === 'string' && !value.includes('\0')
  if (column.type === 'timestamptz') return typeof value === 'string' && isInstant(value)
  return typeof value === 'number' && (column.type === 'double precision' || Number.isSafeInteger(value))
}

function isInstant(value: string): boolean {
  return value === '-infinity' || value === 'infinity' || !Number.isNaN(Date.parse(value))
}
