import { z } from 'zod'
import { complianceStates } from '../domain/compliance.ts'
import { UserView } from './accounts.ts'
import { AuditEventView } from './audit.ts'
import { ComplianceAssetView, ComplianceCheckView, ComplianceCounts, ComplianceView } from './compliance.ts'
import { DeviceView } from './devices.ts'
import { AgentView } from './directories.ts'
import { GroupRuleView } from './groups.ts'
import { ImportScope, ImportView } from './imports.ts'
import { AssetId, Count, Instant, Int4Id } from './primitives.ts'
import { ScanRunView, ScanView } from './scans.ts'
import { RowCounts, RunView } from './sync.ts'

// Rows of the smaller exports: what the lists tell, without rows in rows.

const results = {
  hosts: Count.nullable(),
  critical: Count.nullable(),
  high: Count.nullable(),
  medium: Count.nullable(),
  low: Count.nullable(),
  info: Count.nullable(),
}

export const ScanExportRow = ScanView.omit({ latest_results: true })
  .extend({ ...results, results_run_uuid: z.string().nullable().describe('the run that the results are of') })
  .meta({ id: 'ScanExportRow' })

export const ScanRunExportRow = ScanRunView.omit({ severities: true }).extend(results).meta({ id: 'ScanRunExportRow' })

export const ScanCoverageExportRow = z
  .object({
    group: z.string().nullable().describe('null: of assets without'),
    group_id: z.string().nullable().describe('of a network'),
    assets: Count,
    not_scanned: Count,
    never_scanned: Count,
    not_scanned_with_credentials: Count,
    never_scanned_with_credentials: Count,
  })
  .meta({ id: 'ScanCoverageExportRow' })

const { counts: _ofCheck, ...checkShape } = ComplianceCheckView.shape
const { counts: _ofAsset, ...assetShape } = ComplianceAssetView.shape

export const ComplianceExportRow = ComplianceView.omit({ asset: true, check: true, last_change: true })
  .extend({
    source: z.string(),
    asset_id: AssetId,
    asset_uuid: z.string(),
    asset_name: z.string(),
    check_id: z.int(),
    check_name: z.string(),
    audit_file: z.string(),
    references: z.array(z.string()),
    before: z.enum(complianceStates).nullable().describe('the outcome before the latest change'),
    changed_at: Instant.nullable().describe('when that change was'),
  })
  .meta({ id: 'ComplianceExportRow' })

export const ComplianceCheckExportRow = z
  .object({ ...checkShape, ...ComplianceCounts.shape })
  .meta({ id: 'ComplianceCheckExportRow' })

export const ComplianceAssetExportRow = z
  .object({ ...assetShape, ...ComplianceCounts.shape })
  .meta({ id: 'ComplianceAssetExportRow' })

export const AuditFileExportRow = z
  .object({ audit_file: z.string(), checks: Count, assets: Count, ...ComplianceCounts.shape })
  .meta({ id: 'AuditFileExportRow' })

export const DeviceExportRow = DeviceView.omit({ sources: true, open: true })
  .extend({
    sources: z.array(z.string()),
    open_critical: Count,
    open_high: Count,
    open_medium: Count,
    open_low: Count,
    open_info: Count,
  })
  .meta({ id: 'DeviceExportRow' })

export const AgentExportRow = AgentView.omit({ asset: true })
  .extend({
    source_id: Int4Id,
    asset_id: AssetId.nullable(),
    asset_name: z.string().nullable(),
    asset_status: z.string().nullable(),
  })
  .meta({ id: 'AgentExportRow' })

export const RunExportRow = RunView.pick({
  id: true,
  source_id: true,
  source: true,
  kind: true,
  trigger: true,
  status: true,
  created_at: true,
  started_at: true,
  finished_at: true,
  duration_ms: true,
  error_code: true,
  error_message: true,
  notes: true,
})
  .extend({ ...RowCounts.shape, streams: z.array(z.string()) })
  .meta({ id: 'RunExportRow' })

export const AuditExportRow = AuditEventView.extend({ detail: z.string().describe('JSON') }).meta({
  id: 'AuditExportRow',
})

export const UserExportRow = UserView.omit({ grants: true })
  .extend({ roles: z.array(z.string()).describe('those that you administer: role, tenant, and what narrows it') })
  .meta({ id: 'UserExportRow' })

export const GroupRuleExportRow = GroupRuleView.extend({ conditions: z.string().describe('JSON') }).meta({
  id: 'GroupRuleExportRow',
})

export const ImportExportRow = ImportView.pick({
  id: true,
  source_id: true,
  source: true,
  status: true,
  trigger: true,
  file_name: true,
  size_bytes: true,
  sha256: true,
  format: true,
  observed_at: true,
  rows_read: true,
  run_id: true,
  undo_run_id: true,
  error_code: true,
  error_message: true,
  created_by: true,
  created_at: true,
  applied_at: true,
  undone_at: true,
})
  .extend({
    covers: ImportScope.shape.covers,
    opened: Count.nullable().describe('what applying would do, or did; null until it is known'),
    closed: Count.nullable(),
    changed: Count.nullable(),
    rejected: Count.nullable(),
  })
  .meta({ id: 'ImportExportRow' })
