// How do the lists of networks, sensors and tags page, and how fresh are they?

import type { StreamName } from '../../domain/batch.ts'
import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, type Fragment } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { decodeCursor, inOrder, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

/** What every one of these lists can be narrowed by. */
export interface DirectoryFilter {
  readonly q?: string | undefined
  readonly source_id?: readonly number[] | undefined
  /** `gone`: also entries that the source no longer lists. */
  readonly include?: readonly 'gone'[] | undefined
}

export interface DirectoryListing {
  /** Of the table and its aliases: everything after `select`. */
  readonly columns: Fragment
  readonly from: Fragment
  readonly conditions: readonly Fragment[]
  readonly order: Order
  readonly filter: object
  readonly stream: StreamName
  readonly sourceIds?: readonly number[] | undefined
}

/** @throws ConfigError `bad_cursor` */
export async function listDirectory<Row>(
  database: ScopedDatabase,
  { columns, from, conditions, order, filter, stream, sourceIds }: DirectoryListing,
  request: PageRequest,
): Promise<RowsPage<Row>> {
  const after = decodeCursor(request.cursor, order, filter)
  const select = sql`
select ${columns}, ${keyColumns(order)}
${from}`
  const rows = page({ select, conditions, order, after, limit: request.limit + 1 })
  const wantsTotal = after === null && request.total !== false
  const [found, asOf, total] = await Promise.all([
    sql<Record<string, unknown>>`${rows}`.execute(database.kysely),
    streamAsOf(database, stream, sourceIds),
    wantsTotal ? countUpTo(database, sql`select ${from} where ${allOf(conditions)}`) : null,
  ])
  const { limit } = request
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as Row })
}

/** Every entry of the list, a batch at a time. */
export function streamDirectory<Row>(
  database: ScopedDatabase,
  { columns, from, conditions, order }: DirectoryListing,
  options: StreamOptions,
): AsyncGenerator<Row[], void, undefined> {
  const query = sql`
select ${columns}
${from}
where ${allOf(conditions)}
order by ${inOrder(order)}`
  return streamRows<Row>(database, query.compile(database.kysely), options)
}

/** By one column, then by source and id. `alias` is that of the table. */
export function directoryOrder<K extends string>(
  sort: K | `-${K}`,
  columns: Readonly<Record<K, readonly KeyColumn[]>>,
  alias: string,
): Order {
  const { key, isDescending } = parseSort<K>(sort)
  const unique: readonly KeyColumn[] = [
    { expression: sql.ref(`${alias}.source_id`), type: 'integer' },
    { expression: sql.ref(`${alias}.native_id`), type: 'text' },
  ]
  return { name: sort, isDescending, sort: columns[key], unique }
}

/** The id of an entry in our API: the source's id alone is not unique, the default network has the same everywhere. */
export function entryId(alias: string): Fragment {
  return sql`concat(${sql.ref(`${alias}.source_id`)}, '-', ${sql.ref(`${alias}.native_id`)})`
}

export function gone(filter: DirectoryFilter, alias: string): Fragment[] {
  return filter.include?.includes('gone') ? [] : [sql`${sql.ref(`${alias}.gone_at`)} is null`]
}

export function ofSources(filter: DirectoryFilter, alias: string): Fragment[] {
  return filter.source_id ? [sql`${sql.ref(`${alias}.source_id`)} = any(${filter.source_id}::integer[])`] : []
}

export interface EntryKey {
  readonly source_id: number
  readonly native_id: string
}

/**
 * The entry that an id means: ours, or the source's own where only one source has it.
 * @throws NotFoundError `<table>_not_found`; ConfigError `several_sources`
 */
export async function findEntry(database: ScopedDatabase, table: 'network' | 'tag', id: string): Promise<EntryKey> {
  const { rows } = await sql<EntryKey & { is_exact: boolean }>`
select d.source_id, d.native_id, ${entryId('d')} = ${id} as is_exact
from ${sql.table(table)} d
where d.native_id = any(${[id, id.replace(/^\d+-/, '')]}::text[]) and ${id} in (d.native_id, ${entryId('d')})
  and ${allOf(ofWholeSources(database.access, 'd.source_id'))}
order by is_exact desc, d.source_id`.execute(database.kysely)
  const [first, second] = rows
  if (!first) {
    throw table === 'network'
      ? new NotFoundError('network_not_found', `There is no network ${id}.`)
      : new NotFoundError('tag_not_found', `There is no tag ${id}.`)
  }
  if (!first.is_exact && second) {
    throw new ConfigError(
      'several_sources',
      `Several sources have a ${table} ${id}. Say which with the id that the list gives, ${first.source_id}-${id} for example.`,
    )
  }
  return { source_id: first.source_id, native_id: first.native_id }
}

/** Up to when a stream is known complete: of each source the last time it was read, and of those the oldest. */
export async function streamAsOf(
  database: ScopedDatabase,
  stream: StreamName,
  sourceIds: readonly number[] | undefined,
): Promise<string | null> {
  const ids = sourcesWithin(database.access, sourceIds) ?? null
  const { rows } = await sql<{ as_of: string | null }>`
select min(latest.as_of) as as_of
from source s
cross join lateral (
  select max(rs.watermark_at) as as_of
  from run r
  join run_stream rs using (run_id)
  where r.source_id = s.source_id and rs.stream = ${stream} and rs.status = 'completed'
) as latest
where s.removed_at is null
  and (${ids}::integer[] is null or s.source_id = any(${ids}::integer[]))`.execute(database.kysely)
  return rows[0]?.as_of ?? null
}
