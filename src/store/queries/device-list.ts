// Which machines are there, and which records make each of them?

import { type Severity, severities } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, assetMatches, type Fragment, isCounted, isOpen } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { decodeCursor, type KeyColumn, keyColumns, type Order, page, parseSort } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'
import { visible } from './scope.ts'
import type { SeverityCounts } from './severity-counts.ts'

export interface DeviceFilter {
  readonly q?: string | undefined
  readonly source_id?: readonly number[] | undefined
  readonly is_shared?: boolean | undefined
  readonly records_min?: number | undefined
  readonly records_max?: number | undefined
  readonly in_review?: boolean | undefined
  readonly confidence_min?: number | undefined
  readonly confidence_max?: number | undefined
}

export type DeviceSortKey = 'id' | 'name' | 'records' | 'confidence' | 'last_seen'
export type DeviceSort = DeviceSortKey | `-${DeviceSortKey}`

export interface DeviceView {
  readonly id: number
  readonly name: string
  readonly tenant_id: number
  readonly records: number
  readonly sources: { readonly source_id: number; readonly source: string }[]
  readonly confidence: number | null
  readonly to_review: number
  readonly address: string | null
  readonly operating_system: string | null
  readonly last_seen: string | null
  readonly open: SeverityCounts
}

const seenLast = sql`order by a.last_seen desc nulls last, a.asset_id`

/** Machines as `v`, made of the records that somebody may see; of those that meet `among` where it is given. */
export function devicesSeen(database: ScopedDatabase, among: readonly Fragment[] = []): Fragment {
  return among.length === 0
    ? everyDeviceSeen(database)
    : sql`(
  select d.device_id, d.tenant_id, seen.*
  from device d
  cross join lateral (
    select count(*) as records, max(a.last_seen) as last_seen, (array_agg(a.name ${seenLast}))[1] as name,
           array_agg(distinct a.source_id) as source_ids
    from device_asset m
    join asset a using (asset_id)
    where m.device_id = d.device_id and ${allOf(visible(database.access, 'a'))}
  ) as seen
  where seen.records > 0 and ${allOf(among)}
)`
}

/** All of them at once. Most have one record, whose name and source need no looking for. */
function everyDeviceSeen({ access }: ScopedDatabase): Fragment {
  const ofSeveral = (value: Fragment) => sql`
  (select ${value} from device_asset m join asset a using (asset_id)
   where m.device_id = g.device_id and ${allOf(visible(access, 'a'))})`
  return sql`(
  select d.device_id, d.tenant_id, g.records, g.last_seen,
         case when g.records = 1 then g.name else ${ofSeveral(sql`(array_agg(a.name ${seenLast}))[1]`)} end as name,
         case when g.records = 1 then array[g.source_id] else ${ofSeveral(sql`array_agg(distinct a.source_id)`)} end as source_ids
  from (
    select m.device_id, count(*) as records, max(a.last_seen) as last_seen, min(a.name) as name, min(a.source_id) as source_id
    from device_asset m
    join asset a using (asset_id)
    where ${allOf(visible(access, 'a'))}
    group by m.device_id
  ) as g
  join device d using (device_id)
)`
}

/** Of the links within the machine `v` of which both records may be seen, the weakest. */
const confidenceOf = ({ access }: ScopedDatabase) => sql`
(select min(e.confidence)
 from device_asset m
 join device_evidence e on e.asset_a = m.asset_id and not e.is_asked
 join device_asset n on n.asset_id = e.asset_b and n.device_id = m.device_id
 join asset a on a.asset_id = e.asset_a
 join asset b on b.asset_id = e.asset_b
 where m.device_id = v.device_id and ${allOf([...visible(access, 'a'), ...visible(access, 'b')])})`

/** Pairs of a record of the machine `v` and one of another, of which both may be seen. */
const askedOf = ({ access }: ScopedDatabase) => sql`
from device_asset m
join device_evidence e on e.is_asked and (e.asset_a = m.asset_id or e.asset_b = m.asset_id)
join asset a on a.asset_id = e.asset_a
join asset b on b.asset_id = e.asset_b
where m.device_id = v.device_id and ${allOf([...visible(access, 'a'), ...visible(access, 'b')])}`

