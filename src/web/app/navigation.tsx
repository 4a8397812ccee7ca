import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { includesRole, type Role } from '../../domain/role.ts'
import { Icon, type IconName } from '../components/icons.tsx'
import { meQuery } from '../lib/session.ts'
import styles from './shell.module.css'

/** Only what works. */
const pages = [
  { to: '/', label: 'Overview', icon: 'overview' },
  { to: '/vulnerabilities/tenable', label: 'Vulnerabilities', icon: 'findings' },
  { to: '/assets/tenable', label: 'Assets', icon: 'assets' },
  { to: '/admin/tenable/sync', label: 'Sync', icon: 'sync' },
] as const satisfies readonly { to: string; label: string; icon: IconName }[]

/** What an administrator alone may see is offered to nobody else. */
const settingsPages = [
  { to: '/settings/integrations/tenable', label: 'Tenable sources', needed: 'viewer' },
  { to: '/settings/feeds', label: 'EPSS and KEV', needed: 'viewer' },
  { to: '/settings/rules', label: 'Owners and groups', needed: 'viewer' },
  { to: '/settings/retention', label: 'Retention', needed: 'admin' },
  { to: '/settings/audit', label: 'Audit', needed: 'admin' },
] as const satisfies readonly { to: string; label: string; needed: Role }[]

export function Navigation() {
  const { data: me } = useQuery(meQuery)
  const role = me?.role ?? null
  return (
    <>
      <ul className={styles.links}>
        {pages.map(page => (
          <li key={page.to}>
            <Link to={page.to} activeOptions={{ exact: page.to === '/', includeSearch: false }} className={styles.link}>
              <Icon name={page.icon} size={18} />
              {page.label}
            </Link>
          </li>
        ))}
      </ul>
      <h2 className={styles.linksTitle} id="settings-pages">
        Settings
      </h2>
      <ul className={styles.links} aria-labelledby="settings-pages">
        {settingsPages
          .filter(page => role !== null && includesRole(role, page.needed))
          .map(page => (
            <li key={page.to}>
              <Link to={page.to} activeOptions={{ includeSearch: false }} className={styles.link}>
                {page.label}
              </Link>
            </li>
          ))}
      </ul>
    </>
  )
}
