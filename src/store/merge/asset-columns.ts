import { type Asset, cloudFields, thirdPartyFields } from '../../domain/asset.ts'
import { assetName } from '../../domain/asset-name.ts'

/** Scalar and array facts of an asset and the columns that hold them. */
const plainColumns = {
  nativeId: 'native_id',
  status: 'status',
  isLicensed: 'is_licensed',
  isPublic: 'is_public',
  hasAgent: 'has_agent',
  hasPluginResults: 'has_plugin_results',
  types: 'types',
  hostnames: 'hostnames',
  fqdns: 'fqdns',
  ipv4s: 'ipv4s',
  ipv6s: 'ipv6s',
  macAddresses: 'mac_addresses',
  netbiosNames: 'netbios_names',
  operatingSystems: 'operating_systems',
  systemTypes: 'system_types',
  agentNames: 'agent_names',
  sshFingerprints: 'ssh_fingerprints',
  tpmIds: 'tpm_ids',
  qualysAssetIds: 'qualys_asset_ids',
  qualysHostIds: 'qualys_host_ids',
  symantecHardwareKeys: 'symantec_hardware_keys',
  agentUuid: 'agent_uuid',
  agentDaysSinceActive: 'agent_days_since_active',
  biosUuid: 'bios_uuid',
  serialNumber: 'serial_number',
  networkId: 'network_id',
  networkName: 'network_name',
  acrScore: 'acr_score',
  exposureScore: 'exposure_score',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  deletedAt: 'deleted_at',
  deletedBy: 'deleted_by',
  terminatedAt: 'terminated_at',
  terminatedBy: 'terminated_by',
  firstSeen: 'first_seen',
  lastSeen: 'last_seen',
  firstScanAt: 'first_scan_at',
  lastScanAt: 'last_scan_at',
  lastAuthenticatedScanAt: 'last_authenticated_scan_at',
  lastLicensedScanAt: 'last_licensed_scan_at',
  lastAuthenticationAttemptAt: 'last_authentication_attempt_at',
  lastAuthenticationSuccessAt: 'last_authentication_success_at',
  lastAuthenticationStatus: 'last_authentication_status',
  lastScanId: 'last_scan_id',
  lastScheduleId: 'last_schedule_id',
  lastScanTarget: 'last_scan_target',
  sightings: 'sightings',
  openPorts: 'open_ports',
  customAttributes: 'custom_attributes',
  resourceTags: 'resource_tags',
  ratings: 'ratings',
  extra: 'extra',
} as const satisfies Partial<Record<keyof Asset, string>>

const plainFields = Object.keys(plainColumns) as (keyof typeof plainColumns)[]

/** Columns of `asset` that an asset export fills. */
export const assetColumns: readonly string[] = [
  'name',
  ...plainFields.map(field => plainColumns[field]),
  ...cloudFields,
  ...thirdPartyFields,
]

/** What a row of `asset` knows, as the fields of an asset; columns that say nothing are left out. */
export function knownFacts(row: Readonly<Record<string, unknown>>): Partial<Asset> {
  const known: Record<string, unknown> = {}
  for (const field of plainFields) {
    const value = row[plainColumns[field]]
    if (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)) known[field] = value
  }
  const cloud = Object.fromEntries(cloudFields.flatMap(field => (row[field] ? [[field, row[field]]] : [])))
  return { ...known, cloud } as Partial<Asset>
}

/** An asset as a row of `assetColumns`. */
export function assetRow(asset: Asset): Record<string, unknown> {
  const row: Record<string, unknown> = {
    name: assetName({ ...asset, cloudName: asset.cloud.aws_ec2_name ?? asset.cloud.gcp_instance_id ?? null }),
  }
  for (const field of plainFields) row[plainColumns[field]] = asset[field]
  for (const field of cloudFields) row[field] = asset.cloud[field] ?? null
  for (const field of thirdPartyFields) row[field] = asset.thirdParty[field] ?? null
  return row
}
