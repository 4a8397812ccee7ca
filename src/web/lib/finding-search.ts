import type { FindingFilter, FindingSortKey, Sort } from '../../contract/filters.ts'
import type { FindingPluginSortKey } from '../../contract/vulnerabilities.ts'
import { type EndCause, findingStates, type SeverityModification } from '../../domain/finding.ts'
import { assetStatusOptions, assignedCriticalityOptions, cloudOptions } from './asset-search.ts'
import { type Field, readFilter } from './filter-fields.ts'
import { oneOf, type RawSearch } from './search-params.ts'
import { severityLabels, worstFirst } from './severity.ts'

export type FindingSort = Sort<FindingSortKey>
/** What the URL of the findings page holds. */
export type FindingSearch = Partial<FindingFilter> & { readonly sort?: FindingSort }

export type PluginSort = Sort<FindingPluginSortKey>
/** What the URL of the page holds: the filter, and whether its findings are shown one by one or folded by plugin. */
export type FindingsPageSearch = FindingSearch & { readonly by?: 'plugin'; readonly plugin_sort?: PluginSort }

/** Worst first, then by VPR. */
export const defaultPluginSort: PluginSort = '-severity'

/** Worst first, then newest. */
export const defaultFindingSort: FindingSort = '-severity'

const sortKeys = [
  'severity',
  'last_found',
  'first_found',
  'updated_at',
  'asset_id',
  'plugin_id',
] as const satisfies readonly FindingSortKey[]
const sorts = sortKeys.flatMap((key): FindingSort[] => [key, `-${key}`])

const pluginSortKeys = [
  'severity',
  'name',
  'plugin_id',
  'vpr_score',
  'cvss3_base_score',
  'epss_score',
  'findings',
  'affected_assets',
  'first_found',
  'last_found',
  'risk',
] as const satisfies readonly FindingPluginSortKey[]
const pluginSorts = pluginSortKeys.flatMap((key): PluginSort[] => [key, `-${key}`])

const modifications = [
  { value: 'none', label: 'As scored' },
  { value: 'recasted', label: 'Recast' },
  { value: 'accepted', label: 'Accepted' },
] as const satisfies readonly { value: SeverityModification; label: string }[]

const endCauses = [
  { value: 'asset_gone', label: 'Asset gone' },
  { value: 'withdrawn', label: 'Withdrawn' },
  { value: 'superseded', label: 'Superseded' },
  { value: 'out_of_scope', label: 'Out of scope' },
] as const satisfies readonly { value: EndCause; label: string }[]

const includes = [
  { value: 'fixed', label: 'Fixed' },
  { value: 'ended', label: 'Ended without a fix' },
  { value: 'unlicensed', label: 'Unlicensed assets' },
  { value: 'untracked', label: 'Untracked assets' },
  { value: 'gone', label: 'Deleted, terminated, aged out' },
  { value: 'all', label: 'Everything' },
] as const

const stateLabels = { open: 'Open', reopened: 'Reopened', fixed: 'Fixed' } as const

