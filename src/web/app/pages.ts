import type { ListPage } from '../../domain/list-page.ts'
import type { Role } from '../../domain/role.ts'
import type { IconName } from '../components/icons.tsx'

/** One place that can be gone to; the navigation, the keys, their help and the palette are all made from it. */
export interface AppPage {
  readonly to: string
  readonly label: string
  /** In the navigation; without one and without a group it is reached by the palette and the account menu. */
  readonly icon?: IconName
  /** In the navigation under this title. */
  readonly group?: 'settings'
  /** After g. */
  readonly key?: string
  /** The list it shows, which is opened as the person left it. */
  readonly list?: ListPage
  /** Who has it at all. */
  readonly role?: Role
  /** Other words that one may look for. */
  readonly words?: string
}

/** Only what works. */
export const pages = [
  { to: '/', label: 'Overview', icon: 'overview', key: 'o', words: 'home dashboard' },
  {
    to: '/vulnerabilities/tenable',
    label: 'Vulnerabilities',
    icon: 'findings',
    key: 'v',
    list: 'findings',
    words: 'findings plugins',
  },
  { to: '/assets/tenable', label: 'Assets', icon: 'assets', key: 'a', list: 'assets', words: 'hosts machines' },
  {
    to: '/devices',
    label: 'Devices',
    icon: 'devices',
    key: 'd',
    list: 'devices',
    words: 'machines identity merge split review duplicates estate',
  },
  { to: '/scans/tenable', label: 'Scans', icon: 'scans', key: 'c', list: 'scans', words: 'scan history runs' },
  { to: '/scans/tenable/coverage', label: 'Scan coverage', words: 'scans not scanned credentials' },
  {
    to: '/compliance/tenable',
    label: 'Compliance',
    icon: 'compliance',
    key: 'p',
    list: 'compliance-checks',
    words: 'audit checks benchmark',
  },
  {
    to: '/networks',
    label: 'Networks',
    icon: 'networks',
    key: 'n',
    list: 'networks',
    words: 'subnets scanners agents tags',
  },
  { to: '/imports', label: 'Imports', icon: 'imports', key: 'i', list: 'imports', words: 'files csv nessus upload' },
  {
    to: '/reconciliation',
    label: 'Reconciliation',
    icon: 'reconciliation',
    key: 'r',
    words: 'compare cut-over csv api data quality differences',
  },
  { to: '/admin/tenable/sync', label: 'Sync', icon: 'sync', key: 's', words: 'runs sources console' },
  {
    to: '/settings/integrations/tenable',
    label: 'Tenable sources',
    group: 'settings',
    words: 'keys integrations settings',
  },
  { to: '/settings/feeds', label: 'EPSS and KEV', group: 'settings', words: 'feeds scores settings' },
  {
    to: '/settings/rules',
    label: 'Owners and groups',
    group: 'settings',
    list: 'rules',
    words: 'rules criticality settings',
  },
  { to: '/settings/sla', label: 'SLA', group: 'settings', words: 'overdue limits days policy remediation settings' },
  {
    to: '/settings/retention',
    label: 'Retention',
    group: 'settings',
    role: 'admin',
    words: 'archive maintenance settings',
  },
  { to: '/settings/audit', label: 'Audit', group: 'settings', list: 'audit', role: 'admin', words: 'log who settings' },
  { to: '/settings/account', label: 'Password and browsers', words: 'account settings sessions' },
  { to: '/settings/tokens', label: 'API tokens', list: 'tokens', words: 'settings' },
  { to: '/settings/users', label: 'People and roles', list: 'users', role: 'admin', words: 'users settings accounts' },
] as const satisfies readonly AppPage[]

export type PagePath = (typeof pages)[number]['to']
