import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import { directoryEventKinds, directoryLists } from '../domain/directory.ts'
import { AssetRef } from './assets.ts'
import { sortOf } from './filters.ts'
import { pageOf } from './page.ts'
import {
  AnyJson,
  AnyObject,
  AssetId,
  Count,
  flag,
  Instant,
  Int4Id,
  instantInput,
  listOf,
  numeric,
  numericListOf,
  RunId,
  text,
  textList,
} from './primitives.ts'

// The small lists of a source: networks, scanners, agents, tags.

const directoryFilterShape = {
  q: text(200).optional().describe('part of a name, an address or the source’s id'),
  source_id: numericListOf(Int4Id).optional(),
  include: listOf(z.enum(['gone']))
    .optional()
    .describe('gone: also entries that the source no longer lists'),
}

export const NetworkFilter = z.strictObject(directoryFilterShape)
export type NetworkFilter = z.infer<typeof NetworkFilter>

export const ScannerFilter = z.strictObject({
  ...directoryFilterShape,
  status: textList(50).optional().describe('on, off'),
  type: textList(50).optional().describe('local, managed, pool …'),
  is_linked: flag().optional(),
  network_name: textList(500)
    .optional()
    .describe('the name of the network, which is what the source says of a scanner'),
})
export type ScannerFilter = z.infer<typeof ScannerFilter>

export const AgentFilter = z.strictObject({
  ...directoryFilterShape,
  status: textList(50).optional().describe('on, off, init'),
  health: textList(50).optional().describe('healthy, warning, critical …'),
  network_id: textList(100).optional().describe('the source’s id of the network'),
  group: textList(500).optional().describe('in one of these groups'),
  has_asset: flag().optional().describe('false: on no asset that we hold'),
  last_connect_from: instantInput().optional(),
  last_connect_to: instantInput().optional().describe('exclusive'),
})
export type AgentFilter = z.infer<typeof AgentFilter>

export const TagFilter = z.strictObject({
  ...directoryFilterShape,
  category: textList(500).optional(),
  type: textList(50).optional().describe('static, dynamic'),
})
export type TagFilter = z.infer<typeof TagFilter>

export const DirectoryEventFilter = z.strictObject({
  list: listOf(z.enum(directoryLists)).optional(),
  source_id: numericListOf(Int4Id).optional(),
  native_id: textList(500).optional().describe('the source’s id of the entry'),
  kind: listOf(z.enum(directoryEventKinds)).optional(),
  from: instantInput().optional(),
  to: instantInput().optional().describe('exclusive'),
})
export type DirectoryEventFilter = z.infer<typeof DirectoryEventFilter>

export const NetworkSort = sortOf(['name', 'updated_at'], 'name')
export const ScannerSort = sortOf(['name', 'last_connect_at', 'updated_at'], 'name')
export const AgentSort = sortOf(['name', 'last_connect_at', 'updated_at'], 'name')
export const TagSort = sortOf(['name', 'updated_at'], 'name')

export const subnetShape = {
  ipv4_prefix: numeric(z.int().min(1).max(32)).default(24).describe('length of the prefix of an IPv4 subnet'),
  ipv6_prefix: numeric(z.int().min(1).max(128)).default(64).describe('length of the prefix of an IPv6 subnet'),
}

const entry = {
  id: z.string().describe('ours: the source’s number, a dash, the source’s own id'),
  source_id: Int4Id,
  source: z.string(),
  gone_at: Instant.nullable().describe('when a complete reading of the list first lacked it'),
  updated_at: Instant.describe('when our row last changed'),
}

export const NetworkView = z
  .object({
    ...entry,
    uuid: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    is_default: z.boolean().nullable(),
    assets_ttl_days: z.int().nullable().describe('assets that no scan meets for so long are deleted by the source'),
    created_at: Instant.nullable(),
    modified_at: Instant.nullable(),
    assets: Count.describe('in the default count'),
    scanners: Count,
    agents: Count,
  })
  .meta({ id: 'Network' })
export type NetworkView = z.infer<typeof NetworkView>

export const NetworkDetail = NetworkView.extend({
  owner_id: z.string().nullable(),
  created_by: z.string().nullable(),
  modified_by: z.string().nullable(),
  scanner_count: z.int().nullable().describe('as the source counts them'),
  extra: AnyObject.nullable(),
  run_id: RunId,
  read_at: Instant,
  recorded_at: Instant,
}).meta({ id: 'NetworkDetail' })

