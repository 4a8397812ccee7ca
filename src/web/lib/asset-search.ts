import type { AssetFilter, AssetSortKey, Sort } from '../../contract/filters.ts'
import type { AssetStatus } from '../../domain/asset.ts'
import type { CloudProvider } from '../../domain/cloud-provider.ts'
import type { Criticality } from '../../domain/criticality.ts'
import type { AssignedCriticality } from '../../domain/group-rule.ts'
import { type Field, readFilter } from './filter-fields.ts'
import { oneOf, type RawSearch } from './search-params.ts'
import { severityLabels, worstFirst } from './severity.ts'

export type AssetSort = Sort<AssetSortKey>
/** What the URL of the assets page holds. */
export type AssetSearch = Partial<AssetFilter> & { readonly sort?: AssetSort }

/** Most critical findings first. */
export const defaultAssetSort: AssetSort = '-open_critical'

const sortKeys = [
  'name',
  'last_seen',
  'first_seen',
  'acr_score',
  'exposure_score',
  'open_critical',
  'updated_at',
  'id',
] as const satisfies readonly AssetSortKey[]
const sorts = sortKeys.flatMap((key): AssetSort[] => [key, `-${key}`])

export const assetStatusLabels = {
  live: 'Live',
  deleted: 'Deleted',
  terminated: 'Terminated',
  aged_out: 'Aged out',
} as const satisfies Record<AssetStatus, string>

export const assetStatusOptions = (Object.keys(assetStatusLabels) as AssetStatus[]).map(value => ({
  value,
  label: assetStatusLabels[value],
}))

export const cloudLabels = {
  aws: 'AWS',
  azure: 'Azure',
  gcp: 'GCP',
  on_premise: 'On premises',
} as const satisfies Record<CloudProvider, string>

export const cloudOptions = (Object.keys(cloudLabels) as CloudProvider[]).map(value => ({
  value,
  label: cloudLabels[value],
}))

/** Given by rule; the ACR is another thing. */
export const assignedCriticalityOptions = [
  { value: 'critical', label: 'Critical' },
  { value: 'high', label: 'High' },
  { value: 'medium', label: 'Medium' },
  { value: 'low', label: 'Low' },
] as const satisfies readonly { value: AssignedCriticality; label: string }[]

const criticalities = [
  { value: 'critical', label: 'Critical (ACR 9–10)' },
  { value: 'high', label: 'High (7–8)' },
  { value: 'medium', label: 'Medium (4–6)' },
  { value: 'low', label: 'Low (1–3)' },
  { value: 'unknown', label: 'Unknown' },
] as const satisfies readonly { value: Criticality; label: string }[]

const includes = [
  { value: 'unlicensed', label: 'Unlicensed' },
  { value: 'untracked', label: 'Untracked' },
  { value: 'gone', label: 'Deleted, terminated, aged out' },
  { value: 'out_of_scope', label: 'Outside the scope of their source' },
  { value: 'all', label: 'Everything' },
] as const

