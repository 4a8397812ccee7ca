import { assetStatuses } from '../asset.ts'
import { cloudProviders } from '../cloud-provider.ts'
import { criticalities } from '../criticality.ts'
import { endCauses, findingStates, severityModifications } from '../finding.ts'
import { assignedCriticalities } from '../group-rule.ts'
import { severities } from '../severity.ts'

/** One word of the query language, and the keys of the filter that it fills. */
export type QueryField =
  | (FieldBase & { readonly kind: 'set'; readonly key: string; readonly values: readonly string[] })
  | (FieldBase & { readonly kind: 'flag'; readonly key: string })
  | (FieldBase & { readonly kind: 'text'; readonly key: string })
  | (FieldBase & { readonly kind: 'texts'; readonly key: string })
  | (FieldBase & { readonly kind: 'numbers'; readonly key: string })
  /** `step` is the smallest difference there is: what makes `>` of an "at least". */
  | (FieldBase & { readonly kind: 'range'; readonly min: string; readonly max: string; readonly step: number })
  /** `to` is exclusive. A field with `isAge` knows durations only. */
  | (FieldBase & { readonly kind: 'time'; readonly from: string; readonly to?: string; readonly isAge?: boolean })

interface FieldBase {
  /** The first is how we write it; the others are understood. */
  readonly names: readonly [string, ...string[]]
  readonly about: string
}

const tenth = { step: 0.1 }
const whole = { step: 1 }
const includes = ['unlicensed', 'untracked', 'gone', 'all'] as const

const plugin = [
  {
    names: ['kev', 'is_kev'],
    kind: 'flag',
    key: 'is_kev',
    about: 'in the catalogue of known exploited vulnerabilities',
  },
  { names: ['exploit', 'exploit_available'], kind: 'flag', key: 'exploit_available', about: 'an exploit is public' },
  { names: ['patch', 'has_patch'], kind: 'flag', key: 'has_patch', about: 'a patch is published' },
  { names: ['vpr'], kind: 'range', min: 'vpr_min', max: 'vpr_max', ...tenth, about: 'VPR, 0 to 10' },
  { names: ['cvss', 'cvss3'], kind: 'range', min: 'cvss_min', max: 'cvss_max', ...tenth, about: 'CVSS v3 base score' },
  { names: ['epss'], kind: 'range', min: 'epss_min', max: 'epss_max', step: 0.00001, about: 'EPSS, 0 to 1' },
  {
    names: ['due', 'kev_due'],
    kind: 'time',
    from: 'kev_due_from',
    to: 'kev_due_to',
    about: 'by when CISA asks for a remedy',
  },
  { names: ['cve'], kind: 'texts', key: 'cve', about: 'of plugins that name one of these CVEs' },
  { names: ['family'], kind: 'texts', key: 'family', about: 'family of the plugin' },
] as const satisfies readonly QueryField[]

const machine = [
  { names: ['tag'], kind: 'texts', key: 'tag', about: 'Key:Value or Key alone; several must all be there' },
  { names: ['owner'], kind: 'texts', key: 'owner', about: 'whose the asset is, by rule or by a person' },
  { names: ['owned', 'has_owner'], kind: 'flag', key: 'has_owner', about: 'the asset is somebody’s' },
  { names: ['group'], kind: 'texts', key: 'group', about: 'the asset is in one of these groups' },
  {
    names: ['assigned', 'assigned_criticality'],
    kind: 'set',
    key: 'assigned_criticality',
    values: assignedCriticalities,
    about: 'criticality of the asset by rule',
  },
  { names: ['cloud'], kind: 'set', key: 'cloud', values: cloudProviders, about: 'where the asset runs' },
  { names: ['agent', 'has_agent'], kind: 'flag', key: 'has_agent', about: 'an agent is installed' },
  { names: ['network', 'network_id'], kind: 'texts', key: 'network_id', about: 'id of a network' },
  { names: ['source', 'source_id'], kind: 'numbers', key: 'source_id', about: 'number of a source' },
  { names: ['licensed', 'is_licensed'], kind: 'flag', key: 'is_licensed', about: 'the asset has a licence' },
  { names: ['tracked', 'is_tracked'], kind: 'flag', key: 'is_tracked', about: 'the source keeps track of the asset' },
  { names: ['updated', 'updated_since'], kind: 'time', from: 'updated_since', about: 'our row changed' },
] as const satisfies readonly QueryField[]