const perSeverityOf = (count: (severity: Severity) => Fragment) =>
  sql`jsonb_build_object(${sql.join(severities.flatMap(severity => [sql.lit(severity), count(severity)]))})`

/** Of one record its own counts; of several each finding once. */
const openOf = ({ access }: ScopedDatabase) => sql`
case when v.records = 1 then
  (select ${perSeverityOf(severity => sql`coalesce(sum(t.${sql.ref(`open_${severity}`)} + t.${sql.ref(`reopened_${severity}`)}), 0)`)}
   from device_asset m
   join asset a using (asset_id)
   join asset_total t using (asset_id)
   where m.device_id = v.device_id and ${isCounted} and ${allOf(visible(access, 'a'))})
else
  (select ${perSeverityOf(severity => sql`count(*) filter (where rank = ${sql.lit(severities.indexOf(severity))})`)}
   from (select max(severity_rank(f.severity)) as rank
         from device_asset m
         join asset a using (asset_id)
         join finding f using (asset_id)
         where m.device_id = v.device_id and ${isCounted} and ${isOpen} and ${allOf(visible(access, 'a'))}
         group by f.plugin_id, f.port, f.protocol, f.instance) as once)
end`

/** What lists show of the machine `v`. */
export const deviceColumns = (database: ScopedDatabase) => sql`
v.device_id as id, v.name, v.tenant_id, v.records, v.last_seen,
(select jsonb_agg(jsonb_build_object('source_id', s.source_id, 'source', s.name) order by s.source_id)
 from source s
 where s.source_id = any(v.source_ids)) as sources,
${confidenceOf(database)} as confidence,
(select count(*) ${askedOf(database)}) as to_review,
(select coalesce(a.ipv4s[1], a.ipv6s[1])
 from device_asset m join asset a using (asset_id)
 where m.device_id = v.device_id and ${allOf(visible(database.access, 'a'))}
 ${seenLast} limit 1) as address,
(select a.operating_systems[1]
 from device_asset m join asset a using (asset_id)
 where m.device_id = v.device_id and cardinality(a.operating_systems) > 0 and ${allOf(visible(database.access, 'a'))}
 ${seenLast} limit 1) as operating_system,
${openOf(database)} as open`

function sortColumns(database: ScopedDatabase): Record<DeviceSortKey, readonly KeyColumn[]> {
  return {
    id: [],
    name: [{ expression: sql`lower(v.name) collate "C"`, type: 'text' }],
    records: [{ expression: sql`v.records`, type: 'integer' }],
    confidence: [{ expression: confidenceOf(database), type: 'double precision', isNullable: true }],
    last_seen: [{ expression: sql`v.last_seen`, type: 'timestamptz', isNullable: true }],
  }
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
  const order: Order = { name: sort, isDescending, sort: sortColumns(database)[key], unique }
  const after = decodeCursor(cursor, order, filter)
  const from = sql`from ${devicesSeen(database, hasRecord(database, filter))} as v`
  const conditions = madeSo(database, filter)
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

/** Every machine that the filter chooses, by id. */
export function streamDevices(
  database: ScopedDatabase,
  filter: DeviceFilter,
  options: StreamOptions,
): AsyncGenerator<DeviceView[]> {
  const query = sql`
select ${deviceColumns(database)}
from ${devicesSeen(database, hasRecord(database, filter))} as v
where ${allOf(madeSo(database, filter))}
order by v.device_id`
  return streamRows<DeviceView>(database, query.compile(database.kysely), options)
}

/** Of the machine `v`. */
function madeSo(database: ScopedDatabase, filter: DeviceFilter): Fragment[] {
  const { is_shared, records_min, records_max, in_review, confidence_min, confidence_max } = filter
  return [
    sql`true`,
    ...(is_shared === undefined ? [] : [sql`(v.records > 1) = ${is_shared}`]),
    ...(records_min === undefined ? [] : [sql`v.records >= ${records_min}`]),
    ...(records_max === undefined ? [] : [sql`v.records <= ${records_max}`]),
    ...(in_review === undefined ? [] : [sql`exists (select ${askedOf(database)}) = ${in_review}`]),
    ...(confidence_min === undefined ? [] : [sql`${confidenceOf(database)} >= ${confidence_min}`]),
    ...(confidence_max === undefined ? [] : [sql`${confidenceOf(database)} <= ${confidence_max}`]),
  ]
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
