// Scans, their runs and what they do not cover, as flat rows.

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import type { ScanFilter } from './filters.ts'
import { type CoverageCounts, type CoverageDimension, type CoverageRequest, coverageGroups } from './scan-coverage.ts'
import { type ScanRunView, streamScanRuns } from './scan-detail.ts'
import { streamScans } from './scan-list.ts'
import type { ScanView } from './scan-view.ts'

interface Results {
  readonly hosts: number | null
  readonly critical: number | null
  readonly high: number | null
  readonly medium: number | null
  readonly low: number | null
  readonly info: number | null
}

/** The results are of the latest run whose details are known. */
export type ScanExportRow = Omit<ScanView, 'latest_results'> & Results & { readonly results_run_uuid: string | null }
export type ScanRunExportRow = Omit<ScanRunView, 'severities' | 'hosts'> & Results
export type CoverageExportRow = CoverageCounts & { readonly group_id: string | null; readonly group: string | null }

const results = ['hosts', 'critical', 'high', 'medium', 'low', 'info'] as const

/** In the order of the file's columns. */
export const scanExportColumns = [
  ...(['source', 'id', 'native_id', 'schedule_uuid', 'name', 'type', 'status', 'owner', 'folder', 'policy'] as const),
  ...(['scanner', 'targets', 'is_enabled', 'schedule', 'rrules', 'starts', 'time_zone', 'progress'] as const),
  ...(['total_targets', 'created_at', 'last_run_at', 'gone_at', 'updated_at', 'results_run_uuid'] as const),
  ...results,
  'source_id',
] as const satisfies readonly (keyof ScanExportRow)[]

export const scanRunExportColumns = [
  ...(['id', 'uuid', 'native_id', 'status', 'started_at', 'completed_at', 'duration_seconds'] as const),
  ...(['is_archived', 'details', 'policy', 'scanner', 'targets', 'assets_last_met'] as const),
  ...results,
] as const satisfies readonly (keyof ScanRunExportRow)[]

export const coverageExportColumns = [
  ...(['group', 'group_id', 'assets', 'not_scanned', 'never_scanned', 'not_scanned_with_credentials'] as const),
  'never_scanned_with_credentials',
] as const satisfies readonly (keyof CoverageExportRow)[]

export async function* exportScans(
  database: ScopedDatabase,
  filter: ScanFilter,
  options: StreamOptions,
): AsyncGenerator<ScanExportRow[]> {
  for await (const rows of streamScans(database, filter, options)) {
    yield rows.map(({ latest_results: latest, ...row }) => ({
      ...row,
      results_run_uuid: latest?.run_uuid ?? null,
      ...flatResults(latest?.hosts ?? null, latest?.severities ?? null),
    }))
  }
}

/** @throws NotFoundError `scan_not_found` */
export async function* exportScanRuns(
  database: ScopedDatabase,
  scan: string,
  options: StreamOptions,
): AsyncGenerator<ScanRunExportRow[]> {
  for await (const rows of streamScanRuns(database, scan, options)) {
    yield rows.map(({ severities, ...row }) => ({ ...row, ...flatResults(row.hosts, severities) }))
  }
}

/** Every group of a dimension, those with most gaps first. */
export async function* exportCoverage(
  database: ScopedDatabase,
  request: CoverageRequest,
  by: CoverageDimension,
  options: StreamOptions,
): AsyncGenerator<CoverageExportRow[]> {
  const name = sql.ref(by === 'network' ? 'g.network' : `g.${by}`)
  const id = by === 'network' ? sql`g.network_id` : sql`null::text`
  const query = sql`
select g.*, ${name} as "group", ${id} as group_id
from (${coverageGroups(database, request, by)}) as g`
  yield* streamRows<CoverageExportRow>(database, query.compile(database.kysely), options)
}

function flatResults(hosts: number | null, severities: ScanRunView['severities']): Results {
  const of = (severity: keyof NonNullable<typeof severities>) => severities?.[severity] ?? null
  return { hosts, critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low'), info: of('info') }
}
