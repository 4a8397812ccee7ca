import { Link, useRouterState } from '@tanstack/react-router'
import { Icon } from '../components/icons.tsx'
import { useHasRole } from '../lib/session.ts'
import { type AppPage, pages } from './pages.ts'
import styles from './shell.module.css'
import { usePageSearch } from './use-page-search.ts'

/** What an administrator alone may see is offered to nobody else. */
export function Navigation() {
  const isAdmin = useHasRole('admin')
  const offered: readonly AppPage[] = pages.filter(({ role }: AppPage) => role === undefined || isAdmin)
  const settings = offered.filter(page => page.group === 'settings')
  return (
    <>
      <ul className={styles.links}>
        {offered
          .filter(page => page.icon !== undefined)
          .map(page => (
            <PageLink key={page.to} page={page} />
          ))}
      </ul>
      <h2 className={styles.linksTitle} id="settings-pages">
        Settings
      </h2>
      <ul className={styles.links} aria-labelledby="settings-pages">
        {settings.map(page => (
          <PageLink key={page.to} page={page} />
        ))}
      </ul>
    </>
  )
}

function PageLink({ page }: { page: AppPage }) {
  const pathname = useRouterState({ select: state => state.location.pathname })
  const searchFor = usePageSearch()
  return (
    <li>
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
  )
}
