import * as account from './account-reads.ts'
import { getAssetDetail, getAssetList } from './asset-reads.ts'
import type { Handler } from './context.ts'
import { cancelHandler } from './export.ts'
import {
  getAssetsChunk,
  getAssetsStatus,
  listAssetsExports,
  postAssetsExport,
  postAssetsV2Export,
} from './export-assets.ts'
import {
  getComplianceChunk,
  getComplianceStatus,
  listComplianceExports,
  postComplianceExport,
} from './export-compliance.ts'
import { getFindingsChunk, getFindingsStatus, listFindingsExports, postFindingsExport } from './export-findings.ts'
import * as plugins from './plugin-reads.ts'
import * as scanControl from './scan-control.ts'
import { getScan } from './scan-details.ts'
import * as scanExports from './scan-exports.ts'
import * as scans from './scan-reads.ts'
import * as sensors from './sensor-reads.ts'
import * as tags from './tag-routes.ts'
import * as workbenchPlugin from './workbench-plugin.ts'
import * as workbench from './workbenches.ts'

export interface Route {
  readonly method: string
  /** With `:name` for a segment. */
  readonly path: string
  /** The least role that may. */
  readonly role: number
  readonly handler: Handler
}

const basic = 16
const operator = 24
const standard = 32
const manager = 40
const administrator = 64

