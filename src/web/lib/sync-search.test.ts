import { expect, test } from 'vitest'
import { readAuditSearch } from './audit-search.ts'
import { parseSearch, stringifySearch } from './search-params.ts'
import { readSyncSearch, runFilterOf, type SyncSearch } from './sync-search.ts'
import { readTenableSettingsSearch } from './tenable-settings-search.ts'

const searches: readonly SyncSearch[] = [
  {},
  { tab: 'charts' },
  {
    kind: 'full',
    status: 'failed',
    trigger: 'schedule',
    source_id: 3,
    started_from: '2026-11-01',
    started_to: '2026-11-30',
  },
]
for (const search of searches) {
  test(`${JSON.stringify(search)} goes into the address of the console and back`, () => {
    expect(readSyncSearch(parseSearch(stringifySearch({ ...search }).slice(1)))).toEqual(search)
  })
}

test('what nobody could have meant is left out', () => {
  const raw = {
    tab: 'runs',
    kind: 'half',
    status: 'asleep',
    source_id: '-1',
    started_from: '2026-13-40',
    started_to: 'now',
  }
  expect(readSyncSearch(raw)).toEqual({})
  expect(readTenableSettingsSearch({ source: '1 or 1=1', part: 'everything' })).toEqual({})
  expect(readAuditSearch({ action: '', recorded_from: 'yesterday', hash: 'x' })).toEqual({})
})

test('the filter of runs is the API’s own', () => {
  expect(runFilterOf({ tab: 'charts', status: 'failed', source_id: 2, started_from: '2026-11-01' })).toEqual({
    status: ['failed'],
    source_id: [2],
    started_from: '2026-11-01',
  })
})

test('a source and a part of its settings are in the address', () => {
  expect(readTenableSettingsSearch({ source: '7', part: 'sync' })).toEqual({ source: 7, part: 'sync' })
  expect(readTenableSettingsSearch({ source: 'new', part: 'connection' })).toEqual({ source: 'new' })
})
