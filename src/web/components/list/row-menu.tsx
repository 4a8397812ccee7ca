import { Menu } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Column } from './column.ts'
import styles from './data-list.module.css'
import type { Copying } from './use-copy.ts'

/** Where the menu of a row is asked for. */
export interface MenuPlace {
  readonly index: number
  readonly x: number
  readonly y: number
}

interface RowMenuProps<R> {
  readonly place: MenuPlace
  readonly row: R
  readonly rowName: string
  readonly columns: readonly Column<R>[]
  readonly copying: Copying<R>
  /** What can be done with the row, as items of the menu. */
  readonly children?: ReactNode
  readonly onClose: () => void
}

/** What can be done with one row; one menu for the whole list, put where it is asked for. */
export function RowMenu<R>({ place, row, rowName, columns, copying, children, onClose }: RowMenuProps<R>) {
  const copied = columns.filter(column => column.text !== undefined)
  return (
    <Menu
      opened
      onClose={onClose}
      position="bottom-end"
      shadow="md"
      transitionProps={{ duration: 0 }}
      returnFocus
      withinPortal
    >
      <Menu.Target>
        <button type="button" tabIndex={-1} className={styles.menuPlace} style={{ left: place.x, top: place.y }}>
          {`Actions of ${rowName}`}
        </button>
      </Menu.Target>
      <Menu.Dropdown mah="85vh" className={styles.menu}>
        {children}
        {children !== undefined && <Menu.Divider />}
        <Menu.Label>Copy</Menu.Label>
        <Menu.Item onClick={() => copying.rows([row])}>The row</Menu.Item>
        {copied.map(column => (
          <Menu.Item key={column.id} onClick={() => copying.cell(row, column)}>
            {column.header}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
