import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
} from '@tanstack/react-router'
import { type AssetSearch, readAssetSearch } from '../lib/asset-search.ts'
import { type AuditSearch, readAuditSearch } from '../lib/audit-search.ts'
import { type FindingSearch, readFindingSearch } from '../lib/finding-search.ts'
import { type LoginSearch, readLoginSearch } from '../lib/login-search.ts'
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
  validateSearch: (raw: RawSearch): FindingSearch => readFindingSearch(raw),
  component: lazyRouteComponent(() => import('../pages/findings/findings-page.tsx'), 'FindingsPage'),
})

const finding = createRoute({
  getParentRoute: () => findings,
  path: '/$id',
  component: lazyRouteComponent(() => import('../pages/findings/finding-details.tsx'), 'FindingDetails'),
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
  component: lazyRouteComponent(() => import('../pages/settings/rules/rules-page.tsx'), 'RulesPage'),
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
  component: lazyRouteComponent(() => import('../pages/settings/users-page.tsx'), 'UsersPage'),
})

const tokens = createRoute({
  getParentRoute: () => root,
  path: '/settings/tokens',
  component: lazyRouteComponent(() => import('../pages/settings/tokens-page.tsx'), 'TokensPage'),
})

const account = createRoute({
  getParentRoute: () => root,
  path: '/settings/account',
  component: lazyRouteComponent(() => import('../pages/settings/account-page.tsx'), 'AccountPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    findings.addChildren([finding]),
    assets.addChildren([asset]),
    sync.addChildren([run]),
    login,
    setup,
    tenableSettings,
    feeds,
    rules,
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
