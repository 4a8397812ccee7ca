import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual'
import { type MouseEvent, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { count } from '../../lib/format.ts'
import { useWidth } from '../../lib/use-width.ts'
import { BulkBar } from './bulk-bar.tsx'
import type { Column } from './column.ts'
import styles from './data-list.module.css'
import { DataTable } from './data-table.tsx'
import { LoadMore, type More } from './load-more.tsx'
import { type Expansion, OpenToggle, useOpened } from './opened-rows.tsx'
import { type MenuPlace, RowMenu } from './row-menu.tsx'
import { useCopy } from './use-copy.ts'
import { type Selection, useSelection } from './use-selection.ts'
import { useWalk } from './use-walk.ts'

/** Below this a row becomes a card. */
const cardWidth = 640
const cardHeight = 96
const cardSelector = 'li[data-index]'
/** The page's header and the table's. */
const stickyHeight = 84

export interface DataListProps<R> {
  /** What the list is, for those who hear it. */
  readonly label: string
  readonly columns: readonly Column<R>[]
  readonly rows: readonly R[]
  readonly rowKey: (row: R) => string
  /** What a row is called, for those who hear it. */
  readonly rowName: (row: R) => string
  /** In pixels, as the view of the list says. */
  readonly rowHeight: number
  /** What can be done with one row: items of a menu. Copying is there anyway. */
  readonly rowMenu?: (row: R) => ReactNode
  /** What can be done with chosen rows: buttons. Copying is there anyway. */
  readonly bulk?: (selection: Selection<R>) => ReactNode
  /** What a row has more to show, in its own place; `o` opens and closes it. */
  readonly expansion?: Expansion<R>
  /** On a narrow screen. Holds a link with `data-row-link`, as the first column does. */
  readonly card: (row: R) => ReactNode
  /** As the address has it; left out where the order is fixed. */
  readonly sort?: string
  readonly onSort?: (sort: string) => void
  readonly openKey?: string | undefined
  /** Without it a row that has more to show opens in its place. */
  readonly onOpen?: (row: R) => void
  readonly total: number | undefined
  readonly more: More
}

/** A list of any length: virtual rows, read on as they are scrolled to, walked with j and k. */
export function DataList<R extends object>(props: DataListProps<R>) {
  const { rows, rowKey, openKey, more, rowHeight, expansion } = props
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const isCards = width < cardWidth
  const selection = useSelection(rows, rowKey)
  const copying = useCopy(props.columns)
  const [menu, setMenu] = useState<MenuPlace>()
  const copyChosen = (active: number | undefined) => {
    const row = active === undefined ? undefined : rows[active]
    if (selection.size > 0) copying.rows(selection.rows)
    else if (row !== undefined) copying.rows([row])
  }
  const opened = useOpened()
  const toggleAt = (index: number) => {
    const row = rows[index]
    if (row !== undefined) opened.toggle(rowKey(row))
  }
  const onToggle = expansion && toggleAt
  const { active, setActive, walked } = useWalk({ ...props, selection, onCopy: copyChosen, onToggle }, frame)
  const menuRow = menu && rows[menu.index]
  const scrollMargin = useOffsetTop(frame, `${isCards} ${rows.length === 0}`)

  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: index => (isCards ? cardHeight : rowHeight + opened.heightOf(rowKey(rows[index]!))),
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
  useLayoutEffect(() => {
    virtualizer.measure()
    // Laid out anew first: a measure that equals the one before would not be taken.
    virtualizer.getTotalSize()
    // Cards are as high as they come out; their measures were forgotten with all others.
    for (const card of frame.current?.querySelectorAll(cardSelector) ?? []) virtualizer.measureElement(card)
  }, [isCards, rowHeight, opened.heights])
  // Only steps scroll: a page that moves under a finger or a mouse takes the click away.
  useEffect(() => {
    if (walked !== undefined) virtualizer.scrollToIndex(walked.index, { align: 'auto' })
  }, [walked, virtualizer])

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
      if (!isPlainClick(event)) return
      if (props.onOpen) props.onOpen(row)
      else if (expansion) opened.toggle(rowKey(row))
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
                <div>
                  {expansion && (
                    <div className={styles.cardToggle}>
                      <OpenToggle
                        label={expansion.label(row)}
                        isOpen={opened.has(rowKey(row))}
                        isDoor={props.onOpen === undefined}
                        onToggle={() => opened.toggle(rowKey(row))}
                      />
                    </div>
                  )}
                  {props.card(row)}
                  {expansion && opened.has(rowKey(row)) && (
                    <div className={styles.cardOpened} data-opened="">
                      {expansion.content(row)}
                    </div>
                  )}
                </div>
              </li>
            )
          })}
        </ul>
      ) : (
        <DataTable
          {...props}
          {...shared}
          width={width}
          selection={selection}
          copying={copying}
          opened={opened}
          menuIndex={menu?.index}
          onMenu={setMenu}
        />
      )}
      {menu !== undefined && menuRow !== undefined && (
        <RowMenu
          place={menu}
          row={menuRow}
          rowName={props.rowName(menuRow)}
          columns={props.columns}
          copying={copying}
          onClose={() => setMenu(undefined)}
        >
          {props.rowMenu?.(menuRow)}
        </RowMenu>
      )}
      {selection.size > 0 && (
        <BulkBar selection={selection} copying={copying}>
          {props.bulk?.(selection)}
        </BulkBar>
      )}
      <div role="status" className={copying.said === '' ? 'only-spoken' : styles.said}>
        {copying.said}
      </div>
      <Footer shown={rows.length} total={props.total} more={more} />
    </div>
  )
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
  if (event.target instanceof Element && event.target.closest('a, button, input, label, [data-opened]') !== null)
    return false
  return window.getSelection()?.isCollapsed !== false
}