/** Every call the tenant answers. The first match wins. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/session', role: 0, handler: account.getSession },
  { method: 'GET', path: '/server/status', role: 0, handler: account.getServerStatus },
  { method: 'GET', path: '/server/properties', role: 0, handler: account.getServerProperties },
  { method: 'GET', path: '/users', role: administrator, handler: account.getUsers },
  { method: 'GET', path: '/users/:user_id', role: administrator, handler: account.getUser },
  { method: 'GET', path: '/audit-log/v1/events', role: administrator, handler: account.getAuditEvents },

  { method: 'POST', path: '/vulns/export', role: basic, handler: postFindingsExport },
  { method: 'GET', path: '/vulns/export/status', role: basic, handler: listFindingsExports },
  { method: 'GET', path: '/vulns/export/:export_uuid/status', role: basic, handler: getFindingsStatus },
  { method: 'GET', path: '/vulns/export/:export_uuid/chunks/:chunk_id', role: basic, handler: getFindingsChunk },
  { method: 'POST', path: '/vulns/export/:export_uuid/cancel', role: basic, handler: cancelHandler('vulns') },

  { method: 'POST', path: '/assets/export', role: basic, handler: postAssetsExport },
  { method: 'POST', path: '/assets/v2/export', role: basic, handler: postAssetsV2Export },
  { method: 'GET', path: '/assets/export/status', role: basic, handler: listAssetsExports },
  { method: 'GET', path: '/assets/export/:export_uuid/status', role: basic, handler: getAssetsStatus },
  { method: 'GET', path: '/assets/export/:export_uuid/chunks/:chunk_id', role: basic, handler: getAssetsChunk },
  { method: 'POST', path: '/assets/export/:export_uuid/cancel', role: basic, handler: cancelHandler('assets') },

  { method: 'POST', path: '/compliance/export', role: basic, handler: postComplianceExport },
  { method: 'GET', path: '/compliance/export/status', role: basic, handler: listComplianceExports },
  { method: 'GET', path: '/compliance/export/:export_uuid/status', role: basic, handler: getComplianceStatus },
  { method: 'GET', path: '/compliance/export/:export_uuid/chunks/:chunk_id', role: basic, handler: getComplianceChunk },
  { method: 'POST', path: '/compliance/export/:export_uuid/cancel', role: basic, handler: cancelHandler('compliance') },

  { method: 'GET', path: '/assets', role: basic, handler: getAssetList },
  { method: 'GET', path: '/assets/:asset_uuid', role: basic, handler: getAssetDetail },
  { method: 'GET', path: '/workbenches/vulnerabilities', role: basic, handler: workbench.getVulnerabilities },
  {
    method: 'GET',
    path: '/workbenches/vulnerabilities/:plugin_id/info',
    role: basic,
    handler: workbenchPlugin.getPluginInfo,
  },
  {
    method: 'GET',
    path: '/workbenches/vulnerabilities/:plugin_id/outputs',
    role: basic,
    handler: workbenchPlugin.getPluginOutputs,
  },
  { method: 'GET', path: '/workbenches/assets', role: basic, handler: workbench.getAssets },
  {
    method: 'GET',
    path: '/workbenches/assets/:asset_id/vulnerabilities',
    role: basic,
    handler: workbench.getAssetVulnerabilities,
  },
  {
    method: 'GET',
    path: '/workbenches/assets/:asset_id/vulnerabilities/:plugin_id/info',
    role: basic,
    handler: workbenchPlugin.getPluginInfo,
  },
  {
    method: 'GET',
    path: '/workbenches/assets/:asset_id/vulnerabilities/:plugin_id/outputs',
    role: basic,
    handler: workbenchPlugin.getPluginOutputs,
  },

  { method: 'GET', path: '/plugins/plugin', role: basic, handler: plugins.listPlugins },
  { method: 'GET', path: '/plugins/plugin/:id', role: basic, handler: plugins.getPlugin },
  { method: 'GET', path: '/plugins/families', role: basic, handler: plugins.listFamilies },
  { method: 'GET', path: '/plugins/families/:id', role: basic, handler: plugins.getFamily },

  { method: 'GET', path: '/tags/values', role: basic, handler: tags.getTagValues },
  { method: 'GET', path: '/tags/categories', role: basic, handler: tags.getTagCategories },
  { method: 'GET', path: '/tags/assets/:asset_uuid/assignments', role: basic, handler: tags.getTagAssignments },
  { method: 'POST', path: '/tags/assets/assignments', role: basic, handler: tags.postTagAssignments },
  { method: 'GET', path: '/networks', role: manager, handler: sensors.getNetworks },
  {
    method: 'GET',
    path: '/networks/:network_id/counts/assets-not-seen-in/:days',
    role: manager,
    handler: sensors.getAssetsNotSeen,
  },
  { method: 'GET', path: '/scanners', role: manager, handler: sensors.getScanners },
  { method: 'GET', path: '/scanners/:scanner_id/agents', role: manager, handler: sensors.getAgents },

  { method: 'GET', path: '/scans', role: basic, handler: scans.listScans },
  { method: 'POST', path: '/scans', role: operator, handler: scanControl.createScan },
  { method: 'GET', path: '/scans/count', role: basic, handler: scans.countScans },
  { method: 'GET', path: '/scans/timezones', role: basic, handler: scans.listTimezones },
  { method: 'GET', path: '/scans/exports', role: basic, handler: scanExports.listScanExports },
  { method: 'GET', path: '/scans/:scan_id', role: operator, handler: getScan },
  { method: 'GET', path: '/scans/:scan_id/latest-status', role: basic, handler: scanControl.getLatestStatus },
  { method: 'GET', path: '/scans/:scan_id/progress', role: basic, handler: scans.getProgress },
  { method: 'GET', path: '/scans/:scan_id/history', role: basic, handler: scans.getHistory },
  { method: 'GET', path: '/scans/:scan_id/history/:history_uuid', role: basic, handler: scans.getHistoryDetail },
  { method: 'POST', path: '/scans/:scan_id/launch', role: operator, handler: scanControl.launchScan },
  { method: 'POST', path: '/scans/:scan_id/pause', role: operator, handler: scanControl.controlScan('pause') },
  { method: 'POST', path: '/scans/:scan_id/resume', role: operator, handler: scanControl.controlScan('resume') },
  { method: 'POST', path: '/scans/:scan_id/stop', role: operator, handler: scanControl.controlScan('stop') },
  {
    method: 'POST',
    path: '/scans/:scan_id/force-stop',
    role: operator,
    handler: scanControl.controlScan('force-stop'),
  },
  { method: 'PUT', path: '/scans/:scan_id/schedule', role: operator, handler: scanControl.scheduleScan },
  { method: 'PUT', path: '/scans/:scan_id/status', role: basic, handler: scanControl.markRead },
  { method: 'POST', path: '/scans/:scan_id/export', role: basic, handler: scanExports.postScanExport },
  {
    method: 'GET',
    path: '/scans/:scan_id/export/:file_id/status',
    role: basic,
    handler: scanExports.getScanExportStatus,
  },
  {
    method: 'GET',
    path: '/scans/:scan_id/export/:file_id/download',
    role: basic,
    handler: scanExports.downloadScanExport,
  },
  { method: 'GET', path: '/editor/:type/templates', role: standard, handler: scans.listTemplates },
  { method: 'GET', path: '/policies', role: standard, handler: scans.listPolicies },
]

export interface RouteMatch {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

const compiled = routes.map(route => ({ route, segments: route.path.split('/') }))

export function findRoute(method: string, path: string): RouteMatch | undefined {
  const given = path.split('/')
  for (const { route, segments } of compiled) {
    if (route.method !== method || segments.length !== given.length) continue
    const params: Record<string, string> = {}
    const fits = segments.every((segment, n) => {
      if (!segment.startsWith(':')) return segment === given[n]
      params[segment.slice(1)] = decoded(given[n]!)
      return given[n] !== ''
    })
    if (fits) return { route, params }
  }
  return undefined
}

/** As given where it is no proper encoding. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
