import { ActionIcon, Button, Checkbox, Popover, Tooltip } from '@mantine/core'
import { useRef, useState } from 'react'
import { Icon } from '../icons.tsx'
import type { Column } from './column.ts'
import styles from './list-tools.module.css'
import type { ListView } from './use-list-view.ts'

/** Which columns a list has, and in which order; remembered for the person. */
export function ColumnChooser<R>({ view }: { readonly view: ListView<R> }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <Popover
      opened={isOpen}
      onChange={setIsOpen}
      width={300}
      position="bottom-end"
      shadow="md"
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>
        <Tooltip label="Columns">
          <ActionIcon
            variant="default"
            size="input-sm"
            aria-label="Columns"
            visibleFrom="sm"
            onClick={() => setIsOpen(!isOpen)}
          >
            <Icon name="columns" />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <Chooser view={view} />
      </Popover.Dropdown>
    </Popover>
  )
}

function Chooser<R>({ view }: { readonly view: ListView<R> }) {
  const list = useRef<HTMLUListElement>(null)
  const [said, setSaid] = useState('')
  const ids = view.columns.map(column => column.id as string)
  const [first] = view.all

  const toggle = (column: Column<R>) => {
    const isShown = ids.includes(column.id)
    view.setColumns(isShown ? ids.filter(id => id !== column.id) : [...ids, column.id])
  }
  const move = (column: Column<R>, by: 1 | -1) => {
    const from = ids.indexOf(column.id)
    const to = from + by
    // The first names the row, and stays where it is.
    if (from < 1 || to < 1 || to >= ids.length) return
    const next = ids.filter(id => id !== column.id)
    view.setColumns(next.toSpliced(to, 0, column.id))
    setSaid(`${column.header} is column ${to + 1} of ${ids.length}.`)
    // The row has moved in the list: the keyboard goes with it.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-column="${column.id}"] input`)?.focus())
  }
  return (
    <>
      <ul ref={list} className={styles.columns}>
        {view.all.map(column => {
          const at = ids.indexOf(column.id)
          return (
            <li key={column.id} data-column={column.id} className={styles.column}>
              <Checkbox
                size="xs"
                label={column.header}
                checked={at >= 0}
                disabled={column === first}
                onChange={() => toggle(column)}
                onKeyDown={event => {
                  if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
                  event.preventDefault()
                  move(column, event.key === 'ArrowUp' ? -1 : 1)
                }}
              />
              {at > 0 && (
                <span className={styles.moves}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Move ${column.header} up`}
                    disabled={at === 1}
                    onClick={() => move(column, -1)}
                  >
                    <Icon name="up" size={14} />
                  </ActionIcon>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Move ${column.header} down`}
                    disabled={at === ids.length - 1}
                    onClick={() => move(column, 1)}
                  >
                    <Icon name="down" size={14} />
                  </ActionIcon>
                </span>
              )}
            </li>
          )
        })}
      </ul>
      <div className={styles.foot}>
        <span className="dim">Alt with the arrows moves a column.</span>
        <Button
          variant="default"
          className={styles.fixed}
          disabled={view.chosen === null}
          onClick={() => view.setColumns(null)}
        >
          Reset
        </Button>
      </div>
      <div role="status" className="only-spoken">
        {said}
      </div>
    </>
  )
}
