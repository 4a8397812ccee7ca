import type { ReactNode } from 'react'
import styles from './plain-table.module.css'

interface PlainTableProps {
  /** What the table is, for those who hear it. */
  readonly label: string
  /** A column of numbers is given as its title in a list. */
  readonly columns: readonly (string | readonly [number: string])[]
  /** How its rows lie on a narrow screen; cells carry `data-label` for it. */
  readonly className: string | undefined
  /** Whether a last column has buttons, which needs no title that is seen. */
  readonly hasActs?: boolean
  readonly children: ReactNode
}

/** A short table without sorting: its rows are the page's. */
export function PlainTable({ label, columns, className, hasActs = false, children }: PlainTableProps) {
  return (
    <table className={`${styles.table} ${className}`} aria-label={label}>
      <thead>
        <tr>
          {columns.map(column => (
            <th key={String(column)} scope="col" className={typeof column === 'string' ? undefined : 'number'}>
              {column}
            </th>
          ))}
          {hasActs && (
            <th scope="col">
              <span className="only-spoken">Act</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}
