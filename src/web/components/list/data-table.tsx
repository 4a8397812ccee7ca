import {
  type ColumnDef,
  columnVisibilityFeature,
  FlexRender,
  type Header,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { Fragment, type MouseEvent, useMemo } from 'react'
import { Icon } from '../icons.tsx'
import { fitting, widthsOf } from './column.ts'
import styles from './data-list.module.css'
import type { DataListProps } from './data-list.tsx'
import { type Opened, OpenedRow, OpenToggle } from './opened-rows.tsx'
import type { MenuPlace } from './row-menu.tsx'
import { useCellMark } from './use-cell-mark.ts'
import type { Copying } from './use-copy.ts'
import type { Selection } from './use-selection.ts'

const features = tableFeatures({ rowSortingFeature, columnVisibilityFeature })
type Features = typeof features

interface VirtualRow {
  readonly index: number
  readonly key: string | number | bigint
  readonly start: number
  readonly end: number
}

interface DataTableProps<R> extends DataListProps<R> {
  readonly items: readonly VirtualRow[]
  readonly totalSize: number
  readonly width: number
  readonly selection: Selection<R>
  readonly copying: Copying<R>
  readonly opened: Opened
  readonly menuIndex: number | undefined
  readonly onMenu: (place: MenuPlace) => void
  readonly onActive: (index: number) => void
  readonly openOnClick: (row: R) => (event: MouseEvent) => void
}

/** Beside the columns: the box that chooses a row, and the button of its menu. */
const chooseWidth = 36
const menuWidth = 40
const toggleWidth = 30

/** A real table, of which only the rows near the screen exist. The server sorts. */
export function DataTable<R extends object>(props: DataTableProps<R>) {
  const { columns, rows, rowKey, openKey, items, totalSize, width, rowHeight, selection, expansion, opened } = props
  const beside = chooseWidth + menuWidth + (expansion ? toggleWidth : 0)
  const definitions = useMemo(
    () =>
      columns.map(
        (column): ColumnDef<Features, R> => ({
          id: column.id,
          accessorFn: row => row,
          header: column.header,
          cell: context => column.cell(context.row.original),
          enableSorting: column.isSortable === true,
          sortDescFirst: column.highFirst === true,
        }),
      ),
    [columns],
  )
  const columnVisibility = useMemo(() => {
    const room = fitting(columns, width, beside)
    return Object.fromEntries(columns.map(column => [column.id, room.includes(column)]))
  }, [columns, width, beside])
  const { sort = '' } = props
  const sorting = useMemo(
    () => (sort === '' ? [] : [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]),
    [sort],
  )
  const table = useTable<Features, R>({
    features,
    columns: definitions,
    data: rows,
    getRowId: rowKey,
    manualSorting: true,
    enableSortingRemoval: false,
    enableMultiSort: false,
    state: { sorting, columnVisibility },
    onSortingChange: change => {
      const [next] = typeof change === 'function' ? change(sorting) : change
      if (next !== undefined) props.onSort?.(`${next.desc ? '-' : ''}${next.id}`)
    },
  })
  const byId = new Map(columns.map(column => [column.id as string, column]))
  const headers = table.getHeaderGroups().flatMap(group => group.headers)
  const inSight = headers.flatMap(header => byId.get(header.column.id) ?? [])
  const widths = widthsOf(inSight, width, beside)
  const shown = table.getRowModel().rows
  const mark = useCellMark({
    ids: headers.map(header => header.column.id),
    onCopy: (index, id) => {
      const [row, column] = [rows[index], byId.get(id)]
      if (row !== undefined && column !== undefined) props.copying.cell(row, column)
    },
  })
  const cells = headers.length + (expansion ? 3 : 2)
  let end = 0

  return (
    <table
      className={styles.table}
      aria-label={props.label}
      aria-rowcount={(props.total ?? rows.length) + 1}
      onKeyDown={mark.onKeyDown}
    >
      <colgroup>
        <col style={{ width: chooseWidth }} />
        {expansion && <col style={{ width: toggleWidth }} />}
        {headers.map((header, index) => (
          <col key={header.id} style={{ width: widths[index] }} />
        ))}
        <col style={{ width: menuWidth }} />
      </colgroup>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col" className={styles.choose}>
            <ChooseBox
              label={selection.isAll ? 'Choose none' : 'Choose all rows shown'}
              isOn={selection.isAll}
              isMixed={selection.size > 0 && !selection.isAll}
              onChoose={selection.toggleAll}
            />
          </th>
          {expansion && (
            <th scope="col" className={styles.choose}>
              <span className="only-spoken">Open</span>
            </th>
          )}
          {headers.map(header => (
            <HeaderCell key={header.id} header={header} isNumber={byId.get(header.column.id)?.isNumber === true}>
              {byId.get(header.column.id)?.hint}
            </HeaderCell>
          ))}
          <th scope="col">
            <span className="only-spoken">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map(item => {
          const row = shown[item.index]
          if (row === undefined) return null
          const gap = item.start - end
          end = item.end
          return (
            <Fragment key={row.id}>
              {gap > 0 && <Spacer height={gap} columns={cells} />}
              <tr
                aria-rowindex={item.index + 2}
                data-index={item.index}
                data-open={row.id === openKey || undefined}
                data-chosen={selection.has(row.original) || undefined}
                style={{ height: rowHeight }}
                onClick={props.openOnClick(row.original)}
                onContextMenu={event => {
                  event.preventDefault()
                  props.onMenu({ index: item.index, ...placeOf(event) })
                }}
                onFocus={() => props.onActive(item.index)}
              >
                <td className={styles.choose}>
                  <ChooseBox
                    label={`Choose ${props.rowName(row.original)}`}
                    isOn={selection.has(row.original)}
                    onChoose={isRange => (isRange ? selection.extendTo(item.index) : selection.toggle(item.index))}
                  />
                </td>
                {expansion && (
                  <td className={styles.choose}>
                    <OpenToggle
                      label={expansion.label(row.original)}
                      isOpen={opened.has(row.id)}
                      isDoor={props.onOpen === undefined}
                      onToggle={() => opened.toggle(row.id)}
                    />
                  </td>
                )}
                {row.getVisibleCells().map(cell => (
                  <td
                    key={cell.id}
                    className={byId.get(cell.column.id)?.isNumber ? styles.number : undefined}
                    data-marked={mark.isMarked(item.index, cell.column.id) || undefined}
                  >
                    <FlexRender cell={cell} />
                  </td>
                ))}
                <td className={styles.acts}>
                  <button
                    type="button"
                    className={styles.more}
                    aria-label={`Actions of ${props.rowName(row.original)}`}
                    aria-haspopup="menu"
                    aria-expanded={props.menuIndex === item.index}
                    onClick={event => props.onMenu({ index: item.index, ...belowOf(event.currentTarget) })}
                  >
                    <Icon name="more" />
                  </button>
                </td>
              </tr>
              {expansion && opened.has(row.id) && (
                <OpenedRow columns={cells} onHeight={height => opened.measured(row.id, height)}>
                  {expansion.content(row.original)}
                </OpenedRow>
              )}
            </Fragment>
          )
        })}
        {totalSize > end && <Spacer height={totalSize - end} columns={cells} />}
      </tbody>
    </table>
  )
}

