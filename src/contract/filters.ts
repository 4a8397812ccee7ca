import { z } from 'zod'
import { assetStatuses } from '../domain/asset.ts'
import { cloudProviders } from '../domain/cloud-provider.ts'
import { criticalities } from '../domain/criticality.ts'
import { endCauses, findingStates, severityModifications } from '../domain/finding.ts'
import { assignedCriticalities } from '../domain/group-rule.ts'
import { severities } from '../domain/severity.ts'
import {
  AddressRange,
  AssetId,
  flag,
  Int4Id,
  instantInput,
  listOf,
  NameGlob,
  numeric,
  numericListOf,
  PluginId,
  Port,
  subnetList,
  text,
  textList,
  textsOf,
} from './primitives.ts'

export { type CloudProvider, cloudProviders } from '../domain/cloud-provider.ts'
export { type Criticality, criticalities } from '../domain/criticality.ts'
export { type AssignedCriticality, assignedCriticalities } from '../domain/group-rule.ts'

/**
 * What the default count leaves out and may be asked back in. `gone` is an asset the source no longer has (deleted,
 * terminated, aged out); `out_of_scope` one that is outside the scope of its source; `all` is everything.
 */
export const assetIncludes = ['unlicensed', 'untracked', 'gone', 'out_of_scope', 'all'] as const
export type AssetInclude = (typeof assetIncludes)[number]
/** As for assets; `fixed` and `ended` are findings that are no longer open. */
export const findingIncludes = ['fixed', 'ended', 'unlicensed', 'untracked', 'gone', 'all'] as const
export type FindingInclude = (typeof findingIncludes)[number]

const score = (max: number) => numeric(z.number().min(0).max(max)).optional()

/** Of the asset, by rules and people. */
const ownershipShape = {
  owner: textList(200).optional().describe('by rule or by a person'),
  has_owner: flag().optional(),
  group: textList(200).optional().describe('in one of these groups'),
  assigned_criticality: listOf(z.enum(assignedCriticalities)).optional().describe('by rule; criticality is the ACR’s'),
}

const assetFilterShape = {
  q: text(200).optional().describe('part of a name, host name, FQDN, address or vendor id'),
  asset_id: numericListOf(AssetId).optional(),
  name: textsOf(NameGlob)
    .optional()
    .describe('the whole of a name, host name, FQDN or NetBIOS name; * stands for anything, ? for one character'),
  ip: textsOf(AddressRange).optional().describe('an address, or a range such as 10.0.0.0/8'),
  uuid: textList(500).optional().describe('an id that the source has used for it'),
  source_id: numericListOf(Int4Id).optional(),
  include: listOf(z.enum(assetIncludes))
    .optional()
    .describe(
      'rows the default count leaves out; naming status, is_licensed, is_tracked or is_out_of_scope does the same for that rule',
    ),
  status: listOf(z.enum(assetStatuses)).optional(),
  is_licensed: flag().optional().describe('false: only those the source says are unlicensed'),
  is_tracked: flag().optional(),
  is_provisional: flag().optional(),
  is_out_of_scope: flag().optional().describe('true: only those outside the scope of their source'),
  has_agent: flag().optional(),
  cloud: listOf(z.enum(cloudProviders)).optional(),
  criticality: listOf(z.enum(criticalities)).optional(),
  type: textList(50).optional().describe('host, webapp, cloud'),
  os: text(200).optional().describe('part of an operating system’s name'),
  operating_system: textList(500).optional().describe('the whole name of an operating system, as the source gives it'),
  has_os: flag().optional().describe('false: the source names no operating system'),
  network_id: textList(100).optional(),
  has_network: flag().optional().describe('false: the source names no network'),
  subnet: subnetList().optional().describe('has an address in one of these: 192.0.2.0/24, 2001:db8::/64'),
  tag: textList(500).optional().describe('Key:Value, or Key alone; several must all be there'),
  ...ownershipShape,
  open_severity: listOf(z.enum(severities)).optional().describe('has an open finding of one of these severities'),
  acr_min: score(10),
  acr_max: score(10),
  exposure_min: score(1000),
  exposure_max: score(1000),
  first_seen_from: instantInput().optional(),
  first_seen_to: instantInput().optional().describe('exclusive, as every …_to'),
  last_seen_from: instantInput().optional(),
  last_seen_to: instantInput().optional(),
  last_scan_from: instantInput().optional(),
  last_scan_to: instantInput().optional().describe('scanned, and last before this'),
  last_authenticated_scan_from: instantInput().optional(),
  last_authenticated_scan_to: instantInput().optional().describe('scanned with credentials, and last before this'),
  last_scan_id: textList(200).optional().describe('whose latest scan was this run: its uuid'),
  never_scanned: flag().optional().describe('true: only those that no scan has met'),
  never_scanned_with_credentials: flag().optional(),
  updated_since: instantInput().optional().describe('rows of ours that changed at or after this instant'),
}

/** Which assets; the same for lists, statistics and exports. */
export const AssetFilter = z.strictObject(assetFilterShape)
export type AssetFilter = z.infer<typeof AssetFilter>

