import { oneOf, type RawSearch } from './search-params.ts'

export const syncTabs = ['runs', 'rejected', 'quality'] as const
export type SyncTab = (typeof syncTabs)[number]
/** What the URL of the sync page holds. */
export interface SyncSearch {
  readonly tab?: SyncTab
}

export function readSyncSearch(raw: RawSearch): SyncSearch {
  const tab = oneOf(raw, 'tab', syncTabs)
  return tab === undefined || tab === 'runs' ? {} : { tab }
}