export const ScannerView = z
  .object({
    ...entry,
    native_id: z.string(),
    uuid: z.string().nullable(),
    name: z.string(),
    type: z.string().nullable(),
    status: z.string().nullable(),
    is_linked: z.boolean().nullable(),
    is_group: z.boolean().nullable(),
    network_name: z.string().nullable(),
    hostname: z.string().nullable(),
    ip_addresses: z.array(z.string()),
    groups: z.array(z.string()),
    platform: z.string().nullable(),
    distro: z.string().nullable(),
    engine_version: z.string().nullable(),
    plugin_set: z.string().nullable(),
    owner_name: z.string().nullable(),
    scan_count: z.int().nullable(),
    created_at: Instant.nullable(),
    modified_at: Instant.nullable(),
    last_connect_at: Instant.nullable(),
  })
  .meta({ id: 'Scanner' })
export type ScannerView = z.infer<typeof ScannerView>

export const AgentView = z
  .object({
    ...entry,
    native_id: z.string(),
    uuid: z.string().nullable(),
    name: z.string(),
    status: z.string().nullable(),
    health: z.string().nullable(),
    platform: z.string().nullable(),
    distro: z.string().nullable(),
    ip_address: z.string().nullable(),
    groups: z.array(z.string()),
    network_id: z.string().nullable(),
    network_name: z.string().nullable(),
    profile_name: z.string().nullable(),
    core_version: z.string().nullable(),
    core_build: z.string().nullable(),
    plugin_set: z.string().nullable(),
    linked_at: Instant.nullable(),
    last_connect_at: Instant.nullable(),
    last_scanned_at: Instant.nullable(),
    asset: z
      .object({ id: AssetId, name: z.string(), status: z.enum(assetStatuses) })
      .nullable()
      .describe('the asset it is installed on, where we hold it'),
  })
  .meta({ id: 'Agent' })
export type AgentView = z.infer<typeof AgentView>

export const DirectoryTagView = z
  .object({
    ...entry,
    uuid: z.string(),
    category: z.string(),
    category_id: z.string().nullable(),
    category_description: z.string().nullable(),
    value: z.string(),
    description: z.string().nullable(),
    type: z.string().nullable(),
    created_at: Instant.nullable(),
    created_by: z.string().nullable(),
    modified_at: Instant.nullable().describe('by the source’s clock'),
    modified_by: z.string().nullable(),
    members: Count.describe('assets of the default count that have it now'),
  })
  .meta({ id: 'DirectoryTag' })
export type DirectoryTagView = z.infer<typeof DirectoryTagView>

export const SubnetView = z
  .object({
    subnet: z.string().meta({ examples: ['192.0.2.0/24'] }),
    family: z.union([z.literal(4), z.literal(6)]),
    assets: Count.describe('in the default count'),
    multi_homed: Count.describe('of them, those with an address in another subnet of the network too'),
    scanners: Count.describe('by their addresses, as agents are'),
    agents: Count,
  })
  .meta({ id: 'Subnet' })
export type SubnetView = z.infer<typeof SubnetView>

export const MultiHomedAsset = AssetRef.extend({
  subnets: z.array(z.string()),
  interfaces: Count.describe('that have an address'),
}).meta({ id: 'MultiHomedAsset' })
export type MultiHomedAsset = z.infer<typeof MultiHomedAsset>

export const TagMember = AssetRef.extend({
  added_at: Instant.nullable().describe('where the source says so; of the present alone'),
  added_by: z.string().nullable(),
}).meta({ id: 'TagMember' })
export type TagMember = z.infer<typeof TagMember>

export const DirectoryEventView = z
  .object({
    event_id: z.int(),
    list: z.enum(directoryLists),
    id: z.string().describe('of the entry, as its own list gives it'),
    native_id: z.string(),
    source_id: Int4Id,
    source: z.string(),
    name: z.string().describe('what the entry was called after the event'),
    kind: z.enum(directoryEventKinds),
    happened_at: Instant.nullable().describe('the vendor’s clock'),
    recorded_at: Instant.describe('our clock: when we were told'),
    run_id: RunId.nullable(),
    is_reconstructed: z.boolean().describe('from the first reading of the list: it was there before'),
    before: AnyJson.describe('of what changed'),
    after: AnyJson,
  })
  .meta({ id: 'DirectoryEvent' })

export const PluginChangeView = z
  .object({
    run_id: RunId,
    recorded_at: Instant,
    changes: z.array(z.object({ column: z.string(), before: AnyJson, after: AnyJson })),
  })
  .meta({ id: 'PluginChange' })

export const NetworkPage = pageOf(NetworkView, 'NetworkPage')
export const ScannerPage = pageOf(ScannerView, 'ScannerPage')
export const AgentPage = pageOf(AgentView, 'AgentPage')
export const TagPage = pageOf(DirectoryTagView, 'TagPage')
export const SubnetPage = pageOf(SubnetView, 'SubnetPage')
export const MultiHomedPage = pageOf(MultiHomedAsset, 'MultiHomedPage')
export const TagMemberPage = pageOf(TagMember, 'TagMemberPage')
export const DirectoryEventPage = pageOf(DirectoryEventView, 'DirectoryEventPage')
export const PluginChangePage = pageOf(PluginChangeView, 'PluginChangePage')
