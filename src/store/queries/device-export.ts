// Machines, as flat rows.

import type { ScopedDatabase } from '../access.ts'
import { type DeviceFilter, type DeviceView, streamDevices } from './device-list.ts'
import type { StreamOptions } from './export-rows.ts'

export type DeviceExportRow = Omit<DeviceView, 'sources' | 'open'> & {
  readonly sources: string[]
  readonly open_critical: number
  readonly open_high: number
  readonly open_medium: number
  readonly open_low: number
  readonly open_info: number
}

/** In the order of the file's columns. */
export const deviceExportColumns = [
  ...(['id', 'name', 'address', 'operating_system', 'records', 'sources', 'confidence', 'to_review'] as const),
  ...(['open_critical', 'open_high', 'open_medium', 'open_low', 'open_info', 'last_seen', 'tenant_id'] as const),
] as const satisfies readonly (keyof DeviceExportRow)[]

export async function* exportDevices(
  database: ScopedDatabase,
  filter: DeviceFilter,
  options: StreamOptions,
): AsyncGenerator<DeviceExportRow[]> {
  for await (const rows of streamDevices(database, filter, options)) {
    yield rows.map(({ sources, open, ...row }) => ({
      ...row,
      sources: sources.map(one => one.source),
      open_critical: open.critical,
      open_high: open.high,
      open_medium: open.medium,
      open_low: open.low,
      open_info: open.info,
    }))
  }
}
