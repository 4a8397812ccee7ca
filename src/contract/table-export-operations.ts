import { z } from 'zod'
import { TokenView, tokenListQuery } from './accounts.ts'
import { auditFilterShape } from './audit.ts'
import { complianceFilterShape } from './compliance.ts'
import { complianceMoment } from './compliance-operations.ts'
import { DeviceFilter } from './devices.ts'
import {
  AgentFilter,
  DirectoryTagView,
  MultiHomedAsset,
  NetworkFilter,
  NetworkView,
  ScannerFilter,
  ScannerView,
  SubnetView,
  subnetShape,
  TagFilter,
  TagMember,
} from './directories.ts'
import { filterShapes } from './filters.ts'
import { momentQuery } from './history.ts'
import { importFilterShape } from './imports.ts'
import { exportFormats, file, type OperationSpec, problems, searchQuery } from './operation-parts.ts'
import { listOf, numeric, text } from './primitives.ts'
import { scanFilterShape } from './scans.ts'
import { QualityIssueView, RejectedView, recordFilterShape, runFilterShape } from './sync.ts'
import {
  AgentExportRow,
  AuditExportRow,
  AuditFileExportRow,
  ComplianceAssetExportRow,
  ComplianceCheckExportRow,
  ComplianceExportRow,
  DeviceExportRow,
  GroupRuleExportRow,
  ImportExportRow,
  RunExportRow,
  ScanCoverageExportRow,
  ScanExportRow,
  ScanRunExportRow,
  UserExportRow,
} from './table-export-rows.ts'
import { FindingPlugin, FindingPluginSort } from './vulnerabilities.ts'

const key = z.strictObject({ id: text(500).describe('as the list gives it, or the source’s own id') })
const format = z.enum(exportFormats).default('csv')

const common = {
  role: 'viewer',
  tags: ['export', 'tables'],
  description: 'The same rows as the list with the same filter, streamed, without a cap.',
} as const satisfies Partial<OperationSpec>

