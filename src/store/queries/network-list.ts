// Which networks are there, and what is in each?

import type { JsonObject } from '../../domain/json.ts'
import type { Access, ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { isCountedAsset, pattern } from './conditions.ts'
import {
  type DirectoryFilter,
  type DirectoryListing,
  directoryOrder,
  entryId,
  findEntry,
  gone,
  listDirectory,
  ofSources,
} from './directory-list.ts'
import type { KeyColumn } from './keyset.ts'
import type { PageRequest, RowsPage } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export interface NetworkView {
  readonly id: string
  readonly uuid: string
  readonly source_id: number
  readonly source: string
  readonly name: string
  readonly description: string | null
  readonly is_default: boolean | null
  readonly assets_ttl_days: number | null
  readonly created_at: string | null
  readonly modified_at: string | null
  readonly gone_at: string | null
  readonly updated_at: string
  readonly assets: number
  readonly scanners: number
  readonly agents: number
}

export interface NetworkDetail extends NetworkView {
  readonly owner_id: string | null
  readonly created_by: string | null
  readonly modified_by: string | null
  /** As the source counts its scanners. */
  readonly scanner_count: number | null
  readonly extra: JsonObject | null
  readonly run_id: number
  readonly read_at: string
  readonly recorded_at: string
}

export type NetworkSortKey = 'name' | 'updated_at'
export type NetworkSort = NetworkSortKey | `-${NetworkSortKey}`

const sortColumns: Record<NetworkSortKey, readonly KeyColumn[]> = {
  name: [{ expression: sql`lower(n.name) collate "C"`, type: 'text' }],
  updated_at: [{ expression: sql`n.changed_at`, type: 'timestamptz' }],
}

/** Scanners say the name of their network, all else its id. */
const columns = sql`
${entryId('n')} as id, n.native_id as uuid, n.source_id, s.name as source, n.name, n.description, n.is_default,
n.assets_ttl_days, n.created_at, n.modified_at, n.gone_at, n.changed_at as updated_at,
coalesce(am.assets, 0) as assets, coalesce(sm.scanners, 0) as scanners, coalesce(gm.agents, 0) as agents`

/** Each table is counted once for all networks. */
const from = sql`
from network n
join source s on s.source_id = n.source_id
left join (
  select a.source_id, a.network_id, count(*) as assets from asset a where ${isCountedAsset} group by 1, 2
) as am on am.source_id = n.source_id and am.network_id = n.native_id
left join (
  select c.source_id, c.network_name, count(*) as scanners from scanner c where c.gone_at is null group by 1, 2
) as sm on sm.source_id = n.source_id and sm.network_name = n.name
left join (
  select g.source_id, g.network_id, count(*) as agents from agent g where g.gone_at is null group by 1, 2
) as gm on gm.source_id = n.source_id and gm.network_id = n.native_id`

export interface NetworkListRequest extends PageRequest {
  readonly filter: DirectoryFilter
  readonly sort: NetworkSort
}

/** @throws ConfigError `bad_cursor` */
export function listNetworks(database: ScopedDatabase, request: NetworkListRequest): Promise<RowsPage<NetworkView>> {
  return listDirectory(database, networkListing(database.access, request), request)
}

/** What the list and the file of them read. */
export function networkListing(
  access: Access,
  { filter, sort }: Pick<NetworkListRequest, 'filter' | 'sort'>,
): DirectoryListing {
  const conditions = [
    ...ofWholeSources(access, 'n.source_id'),
    ...gone(filter, 'n'),
    ...ofSources(filter, 'n'),
    ...(filter.q === undefined
      ? []
      : [sql`concat_ws(' ', n.name, n.description, n.native_id) ilike ${pattern(filter.q)}`]),
  ]
  const order = directoryOrder(sort, sortColumns, 'n')
  return { columns, from, conditions, order, filter, stream: 'networks', sourceIds: filter.source_id }
}

/** @throws NotFoundError `network_not_found`; ConfigError `several_sources` */
export async function getNetwork(database: ScopedDatabase, id: string): Promise<NetworkDetail> {
  const key = await findEntry(database, 'network', id)
  const { rows } = await sql<NetworkDetail>`
select ${columns}, n.owner_id, n.created_by, n.modified_by, n.scanner_count, n.extra, n.run_id, n.read_at, n.recorded_at
${from}
where n.source_id = ${key.source_id} and n.native_id = ${key.native_id}`.execute(database.kysely)
  return rows[0]!
}