interface ChooseBoxProps {
  readonly label: string
  readonly isOn: boolean
  readonly isMixed?: boolean
  readonly onChoose: (isRange: boolean) => void
}

/** With Shift, everything from the row chosen last. */
function ChooseBox({ label, isOn, isMixed = false, onChoose }: ChooseBoxProps) {
  return (
    <label className={styles.box}>
      <input
        type="checkbox"
        aria-label={label}
        checked={isOn}
        ref={input => {
          if (input) input.indeterminate = isMixed
        }}
        onClick={event => onChoose(event.shiftKey)}
        onChange={() => undefined}
      />
    </label>
  )
}

/** A menu that was asked for by keyboard opens at the row. */
function placeOf(event: MouseEvent): Pick<MenuPlace, 'x' | 'y'> {
  return event.clientX === 0 && event.clientY === 0 && event.target instanceof Element
    ? belowOf(event.target)
    : { x: event.clientX, y: event.clientY }
}

function belowOf(element: Element): Pick<MenuPlace, 'x' | 'y'> {
  const { right, bottom } = element.getBoundingClientRect()
  return { x: right, y: bottom }
}

interface HeaderCellProps<R extends object> {
  readonly header: Header<Features, R, unknown>
  readonly isNumber: boolean
  readonly children: string | undefined
}

function HeaderCell<R extends object>({ header, isNumber, children: hint }: HeaderCellProps<R>) {
  const sorted = header.column.getIsSorted()
  const className = isNumber ? styles.number : undefined
  if (!header.column.getCanSort()) {
    return (
      <th scope="col" className={className} title={hint}>
        <FlexRender header={header} />
      </th>
    )
  }
  return (
    <th
      scope="col"
      className={className}
      aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
    >
      <button
        type="button"
        className={styles.sort}
        title={hint}
        data-sorted={sorted || undefined}
        onClick={header.column.getToggleSortingHandler()}
      >
        <FlexRender header={header} />
        <span className={styles.arrow} data-shown={sorted !== false || undefined}>
          <Icon name={sorted === 'asc' ? 'up' : 'down'} size={12} />
        </span>
      </button>
    </th>
  )
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the keyboard
    <tr aria-hidden="true" className={styles.spacer}>
      <td colSpan={columns} style={{ height }} />
    </tr>
  )
}