/** The tables beside assets and findings, as files. */
export const tableExportOperations = {
  exportScans: {
    ...common,
    summary: 'Scans as a file',
    query: z.strictObject({ ...scanFilterShape, format }),
    responses: { 200: file(ScanExportRow), ...problems() },
  },
  exportScanCoverage: {
    ...common,
    summary: 'What no scan has met lately, by network, system, owner or tag, as a file',
    query: z.strictObject({
      ...filterShapes.asset,
      days: numeric(z.int().min(1).max(3650)).default(30).describe('how long ago is not lately'),
      by: z.enum(['network', 'os', 'owner', 'tag']).default('network'),
      format,
    }),
    responses: { 200: file(ScanCoverageExportRow), ...problems() },
  },
  exportScanRuns: {
    ...common,
    summary: 'Runs of one scan as a file',
    params: key,
    query: z.strictObject({ format }),
    responses: { 200: file(ScanRunExportRow), ...problems(404) },
  },
  exportCompliance: {
    ...common,
    summary: 'Compliance results, or checks, assets or audit files with their results counted, as a file',
    query: z.strictObject({
      ...complianceFilterShape,
      ...complianceMoment,
      group: z.enum(['check', 'asset', 'audit_file']).optional().describe('one row for each of these'),
      format,
    }),
    responses: {
      200: file(z.union([ComplianceExportRow, ComplianceCheckExportRow, ComplianceAssetExportRow, AuditFileExportRow])),
      ...problems(),
    },
  },
  exportNetworks: {
    ...common,
    summary: 'Networks as a file',
    query: z.strictObject({ ...NetworkFilter.shape, format }),
    responses: { 200: file(NetworkView), ...problems() },
  },
  exportSubnets: {
    ...common,
    summary: 'Subnets of a network as a file',
    params: key,
    query: z.strictObject({ ...subnetShape, format }),
    responses: { 200: file(SubnetView), ...problems(404, 409) },
  },
  exportMultiHomed: {
    ...common,
    summary: 'Assets of a network that stand in several subnets or have several interfaces, as a file',
    params: key,
    query: z.strictObject({ ...subnetShape, format }),
    responses: { 200: file(MultiHomedAsset), ...problems(404, 409) },
  },
  exportScanners: {
    ...common,
    summary: 'Scanners as a file',
    query: z.strictObject({ ...ScannerFilter.shape, format }),
    responses: { 200: file(ScannerView), ...problems() },
  },
  exportAgents: {
    ...common,
    summary: 'Agents as a file',
    query: z.strictObject({ ...AgentFilter.shape, format }),
    responses: { 200: file(AgentExportRow), ...problems() },
  },
  exportTags: {
    ...common,
    summary: 'Tags as a file',
    query: z.strictObject({ ...TagFilter.shape, format }),
    responses: { 200: file(DirectoryTagView), ...problems() },
  },
  exportDevices: {
    ...common,
    summary: 'Machines as a file',
    query: z.strictObject({ ...DeviceFilter.shape, format }),
    responses: { 200: file(DeviceExportRow), ...problems() },
  },
  exportTagMembers: {
    ...common,
    summary: 'Assets that have a tag, now or at an instant of the past, as a file',
    params: key,
    query: z.strictObject({ ...momentQuery, format }),
    responses: { 200: file(TagMember), ...problems(404, 409) },
  },
  exportFindingPlugins: {
    ...common,
    summary: 'Findings folded by plugin, as a file',
    search: 'findings',
    query: z.strictObject({
      ...filterShapes.finding,
      ...searchQuery,
      sort: FindingPluginSort,
      columns: listOf(FindingPlugin.keyof()).optional().describe('which, and in which order; every one when left out'),
      format,
    }),
    responses: { 200: file(FindingPlugin), ...problems() },
  },
  exportJobs: {
    ...common,
    summary: 'Runs as a file, newest first',
    query: z.strictObject({ ...runFilterShape, format }),
    responses: { 200: file(RunExportRow), ...problems() },
  },
  exportRejected: {
    ...common,
    role: 'analyst',
    summary: 'Records that could not be read, as a file, newest first',
    query: z.strictObject({ ...recordFilterShape, format }),
    responses: { 200: file(RejectedView), ...problems() },
  },
  exportQualityIssues: {
    ...common,
    role: 'analyst',
    summary: 'Records kept though something in them is impossible, as a file, newest first',
    query: z.strictObject({ ...recordFilterShape, format }),
    responses: { 200: file(QualityIssueView), ...problems() },
  },
  exportAudit: {
    ...common,
    role: 'admin',
    summary: 'Who started, stopped and changed what, as a file, newest first',
    query: z.strictObject({ ...auditFilterShape, format }),
    responses: { 200: file(AuditExportRow), ...problems() },
  },
  exportUsers: {
    ...common,
    role: 'admin',
    summary: 'The people you administer, as a file',
    description: 'The same rows as the list.',
    query: z.strictObject({ format }),
    responses: { 200: file(UserExportRow), ...problems() },
  },
  exportTokens: {
    ...common,
    role: 'account',
    scope: 'session',
    summary: 'API tokens as a file: what is told of them, never the token',
    description: 'The same rows as the list.',
    query: z.strictObject({ all: tokenListQuery.shape.all, format }),
    responses: { 200: file(TokenView), ...problems() },
  },
  exportGroupRules: {
    ...common,
    summary: 'The rules that give assets an owner, a criticality, a group, as a file; the first goes first',
    description: 'The same rows as the list.',
    query: z.strictObject({ format }),
    responses: { 200: file(GroupRuleExportRow), ...problems() },
  },
  exportImports: {
    ...common,
    summary: 'The imports of files, as a file, newest first',
    query: z.strictObject({ ...importFilterShape, format }),
    responses: { 200: file(ImportExportRow), ...problems() },
  },
} as const
