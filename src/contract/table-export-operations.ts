import { z } from 'zod'
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
import { exportFormats, file, type OperationSpec, problems } from './operation-parts.ts'
import { numeric, text } from './primitives.ts'
import { scanFilterShape } from './scans.ts'
import {
  AgentExportRow,
  AuditFileExportRow,
  ComplianceAssetExportRow,
  ComplianceCheckExportRow,
  ComplianceExportRow,
  DeviceExportRow,
  ScanCoverageExportRow,
  ScanExportRow,
  ScanRunExportRow,
} from './table-export-rows.ts'

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
} as const
