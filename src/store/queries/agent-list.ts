// Which agents are there, how are they, and on which assets?

import type { AssetStatus } from '../../domain/asset.ts'
import type { Access, ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { pattern } from './conditions.ts'
import {
  type DirectoryFilter,
  type DirectoryListing,
  directoryOrder,
  entryId,
  gone,
  listDirectory,
  ofSources,
} from './directory-list.ts'
import type { KeyColumn } from './keyset.ts'
import type { PageRequest, RowsPage } from './rows-page.ts'
import { ofWholeSources } from './scope.ts'

export interface AgentView {
  readonly id: string
  readonly native_id: string
  readonly uuid: string | null
  readonly source_id: number
  readonly source: string
  readonly name: string
  readonly status: string | null
  readonly health: string | null
  readonly platform: string | null
  readonly distro: string | null
  readonly ip_address: string | null
  readonly groups: string[]
  readonly network_id: string | null
  readonly network_name: string | null
  readonly profile_name: string | null
  readonly core_version: string | null
  readonly core_build: string | null
  readonly plugin_set: string | null
  readonly linked_at: string | null
  readonly last_connect_at: string | null
  readonly last_scanned_at: string | null
  readonly gone_at: string | null
  readonly updated_at: string
  readonly asset: { readonly id: number; readonly name: string; readonly status: AssetStatus } | null
}

export type AgentFilter = DirectoryFilter & {
  readonly status?: readonly string[] | undefined
  readonly health?: readonly string[] | undefined
  readonly network_id?: readonly string[] | undefined
  readonly group?: readonly string[] | undefined
  readonly has_asset?: boolean | undefined
  readonly last_connect_from?: string | undefined
  readonly last_connect_to?: string | undefined
}
export type AgentSortKey = 'name' | 'last_connect_at' | 'updated_at'
export type AgentSort = AgentSortKey | `-${AgentSortKey}`

export interface AgentListRequest extends PageRequest {
  readonly filter: AgentFilter
  readonly sort: AgentSort
}

const sortColumns: Record<AgentSortKey, readonly KeyColumn[]> = {
  name: [{ expression: sql`lower(g.name) collate "C"`, type: 'text' }],
  last_connect_at: [{ expression: sql`coalesce(g.last_connect_at, '-infinity')`, type: 'timestamptz' }],
  updated_at: [{ expression: sql`g.changed_at`, type: 'timestamptz' }],
}

const columns = sql`
${entryId('g')} as id, g.native_id, g.uuid, g.source_id, s.name as source, g.name, g.status, g.health, g.platform, g.distro,
g.ip_address, g.groups, g.network_id, g.network_name, g.profile_name, g.core_version, g.core_build, g.plugin_set,
g.linked_at, g.last_connect_at, g.last_scanned_at, g.gone_at, g.changed_at as updated_at,
case when a.asset_id is not null
     then jsonb_build_object('id', a.asset_id, 'name', a.name, 'status', a.status) end as asset`

/** By the asset's id where the source says it; else by the agent's own, which the asset has with or without dashes. */
const from = sql`
from agent g
join source s on s.source_id = g.source_id
left join lateral (
  select coalesce(
    (select n.asset_id from asset_alias n where n.source_id = g.source_id and n.native_id = g.asset_native_id),
    (select max(x.asset_id) from asset x
     where x.source_id = g.source_id and x.agent_uuid in (g.uuid, replace(g.uuid, '-', '')))) as asset_id
) as l on true
left join asset a on a.asset_id = l.asset_id`

/** @throws ConfigError `bad_cursor` */
export function listAgents(database: ScopedDatabase, request: AgentListRequest): Promise<RowsPage<AgentView>> {
  return listDirectory(database, agentListing(database.access, request), request)
}

/** What the list and the file of them read. */
export function agentListing(
  access: Access,
  { filter, sort }: Pick<AgentListRequest, 'filter' | 'sort'>,
): DirectoryListing {
  const conditions = [
    ...ofWholeSources(access, 'g.source_id'),
    ...gone(filter, 'g'),
    ...ofSources(filter, 'g'),
    ...(filter.q === undefined
      ? []
      : [sql`concat_ws(' ', g.name, g.ip_address, g.native_id, g.uuid) ilike ${pattern(filter.q)}`]),
    ...(filter.status ? [sql`g.status = any(${filter.status}::text[])`] : []),
    ...(filter.health ? [sql`lower(g.health) = any(${filter.health.map(one => one.toLowerCase())}::text[])`] : []),
    ...(filter.network_id ? [sql`g.network_id = any(${filter.network_id}::text[])`] : []),
    ...(filter.group ? [sql`g.groups && ${filter.group}::text[]`] : []),
    ...(filter.has_asset === undefined ? [] : [sql`(a.asset_id is not null) = ${filter.has_asset}`]),
    ...(filter.last_connect_from === undefined
      ? []
      : [sql`g.last_connect_at >= ${filter.last_connect_from}::timestamptz`]),
    ...(filter.last_connect_to === undefined ? [] : [sql`g.last_connect_at < ${filter.last_connect_to}::timestamptz`]),
  ]
  const order = directoryOrder(sort, sortColumns, 'g')
  return { columns, from, conditions, order, filter, stream: 'agents', sourceIds: filter.source_id }
}
