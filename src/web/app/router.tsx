import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { type AssetSearch, readAssetSearch } from '../lib/asset-search.ts'
import { type AuditSearch, readAuditSearch } from '../lib/audit-search.ts'
import { type ComplianceSearch, readComplianceSearch } from '../lib/compliance-search.ts'
import { type DeviceSearch, readDeviceSearch } from '../lib/device-search.ts'
import { type FindingsPageSearch, readFindingsPageSearch } from '../lib/finding-search.ts'
import { type ImportSearch, readImportSearch } from '../lib/import-search.ts'
import { type ListSearch, readListSearch } from '../lib/list-search.ts'
import { type LoginSearch, readLoginSearch } from '../lib/login-search.ts'
import { type NetworkSearch, readNetworkSearch } from '../lib/network-search.ts'
import { type ReconciliationSearch, readReconciliationSearch } from '../lib/reconciliation-search.ts'
import { type CoverageSearch, readCoverageSearch, readScanSearch, type ScanSearch } from '../lib/scan-search.ts'
import { parseSearch, type RawSearch, stringifySearch } from '../lib/search-params.ts'
import { readSyncSearch, type SyncSearch } from '../lib/sync-search.ts'
import { readTenableSettingsSearch, type TenableSettingsSearch } from '../lib/tenable-settings-search.ts'
import { NotFound, PageError } from './fallbacks.tsx'
import { Root } from './root.tsx'

// Routes are a contract: these paths are in links that people have sent each other.

const root = createRootRoute({ component: Root, notFoundComponent: NotFound })

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/overview/overview-page.tsx'), 'OverviewPage'),
})

const findings = createRoute({
  getParentRoute: () => root,
  path: '/vulnerabilities/tenable',
  validateSearch: (raw: RawSearch): FindingsPageSearch => readFindingsPageSearch(raw),
  component: lazyRouteComponent(() => import('../pages/findings/findings-page.tsx'), 'FindingsPage'),
})

const finding = createRoute({
  getParentRoute: () => findings,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/findings/finding-details.tsx'), 'FindingDetails'),
})

const plugin = createRoute({
  getParentRoute: () => findings,
  path: '/plugins/$plugin',
  component: lazyRouteComponent(() => import('../pages/findings/plugin-details.tsx'), 'PluginDetails'),
})

const assets = createRoute({
  getParentRoute: () => root,
  path: '/assets/tenable',
  validateSearch: (raw: RawSearch): AssetSearch => readAssetSearch(raw),
  component: lazyRouteComponent(() => import('../pages/assets/assets-page.tsx'), 'AssetsPage'),
})

const asset = createRoute({
  getParentRoute: () => assets,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/assets/asset-details.tsx'), 'AssetDetails'),
})

const devices = createRoute({
  getParentRoute: () => root,
  path: '/devices',
  validateSearch: (raw: RawSearch): DeviceSearch => readDeviceSearch(raw),
  component: lazyRouteComponent(() => import('../pages/devices/devices-page.tsx'), 'DevicesPage'),
})

const device = createRoute({
  getParentRoute: () => devices,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/devices/device-details.tsx'), 'DeviceDetails'),
})

const scans = createRoute({
  getParentRoute: () => root,
  path: '/scans/tenable',
  validateSearch: (raw: RawSearch): ScanSearch => readScanSearch(raw),
  component: lazyRouteComponent(() => import('../pages/scans/scans-page.tsx'), 'ScansPage'),
})

const scan = createRoute({
  getParentRoute: () => scans,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/scans/scan-details.tsx'), 'ScanDetails'),
})

const coverage = createRoute({
  getParentRoute: () => root,
  path: '/scans/tenable/coverage',
  validateSearch: (raw: RawSearch): CoverageSearch => readCoverageSearch(raw),
  component: lazyRouteComponent(() => import('../pages/scans/coverage-page.tsx'), 'CoveragePage'),
})

const compliance = createRoute({
  getParentRoute: () => root,
  path: '/compliance/tenable',
  validateSearch: (raw: RawSearch): ComplianceSearch => readComplianceSearch(raw),
  component: lazyRouteComponent(() => import('../pages/compliance/compliance-page.tsx'), 'CompliancePage'),
})

const check = createRoute({
  getParentRoute: () => compliance,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/compliance/check-details.tsx'), 'CheckDetails'),
})

const networks = createRoute({
  getParentRoute: () => root,
  path: '/networks',
  validateSearch: (raw: RawSearch): NetworkSearch => readNetworkSearch(raw),
  component: lazyRouteComponent(() => import('../pages/networks/networks-page.tsx'), 'NetworksPage'),
})

