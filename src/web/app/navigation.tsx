import { Link } from '@tanstack/react-router'
import { Icon, type IconName } from '../components/icons.tsx'
import styles from './shell.module.css'

/** Only what works. */
const pages = [
  { to: '/', label: 'Overview', icon: 'overview' },
  { to: '/vulnerabilities/tenable', label: 'Vulnerabilities', icon: 'findings' },
  { to: '/assets/tenable', label: 'Assets', icon: 'assets' },
  { to: '/imports', label: 'Imports', icon: 'down' },
  { to: '/admin/tenable/sync', label: 'Sync', icon: 'sync' },
] as const satisfies readonly { to: string; label: string; icon: IconName }[]

export function Navigation() {
  return (
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
  )
}
