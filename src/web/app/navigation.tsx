import { Link, useRouterState } from '@tanstack/react-router'
import { Icon } from '../components/icons.tsx'
import { useHasRole } from '../lib/session.ts'
import { type AppPage, pages } from './pages.ts'
import styles from './shell.module.css'
import { usePageSearch } from './use-page-search.ts'

export function Navigation() {
  const pathname = useRouterState({ select: state => state.location.pathname })
  const searchFor = usePageSearch()
  const isAdmin = useHasRole('admin')
  const shown: readonly AppPage[] = pages
  return (
    <ul className={styles.links}>
      {shown
        .filter(page => page.icon !== undefined && (page.role === undefined || isAdmin))
        .map(page => (
          <li key={page.to}>
            <Link
              to={page.to}
              // Again on the page it leads to all of it.
              search={pathname === page.to ? {} : searchFor(page.list)}
              activeOptions={{ exact: page.to === '/', includeSearch: false }}
              className={styles.link}
            >
              {page.icon !== undefined && <Icon name={page.icon} size={18} />}
              {page.label}
            </Link>
          </li>
        ))}
    </ul>
  )
}