const network = createRoute({
  getParentRoute: () => networks,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/networks/network-details.tsx'), 'NetworkDetails'),
})

const tag = createRoute({
  getParentRoute: () => networks,
  path: '/tags/$id',
  component: lazyRouteComponent(() => import('../pages/networks/tag-details.tsx'), 'TagDetails'),
})

const sync = createRoute({
  getParentRoute: () => root,
  path: '/admin/tenable/sync',
  validateSearch: (raw: RawSearch): SyncSearch => readSyncSearch(raw),
  component: lazyRouteComponent(() => import('../pages/sync/sync-page.tsx'), 'SyncPage'),
})

const run = createRoute({
  getParentRoute: () => sync,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/sync/run-details.tsx'), 'RunDetails'),
})

const imports = createRoute({
  getParentRoute: () => root,
  path: '/imports',
  validateSearch: (raw: RawSearch): ImportSearch => readImportSearch(raw),
  component: lazyRouteComponent(() => import('../pages/imports/imports-page.tsx'), 'ImportsPage'),
})

const reconciliation = createRoute({
  getParentRoute: () => root,
  path: '/reconciliation',
  validateSearch: (raw: RawSearch): ReconciliationSearch => readReconciliationSearch(raw),
  component: lazyRouteComponent(() => import('../pages/reconciliation/reconciliation-page.tsx'), 'ReconciliationPage'),
})

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (raw: RawSearch): LoginSearch => readLoginSearch(raw),
  component: lazyRouteComponent(() => import('../pages/sign-in/login-page.tsx'), 'LoginPage'),
})

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('../pages/sign-in/setup-page.tsx'), 'SetupPage'),
})

const tenableSettings = createRoute({
  getParentRoute: () => root,
  path: '/settings/integrations/tenable',
  validateSearch: (raw: RawSearch): TenableSettingsSearch => readTenableSettingsSearch(raw),
  component: lazyRouteComponent(() => import('../pages/settings/tenable/tenable-page.tsx'), 'TenableSettingsPage'),
})

const feeds = createRoute({
  getParentRoute: () => root,
  path: '/settings/feeds',
  component: lazyRouteComponent(() => import('../pages/settings/feeds/feeds-page.tsx'), 'FeedsPage'),
})

const rules = createRoute({
  getParentRoute: () => root,
  path: '/settings/rules',
  validateSearch: (raw: RawSearch): ListSearch => readListSearch(raw),
  component: lazyRouteComponent(() => import('../pages/settings/rules/rules-page.tsx'), 'RulesPage'),
})

const sla = createRoute({
  getParentRoute: () => root,
  path: '/settings/sla',
  component: lazyRouteComponent(() => import('../pages/settings/sla/sla-page.tsx'), 'SlaPage'),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/settings/audit',
  validateSearch: (raw: RawSearch): AuditSearch => readAuditSearch(raw),
  component: lazyRouteComponent(() => import('../pages/settings/audit/audit-page.tsx'), 'AuditPage'),
})

const retention = createRoute({
  getParentRoute: () => root,
  path: '/settings/retention',
  component: lazyRouteComponent(() => import('../pages/settings/retention/retention-page.tsx'), 'RetentionPage'),
})

const users = createRoute({
  getParentRoute: () => root,
  path: '/settings/users',
  validateSearch: (raw: RawSearch): ListSearch => readListSearch(raw),
  component: lazyRouteComponent(() => import('../pages/settings/users/users-page.tsx'), 'UsersPage'),
})

const tokens = createRoute({
  getParentRoute: () => root,
  path: '/settings/tokens',
  validateSearch: (raw: RawSearch): ListSearch => readListSearch(raw),
  component: lazyRouteComponent(() => import('../pages/settings/tokens/tokens-page.tsx'), 'TokensPage'),
})

const account = createRoute({
  getParentRoute: () => root,
  path: '/settings/account',
  component: lazyRouteComponent(() => import('../pages/settings/account-page.tsx'), 'AccountPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    findings.addChildren([finding, plugin]),
    assets.addChildren([asset]),
    devices.addChildren([device]),
    scans.addChildren([scan]),
    coverage,
    compliance.addChildren([check]),
    networks.addChildren([network, tag]),
    sync.addChildren([run]),
    imports,
    reconciliation,
    login,
    setup,
    tenableSettings,
    feeds,
    rules,
    sla,
    audit,
    retention,
    users,
    tokens,
    account,
  ]),
  parseSearch,
  stringifySearch,
  search: { strict: true },
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }: ErrorComponentProps) => <PageError error={error} onRetry={reset} />,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
