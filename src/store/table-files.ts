import type { ScopedDatabase } from './access.ts'
import type { Administration } from './accounts/administration.ts'
import { exportTokens, exportUsers, tokenExportColumns, userExportColumns } from './accounts/export.ts'
import type { Database } from './database.ts'
import { each, fileOf } from './export-file.ts'
import type { ExportFormat } from './export-format.ts'
import { exportGroupRules, groupRuleExportColumns } from './groups/rule-export.ts'
import type { ParquetType } from './parquet/columns.ts'
import * as compliance from './queries/compliance-export.ts'
import * as device from './queries/device-export.ts'
import type { DeviceFilter } from './queries/device-list.ts'
import * as directory from './queries/directory-export.ts'
import type { StreamOptions } from './queries/export-rows.ts'
import type { ScanFilter } from './queries/filters.ts'
import * as plugin from './queries/finding-plugins.ts'
import * as ledger from './queries/ledger-export.ts'
import type { Moment } from './queries/moment.ts'
import { type SubnetRequest, streamMultiHomed, streamSubnets } from './queries/network-subnets.ts'
import type { DifferenceFilter } from './queries/reconciliation-differences.ts'
import { differenceExportColumns, exportDifferences } from './queries/reconciliation-export.ts'
import type { CoverageDimension, CoverageRequest } from './queries/scan-coverage.ts'
import * as scan from './queries/scan-export.ts'
import { streamTagMembers } from './queries/tag-members.ts'

// The smaller tables as the bytes of a file, as assets and findings are; text comes as text.

export interface FileOptions extends StreamOptions {
  readonly format: ExportFormat
}

type File = AsyncGenerator<string | Uint8Array>

export function scanFile(database: ScopedDatabase, filter: ScanFilter, { format, ...options }: FileOptions): File {
  return fileOf(scan.exportScans(database, filter, options), scan.scanExportColumns, numbered, format)
}

/** @throws NotFoundError `scan_not_found` */
export function scanRunFile(database: ScopedDatabase, id: string, { format, ...options }: FileOptions): File {
  return fileOf(scan.exportScanRuns(database, id, options), scan.scanRunExportColumns, numbered, format)
}

export function coverageFile(
  database: ScopedDatabase,
  request: CoverageRequest,
  by: CoverageDimension,
  { format, ...options }: FileOptions,
): File {
  return fileOf(scan.exportCoverage(database, request, by, options), scan.coverageExportColumns, types, format)
}

/** What a row of a file of compliance is. */
export type ComplianceRows = 'result' | 'check' | 'asset' | 'audit_file'

export function complianceFile(
  database: ScopedDatabase,
  request: compliance.ComplianceExportRequest,
  rows: ComplianceRows,
  { format, ...options }: FileOptions,
): File {
  const { exportCompliance, exportComplianceChecks, exportComplianceAssets, exportAuditFiles } = compliance
  switch (rows) {
    case 'result':
      return fileOf(exportCompliance(database, request, options), compliance.complianceExportColumns, types, format)
    case 'check':
      return fileOf(
        exportComplianceChecks(database, request, options),
        compliance.complianceCheckExportColumns,
        numbered,
        format,
      )
    case 'asset':
      return fileOf(
        exportComplianceAssets(database, request, options),
        compliance.complianceAssetExportColumns,
        numbered,
        format,
      )
    case 'audit_file':
      return fileOf(exportAuditFiles(database, request, options), compliance.auditFileExportColumns, types, format)
  }
}

export function networkFile(
  database: ScopedDatabase,
  filter: Parameters<typeof directory.exportNetworks>[1],
  { format, ...options }: FileOptions,
): File {
  return fileOf(directory.exportNetworks(database, filter, options), directory.networkExportColumns, types, format)
}

export function scannerFile(
  database: ScopedDatabase,
  filter: Parameters<typeof directory.exportScanners>[1],
  { format, ...options }: FileOptions,
): File {
  return fileOf(directory.exportScanners(database, filter, options), directory.scannerExportColumns, types, format)
}

export function agentFile(
  database: ScopedDatabase,
  filter: Parameters<typeof directory.exportAgents>[1],
  { format, ...options }: FileOptions,
): File {
  return fileOf(directory.exportAgents(database, filter, options), directory.agentExportColumns, types, format)
}

