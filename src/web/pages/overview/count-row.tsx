import type { ReactNode } from 'react'
import { count } from '../../lib/format.ts'
import styles from './overview.module.css'

interface CountRowProps {
  readonly name: ReactNode
  readonly value: number
  /** Makes the number a door; a zero leads nowhere. */
  readonly children: (number: string) => ReactNode
}

export function CountRow({ name, value, children }: CountRowProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{value === 0 ? <span className={styles.zero}>0</span> : children(count(value))}</td>
    </tr>
  )
}
