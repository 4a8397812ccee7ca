import type { ComplianceFilter } from '../../contract/compliance.ts'
import { type ComplianceState, complianceStates } from '../../domain/compliance.ts'
import { wordsOf } from './field-words.ts'
import { type Field, readFilter } from './filter-fields.ts'
import { dayOf, oneOf, type RawSearch } from './search-params.ts'

export const complianceViews = ['check', 'asset', 'audit_file', 'result'] as const
/** What a row of the page is. */
export type ComplianceView = (typeof complianceViews)[number]

export const complianceSorts = ['last_seen', '-last_seen', 'asset_id', '-asset_id'] as const
export type ComplianceSort = (typeof complianceSorts)[number]
export const defaultComplianceSort: ComplianceSort = '-last_seen'

/** What the URL of the compliance page holds. */
export type ComplianceSearch = Partial<ComplianceFilter> & {
  readonly by?: ComplianceView
  readonly sort?: ComplianceSort
  /** A day of the past, in UTC. */
  readonly as_of?: string
}

export const outcomeLabels = {
  passed: 'Passed',
  failed: 'Failed',
  warning: 'Warning',
  skipped: 'Skipped',
  error: 'Error',
  unknown: 'Unknown',
} as const satisfies Record<ComplianceState, string>

/** Worst first, as people read them. */
export const outcomes = [
  'failed',
  'error',
  'warning',
  'unknown',
  'skipped',
  'passed',
] as const satisfies readonly ComplianceState[]

export const complianceFields = [
  { key: 'q', kind: 'text', label: 'Text', group: 'Search' },
  {
    key: 'state',
    kind: 'set',
    label: 'Outcome',
    group: 'Result',
    options: complianceStates.map(value => ({ value, label: outcomeLabels[value] })),
  },
  { key: 'audit_file', kind: 'texts', label: 'Audit file', group: 'Check', hint: 'Its whole name' },
  { key: 'framework', kind: 'texts', label: 'Framework', group: 'Check', hint: '800-53, CSCv7 …' },
  { key: 'reference', kind: 'texts', label: 'Reference', group: 'Check', hint: '800-53|AC-2' },
  { key: 'check_id', kind: 'ids', label: 'Check', group: 'Check', hint: 'Its number here' },
  { key: 'asset_id', kind: 'ids', label: 'Asset', group: 'Asset', hint: 'Its number here' },
  { key: 'tag', kind: 'texts', label: 'Asset tag', group: 'Asset', hint: 'Key:Value, or Key alone' },
  { key: 'network_id', kind: 'texts', label: 'Network', group: 'Asset', hint: 'Its id at the source' },
  { key: 'source_id', kind: 'ids', label: 'Source', group: 'Asset', hint: 'Its number' },
  {
    key: 'include',
    kind: 'set',
    label: 'Also show',
    group: 'Left out by default',
    options: [
      { value: 'ended', label: 'Ended' },
      { value: 'unlicensed', label: 'Unlicensed assets' },
      { value: 'untracked', label: 'Untracked assets' },
      { value: 'gone', label: 'Deleted, terminated, aged out' },
      { value: 'all', label: 'Everything' },
    ],
  },
  {
    key: 'is_unconfirmed',
    kind: 'flag',
    label: 'Last full run',
    group: 'Result',
    yes: 'did not meet it',
    no: 'met it',
  },
  { key: 'last_seen_from', kind: 'date', label: 'Last seen from', group: 'Dates' },
  { key: 'last_seen_to', kind: 'date', label: 'Last seen before', group: 'Dates' },
  { key: 'updated_since', kind: 'date', label: 'Changed here since', group: 'Dates' },
] as const satisfies readonly Field<keyof ComplianceFilter>[]

export const complianceWords = wordsOf(complianceFields)

export function readComplianceSearch(raw: RawSearch): ComplianceSearch {
  const filter = readFilter(complianceFields, raw) as Partial<ComplianceFilter>
  const by = oneOf(raw, 'by', complianceViews)
  const sort = oneOf(raw, 'sort', complianceSorts)
  return {
    ...filter,
    ...(by === undefined || by === 'check' ? {} : { by }),
    ...(sort === undefined ? {} : { sort }),
    ...dayOf(raw),
  }
}

/** The filter alone, with the day it is asked of. */
export function complianceFilterOf({ by: _by, sort: _sort, ...filter }: ComplianceSearch) {
  return filter
}
