import type { JsonObject } from './json.ts'

/** `live` is in the source now; the others are not, each for its own reason. */
export const assetStatuses = ['live', 'deleted', 'terminated', 'aged_out'] as const
export type AssetStatus = (typeof assetStatuses)[number]

export const assetEventKinds = [
  'appeared',
  'status',
  'licence',
  'tracking',
  'names',
  'addresses',
  'tags',
  'scope',
] as const
export type AssetEventKind = (typeof assetEventKinds)[number]

export const assetEventCauses = ['source', 'absent', 'person'] as const
/** `absent`: a complete full run did not meet the asset. */
export type AssetEventCause = (typeof assetEventCauses)[number]

/** What a finding says of its asset: enough to make a provisional one when the asset itself was not read yet. */
export interface ObservedAsset {
  readonly nativeId: string
  /**
   * Its names in its source, the native id among them, those first that are its own for good. Under a native id that
   * nobody has met it is the asset that another of them names, unless that one has, of a kind that goes before, another.
   */
  readonly aliases?: readonly string[]
  readonly hostname: string | null
  readonly fqdn: string | null
  readonly ipv4: string | null
  readonly ipv6: string | null
  readonly macAddress: string | null
  readonly netbiosName: string | null
  readonly netbiosWorkgroup: string | null
  readonly operatingSystems: readonly string[]
  readonly deviceType: string | null
  readonly agentUuid: string | null
  readonly biosUuid: string | null
  readonly serialNumber: string | null
  readonly networkId: string | null
  /** False: the vendor gives this machine a new id at every scan; no history can be kept on it. */
  readonly isTracked: boolean | null
  readonly lastAuthenticatedResultsAt: string | null
  readonly lastUnauthenticatedResultsAt: string | null
  readonly extra: JsonObject | null
}

export interface AssetTag {
  readonly key: string
  readonly value: string
  readonly uuid: string | null
  readonly addedBy: string | null
  readonly addedAt: string | null
}

export interface AssetInterface {
  readonly name: string
  readonly isVirtual: boolean | null
  readonly isAliased: boolean | null
  readonly ipv4s: readonly string[]
  readonly ipv6s: readonly string[]
  readonly fqdns: readonly string[]
  readonly macAddresses: readonly string[]
}

/** Cloud facts, keyed as our columns: `aws_ec2_instance_id`, `azure_vm_id`, `gcp_project_id` … */
export const cloudFields = [
  'aws_ec2_instance_id',
  'aws_ec2_instance_ami_id',
  'aws_ec2_instance_group_name',
  'aws_ec2_instance_state_name',
  'aws_ec2_instance_type',
  'aws_ec2_name',
  'aws_ec2_product_code',
  'aws_owner_id',
  'aws_availability_zone',
  'aws_region',
  'aws_vpc_id',
  'aws_subnet_id',
  'azure_vm_id',
  'azure_resource_id',
  'gcp_project_id',
  'gcp_zone',
  'gcp_instance_id',
] as const
export type CloudField = (typeof cloudFields)[number]

/** Ids other products know the asset by, keyed as our columns. */
export const thirdPartyFields = [
  'mcafee_epo_guid',
  'mcafee_epo_agent_guid',
  'servicenow_sysid',
  'bigfix_asset_id',
] as const
export type ThirdPartyField = (typeof thirdPartyFields)[number]

