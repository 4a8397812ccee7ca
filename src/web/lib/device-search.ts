import type { DeviceFilter, DeviceSort } from '../../contract/devices.ts'
import type { QueryField } from '../../domain/query/index.ts'
import { wordsOf } from './field-words.ts'
import { type Field, readFilter } from './filter-fields.ts'
import { oneOf, type RawSearch } from './search-params.ts'

export const deviceTabs = ['review', 'decisions'] as const
/** What the URL of the devices page holds; without a tab it is the list. */
export type DeviceSearch = Partial<DeviceFilter> & {
  readonly tab?: (typeof deviceTabs)[number]
  readonly sort?: DeviceSort
}

export const defaultDeviceSort: DeviceSort = 'name'
// Apart from the contract, whose schemas the first page need not carry.
const sorts = [
  ...(['id', '-id', 'name', '-name', 'records', '-records'] as const),
  ...(['confidence', '-confidence', 'last_seen', '-last_seen'] as const),
] as const satisfies readonly DeviceSort[]

export const deviceFields = [
  { key: 'q', kind: 'text', label: 'Text', group: 'Search' },
  { key: 'source_id', kind: 'ids', label: 'Source', group: 'Records', hint: 'Its number' },
  { key: 'is_shared', kind: 'flag', label: 'Records', group: 'Records', yes: 'several', no: 'one' },
  { key: 'records_min', kind: 'number', label: 'Records at least', group: 'Records', max: 1000, step: 1 },
  { key: 'records_max', kind: 'number', label: 'Records at most', group: 'Records', max: 1000, step: 1 },
  { key: 'in_review', kind: 'flag', label: 'In review', group: 'Certainty', yes: 'yes', no: 'no' },
  { key: 'confidence_min', kind: 'number', label: 'Confidence at least', group: 'Certainty', max: 1, step: 0.01 },
  { key: 'confidence_max', kind: 'number', label: 'Confidence at most', group: 'Certainty', max: 1, step: 0.01 },
] as const satisfies readonly Field<keyof DeviceFilter>[]

export const deviceWords: readonly QueryField[] = [
  ...wordsOf(deviceFields),
  { names: ['records'], kind: 'range', min: 'records_min', max: 'records_max', step: 1, about: 'how many records' },
  {
    names: ['confidence'],
    kind: 'range',
    min: 'confidence_min',
    max: 'confidence_max',
    step: 0.01,
    about: 'of the weakest link, 0 to 1',
  },
]

export function readDeviceSearch(raw: RawSearch): DeviceSearch {
  const filter = readFilter(deviceFields, raw) as Partial<DeviceFilter>
  const sort = oneOf(raw, 'sort', sorts)
  const tab = oneOf(raw, 'tab', deviceTabs)
  return { ...filter, ...(sort === undefined ? {} : { sort }), ...(tab === undefined ? {} : { tab }) }
}

export function deviceFilterOf({ tab: _tab, sort: _sort, ...filter }: DeviceSearch): Partial<DeviceFilter> {
  return filter
}
