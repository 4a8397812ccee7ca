// Networks, sensors and tags, as flat rows.

import type { AssetStatus } from '../../domain/asset.ts'
import type { ScopedDatabase } from '../access.ts'
import { type AgentFilter, type AgentView, agentListing } from './agent-list.ts'
import { type DirectoryFilter, streamDirectory } from './directory-list.ts'
import type { StreamOptions } from './export-rows.ts'
import { type NetworkView, networkListing } from './network-list.ts'
import type { MultiHomedAsset, SubnetView } from './network-subnets.ts'
import { type ScannerFilter, type ScannerView, scannerListing } from './scanner-list.ts'
import { type DirectoryTagView, type TagFilter, tagListing } from './tag-list.ts'
import type { TagMember } from './tag-members.ts'

export type AgentExportRow = Omit<AgentView, 'asset'> & {
  readonly asset_id: number | null
  readonly asset_name: string | null
  readonly asset_status: AssetStatus | null
}

const asset = ['source', 'uuid', 'id', 'name', 'status', 'source_id'] as const

/** In the order of the file's columns. */
export const networkExportColumns = [
  ...(['source', 'id', 'uuid', 'name', 'description', 'is_default', 'assets_ttl_days', 'assets', 'scanners'] as const),
  ...(['agents', 'created_at', 'modified_at', 'gone_at', 'updated_at', 'source_id'] as const),
] as const satisfies readonly (keyof NetworkView)[]

export const scannerExportColumns = [
  ...([
    'source',
    'id',
    'native_id',
    'uuid',
    'name',
    'type',
    'status',
    'is_linked',
    'is_group',
    'network_name',
  ] as const),
  ...(['hostname', 'ip_addresses', 'groups', 'platform', 'distro', 'engine_version', 'plugin_set'] as const),
  ...(['owner_name', 'scan_count', 'created_at', 'modified_at', 'last_connect_at', 'gone_at', 'updated_at'] as const),
  'source_id',
] as const satisfies readonly (keyof ScannerView)[]

export const agentExportColumns = [
  ...(['source', 'id', 'native_id', 'uuid', 'name', 'status', 'health', 'platform', 'distro', 'ip_address'] as const),
  ...(['groups', 'network_id', 'network_name', 'profile_name', 'core_version', 'core_build', 'plugin_set'] as const),
  ...(['linked_at', 'last_connect_at', 'last_scanned_at', 'gone_at', 'updated_at', 'asset_id'] as const),
  ...(['asset_name', 'asset_status', 'source_id'] as const),
] as const satisfies readonly (keyof AgentExportRow)[]

export const tagExportColumns = [
  ...(['source', 'id', 'uuid', 'category', 'category_id', 'category_description', 'value', 'description'] as const),
  ...(['type', 'members', 'created_at', 'created_by', 'modified_at', 'modified_by', 'gone_at'] as const),
  ...(['updated_at', 'source_id'] as const),
] as const satisfies readonly (keyof DirectoryTagView)[]

export const subnetExportColumns = [
  ...(['subnet', 'family', 'assets', 'multi_homed', 'scanners', 'agents'] as const),
] as const satisfies readonly (keyof SubnetView)[]

export const multiHomedExportColumns = [
  ...asset,
  'subnets',
  'interfaces',
] as const satisfies readonly (keyof MultiHomedAsset)[]

export const tagMemberExportColumns = [...asset, 'added_at', 'added_by'] as const satisfies readonly (keyof TagMember)[]

export function exportNetworks(database: ScopedDatabase, filter: DirectoryFilter, options: StreamOptions) {
  return streamDirectory<NetworkView>(database, networkListing(database.access, { filter, sort: 'name' }), options)
}

export function exportScanners(database: ScopedDatabase, filter: ScannerFilter, options: StreamOptions) {
  return streamDirectory<ScannerView>(database, scannerListing(database.access, { filter, sort: 'name' }), options)
}

export function exportTags(database: ScopedDatabase, filter: TagFilter, options: StreamOptions) {
  return streamDirectory<DirectoryTagView>(database, tagListing(database.access, { filter, sort: 'name' }), options)
}

export async function* exportAgents(
  database: ScopedDatabase,
  filter: AgentFilter,
  options: StreamOptions,
): AsyncGenerator<AgentExportRow[]> {
  const listing = agentListing(database.access, { filter, sort: 'name' })
  for await (const rows of streamDirectory<AgentView>(database, listing, options)) {
    yield rows.map(({ asset: on, ...row }) => ({
      ...row,
      asset_id: on?.id ?? null,
      asset_name: on?.name ?? null,
      asset_status: on?.status ?? null,
    }))
  }
}
