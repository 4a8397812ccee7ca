// How do the assets of a network spread over its subnets, and which machines stand in several?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { addressOrNull, ipv4OrNull } from './address.ts'
import { type AssetRef, assetRefColumns } from './asset-view.ts'
import { type Fragment, isCountedAsset } from './conditions.ts'
import { type EntryKey, findEntry, streamAsOf } from './directory-list.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { decodeCursor, type Order } from './keyset.ts'
import { countUpTo, type PageRequest, type RowsPage, toPage, withoutKey } from './rows-page.ts'

export interface SubnetPrefixes {
  /** Length of an IPv4 subnet's prefix. */
  readonly ipv4_prefix: number
  readonly ipv6_prefix: number
}

export interface SubnetRequest extends PageRequest {
  readonly id: string
  readonly filter: SubnetPrefixes
}

export interface SubnetView {
  readonly subnet: string
  readonly family: 4 | 6
  readonly assets: number
  /** Of them, those with an address in another subnet of the network too. */
  readonly multi_homed: number
  /** That the source still lists, by the addresses it tells of them. */
  readonly scanners: number
  readonly agents: number
}

export interface MultiHomedAsset extends AssetRef {
  readonly subnets: string[]
  readonly interfaces: number
}

/** Addresses of the network's assets in the default count, each in its subnet; what is no address is left out. */
function placed({ source_id, native_id }: EntryKey, { ipv4_prefix, ipv6_prefix }: SubnetPrefixes): Fragment {
  const ofNetwork = sql`a.source_id = ${source_id} and a.network_id = ${native_id} and ${isCountedAsset}`
  return sql`
placed as (
  select distinct asset_id, network(set_masklen(address, prefix)) as subnet
  from (
    select a.asset_id, ${ipv4_prefix}::integer as prefix,
           ${ipv4OrNull(sql`i.address`)} as address
    from asset a
    cross join lateral unnest(a.ipv4s) as i (address)
    where ${ofNetwork}
    union all
    select a.asset_id, ${ipv6_prefix}::integer, ipv6_or_null(i.address)
    from asset a
    cross join lateral unnest(a.ipv6s) as i (address)
    where ${ofNetwork}
  ) as addresses
  where address is not null
), homes as (
  select asset_id, count(*) as homes from placed group by asset_id
)`
}

// The bytes of an address, its family first: in order as addresses are.
const subnetKey = sql`encode(inet_send(p.subnet::inet), 'hex')`
const subnetOrder: Order = {
  name: 'subnet',
  isDescending: false,
  sort: [],
  unique: [{ expression: subnetKey, type: 'text' }],
}

/** @throws NotFoundError `network_not_found`; ConfigError `bad_cursor` */
export async function listSubnets(database: ScopedDatabase, request: SubnetRequest): Promise<RowsPage<SubnetView>> {
  const { limit, filter } = request
  const key = await findEntry(database, 'network', request.id)
  const bound = { ...filter, ...key }
  const after = decodeCursor(request.cursor, subnetOrder, bound)
  const tables = placed(key, filter)
  const wantsTotal = after === null && request.total !== false
  const rows = sql<SubnetView & Record<string, unknown>>`
with ${tables}, ${sensors(key, filter)}
${subnetRows(sql`${subnetKey} collate "C" > ${after?.[0] ?? ''}`)}
limit ${sql.lit(limit + 1)}`.execute(database.kysely)
  const [found, asOf, total] = await Promise.all([
    rows,
    streamAsOf(database, 'assets', [key.source_id]),
    wantsTotal ? countUpTo(database, sql`select distinct subnet from placed`, tables) : null,
  ])
  return toPage(found.rows, {
    ...{ limit, order: subnetOrder, filter: bound, asOf, total },
    present: row => withoutKey(row) as SubnetView,
  })
}

/** Every subnet, a batch at a time. @throws NotFoundError `network_not_found` */
export async function* streamSubnets(
  database: ScopedDatabase,
  { id, filter }: Pick<SubnetRequest, 'id' | 'filter'>,
  options: StreamOptions,
): AsyncGenerator<SubnetView[], void, undefined> {
  const key = await findEntry(database, 'network', id)
  const query = sql`
with ${placed(key, filter)}, ${sensors(key, filter)}
${subnetRows(sql`true`)}`
  yield* streamRows<SubnetView>(database, query.compile(database.kysely), options)
}