/** Words that choose findings. */
export const findingQueryFields: readonly QueryField[] = [
  { names: ['severity', 'sev'], kind: 'set', key: 'severity', values: severities, about: 'as the source sent it' },
  { names: ['state'], kind: 'set', key: 'state', values: findingStates, about: 'open and reopened unless said' },
  ...plugin,
  {
    names: ['rule', 'severity_modification'],
    kind: 'set',
    key: 'severity_modification',
    values: severityModifications,
    about: 'recast and accepted findings',
  },
  { names: ['plugin', 'plugin_id'], kind: 'numbers', key: 'plugin_id', about: 'id of a plugin' },
  { names: ['asset', 'asset_id'], kind: 'numbers', key: 'asset_id', about: 'our number of an asset' },
  { names: ['port'], kind: 'numbers', key: 'port', about: 'where it was found' },
  { names: ['protocol'], kind: 'texts', key: 'protocol', about: 'tcp, udp, icmp' },
  {
    names: ['age'],
    kind: 'time',
    from: 'first_found_from',
    to: 'first_found_to',
    isAge: true,
    about: 'since first found',
  },
  { names: ['first_found'], kind: 'time', from: 'first_found_from', to: 'first_found_to', about: 'first found' },
  { names: ['last_found'], kind: 'time', from: 'last_found_from', to: 'last_found_to', about: 'last found' },
  { names: ['last_fixed', 'fixed'], kind: 'time', from: 'last_fixed_from', to: 'last_fixed_to', about: 'fixed' },
  {
    names: ['resurfaced'],
    kind: 'time',
    from: 'resurfaced_from',
    to: 'resurfaced_to',
    about: 'came back after a fix',
  },
  { names: ['overdue', 'is_overdue'], kind: 'flag', key: 'is_overdue', about: 'open for longer than its SLA' },
  {
    names: ['ended', 'end_cause'],
    kind: 'set',
    key: 'end_cause',
    values: endCauses,
    about: 'ended without a fix, and why',
  },
  { names: ['asset_status'], kind: 'set', key: 'asset_status', values: assetStatuses, about: 'status of the asset' },
  {
    names: ['include'],
    kind: 'set',
    key: 'include',
    values: ['fixed', 'ended', ...includes],
    about: 'what the default count leaves out',
  },
  ...machine,
]

/** Words that choose assets. */
export const assetQueryFields: readonly QueryField[] = [
  { names: ['os'], kind: 'text', key: 'os', about: 'part of an operating system’s name' },
  {
    names: ['system', 'operating_system'],
    kind: 'texts',
    key: 'operating_system',
    about: 'whole name of an operating system',
  },
  { names: ['has_os'], kind: 'flag', key: 'has_os', about: 'the source names an operating system' },
  { names: ['has_network'], kind: 'flag', key: 'has_network', about: 'the source names a network' },
  { names: ['subnet'], kind: 'texts', key: 'subnet', about: 'has an address in it, as 192.0.2.0/24' },
  {
    names: ['has', 'open_severity'],
    kind: 'set',
    key: 'open_severity',
    values: severities,
    about: 'has an open finding so severe',
  },
  { names: ['criticality'], kind: 'set', key: 'criticality', values: criticalities, about: 'by ACR' },
  {
    names: ['acr'],
    kind: 'range',
    min: 'acr_min',
    max: 'acr_max',
    ...whole,
    about: 'asset criticality rating, 1 to 10',
  },
  {
    names: ['exposure', 'aes'],
    kind: 'range',
    min: 'exposure_min',
    max: 'exposure_max',
    ...whole,
    about: 'asset exposure score, 0 to 1,000',
  },
  { names: ['first_seen'], kind: 'time', from: 'first_seen_from', to: 'first_seen_to', about: 'first seen' },
  { names: ['last_seen', 'seen'], kind: 'time', from: 'last_seen_from', to: 'last_seen_to', about: 'last seen' },
  { names: ['scanned', 'last_scan'], kind: 'time', from: 'last_scan_from', to: 'last_scan_to', about: 'last scanned' },
  {
    names: ['authenticated', 'last_authenticated_scan'],
    kind: 'time',
    from: 'last_authenticated_scan_from',
    to: 'last_authenticated_scan_to',
    about: 'last scanned with credentials',
  },
  { names: ['never_scanned'], kind: 'flag', key: 'never_scanned', about: 'no scan has met it' },
  {
    names: ['never_authenticated', 'never_scanned_with_credentials'],
    kind: 'flag',
    key: 'never_scanned_with_credentials',
    about: 'no scan has met it with credentials',
  },
  {
    names: ['name', 'host', 'fqdn'],
    kind: 'texts',
    key: 'name',
    about: 'the whole of a name, host name, FQDN or NetBIOS name; * stands for anything',
  },
  { names: ['ip', 'address'], kind: 'texts', key: 'ip', about: 'an address, or a range such as 10.0.0.0/8' },
  { names: ['uuid'], kind: 'texts', key: 'uuid', about: 'an id that the source has used for it' },
  {
    names: ['run', 'last_scan_id'],
    kind: 'texts',
    key: 'last_scan_id',
    about: 'whose latest scan was this run: its uuid',
  },
  { names: ['asset', 'asset_id'], kind: 'numbers', key: 'asset_id', about: 'our number of an asset' },
  { names: ['status'], kind: 'set', key: 'status', values: assetStatuses, about: 'live unless said' },
  { names: ['type'], kind: 'texts', key: 'type', about: 'host, webapp, cloud' },
  {
    names: ['provisional', 'is_provisional'],
    kind: 'flag',
    key: 'is_provisional',
    about: 'only a finding has named it',
  },
  { names: ['include'], kind: 'set', key: 'include', values: includes, about: 'what the default count leaves out' },
  ...machine,
]