const pluginFactShape = {
  family: textList(200).optional(),
  cve: textList(30).optional(),
  is_kev: flag().optional().describe('in CISA’s catalogue: of the feed where one is loaded, else as the vendor says'),
  exploit_available: flag().optional(),
  has_patch: flag().optional(),
  vpr_min: score(10),
  vpr_max: score(10),
  cvss_min: score(10).describe('CVSS v3 base score'),
  cvss_max: score(10),
  epss_min: score(1).describe('0 to 1; of the feed where one is loaded, else as the vendor says'),
  epss_max: score(1),
  kev_due_from: instantInput().optional().describe('by when CISA asks for a remedy'),
  kev_due_to: instantInput().optional().describe('exclusive'),
}

const findingFilterShape = {
  q: text(200).optional().describe('part of a plugin’s name or of an asset’s name or address, or a plugin id'),
  source_id: numericListOf(Int4Id).optional(),
  include: listOf(z.enum(findingIncludes)).optional().describe('rows the default count leaves out'),
  asset_id: numericListOf(AssetId).optional(),
  plugin_id: numericListOf(PluginId).optional(),
  state: listOf(z.enum(findingStates)).optional().describe('open and reopened unless named'),
  severity: listOf(z.enum(severities)).optional(),
  severity_modification: listOf(z.enum(severityModifications)).optional(),
  end_cause: listOf(z.enum(endCauses)).optional().describe('only findings that ended so; implies include=ended'),
  port: numericListOf(Port).optional(),
  protocol: textList(20).optional(),
  ...pluginFactShape,
  asset_status: listOf(z.enum(assetStatuses)).optional().describe('naming it does what include=gone does'),
  is_licensed: flag().optional().describe('of the asset; naming it does what include=unlicensed does'),
  is_tracked: flag().optional().describe('of the asset; naming it does what include=untracked does'),
  has_agent: flag().optional(),
  cloud: listOf(z.enum(cloudProviders)).optional(),
  network_id: textList(100).optional(),
  tag: textList(500).optional().describe('of the asset: Key:Value, or Key alone; several must all be there'),
  ...ownershipShape,
  first_found_from: instantInput().optional(),
  first_found_to: instantInput().optional().describe('exclusive, as every …_to'),
  last_found_from: instantInput().optional(),
  last_found_to: instantInput().optional(),
  last_fixed_from: instantInput().optional(),
  last_fixed_to: instantInput().optional(),
  resurfaced_from: instantInput().optional().describe('came back after a fix'),
  resurfaced_to: instantInput().optional(),
  is_overdue: flag().optional().describe('true: open for longer than the SLA of its severity; see /api/sla'),
  updated_since: instantInput().optional().describe('rows of ours that changed at or after this instant'),
}

/** Which findings; the same for lists, statistics and exports. */
export const FindingFilter = z.strictObject(findingFilterShape)
export type FindingFilter = z.infer<typeof FindingFilter>

const pluginFilterShape = {
  q: text(200).optional().describe('part of a name, a plugin id or a CVE'),
  plugin_id: numericListOf(PluginId).optional(),
  owner_source_id: numericListOf(z.int().min(0)).optional().describe('0: shared by all sources'),
  risk_factor: listOf(z.enum(['none', 'low', 'medium', 'high', 'critical'])).optional(),
  ...pluginFactShape,
  published_from: instantInput().optional(),
  published_to: instantInput().optional().describe('exclusive, as every …_to'),
  modified_from: instantInput().optional(),
  modified_to: instantInput().optional(),
  updated_since: instantInput().optional().describe('rows of ours that changed at or after this instant'),
}

/** Which plugins; the same for lists and exports. */
export const PluginFilter = z.strictObject(pluginFilterShape)
export type PluginFilter = z.infer<typeof PluginFilter>

export const filterShapes = { asset: assetFilterShape, finding: findingFilterShape, plugin: pluginFilterShape }

/** Sort keys; a leading minus turns the whole order round. Rows that are equal in it follow by id. */
export const assetSortKeys = [
  'name',
  'last_seen',
  'first_seen',
  'acr_score',
  'exposure_score',
  'open_critical',
  'updated_at',
  'id',
] as const
export type AssetSortKey = (typeof assetSortKeys)[number]
export const findingSortKeys = ['severity', 'last_found', 'first_found', 'updated_at', 'asset_id', 'plugin_id'] as const
export type FindingSortKey = (typeof findingSortKeys)[number]
export const pluginSortKeys = [
  'plugin_id',
  'name',
  'vpr_score',
  'cvss3_base_score',
  'epss_score',
  'modified_at',
  'updated_at',
] as const
export type PluginSortKey = (typeof pluginSortKeys)[number]

export type Sort<K extends string> = K | `-${K}`

export function sortOf<K extends string>(keys: readonly K[], initial: Sort<K>) {
  const choices = keys.flatMap((key): Sort<K>[] => [key, `-${key}`])
  return z.enum(choices as [Sort<K>, ...Sort<K>[]]).default(initial as never) as unknown as z.ZodDefault<
    z.ZodType<Sort<K>, Sort<K>>
  >
}

export const AssetSort = sortOf(assetSortKeys, 'name')
/** `-severity` is worst first, then newest. */
export const FindingSort = sortOf(findingSortKeys, '-severity')
export const PluginSort = sortOf(pluginSortKeys, 'plugin_id')
