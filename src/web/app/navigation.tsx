import { Link, useRouterState } from '@tanstack/react-router'
import type { MouseEvent } from 'react'
import { Icon } from '../components/icons.tsx'
import { useHasRole } from '../lib/session.ts'
import { type AppPage, pages } from './pages.ts'
import styles from './shell.module.css'
import { useGoTo, usePageSearch } from './use-page-search.ts'

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
  const { search, isKnown } = usePageSearch(page.list)
  const goTo = useGoTo()
  // Again on the page it leads to all of it.
  const isHere = pathname === page.to
  return (
    <li>
      <Link
        to={page.to}
        search={isHere ? {} : search}
        onClick={event => {
          if (isHere || isKnown || !isPlain(event)) return
          event.preventDefault()
          void goTo(page)
        }}
        activeOptions={{ exact: page.to === '/', includeSearch: false }}
        className={styles.link}
      >
        {page.icon !== undefined && <Icon name={page.icon} size={18} />}
        {page.label}
      </Link>
    </li>
  )
}

/** Not into another tab or window. */
function isPlain({ button, metaKey, ctrlKey, shiftKey, altKey }: MouseEvent): boolean {
  return button === 0 && !(metaKey || ctrlKey || shiftKey || altKey)
}