function subnetRows(condition: Fragment): Fragment {
  return sql`
select p.subnet::text as subnet, family(p.subnet::inet) as family, count(*) as assets,
       count(*) filter (where h.homes > 1) as multi_homed,
       coalesce(max(n.scanners), 0) as scanners, coalesce(max(n.agents), 0) as agents, ${subnetKey} as k0
from placed p
join homes h using (asset_id)
left join sensors n on n.subnet = p.subnet
where ${condition}
group by p.subnet
order by ${subnetKey} collate "C"`
}

/** Scanners and agents by subnet; a scanner says the name of its network, an agent the id. */
function sensors({ source_id, native_id }: EntryKey, { ipv4_prefix, ipv6_prefix }: SubnetPrefixes): Fragment {
  // Materialized, so that a text is made an address once.
  return sql`
standing as materialized (
  select ${addressOrNull(sql`i.address`)} as address, c.native_id as scanner, null as agent
  from scanner c
  join network n on n.source_id = c.source_id and n.name = c.network_name
  cross join lateral unnest(c.ip_addresses) as i (address)
  where c.source_id = ${source_id} and n.native_id = ${native_id} and c.gone_at is null
  union all
  select ${addressOrNull(sql`g.ip_address`)}, null, g.native_id
  from agent g
  where g.source_id = ${source_id} and g.network_id = ${native_id} and g.gone_at is null
), sensors as materialized (
  select network(set_masklen(address, case family(address) when 4 then ${ipv4_prefix}::integer
                                                           else ${ipv6_prefix}::integer end)) as subnet,
         count(distinct scanner) as scanners, count(distinct agent) as agents
  from standing
  where address is not null
  group by 1
)`
}

const assetOrder: Order = {
  name: 'asset_id',
  isDescending: false,
  sort: [],
  unique: [{ expression: sql`a.asset_id`, type: 'bigint' }],
}

/**
 * Machines with an address in several subnets, or with several interfaces that have one.
 * @throws NotFoundError `network_not_found`; ConfigError `bad_cursor`
 */
export async function listMultiHomed(
  database: ScopedDatabase,
  request: SubnetRequest,
): Promise<RowsPage<MultiHomedAsset>> {
  const { limit, filter } = request
  const key = await findEntry(database, 'network', request.id)
  const bound = { ...filter, ...key }
  const after = decodeCursor(request.cursor, assetOrder, bound)
  const tables = machines(key, filter)
  const wantsTotal = after === null && request.total !== false
  const rows = sql<MultiHomedAsset & Record<string, unknown>>`
with ${tables}
${machineRows(sql`a.asset_id > ${after?.[0] ?? 0}`)}
limit ${sql.lit(limit + 1)}`.execute(database.kysely)
  const [found, asOf, total] = await Promise.all([
    rows,
    streamAsOf(database, 'assets', [key.source_id]),
    wantsTotal ? countUpTo(database, sql`select from machines m where ${several}`, tables) : null,
  ])
  return toPage(found.rows, {
    ...{ limit, order: assetOrder, filter: bound, asOf, total },
    present: row => withoutKey(row) as MultiHomedAsset,
  })
}

/** Every such machine, a batch at a time. @throws NotFoundError `network_not_found` */
export async function* streamMultiHomed(
  database: ScopedDatabase,
  { id, filter }: Pick<SubnetRequest, 'id' | 'filter'>,
  options: StreamOptions,
): AsyncGenerator<MultiHomedAsset[], void, undefined> {
  const key = await findEntry(database, 'network', id)
  const query = sql`
with ${machines(key, filter)}
${machineRows(sql`true`)}`
  yield* streamRows<MultiHomedAsset>(database, query.compile(database.kysely), options)
}

function machines(key: EntryKey, prefixes: SubnetPrefixes): Fragment {
  return sql`${placed(key, prefixes)}, machines as (
  select p.asset_id, array_agg(p.subnet::text order by ${subnetKey} collate "C") as subnets,
         (select count(*) from asset_interface i
          where i.asset_id = p.asset_id and i.is_aliased is not true and (i.ipv4s <> '{}' or i.ipv6s <> '{}')) as interfaces
  from placed p
  group by p.asset_id
)`
}

const several = sql`(cardinality(m.subnets) > 1 or m.interfaces > 1)`

function machineRows(condition: Fragment): Fragment {
  return sql`
select ${assetRefColumns}, m.subnets, m.interfaces, a.asset_id as k0
from machines m
join asset a using (asset_id)
join source s on s.source_id = a.source_id
where ${several} and ${condition}
order by a.asset_id`
}
