import type { ReactNode } from 'react'
import { useLayoutEffect } from 'react'
import styles from './sign-in.module.css'

/** A page outside of the app: one thing to do, in the middle. */
export function BarePage({ title, children }: { title: string; children: ReactNode }) {
  useLayoutEffect(() => {
    document.title = `${title} · Tenfold`
  }, [title])
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <img src="/favicon.svg" alt="" width={24} height={24} />
          Tenfold
        </div>
        <h1 className={styles.title}>{title}</h1>
        {children}
      </div>
    </main>
  )
}