export function tagFile(
  database: ScopedDatabase,
  filter: Parameters<typeof directory.exportTags>[1],
  { format, ...options }: FileOptions,
): File {
  return fileOf(directory.exportTags(database, filter, options), directory.tagExportColumns, types, format)
}

type OfNetwork = Pick<SubnetRequest, 'id' | 'filter'>

/** @throws NotFoundError `network_not_found` */
export function subnetFile(database: ScopedDatabase, request: OfNetwork, { format, ...options }: FileOptions): File {
  return fileOf(streamSubnets(database, request, options), directory.subnetExportColumns, types, format)
}

/** @throws NotFoundError `network_not_found` */
export function multiHomedFile(
  database: ScopedDatabase,
  request: OfNetwork,
  { format, ...options }: FileOptions,
): File {
  return fileOf(streamMultiHomed(database, request, options), directory.multiHomedExportColumns, numbered, format)
}

export function deviceFile(database: ScopedDatabase, filter: DeviceFilter, { format, ...options }: FileOptions): File {
  return fileOf(device.exportDevices(database, filter, options), device.deviceExportColumns, ofDevices, format)
}

/** @throws NotFoundError `tag_not_found` */
export function tagMemberFile(
  database: ScopedDatabase,
  id: string,
  moment: Moment | undefined,
  { format, ...options }: FileOptions,
): File {
  return fileOf(streamTagMembers(database, id, moment, options), directory.tagMemberExportColumns, numbered, format)
}

export function findingPluginFile(
  database: ScopedDatabase,
  request: Parameters<typeof plugin.streamFindingPlugins>[1] & {
    readonly columns?: readonly (keyof plugin.FindingPlugin)[] | undefined
  },
  { format, ...options }: FileOptions,
): File {
  const columns = request.columns ? [...new Set(request.columns)] : plugin.findingPluginExportColumns
  return fileOf(plugin.streamFindingPlugins(database, request, options), columns, folded, format)
}

export function runFile(
  database: ScopedDatabase,
  filter: Parameters<typeof ledger.exportRuns>[1],
  { format, ...options }: FileOptions,
): File {
  return fileOf(ledger.exportRuns(database, filter, options), ledger.runExportColumns, recorded, format)
}

type RecordFilter = Parameters<typeof ledger.exportRejected>[1]

export function rejectedFile(
  database: ScopedDatabase,
  filter: RecordFilter,
  { format, ...options }: FileOptions,
): File {
  return fileOf(ledger.exportRejected(database, filter, options), ledger.rejectedExportColumns, recorded, format)
}

export function qualityFile(database: ScopedDatabase, filter: RecordFilter, { format, ...options }: FileOptions): File {
  return fileOf(ledger.exportQualityIssues(database, filter, options), ledger.qualityExportColumns, recorded, format)
}

export function auditFile(
  database: ScopedDatabase,
  administration: Administration,
  filter: Parameters<typeof ledger.exportAuditEvents>[2],
  { format, ...options }: FileOptions,
): File {
  const events = ledger.exportAuditEvents(database, administration, filter, options)
  return fileOf(events, ledger.auditExportColumns, recorded, format)
}

export function userFile(
  database: Database,
  administration: Administration,
  { format, ...options }: FileOptions,
): File {
  return fileOf(exportUsers(database, administration, options), userExportColumns, ofAccounts, format)
}

export function tokenFile(
  database: Database,
  of: Parameters<typeof exportTokens>[1],
  { format, ...options }: FileOptions,
): File {
  return fileOf(exportTokens(database, of, options), tokenExportColumns, ofAccounts, format)
}

export function groupRuleFile(database: Database, now: Date, { format, ...options }: FileOptions): File {
  return fileOf(exportGroupRules(database, now, options), groupRuleExportColumns, ofAccounts, format)
}

export function importFile(
  database: ScopedDatabase,
  filter: Parameters<typeof ledger.exportImports>[1],
  { format, ...options }: FileOptions,
): File {
  return fileOf(ledger.exportImports(database, filter, options), ledger.importExportColumns, ofImports, format)
}

const ofDevices = {
  ...each('integer', ['records', 'to_review', 'tenant_id']),
  ...each('integer', ['open_critical', 'open_high', 'open_medium', 'open_low', 'open_info']),
  ...each('double', ['confidence']),
  ...each('texts', ['sources']),
  ...each('bigint', ['id']),
  ...each('instant', ['last_seen']),
} satisfies Readonly<Record<string, ParquetType>>