/** One asset as one source knows it. Instants are ISO 8601 in UTC; `null` is unknown. */
export interface Asset {
  readonly nativeId: string
  /** @see ObservedAsset.aliases */
  readonly aliases?: readonly string[]
  readonly status: AssetStatus
  /** null: the source did not say (v1 exports have no such field). */
  readonly isLicensed: boolean | null
  readonly isPublic: boolean | null
  /** host, webapp, cloud. */
  readonly types: readonly string[]
  readonly hostnames: readonly string[]
  readonly fqdns: readonly string[]
  readonly ipv4s: readonly string[]
  readonly ipv6s: readonly string[]
  readonly macAddresses: readonly string[]
  readonly netbiosNames: readonly string[]
  readonly operatingSystems: readonly string[]
  readonly systemTypes: readonly string[]
  readonly agentNames: readonly string[]
  readonly sshFingerprints: readonly string[]
  readonly tpmIds: readonly string[]
  readonly qualysAssetIds: readonly string[]
  readonly qualysHostIds: readonly string[]
  readonly symantecHardwareKeys: readonly string[]
  /** CPE names. */
  readonly installedSoftware: readonly string[]
  readonly hasAgent: boolean | null
  readonly hasPluginResults: boolean | null
  readonly agentUuid: string | null
  readonly agentDaysSinceActive: number | null
  readonly biosUuid: string | null
  readonly serialNumber: string | null
  readonly networkId: string | null
  readonly networkName: string | null
  readonly cloud: Readonly<Partial<Record<CloudField, string>>>
  readonly thirdParty: Readonly<Partial<Record<ThirdPartyField, string>>>
  /** 1 to 10. */
  readonly acrScore: number | null
  /** 0 to 1000. */
  readonly exposureScore: number | null
  readonly createdAt: string | null
  readonly updatedAt: string | null
  readonly deletedAt: string | null
  readonly deletedBy: string | null
  readonly terminatedAt: string | null
  readonly terminatedBy: string | null
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  readonly firstScanAt: string | null
  readonly lastScanAt: string | null
  readonly lastAuthenticatedScanAt: string | null
  readonly lastLicensedScanAt: string | null
  readonly lastAuthenticationAttemptAt: string | null
  readonly lastAuthenticationSuccessAt: string | null
  readonly lastAuthenticationStatus: string | null
  readonly lastScanId: string | null
  readonly lastScheduleId: string | null
  readonly lastScanTarget: string | null
  readonly tags: readonly AssetTag[]
  readonly interfaces: readonly AssetInterface[]
  /** As sent: `[{name, first_seen, last_seen}]`. */
  readonly sightings: readonly JsonObject[]
  readonly openPorts: readonly JsonObject[]
  readonly customAttributes: readonly JsonObject[]
  readonly resourceTags: readonly JsonObject[]
  readonly ratings: JsonObject | null
  readonly extra: JsonObject | null
}

/** What is not known of an asset that is only named. */
export const unknownAsset: Omit<Asset, 'nativeId'> = {
  status: 'live',
  isLicensed: null,
  isPublic: null,
  types: [],
  hostnames: [],
  fqdns: [],
  ipv4s: [],
  ipv6s: [],
  macAddresses: [],
  netbiosNames: [],
  operatingSystems: [],
  systemTypes: [],
  agentNames: [],
  sshFingerprints: [],
  tpmIds: [],
  qualysAssetIds: [],
  qualysHostIds: [],
  symantecHardwareKeys: [],
  installedSoftware: [],
  hasAgent: null,
  hasPluginResults: null,
  agentUuid: null,
  agentDaysSinceActive: null,
  biosUuid: null,
  serialNumber: null,
  networkId: null,
  networkName: null,
  cloud: {},
  thirdParty: {},
  acrScore: null,
  exposureScore: null,
  createdAt: null,
  updatedAt: null,
  deletedAt: null,
  deletedBy: null,
  terminatedAt: null,
  terminatedBy: null,
  firstSeen: null,
  lastSeen: null,
  firstScanAt: null,
  lastScanAt: null,
  lastAuthenticatedScanAt: null,
  lastLicensedScanAt: null,
  lastAuthenticationAttemptAt: null,
  lastAuthenticationSuccessAt: null,
  lastAuthenticationStatus: null,
  lastScanId: null,
  lastScheduleId: null,
  lastScanTarget: null,
  tags: [],
  interfaces: [],
  sightings: [],
  openPorts: [],
  customAttributes: [],
  resourceTags: [],
  ratings: null,
  extra: null,
}
