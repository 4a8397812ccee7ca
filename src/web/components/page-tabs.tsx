import type { ReactNode } from 'react'
import styles from './page-tabs.module.css'

/** Parts of a page that have addresses of their own: links, of which one is the present. */
export function PageTabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className={styles.tabs}>
      {children}
    </nav>
  )
}
