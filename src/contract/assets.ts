import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import { assignedCriticalities, cloudProviders, criticalities } from './filters.ts'
import { pageOf } from './page.ts'
import { AnyJson, AnyObject, AssetId, Count, DeviceId, Instant, Int4Id, RunId } from './primitives.ts'

export const SeverityCounts = z
  .object({ info: Count, low: Count, medium: Count, high: Count, critical: Count })
  .meta({ id: 'SeverityCounts' })
export type SeverityCounts = z.infer<typeof SeverityCounts>

/** Enough of an asset to name it and link to it. */
export const AssetRef = z
  .object({
    id: AssetId,
    uuid: z.string().describe('the vendor’s id'),
    name: z.string(),
    status: z.enum(assetStatuses),
    source_id: Int4Id,
    source: z.string(),
  })
  .meta({ id: 'AssetRef' })
export type AssetRef = z.infer<typeof AssetRef>

export const TagView = z
  .object({
    key: z.string(),
    value: z.string(),
    uuid: z.string().nullable(),
    added_by: z.string().nullable(),
    added_at: Instant.nullable(),
  })
  .meta({ id: 'Tag' })
export type TagView = z.infer<typeof TagView>

export const AssetView = AssetRef.extend({
  is_provisional: z.boolean().describe('only a finding has named it so far'),
  is_licensed: z.boolean().nullable(),
  is_tracked: z.boolean().nullable(),
  is_counted: z.boolean().describe('in the default count: live, tracked, licence not false, within the scope'),
  out_of_scope_at: Instant.nullable().describe(
    'the reading that found it outside the scope of its source; null: within',
  ),
  has_agent: z.boolean().nullable(),
  types: z.array(z.string()),
  hostnames: z.array(z.string()),
  fqdns: z.array(z.string()),
  ipv4s: z.array(z.string()),
  ipv6s: z.array(z.string()),
  operating_systems: z.array(z.string()),
  cloud_provider: z.enum(cloudProviders).describe('derived from the cloud facts'),
  network_id: z.string().nullable(),
  network_name: z.string().nullable(),
  acr_score: z.number().nullable().describe('1 to 10'),
  criticality: z.enum(criticalities).describe('derived from the ACR'),
  exposure_score: z.number().nullable().describe('0 to 1000'),
  owner: z.string().nullable().describe('by rule or by a person'),
  assigned_criticality: z.enum(assignedCriticalities).nullable().describe('by rule'),
  groups: z.array(z.string()),
  open: SeverityCounts.describe('findings open or reopened and not ended'),
  tags: z.array(TagView),
  first_seen: Instant.nullable(),
  last_seen: Instant.nullable(),
  last_scan_at: Instant.nullable(),
  updated_at: Instant.describe('when our row last changed'),
}).meta({ id: 'Asset' })
export type AssetView = z.infer<typeof AssetView>

export const InterfaceView = z
  .object({
    name: z.string(),
    is_virtual: z.boolean().nullable(),
    is_aliased: z.boolean().nullable(),
    ipv4s: z.array(z.string()),
    ipv6s: z.array(z.string()),
    fqdns: z.array(z.string()),
    mac_addresses: z.array(z.string()),
  })
  .meta({ id: 'Interface' })
export type InterfaceView = z.infer<typeof InterfaceView>

export const AssetDetail = AssetView.extend({
  aliases: z.array(z.string()).describe('every id the source has used for it'),
  device: z
    .object({ id: DeviceId, records: Count.describe('of the machine, in all sources; those that you may see') })
    .nullable()
    .describe('the machine that it is a record of; null until it has been looked at'),
  is_public: z.boolean().nullable(),
  has_plugin_results: z.boolean().nullable(),
  mac_addresses: z.array(z.string()),
  netbios_names: z.array(z.string()),
  netbios_workgroup: z.string().nullable(),
  system_types: z.array(z.string()),
  device_type: z.string().nullable(),
  agent_names: z.array(z.string()),
  agent_uuid: z.string().nullable(),
  agent_days_since_active: z.int().nullable(),
  ssh_fingerprints: z.array(z.string()),
  tpm_ids: z.array(z.string()),
  qualys_asset_ids: z.array(z.string()),
  qualys_host_ids: z.array(z.string()),
  symantec_hardware_keys: z.array(z.string()),
  bios_uuid: z.string().nullable(),
  serial_number: z.string().nullable(),
  cloud: z.record(z.string(), z.string()).describe('aws_…, azure_… and gcp_… facts that are known'),
  third_party: z.record(z.string(), z.string()).describe('ids of other products that are known'),
  reopened: SeverityCounts,
  fixed: SeverityCounts,
  ended: Count.describe('findings that stopped counting without a fix'),
  created_at: Instant.nullable(),
  vendor_updated_at: Instant.nullable(),
  deleted_at: Instant.nullable(),
  deleted_by: z.string().nullable(),
  terminated_at: Instant.nullable(),
  terminated_by: z.string().nullable(),
  first_scan_at: Instant.nullable(),
  last_authenticated_scan_at: Instant.nullable(),
  last_licensed_scan_at: Instant.nullable(),
  last_authentication_attempt_at: Instant.nullable(),
  last_authentication_success_at: Instant.nullable(),
  last_authentication_status: z.string().nullable(),
  last_authenticated_results_at: Instant.nullable(),
  last_unauthenticated_results_at: Instant.nullable(),
  last_scan_id: z.string().nullable(),
  last_schedule_id: z.string().nullable(),
  last_scan_target: z.string().nullable(),
  interfaces: z.array(InterfaceView),
  software: z.array(z.string()).describe('CPE names'),
  sightings: AnyJson,
  open_ports: AnyJson,
  custom_attributes: AnyJson,
  resource_tags: AnyJson,
  ratings: AnyJson,
  observed: AnyObject.nullable().describe('what the newest finding says of the asset'),
  extra: AnyObject.nullable().describe('what the source sent that has no column'),
  run_id: RunId,
  read_at: Instant.nullable(),
  recorded_at: Instant,
}).meta({ id: 'AssetDetail' })
export type AssetDetail = z.infer<typeof AssetDetail>

export const AssetPage = pageOf(AssetView, 'AssetPage')
export type AssetPage = z.infer<typeof AssetPage>
