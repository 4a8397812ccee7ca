import type { ReactNode } from 'react'
import type { Page } from '../../../contract/page.ts'
import { counted } from '../../lib/format.ts'
import styles from './sync.module.css'

interface ListHeadProps {
  readonly page: Pick<Page<unknown>, 'total' | 'total_is_exact'> | undefined
  /** What a row is: `run`. */
  readonly of: string
  readonly many?: string
  readonly children?: ReactNode
  /** At the far end: how the list is looked at. */
  readonly tools: ReactNode
}

/** How many rows a filter chooses, and what can be done with all of them. */
export function ListHead({ page, of, many, children, tools }: ListHeadProps) {
  return (
    <div className={styles.listHead}>
      {page?.total !== undefined && (
        <span>
          {counted(page.total, of, many)}
          {page.total_is_exact === false && ' or more'}
        </span>
      )}
      {children}
      <div className={styles.listTools}>{tools}</div>
    </div>
  )
}