export const assetFields = [
  { key: 'q', kind: 'text', label: 'Text', group: 'Search' },
  {
    key: 'open_severity',
    kind: 'set',
    label: 'Has open',
    group: 'Findings',
    options: worstFirst.map(value => ({ value, label: severityLabels[value] })),
  },
  { key: 'criticality', kind: 'set', label: 'Criticality', group: 'Asset', options: criticalities },
  { key: 'cloud', kind: 'set', label: 'Cloud', group: 'Asset', options: cloudOptions },
  { key: 'has_agent', kind: 'flag', label: 'Agent', group: 'Asset', yes: 'installed', no: 'none' },
  { key: 'os', kind: 'text', label: 'Operating system', group: 'Asset', hint: 'Part of its name' },
  { key: 'tag', kind: 'texts', label: 'Tag', group: 'Asset', hint: 'Key:Value, or Key alone' },
  { key: 'owner', kind: 'texts', label: 'Owner', group: 'Asset', hint: 'The whole name' },
  { key: 'has_owner', kind: 'flag', label: 'Owned', group: 'Asset', yes: 'by somebody', no: 'by nobody' },
  { key: 'group', kind: 'texts', label: 'Group', group: 'Asset', hint: 'The whole name' },
  {
    key: 'assigned_criticality',
    kind: 'set',
    label: 'Criticality by rule',
    group: 'Asset',
    options: assignedCriticalityOptions,
  },
  { key: 'type', kind: 'texts', label: 'Type', group: 'Asset', hint: 'host, webapp, cloud' },
  { key: 'network_id', kind: 'texts', label: 'Network', group: 'Asset', hint: 'Its id at the source' },
  { key: 'name', kind: 'texts', label: 'Name', group: 'Asset', hint: 'The whole name; * stands for anything' },
  { key: 'ip', kind: 'texts', label: 'Address', group: 'Asset', hint: 'Or a range: 10.0.0.0/8' },
  { key: 'uuid', kind: 'texts', label: 'Source’s id', group: 'Asset' },
  { key: 'asset_id', kind: 'ids', label: 'Number', group: 'Asset', hint: 'Ours' },
  { key: 'source_id', kind: 'ids', label: 'Source', group: 'Asset', hint: 'Its number' },
  { key: 'include', kind: 'set', label: 'Also show', group: 'Left out by default', options: includes },
  { key: 'status', kind: 'set', label: 'Status', group: 'Left out by default', options: assetStatusOptions },
  {
    key: 'is_licensed',
    kind: 'flag',
    label: 'Licence',
    group: 'Left out by default',
    yes: 'licensed',
    no: 'unlicensed',
  },
  { key: 'is_tracked', kind: 'flag', label: 'Tracking', group: 'Left out by default', yes: 'tracked', no: 'untracked' },
  {
    key: 'is_provisional',
    kind: 'flag',
    label: 'Known from',
    group: 'Asset',
    yes: 'findings only',
    no: 'the asset list',
  },
  { key: 'acr_min', kind: 'number', label: 'ACR at least', group: 'Scores', max: 10, step: 1 },
  { key: 'acr_max', kind: 'number', label: 'ACR at most', group: 'Scores', max: 10, step: 1 },
  { key: 'exposure_min', kind: 'number', label: 'Exposure at least', group: 'Scores', max: 1000, step: 10 },
  { key: 'exposure_max', kind: 'number', label: 'Exposure at most', group: 'Scores', max: 1000, step: 10 },
  { key: 'last_seen_from', kind: 'date', label: 'Last seen from', group: 'Dates' },
  { key: 'last_seen_to', kind: 'date', label: 'Last seen before', group: 'Dates' },
  { key: 'first_seen_from', kind: 'date', label: 'First seen from', group: 'Dates' },
  { key: 'first_seen_to', kind: 'date', label: 'First seen before', group: 'Dates' },
  { key: 'last_scan_from', kind: 'date', label: 'Last scanned from', group: 'Scans' },
  { key: 'last_scan_to', kind: 'date', label: 'Last scanned before', group: 'Scans' },
  { key: 'never_scanned', kind: 'flag', label: 'Scanned', group: 'Scans', yes: 'never', no: 'at least once' },
  {
    key: 'last_authenticated_scan_from',
    kind: 'date',
    label: 'Last scanned with credentials from',
    group: 'Scans',
  },
  {
    key: 'last_authenticated_scan_to',
    kind: 'date',
    label: 'Last scanned with credentials before',
    group: 'Scans',
  },
  {
    key: 'never_scanned_with_credentials',
    kind: 'flag',
    label: 'Scanned with credentials',
    group: 'Scans',
    yes: 'never',
    no: 'at least once',
  },
  { key: 'updated_since', kind: 'date', label: 'Changed here since', group: 'Dates' },
] as const satisfies readonly Field<keyof AssetFilter>[]

export function readAssetSearch(raw: RawSearch): AssetSearch {
  // The fields above carry the filter's own keys, kinds and closed sets, which is what makes this true.
  const filter = readFilter(assetFields, raw) as Partial<AssetFilter>
  const sort = oneOf(raw, 'sort', sorts)
  return sort === undefined ? filter : { ...filter, sort }
}
