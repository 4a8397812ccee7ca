import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { counted } from '../../lib/format.ts'
import styles from './data-list.module.css'
import type { Copying } from './use-copy.ts'
import type { Selection } from './use-selection.ts'

interface BulkBarProps<R> {
  readonly selection: Selection<R>
  readonly copying: Copying<R>
  /** What can be done with the chosen rows, as buttons. */
  readonly children?: ReactNode
}

/** What can be done with the chosen rows; it stays in sight while any are. */
export function BulkBar<R>({ selection, copying, children }: BulkBarProps<R>) {
  return (
    <section className={styles.bulk} aria-label="Chosen rows">
      <strong role="status">{counted(selection.size, 'row')} chosen</strong>
      {children}
      <Button variant="default" onClick={() => copying.rows(selection.rows)}>
        Copy
      </Button>
      <Button variant="subtle" onClick={selection.clear}>
        Choose none
      </Button>
    </section>
  )
}
