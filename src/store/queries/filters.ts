import type { AssetStatus } from '../../domain/asset.ts'
import type { CloudProvider } from '../../domain/cloud-provider.ts'
import type { ComplianceState } from '../../domain/compliance.ts'
import type { Criticality } from '../../domain/criticality.ts'
import type { EndCause, FindingState, SeverityModification } from '../../domain/finding.ts'
import type { AssignedCriticality } from '../../domain/group-rule.ts'
import type { Severity } from '../../domain/severity.ts'

// Keys are spelt as the URL, the API and the command line spell them: a filter is one thing everywhere.

export type AssetInclude = 'unlicensed' | 'untracked' | 'gone' | 'out_of_scope' | 'all'
export type ComplianceInclude = 'ended' | Exclude<AssetInclude, 'out_of_scope'>
export type FindingInclude = 'fixed' | 'ended' | Exclude<AssetInclude, 'out_of_scope'>

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Of an asset, by rules and people. */
export type Ownership = Optional<{
  owner: readonly string[]
  has_owner: boolean
  group: readonly string[]
  assigned_criticality: readonly AssignedCriticality[]
}>

/** Which assets. Without a word about it: live, tracked, licence not false, within the scope of their source. */
export type AssetFilter = Ownership &
  Optional<{
    q: string
    asset_id: readonly number[]
    name: readonly string[]
    ip: readonly string[]
    uuid: readonly string[]
    source_id: readonly number[]
    include: readonly AssetInclude[]
    status: readonly AssetStatus[]
    is_licensed: boolean
    is_tracked: boolean
    is_provisional: boolean
    is_out_of_scope: boolean
    has_agent: boolean
    cloud: readonly CloudProvider[]
    criticality: readonly Criticality[]
    type: readonly string[]
    os: string
    operating_system: readonly string[]
    has_os: boolean
    network_id: readonly string[]
    has_network: boolean
    subnet: readonly string[]
    tag: readonly string[]
    open_severity: readonly Severity[]
    acr_min: number
    acr_max: number
    exposure_min: number
    exposure_max: number
    first_seen_from: string
    first_seen_to: string
    last_seen_from: string
    last_seen_to: string
    last_scan_from: string
    last_scan_to: string
    last_authenticated_scan_from: string
    last_authenticated_scan_to: string
    last_scan_id: readonly string[]
    never_scanned: boolean
    never_scanned_with_credentials: boolean
    updated_since: string
  }>

/** Facts of a plugin that both findings and plugins are chosen by. */
export type PluginFacts = Optional<{
  family: readonly string[]
  cve: readonly string[]
  is_kev: boolean
  exploit_available: boolean
  has_patch: boolean
  vpr_min: number
  vpr_max: number
  cvss_min: number
  cvss_max: number
  epss_min: number
  epss_max: number
  kev_due_from: string
  kev_due_to: string
}>

/** Which findings. Without a word about it: open or reopened, not ended, on assets of the default count. */
export type FindingFilter = PluginFacts &
  Ownership &
  Optional<{
    q: string
    source_id: readonly number[]
    include: readonly FindingInclude[]
    asset_id: readonly number[]
    plugin_id: readonly number[]
    state: readonly FindingState[]
    severity: readonly Severity[]
    severity_modification: readonly SeverityModification[]
    end_cause: readonly EndCause[]
    port: readonly number[]
    protocol: readonly string[]
    asset_status: readonly AssetStatus[]
    is_licensed: boolean
    is_tracked: boolean
    has_agent: boolean
    cloud: readonly CloudProvider[]
    network_id: readonly string[]
    tag: readonly string[]
    first_found_from: string
    first_found_to: string
    last_found_from: string
    last_found_to: string
    last_fixed_from: string
    last_fixed_to: string
    resurfaced_from: string
    resurfaced_to: string
    is_overdue: boolean
    updated_since: string
  }>

export type PluginFilter = PluginFacts &
  Optional<{
    q: string
    plugin_id: readonly number[]
    owner_source_id: readonly number[]
    risk_factor: readonly string[]
    published_from: string
    published_to: string
    modified_from: string
    modified_to: string
    updated_since: string
  }>

/** Which compliance results. Without a word about it: not ended, on assets of the default count. */
export type ComplianceFilter = Optional<{
  q: string
  source_id: readonly number[]
  include: readonly ComplianceInclude[]
  state: readonly ComplianceState[]
  audit_file: readonly string[]
  check_id: readonly number[]
  asset_id: readonly number[]
  framework: readonly string[]
  reference: readonly string[]
  tag: readonly string[]
  network_id: readonly string[]
  is_unconfirmed: boolean
  last_seen_from: string
  last_seen_to: string
  updated_since: string
}>

/** Which scans. Without a word about it: those that the source still lists. */
export type ScanFilter = Optional<{
  q: string
  source_id: readonly number[]
  include: readonly 'gone'[]
  status: readonly string[]
  type: readonly string[]
  is_enabled: boolean
  owner: readonly string[]
  folder: readonly string[]
}>

/** Every row, whatever the default count leaves out. */
export const everything = { include: ['all'] } as const satisfies FindingFilter & AssetFilter
