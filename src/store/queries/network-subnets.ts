// How do the assets of a network spread over its subnets, and which machines stand in several?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { type AssetRef, assetRefColumns } from './asset-view.ts'
import { type Fragment, isCounted } from './conditions.ts'
import { type EntryKey, findEntry, streamAsOf } from './directory-list.ts'
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
}

export interface MultiHomedAsset extends AssetRef {
  readonly subnets: string[]
  readonly interfaces: number
}

/** Addresses of the network's assets in the default count, each in its subnet; what is no address is left out. */
function placed({ source_id, native_id }: EntryKey, { ipv4_prefix, ipv6_prefix }: SubnetPrefixes): Fragment {
  const part = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
  const ofNetwork = sql`a.source_id = ${source_id} and a.network_id = ${native_id} and ${isCounted}`
  return sql`
placed as (
  select distinct asset_id, network(set_masklen(address, prefix)) as subnet
  from (
    select a.asset_id, ${ipv4_prefix}::integer as prefix,
           case when i.address ~ ${`^(${part}\\.){3}${part}$`} then i.address::inet end as address
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
with ${tables}
select p.subnet::text as subnet, family(p.subnet::inet) as family, count(*) as assets,
       count(*) filter (where h.homes > 1) as multi_homed, ${subnetKey} as k0
from placed p
join homes h using (asset_id)
where ${subnetKey} collate "C" > ${after?.[0] ?? ''}
group by p.subnet
order by ${subnetKey} collate "C"
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
  const tables = sql`${placed(key, filter)}, machines as (
  select p.asset_id, array_agg(p.subnet::text order by ${subnetKey} collate "C") as subnets,
         (select count(*) from asset_interface i
          where i.asset_id = p.asset_id and i.is_aliased is not true and (i.ipv4s <> '{}' or i.ipv6s <> '{}')) as interfaces
  from placed p
  group by p.asset_id
)`
  const several = sql`(cardinality(m.subnets) > 1 or m.interfaces > 1)`
  const wantsTotal = after === null && request.total !== false
  const rows = sql<MultiHomedAsset & Record<string, unknown>>`
with ${tables}
select ${assetRefColumns}, m.subnets, m.interfaces, a.asset_id as k0
from machines m
join asset a using (asset_id)
join source s on s.source_id = a.source_id
where ${several} and a.asset_id > ${after?.[0] ?? 0}
order by a.asset_id
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
