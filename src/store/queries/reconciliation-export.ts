// Every difference of a comparison, flat, for a file.

import { causeNames, explain } from '../../domain/reconciliation/index.ts'
import type { ScopedDatabase } from '../access.ts'
import type { StreamOptions } from './export-rows.ts'
import { type DifferenceFilter, type DifferenceRow, streamDifferences } from './reconciliation-differences.ts'

export interface DifferenceExportRow extends Omit<DifferenceRow, 'evidence'> {
  readonly cause_name: string
  readonly reason: string
  readonly evidence: string
}

export const differenceExportColumns = [
  ...([
    'no',
    'level',
    'kind',
    'cause',
    'cause_name',
    'was',
    'reason',
    'files_asset_id',
    'api_asset_id',
    'asset',
  ] as const),
  ...([
    'plugin_id',
    'plugin',
    'port',
    'protocol',
    'instance',
    'severity',
    'files_count',
    'api_count',
    'evidence',
  ] as const),
] as const satisfies readonly (keyof DifferenceExportRow)[]

/** @throws NotFoundError `comparison_not_found` */
export async function* exportDifferences(
  database: ScopedDatabase,
  comparisonId: number,
  filter: DifferenceFilter,
  options: StreamOptions,
): AsyncGenerator<DifferenceExportRow[]> {
  for await (const rows of streamDifferences(database, comparisonId, filter, options)) {
    yield rows.map(({ evidence, ...row }) => ({
      ...row,
      cause_name: causeNames[row.cause],
      reason: explain(row.cause, evidence),
      evidence: JSON.stringify(evidence),
    }))
  }
}
