import { oneOf, type RawSearch, valuesOf } from './search-params.ts'

export const settingsParts = ['connection', 'sync', 'advanced'] as const
export type SettingsPart = (typeof settingsParts)[number]

/** What the URL of the settings of Tenable holds. */
export interface TenableSettingsSearch {
  /** The source that is open; `new` for one that is to be added; the first one when left out. */
  readonly source?: number | 'new'
  readonly part?: SettingsPart
}

export function readTenableSettingsSearch(raw: RawSearch): TenableSettingsSearch {
  const [source = ''] = valuesOf(raw, 'source')
  const part = oneOf(raw, 'part', settingsParts)
  return {
    ...(source === 'new' ? { source } : /^[1-9]\d{0,8}$/.test(source) ? { source: Number(source) } : {}),
    ...(part === undefined || part === 'connection' ? {} : { part }),
  }
}
