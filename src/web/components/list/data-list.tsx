import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual'
import { type MouseEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { count } from '../../lib/format.ts'
import { useShortcuts } from '../../lib/shortcuts.ts'
import { useWidth } from '../../lib/use-width.ts'
import type { Column } from './column.ts'
import styles from './data-list.module.css'
import { DataTable } from './data-table.tsx'
import { useDensity } from './density.tsx'
import { LoadMore, type More } from './load-more.tsx'

/** Below this a row becomes a card. */
const cardWidth = 640
const cardHeight = 96
/** The page's header and the table's. */
const stickyHeight = 84

export interface DataListProps<R> {
  /** What the list is, for those who hear it. */
  readonly label: string
  readonly columns: readonly Column<R>[]
  readonly rows: readonly R[]
  readonly rowKey: (row: R) => string
  /** On a narrow screen. Holds a link with `data-row-link`, as the first column does. */
  readonly card: (row: R) => ReactNode
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly openKey: string | undefined
  readonly onOpen: (row: R) => void
  readonly total: number | undefined
  readonly more: More
}

/** A list of any length: virtual rows, read on as they are scrolled to, walked with j and k. */
export function DataList<R extends object>(props: DataListProps<R>) {
  const { rows, rowKey, openKey, more } = props
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const isCards = width < cardWidth
  const { rowHeight } = useDensity()
  const { active, setActive } = useWalk(props, frame)
  const scrollMargin = useOffsetTop(frame, `${isCards} ${rows.length === 0}`)

  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (isCards ? cardHeight : rowHeight),
    overscan: 10,
    scrollMargin,
    scrollPaddingStart: stickyHeight,
    scrollPaddingEnd: 60,
    getItemKey: index => rowKey(rows[index]!),
    // The row that has the keyboard stays on the page however far it is scrolled away.
    rangeExtractor: useCallback(
      (range: Range) => withActive(defaultRangeExtractor(range), active, range.count),
      [active],
    ),
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured again when the height of a row changes
  useLayoutEffect(() => virtualizer.measure(), [isCards, rowHeight])
  useEffect(() => {
    if (active !== undefined) virtualizer.scrollToIndex(active, { align: 'auto' })
  }, [active, virtualizer])

  const items = virtualizer.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0
  const isNearEnd = lastShown >= rows.length - 15
  useEffect(() => {
    if (isNearEnd && more.hasNextPage && !more.isFetchingNextPage && !more.isFetchNextPageError)
      void more.fetchNextPage()
  }, [isNearEnd, more])

  const shared = {
    items: items.map(item => ({ ...item, start: item.start - scrollMargin, end: item.end - scrollMargin })),
    totalSize: virtualizer.getTotalSize(),
    onActive: setActive,
    openOnClick: (row: R) => (event: MouseEvent) => {
      if (isPlainClick(event)) props.onOpen(row)
    },
  }
  return (
    <div ref={frame}>
      {isCards ? (
        <ul className={styles.cards} style={{ height: shared.totalSize }} aria-label={props.label}>
          {shared.items.map(item => {
            const row = rows[item.index]!
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the link in it takes the keyboard
              <li
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                data-open={rowKey(row) === openKey || undefined}
                className={styles.card}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={shared.openOnClick(row)}
                onFocus={() => setActive(item.index)}
              >
                {props.card(row)}
              </li>
            )
          })}
        </ul>
      ) : (
        <DataTable {...props} {...shared} width={width} rowHeight={rowHeight} />
      )}
      <Footer shown={rows.length} total={props.total} more={more} />
    </div>
  )
}

/** j and k: to the next row, or, while one is open beside the list, straight into it. */
function useWalk<R>(
  { rows, rowKey, openKey, onOpen }: DataListProps<R>,
  frame: { readonly current: HTMLDivElement | null },
) {
  const [active, setActive] = useState<number>()
  const [isMoved, setIsMoved] = useState(false)
  const openIndex = openKey === undefined ? -1 : rows.findIndex(row => rowKey(row) === openKey)

  // Another filter or order is another list.
  const firstKey = rows[0] === undefined ? undefined : rowKey(rows[0])
  const [listed, setListed] = useState(firstKey)
  if (listed !== firstKey) {
    setListed(firstKey)
    setActive(undefined)
  }

  const step = (by: 1 | -1) => {
    const from = openIndex >= 0 ? openIndex : (active ?? (by === 1 ? -1 : rows.length))
    const next = Math.min(rows.length - 1, Math.max(0, from + by))
    const row = rows[next]
    if (row === undefined) return
    setActive(next)
    if (openKey !== undefined) onOpen(row)
    else setIsMoved(true)
  }
  useShortcuts({ j: () => step(1), k: () => step(-1) })

  useEffect(() => {
    if (!isMoved || active === undefined) return
    setIsMoved(false)
    const row = frame.current?.querySelector(`[data-index="${active}"]`)
    row?.querySelector<HTMLElement>('[data-row-link]')?.focus({ preventScroll: true })
  }, [isMoved, active, frame])

  // Closing gives the keyboard back to the row that was open.
  const lastOpen = useRef(openIndex)
  useEffect(() => {
    if (openIndex < 0 && lastOpen.current >= 0) {
      setActive(lastOpen.current)
      setIsMoved(true)
    }
    lastOpen.current = openIndex
  }, [openIndex])

  return { active, setActive }
}

function Footer({ shown, total, more }: { shown: number; total: number | undefined; more: More }) {
  return (
    <div className={styles.footer}>
      <span className="dim">
        {total === undefined ? `${count(shown)} shown` : `${count(shown)} of ${count(Math.max(total, shown))} shown`}
      </span>
      <LoadMore more={more} />
    </div>
  )
}

function useOffsetTop(ref: { readonly current: HTMLElement | null }, changes: string): number {
  const [top, setTop] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is above the list may have changed its height
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return
    const measure = () => setTop(Math.round(element.getBoundingClientRect().top + window.scrollY))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [ref, changes])
  return top
}

function withActive(indexes: number[], active: number | undefined, size: number): number[] {
  if (active === undefined || active >= size || indexes.includes(active)) return indexes
  return [...indexes, active].sort((one, other) => one - other)
}

/** Not on a link or button in the row, and not the end of marking some text. */
function isPlainClick(event: MouseEvent): boolean {
  if (event.target instanceof Element && event.target.closest('a, button, input, label') !== null) return false
  return window.getSelection()?.isCollapsed !== false
}
