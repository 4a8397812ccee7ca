import { ActionIcon } from '@mantine/core'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { Icon } from '../icons.tsx'
import styles from './data-list.module.css'

/** What a row has more to show, in its own place. */
export interface Expansion<R> {
  /** What the button that opens it does, for those who hear it. */
  readonly label: (row: R) => string
  readonly content: (row: R) => ReactNode
}

/** The rows that are open in their place, and how high they are. */
export interface Opened {
  has(key: string): boolean
  toggle(key: string): void
  /** In pixels, beside the row itself; 0 of a row that is not open. */
  heightOf(key: string): number
  measured(key: string, height: number): void
  /** Another one whenever a height has changed. */
  readonly heights: ReadonlyMap<string, number>
}

/** Until it has been measured. */
const likelyHeight = 240

export function useOpened(): Opened {
  const [heights, setHeights] = useState<ReadonlyMap<string, number>>(new Map())
  return {
    heights,
    has: key => heights.has(key),
    heightOf: key => heights.get(key) ?? 0,
    toggle: key =>
      setHeights(before => {
        const next = new Map(before)
        if (!next.delete(key)) next.set(key, likelyHeight)
        return next
      }),
    measured: (key, height) =>
      setHeights(before =>
        before.get(key) === height || !before.has(key) ? before : new Map(before).set(key, height),
      ),
  }
}

interface OpenToggleProps {
  readonly label: string
  readonly isOpen: boolean
  /** It is what the keyboard holds the row by. */
  readonly isDoor?: boolean
  readonly onToggle: () => void
}

export function OpenToggle({ label, isOpen, isDoor = false, onToggle }: OpenToggleProps) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      aria-expanded={isOpen}
      aria-label={label}
      {...(isDoor ? { 'data-row-link': '' } : {})}
      onClick={event => {
        event.stopPropagation()
        onToggle()
      }}
    >
      <Icon name={isOpen ? 'down' : 'next'} />
    </ActionIcon>
  )
}

interface OpenedRowProps {
  readonly columns: number
  readonly onHeight: (height: number) => void
  readonly children: ReactNode
}

/** Below its row, as wide as the table; the list is told how high it comes out. */
export function OpenedRow({ columns, onHeight, children }: OpenedRowProps) {
  const row = useRef<HTMLTableRowElement>(null)
  const tell = useRef(onHeight)
  useLayoutEffect(() => {
    tell.current = onHeight
  })
  useLayoutEffect(() => {
    const element = row.current
    if (element === null) return
    const observer = new ResizeObserver(() => tell.current(Math.round(element.getBoundingClientRect().height)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return (
    <tr ref={row} className={styles.openedRow}>
      <td colSpan={columns}>{children}</td>
    </tr>
  )
}