/** @throws NotFoundError `comparison_not_found` */
export function differenceFile(
  database: ScopedDatabase,
  comparisonId: number,
  filter: DifferenceFilter,
  { format, ...options }: FileOptions,
): File {
  return fileOf(
    exportDifferences(database, comparisonId, filter, options),
    differenceExportColumns,
    ofDifferences,
    format,
  )
}

/** A name means the same in each of these tables, but for an id; what is not named is text. */
const types = {
  ...each('boolean', ['is_enabled', 'is_archived', 'is_default', 'is_linked', 'is_group']),
  ...each('texts', ['references', 'ip_addresses', 'groups', 'subnets']),
  ...each('bigint', ['asset_id', 'check_id']),
  ...each('double', ['duration_seconds']),
  ...each('integer', ['source_id', 'plugin_id', 'progress', 'total_targets', 'hosts', 'critical', 'high', 'medium']),
  ...each('integer', ['low', 'info', 'passed', 'failed', 'warning', 'skipped', 'error', 'unknown', 'checks', 'assets']),
  ...each('integer', ['scanners', 'agents', 'members', 'multi_homed', 'interfaces', 'family', 'assets_ttl_days']),
  ...each('integer', ['assets_last_met', 'scan_count', 'not_scanned', 'never_scanned']),
  ...each('integer', ['not_scanned_with_credentials', 'never_scanned_with_credentials']),
  ...each('instant', [
    'created_at',
    'last_run_at',
    'gone_at',
    'updated_at',
    'started_at',
    'completed_at',
    'first_seen',
  ]),
  ...each('instant', ['last_seen', 'last_fixed', 'last_observed', 'changed_at', 'ended_at', 'unconfirmed_at']),
  ...each('instant', ['modified_at', 'last_connect_at', 'linked_at', 'last_scanned_at', 'added_at']),
} satisfies Readonly<Record<string, ParquetType>>

const ofDifferences = {
  ...each('bigint', ['no', 'files_asset_id', 'api_asset_id', 'files_count', 'api_count']),
  ...each('integer', ['plugin_id', 'port']),
} satisfies Readonly<Record<string, ParquetType>>

/** Where the id is a number of ours, and the source's own is a number too. */
const numbered = { ...types, ...each('bigint', ['id', 'native_id']) }

/** Of findings folded by plugin. */
const folded = {
  ...each('double', ['vpr_score', 'cvss3_base_score', 'epss_score', 'risk', 'findings']),
  ...each('boolean', ['is_kev', 'exploit_available', 'has_patch']),
  ...each('integer', ['plugin_id', 'affected_assets', 'owner_source_id']),
  ...each('instant', ['first_found', 'last_found']),
} satisfies Readonly<Record<string, ParquetType>>

/** Of what is only ever added to. */
const recorded = {
  ...each('bigint', [
    'id',
    'run_id',
    'duration_ms',
    'received',
    'inserted',
    'changed',
    'unchanged',
    'rejected',
    'bytes',
  ]),
  ...each('instant', ['recorded_at', 'created_at', 'started_at', 'finished_at']),
  ...each('texts', ['streams', 'notes']),
  ...each('integer', ['source_id']),
} satisfies Readonly<Record<string, ParquetType>>

/** Of people, tokens and rules. */
const ofAccounts = {
  ...each('integer', ['id', 'user_id', 'sessions', 'tokens', 'priority']),
  ...each('boolean', ['is_disabled', 'has_password', 'is_from_provider', 'is_ours', 'is_enabled', 'holds_today']),
  ...each('texts', ['roles', 'scopes']),
  ...each('instant', ['created_at', 'last_sign_in_at', 'expires_at', 'last_used_at', 'revoked_at']),
} satisfies Readonly<Record<string, ParquetType>>

const ofImports = {
  ...each('bigint', ['id', 'size_bytes', 'rows_read', 'opened', 'closed', 'changed', 'rejected']),
  ...each('bigint', ['run_id', 'undo_run_id']),
  ...each('integer', ['source_id']),
  ...each('instant', ['observed_at', 'created_at', 'applied_at', 'undone_at']),
} satisfies Readonly<Record<string, ParquetType>>
