// Apart from the schemas, so that the web app can call the API without carrying them.

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Where each operation is. */
export const paths = {
  listSources: { method: 'GET', path: '/api/tenable/config' },
  createSource: { method: 'POST', path: '/api/tenable/config' },
  updateOnlySource: { method: 'PUT', path: '/api/tenable/config' },
  getSource: { method: 'GET', path: '/api/tenable/config/:id' },
  updateSource: { method: 'PUT', path: '/api/tenable/config/:id' },
  removeSource: { method: 'DELETE', path: '/api/tenable/config/:id' },
  pauseSource: { method: 'POST', path: '/api/tenable/config/:id/pause' },
  resumeSource: { method: 'POST', path: '/api/tenable/config/:id/resume' },
  testConnection: { method: 'POST', path: '/api/tenable/test-connection' },
  testConnectionAlias: { method: 'POST', path: '/api/tenable/test' },

  startSync: { method: 'POST', path: '/api/tenable/sync' },
  getSyncStatus: { method: 'GET', path: '/api/tenable/sync-status' },
  listJobs: { method: 'GET', path: '/api/tenable/sync/jobs' },
  createJob: { method: 'POST', path: '/api/tenable/sync/jobs' },
  getJob: { method: 'GET', path: '/api/tenable/sync/jobs/:id' },
  cancelJob: { method: 'DELETE', path: '/api/tenable/sync/jobs/:id' },
  retryFailedJobs: { method: 'POST', path: '/api/tenable/sync/jobs/retry-failed' },
  retryJob: { method: 'POST', path: '/api/tenable/sync/jobs/:id/retry' },
  getJobLog: { method: 'GET', path: '/api/tenable/sync/jobs/:id/log' },
  stopSync: { method: 'POST', path: '/api/tenable/sync/stop' },
  followEvents: { method: 'GET', path: '/api/tenable/events' },

  listSchedules: { method: 'GET', path: '/api/tenable/sync/schedule' },
  saveSchedule: { method: 'PUT', path: '/api/tenable/sync/schedule' },
  removeSchedule: { method: 'DELETE', path: '/api/tenable/sync/schedule/:id' },
  pauseSchedules: { method: 'POST', path: '/api/tenable/sync/schedule/pause' },
  resumeSchedules: { method: 'POST', path: '/api/tenable/sync/schedule/resume' },
  listUpcoming: { method: 'GET', path: '/api/tenable/sync/upcoming' },

  listSweeps: { method: 'GET', path: '/api/tenable/sweeps' },
  getSweep: { method: 'GET', path: '/api/tenable/sweeps/:id' },
  confirmSweep: { method: 'POST', path: '/api/tenable/sweeps/:id/confirm' },
  rejectSweep: { method: 'POST', path: '/api/tenable/sweeps/:id/reject' },

  listAssets: { method: 'GET', path: '/api/tenable/assets' },
  refreshAssets: { method: 'POST', path: '/api/tenable/assets/refresh' },
  getAsset: { method: 'GET', path: '/api/tenable/assets/:id' },
  getAssetTimeline: { method: 'GET', path: '/api/tenable/assets/:id/timeline' },
  getAssetOwner: { method: 'GET', path: '/api/tenable/assets/:id/owner' },
  setAssetOwner: { method: 'PUT', path: '/api/tenable/assets/:id/owner' },
  listAssetFindings: { method: 'GET', path: '/api/tenable/assets/:id/vulnerabilities' },
  listFindings: { method: 'GET', path: '/api/tenable/vulnerabilities' },
  refreshFindings: { method: 'POST', path: '/api/tenable/vulnerabilities/refresh' },
  // Before the path with an id.
  listFindingPlugins: { method: 'GET', path: '/api/tenable/vulnerabilities/plugins' },
  getFinding: { method: 'GET', path: '/api/tenable/vulnerabilities/:id' },
  getFindingHistory: { method: 'GET', path: '/api/tenable/vulnerabilities/:id/history' },
  listPlugins: { method: 'GET', path: '/api/tenable/plugins' },
  getPlugin: { method: 'GET', path: '/api/tenable/plugins/:id' },
  listPluginAssets: { method: 'GET', path: '/api/tenable/plugins/:id/assets' },
  listPluginOwners: { method: 'GET', path: '/api/tenable/plugins/:id/owners' },
  getPluginHistory: { method: 'GET', path: '/api/tenable/plugins/:id/history' },
  listPluginChanges: { method: 'GET', path: '/api/tenable/plugins/:id/changes' },

  listNetworks: { method: 'GET', path: '/api/networks' },
  getNetwork: { method: 'GET', path: '/api/networks/:id' },
  listSubnets: { method: 'GET', path: '/api/networks/:id/subnets' },
  listMultiHomed: { method: 'GET', path: '/api/networks/:id/multi-homed' },
  listScanners: { method: 'GET', path: '/api/tenable/scanners' },
  listAgents: { method: 'GET', path: '/api/tenable/agents' },
  listTags: { method: 'GET', path: '/api/tags' },
  listTagMembers: { method: 'GET', path: '/api/tags/:id/members' },
  listDirectoryEvents: { method: 'GET', path: '/api/tenable/directory/events' },

  listScans: { method: 'GET', path: '/api/tenable/scans' },
  // Before the path with an id.
  getScanCoverage: { method: 'GET', path: '/api/tenable/scans/coverage' },
  getScan: { method: 'GET', path: '/api/tenable/scans/:id' },
  listScanRuns: { method: 'GET', path: '/api/tenable/scans/:id/results' },
  listCompliance: { method: 'GET', path: '/api/tenable/compliance' },
  getComplianceCheck: { method: 'GET', path: '/api/tenable/compliance/checks/:id' },

  getAssetStatistics: { method: 'GET', path: '/api/tenable/stats/assets' },
  getFindingStatistics: { method: 'GET', path: '/api/tenable/stats/vulnerabilities' },
  getDailyFindingStatistics: { method: 'GET', path: '/api/tenable/stats/vulnerabilities/daily' },
  getFindingSeverities: { method: 'GET', path: '/api/tenable/stats/vulnerabilities/by-severity' },
  getFindingFlow: { method: 'GET', path: '/api/tenable/stats/vulnerabilities/flow' },
  getMttr: { method: 'GET', path: '/api/tenable/stats/vulnerabilities/mttr' },
  getComplianceStatistics: { method: 'GET', path: '/api/tenable/stats/compliance' },
  getSyncStatistics: { method: 'GET', path: '/api/tenable/stats/sync' },

  exportAssets: { method: 'GET', path: '/api/tenable/export/assets' },
  exportFindings: { method: 'GET', path: '/api/tenable/export/vulnerabilities' },
  exportScans: { method: 'GET', path: '/api/tenable/export/scans' },
  exportScanCoverage: { method: 'GET', path: '/api/tenable/export/scans/coverage' },
  exportScanRuns: { method: 'GET', path: '/api/tenable/export/scans/:id/results' },
  exportCompliance: { method: 'GET', path: '/api/tenable/export/compliance' },
  exportNetworks: { method: 'GET', path: '/api/tenable/export/networks' },
  exportSubnets: { method: 'GET', path: '/api/tenable/export/networks/:id/subnets' },
  exportMultiHomed: { method: 'GET', path: '/api/tenable/export/networks/:id/multi-homed' },
  exportScanners: { method: 'GET', path: '/api/tenable/export/scanners' },
  exportAgents: { method: 'GET', path: '/api/tenable/export/agents' },
  exportFindingPlugins: { method: 'GET', path: '/api/tenable/export/plugins' },
  exportJobs: { method: 'GET', path: '/api/tenable/export/jobs' },
  exportRejected: { method: 'GET', path: '/api/rejected/export' },
  exportQualityIssues: { method: 'GET', path: '/api/quality/export' },
  exportAudit: { method: 'GET', path: '/api/audit/export' },
  exportUsers: { method: 'GET', path: '/api/users/export' },
  exportTokens: { method: 'GET', path: '/api/tokens/export' },
  exportGroupRules: { method: 'GET', path: '/api/groups/rules/export' },
  exportImports: { method: 'GET', path: '/api/tenable/export/imports' },
  exportTags: { method: 'GET', path: '/api/tenable/export/tags' },
  exportTagMembers: { method: 'GET', path: '/api/tenable/export/tags/:id/members' },

  listFeeds: { method: 'GET', path: '/api/tenable/feeds' },
  loadFeed: { method: 'POST', path: '/api/tenable/feeds/:kind' },
  getCveScores: { method: 'GET', path: '/api/tenable/feeds/cves/:cve' },

  listGroups: { method: 'GET', path: '/api/groups' },
  listGroupRules: { method: 'GET', path: '/api/groups/rules' },
  createGroupRule: { method: 'POST', path: '/api/groups/rules' },
  previewGroupRule: { method: 'POST', path: '/api/groups/rules/preview' },
  getGroupRule: { method: 'GET', path: '/api/groups/rules/:id' },
  updateGroupRule: { method: 'PUT', path: '/api/groups/rules/:id' },
  removeGroupRule: { method: 'DELETE', path: '/api/groups/rules/:id' },

  listDevices: { method: 'GET', path: '/api/devices' },
  // Before the path with an id.
  getEstateStatistics: { method: 'GET', path: '/api/devices/statistics' },
  getDailyEstateStatistics: { method: 'GET', path: '/api/devices/statistics/daily' },
  exportDevices: { method: 'GET', path: '/api/devices/export' },
  listDeviceReviews: { method: 'GET', path: '/api/devices/review' },
  listDeviceDecisions: { method: 'GET', path: '/api/devices/decisions' },
  decideDevice: { method: 'POST', path: '/api/devices/decisions' },
  undoDeviceDecision: { method: 'DELETE', path: '/api/devices/decisions/:id' },
  getDevice: { method: 'GET', path: '/api/devices/:id' },
  mergeDevice: { method: 'POST', path: '/api/devices/:id/merge' },
  splitDevice: { method: 'POST', path: '/api/devices/:id/split' },
  listDeviceFindings: { method: 'GET', path: '/api/devices/:id/vulnerabilities' },
  getSla: { method: 'GET', path: '/api/sla' },
  saveSla: { method: 'PUT', path: '/api/sla' },
  previewSla: { method: 'POST', path: '/api/sla/preview' },

  listChanges: { method: 'GET', path: '/api/changes' },
  listRejected: { method: 'GET', path: '/api/rejected' },
  listQualityIssues: { method: 'GET', path: '/api/quality' },
  listAudit: { method: 'GET', path: '/api/audit' },
  verifyAudit: { method: 'GET', path: '/api/audit/verify' },

  getSignInOptions: { method: 'GET', path: '/api/auth/options' },
  signIn: { method: 'POST', path: '/api/auth/login' },
  signOut: { method: 'POST', path: '/api/auth/logout' },
  getMe: { method: 'GET', path: '/api/auth/me' },
  inspectLink: { method: 'POST', path: '/api/auth/link' },
  useLink: { method: 'POST', path: '/api/auth/setup' },
  changePassword: { method: 'PUT', path: '/api/auth/password' },
  listSessions: { method: 'GET', path: '/api/auth/sessions' },
  endSessions: { method: 'DELETE', path: '/api/auth/sessions' },
  endSession: { method: 'DELETE', path: '/api/auth/sessions/:id' },
  startOidc: { method: 'GET', path: '/api/auth/oidc/start' },
  finishOidc: { method: 'GET', path: '/api/auth/oidc/callback' },
  listTenants: { method: 'GET', path: '/api/tenants' },
  listUsers: { method: 'GET', path: '/api/users' },
  createUser: { method: 'POST', path: '/api/users' },
  getUser: { method: 'GET', path: '/api/users/:id' },
  updateUser: { method: 'PUT', path: '/api/users/:id' },
  removeUser: { method: 'DELETE', path: '/api/users/:id' },
  makeResetLink: { method: 'POST', path: '/api/users/:id/reset-link' },
  listTokens: { method: 'GET', path: '/api/tokens' },
  createToken: { method: 'POST', path: '/api/tokens' },
  revokeToken: { method: 'DELETE', path: '/api/tokens/:id' },

  listViews: { method: 'GET', path: '/api/views' },
  createView: { method: 'POST', path: '/api/views' },
  // Before the path with an id.
  getListPreferences: { method: 'GET', path: '/api/views/preferences' },
  setListPreference: { method: 'PUT', path: '/api/views/preferences' },
  getView: { method: 'GET', path: '/api/views/:id' },
  updateView: { method: 'PUT', path: '/api/views/:id' },
  removeView: { method: 'DELETE', path: '/api/views/:id' },

  getMaintenance: { method: 'GET', path: '/api/maintenance' },
  changeRetention: { method: 'PUT', path: '/api/maintenance/retention' },
  listArchiveFiles: { method: 'GET', path: '/api/maintenance/archive' },
  startArchive: { method: 'POST', path: '/api/maintenance/archive' },
  startArchiveRestore: { method: 'POST', path: '/api/maintenance/archive/restore' },
  startCleanup: { method: 'POST', path: '/api/maintenance/cleanup' },
  getVerification: { method: 'GET', path: '/api/maintenance/verify' },
  startVerification: { method: 'POST', path: '/api/maintenance/verify' },
  getMaintenanceJob: { method: 'GET', path: '/api/maintenance/jobs/:id' },

  listImports: { method: 'GET', path: '/api/tenable/imports' },
  createImport: { method: 'POST', path: '/api/tenable/imports' },
  getImport: { method: 'GET', path: '/api/tenable/imports/:id' },
  changeImport: { method: 'PUT', path: '/api/tenable/imports/:id' },
  abandonImport: { method: 'DELETE', path: '/api/tenable/imports/:id' },
  listImportRows: { method: 'GET', path: '/api/tenable/imports/:id/rows' },
  listImportRejected: { method: 'GET', path: '/api/tenable/imports/:id/rejected' },
  applyImport: { method: 'POST', path: '/api/tenable/imports/:id/apply' },
  undoImport: { method: 'POST', path: '/api/tenable/imports/:id/undo' },
  stageOlderImport: { method: 'POST', path: '/api/vulnerabilities/import-staging' },

  getReconciliation: { method: 'GET', path: '/api/reconciliation' },
  getReconciliationAlias: { method: 'GET', path: '/api/tenable/reconciliation' },
  declarePair: { method: 'POST', path: '/api/reconciliation/pairs' },
  removePair: { method: 'DELETE', path: '/api/reconciliation/pairs/:id' },
  startComparison: { method: 'POST', path: '/api/reconciliation/comparisons' },
  listComparisons: { method: 'GET', path: '/api/reconciliation/comparisons' },
  getComparison: { method: 'GET', path: '/api/reconciliation/comparisons/:id' },
  listDifferences: { method: 'GET', path: '/api/reconciliation/comparisons/:id/differences' },
  exportDifferences: { method: 'GET', path: '/api/reconciliation/comparisons/:id/export' },
  listCutovers: { method: 'GET', path: '/api/reconciliation/cutovers' },
  signCutover: { method: 'POST', path: '/api/reconciliation/cutovers' },
  getCutover: { method: 'GET', path: '/api/reconciliation/cutovers/:id' },
  reopenImports: { method: 'POST', path: '/api/reconciliation/cutovers/:id/reopen' },
  closeImports: { method: 'POST', path: '/api/reconciliation/cutovers/:id/close' },
  undoCutover: { method: 'POST', path: '/api/reconciliation/cutovers/:id/undo' },
  getDataQuality: { method: 'GET', path: '/api/data-quality' },

  getOpenApi: { method: 'GET', path: '/api/openapi.json' },
  getLiveness: { method: 'GET', path: '/livez' },
  getReadiness: { method: 'GET', path: '/readyz' },
  getMetrics: { method: 'GET', path: '/metrics' },
} as const satisfies Record<string, { readonly method: Method; readonly path: `/${string}` }>

export type OperationId = keyof typeof paths

export interface PathInput {
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
}

/** The path of an operation with its parameters and query filled in. Lists become repeated keys. */
export function pathOf(operationId: OperationId, input: PathInput = {}): string {
  const path = paths[operationId].path.replace(/:([a-z_]+)/g, (_whole, name: string) => {
    const value = input.params?.[name]
    if (value === undefined || value === null || value === '')
      throw new TypeError(`${operationId} needs params.${name}`)
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(input.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) query.append(key, String(one))
    }
  }
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}