export const findingFields = [
  { key: 'q', kind: 'text', label: 'Text', group: 'Search' },
  {
    key: 'severity',
    kind: 'set',
    label: 'Severity',
    group: 'Finding',
    options: worstFirst.map(value => ({ value, label: severityLabels[value] })),
  },
  {
    key: 'state',
    kind: 'set',
    label: 'State',
    group: 'Finding',
    hint: 'Open and reopened unless you choose',
    options: findingStates.map(value => ({ value, label: stateLabels[value] })),
  },
  { key: 'severity_modification', kind: 'set', label: 'Risk rule', group: 'Finding', options: modifications },
  { key: 'include', kind: 'set', label: 'Also show', group: 'Left out by default', options: includes },
  { key: 'end_cause', kind: 'set', label: 'Ended because', group: 'Left out by default', options: endCauses },
  {
    key: 'asset_status',
    kind: 'set',
    label: 'Asset status',
    group: 'Left out by default',
    options: assetStatusOptions,
  },
  {
    key: 'is_licensed',
    kind: 'flag',
    label: 'Licence',
    group: 'Left out by default',
    yes: 'licensed',
    no: 'unlicensed',
  },
  { key: 'is_tracked', kind: 'flag', label: 'Tracking', group: 'Left out by default', yes: 'tracked', no: 'untracked' },
  { key: 'is_kev', kind: 'flag', label: 'KEV', group: 'Plugin', yes: 'listed', no: 'not listed' },
  { key: 'exploit_available', kind: 'flag', label: 'Exploit', group: 'Plugin', yes: 'available', no: 'none known' },
  { key: 'has_patch', kind: 'flag', label: 'Patch', group: 'Plugin', yes: 'published', no: 'none' },
  { key: 'vpr_min', kind: 'number', label: 'VPR at least', group: 'Plugin', max: 10, step: 0.1 },
  { key: 'vpr_max', kind: 'number', label: 'VPR at most', group: 'Plugin', max: 10, step: 0.1 },
  { key: 'cvss_min', kind: 'number', label: 'CVSS v3 at least', group: 'Plugin', max: 10, step: 0.1 },
  { key: 'cvss_max', kind: 'number', label: 'CVSS v3 at most', group: 'Plugin', max: 10, step: 0.1 },
  { key: 'epss_min', kind: 'number', label: 'EPSS at least (0 to 1)', group: 'Plugin', max: 1, step: 0.01 },
  { key: 'epss_max', kind: 'number', label: 'EPSS at most (0 to 1)', group: 'Plugin', max: 1, step: 0.01 },
  { key: 'kev_due_from', kind: 'date', label: 'KEV due from', group: 'Plugin' },
  { key: 'kev_due_to', kind: 'date', label: 'KEV due before', group: 'Plugin' },
  { key: 'plugin_id', kind: 'ids', label: 'Plugin ID', group: 'Plugin' },
  { key: 'cve', kind: 'texts', label: 'CVE', group: 'Plugin' },
  { key: 'family', kind: 'texts', label: 'Plugin family', group: 'Plugin' },
  { key: 'asset_id', kind: 'ids', label: 'Asset', group: 'Asset', hint: 'Its number here' },
  { key: 'tag', kind: 'texts', label: 'Asset tag', group: 'Asset', hint: 'Key:Value, or Key alone' },
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
  { key: 'cloud', kind: 'set', label: 'Cloud', group: 'Asset', options: cloudOptions },
  { key: 'has_agent', kind: 'flag', label: 'Agent', group: 'Asset', yes: 'installed', no: 'none' },
  { key: 'port', kind: 'ids', label: 'Port', group: 'Asset' },
  { key: 'protocol', kind: 'texts', label: 'Protocol', group: 'Asset', hint: 'tcp, udp, icmp' },
  { key: 'network_id', kind: 'texts', label: 'Network', group: 'Asset', hint: 'Its id at the source' },
  { key: 'source_id', kind: 'ids', label: 'Source', group: 'Asset', hint: 'Its number' },
  { key: 'first_found_from', kind: 'date', label: 'First found from', group: 'Dates' },
  { key: 'first_found_to', kind: 'date', label: 'First found before', group: 'Dates' },
  { key: 'last_found_from', kind: 'date', label: 'Last found from', group: 'Dates' },
  { key: 'last_found_to', kind: 'date', label: 'Last found before', group: 'Dates' },
  { key: 'last_fixed_from', kind: 'date', label: 'Fixed from', group: 'Dates' },
  { key: 'last_fixed_to', kind: 'date', label: 'Fixed before', group: 'Dates' },
  { key: 'resurfaced_from', kind: 'date', label: 'Resurfaced from', group: 'Dates' },
  { key: 'resurfaced_to', kind: 'date', label: 'Resurfaced before', group: 'Dates' },
  { key: 'is_overdue', kind: 'flag', label: 'SLA', group: 'Dates', yes: 'overdue', no: 'in time' },
  { key: 'updated_since', kind: 'date', label: 'Changed here since', group: 'Dates' },
] as const satisfies readonly Field<keyof FindingFilter>[]

export function readFindingSearch(raw: RawSearch): FindingSearch {
  // The fields above carry the filter's own keys, kinds and closed sets, which is what makes this true.
  const filter = readFilter(findingFields, raw) as Partial<FindingFilter>
  const sort = oneOf(raw, 'sort', sorts)
  return sort === undefined ? filter : { ...filter, sort }
}

export function readFindingsPageSearch(raw: RawSearch): FindingsPageSearch {
  const pluginSort = oneOf(raw, 'plugin_sort', pluginSorts)
  return {
    ...readFindingSearch(raw),
    ...(oneOf(raw, 'by', ['plugin']) === 'plugin' ? { by: 'plugin' as const } : {}),
    ...(pluginSort === undefined ? {} : { plugin_sort: pluginSort }),
  }
}
