// Which machines are there, and which records make each of them?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, assetMatches, type Fragment } from './conditions.ts'
import { decodeCursor, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { visible } from './scope.ts'

export interface DeviceFilter {
  readonly q?: string | undefined
  readonly source_id?: readonly number[] | undefined
  readonly is_shared?: boolean | undefined
}

export type DeviceSortKey = 'id' | 'name' | 'records'
export type DeviceSort = DeviceSortKey | `-${DeviceSortKey}`

export interface DeviceView {
  readonly id: number
  readonly name: string
  readonly tenant_id: number
  readonly records: number
  readonly sources: { readonly source_id: number; readonly source: string }[]
  readonly confidence: number | null
  readonly last_seen: string | null
}

/** Machines as `v`, made of the records that somebody may see; of those that meet `among` where it is given. */
export function devicesSeen(database: ScopedDatabase, among: readonly Fragment[] = []): Fragment {
  return sql`(
  select d.device_id, d.tenant_id, seen.*
  from device d
  cross join lateral (
    select count(*) as records, max(a.last_seen) as last_seen,
           (array_agg(a.name order by a.last_seen desc nulls last, a.asset_id))[1] as name,
           array_agg(distinct a.source_id) as source_ids
    from device_asset m
    join asset a using (asset_id)
    where m.device_id = d.device_id and ${allOf(visible(database.access, 'a'))}
  ) as seen
  where seen.records > 0 and ${allOf(among)}
)`
}

/** What lists show of the machine `v`; of its links those of which both records may be seen. */
export const deviceColumns = ({ access }: ScopedDatabase) => sql`
v.device_id as id, v.name, v.tenant_id, v.records, v.last_seen,
(select jsonb_agg(jsonb_build_object('source_id', s.source_id, 'source', s.name) order by s.source_id)
 from source s
 where s.source_id = any(v.source_ids)) as sources,
(select min(e.confidence)
 from device_asset m
 join device_evidence e on e.asset_a = m.asset_id and not e.is_asked
 join device_asset n on n.asset_id = e.asset_b and n.device_id = m.device_id
 join asset a on a.asset_id = e.asset_a
 join asset b on b.asset_id = e.asset_b
 where m.device_id = v.device_id and ${allOf([...visible(access, 'a'), ...visible(access, 'b')])}) as confidence`

const sortColumns: Record<DeviceSortKey, readonly KeyColumn[]> = {
  id: [],
  name: [{ expression: sql`lower(v.name) collate "C"`, type: 'text' }],
  records: [{ expression: sql`v.records`, type: 'integer' }],
}
const unique: readonly KeyColumn[] = [{ expression: sql`v.device_id`, type: 'bigint' }]

/** @throws ConfigError `bad_cursor` */
export async function listDevices(
  database: ScopedDatabase,
  {
    filter,
    sort,
    limit,
    cursor,
    total: wants,
  }: PageRequest & { readonly filter: DeviceFilter; readonly sort: DeviceSort },
): Promise<RowsPage<DeviceView>> {
  const { key, isDescending } = parseSort<DeviceSortKey>(sort)
  const order: Order = { name: sort, isDescending, sort: sortColumns[key], unique }
  const after = decodeCursor(cursor, order, filter)
  const from = sql`from ${devicesSeen(database, hasRecord(database, filter))} as v`
  const conditions = filter.is_shared === undefined ? [sql`true`] : [sql`(v.records > 1) = ${filter.is_shared}`]
  const rows = page({
    select: sql`select ${deviceColumns(database)}, ${keyColumns(order)} ${from}`,
    conditions,
    order,
    after,
    limit: limit + 1,
  })
  const wantsTotal = after === null && wants !== false
  const [found, asOf, total] = await Promise.all([
    sql<DeviceView & Record<string, unknown>>`${rows}`.execute(database.kysely),
    loadAsOf(database),
    wantsTotal ? countUpTo(database, sql`select ${from} where ${allOf(conditions)}`) : null,
  ])
  return toPage(found.rows, { limit, order, filter, asOf, total, present: row => withoutKey(row) as DeviceView })
}

/** Of the machine `d`. */
function hasRecord({ access }: ScopedDatabase, { q, source_id }: DeviceFilter): Fragment[] {
  const asked = [
    ...(q === undefined ? [] : [assetMatches(q)]),
    ...(source_id ? [sql`a.source_id = any(${source_id}::integer[])`] : []),
  ]
  if (asked.length === 0) return []
  return [
    sql`d.device_id in (
      select m.device_id
      from device_asset m join asset a using (asset_id)
      where ${allOf([...asked, ...visible(access, 'a')])})`,
  ]
}
