// What audits found, as flat rows: results, or checks, assets or audit files with their results counted.

import { type ComplianceState, complianceStates } from '../../domain/compliance.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { assetGroups, complianceAssetTables } from './compliance-assets.ts'
import { type ComplianceCheckView, checkColumns, checkGroups, checkTables } from './compliance-checks.ts'
import { complianceTables } from './compliance-results.ts'
import { auditFileGroups, type ComplianceStatistics } from './compliance-statistics.ts'
import {
  type ComplianceAssetView,
  type ComplianceCounts,
  type ComplianceView,
  complianceColumns,
} from './compliance-view.ts'
import { allOf, complianceConditions, type Fragment } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import type { ComplianceFilter } from './filters.ts'

export interface ComplianceExportRequest {
  readonly filter: ComplianceFilter
  readonly asOf?: string | undefined
}

type Counted<View> = Omit<View, 'counts'> & ComplianceCounts
type Result = Omit<ComplianceView, 'asset' | 'check' | 'last_change'>

export interface ComplianceExportRow extends Result {
  readonly source: string
  readonly asset_id: number
  readonly asset_uuid: string
  readonly asset_name: string
  readonly check_id: number
  readonly check_name: string
  readonly audit_file: string
  readonly references: string[]
  readonly before: ComplianceState | null
  readonly changed_at: string | null
}
export type ComplianceCheckExportRow = Counted<ComplianceCheckView>
export type ComplianceAssetExportRow = Counted<ComplianceAssetView>
export type AuditFileExportRow = Counted<ComplianceStatistics['by_audit_file'][number]>

/** In the order of the file's columns. */
export const complianceExportColumns = [
  ...([
    'source',
    'asset_uuid',
    'asset_id',
    'asset_name',
    'audit_file',
    'check_id',
    'check_name',
    'references',
  ] as const),
  ...(['state', 'vendor_state', 'actual_value', 'expected_value', 'check_error', 'description'] as const),
  ...(['first_seen', 'last_seen', 'last_fixed', 'last_observed', 'before', 'changed_at', 'ended_at'] as const),
  ...(['end_cause', 'unconfirmed_at', 'updated_at'] as const),
] as const satisfies readonly (keyof ComplianceExportRow)[]

export const complianceCheckExportColumns = [
  ...(['source', 'audit_file', 'id', 'name', 'references', 'benchmark_name', 'benchmark_version'] as const),
  ...(['plugin_id', 'assets', ...complianceStates, 'last_seen', 'source_id'] as const),
] as const satisfies readonly (keyof ComplianceCheckExportRow)[]

export const complianceAssetExportColumns = [
  ...(['source', 'uuid', 'id', 'name', 'status', 'checks', ...complianceStates, 'last_seen', 'source_id'] as const),
] as const satisfies readonly (keyof ComplianceAssetExportRow)[]

export const auditFileExportColumns = [
  ...(['audit_file', 'checks', 'assets', ...complianceStates] as const),
] as const satisfies readonly (keyof AuditFileExportRow)[]

export async function* exportCompliance(
  database: ScopedDatabase,
  { filter, asOf }: ComplianceExportRequest,
  options: StreamOptions,
): AsyncGenerator<ComplianceExportRow[]> {
  const query = sql`
select ${complianceColumns(asOf)}
${complianceTables(asOf)}
where ${allOf(complianceConditions(database.access, filter))}
order by r.asset_id, r.check_id`
  for await (const rows of streamRows<ComplianceView>(database, query.compile(database.kysely), options)) {
    yield rows.map(({ asset, check, last_change: change, ...row }) => ({
      ...row,
      source: asset.source,
      asset_id: asset.id,
      asset_uuid: asset.uuid,
      asset_name: asset.name,
      check_id: check.id,
      check_name: check.name,
      audit_file: check.audit_file,
      references: check.references,
      before: change?.before ?? null,
      changed_at: change?.happened_at ?? null,
    }))
  }
}

export function exportComplianceChecks(
  database: ScopedDatabase,
  request: ComplianceExportRequest,
  options: StreamOptions,
): AsyncGenerator<ComplianceCheckExportRow[]> {
  const query = sql`
with ${checkGroups(database, request)}
select ${checkColumns}
${checkTables}
order by g.failed desc, g.check_id desc`
  return counted(database, query, options)
}

export function exportComplianceAssets(
  database: ScopedDatabase,
  request: ComplianceExportRequest,
  options: StreamOptions,
): AsyncGenerator<ComplianceAssetExportRow[]> {
  const { groups, columns } = assetGroups(database, request)
  const query = sql`
with ${groups}
select ${columns}
${complianceAssetTables}
order by g.failed desc, g.asset_id desc`
  return counted(database, query, options)
}

export function exportAuditFiles(
  database: ScopedDatabase,
  request: ComplianceExportRequest,
  options: StreamOptions,
): AsyncGenerator<AuditFileExportRow[]> {
  return counted(database, auditFileGroups(database, request), options)
}

async function* counted<Row extends ComplianceCounts>(
  database: ScopedDatabase,
  query: Fragment,
  options: StreamOptions,
): AsyncGenerator<Row[]> {
  const batches = streamRows<Record<string, unknown> & { counts: ComplianceCounts }>(
    database,
    query.compile(database.kysely),
    options,
  )
  for await (const rows of batches) {
    yield rows.map(({ counts, ...row }) => ({ ...row, ...counts }) as unknown as Row)
  }
}
