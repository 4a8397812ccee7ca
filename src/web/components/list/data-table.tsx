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
import styles from './data-list.module.css'
import type { DataListProps } from './data-list.tsx'

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
  readonly rowHeight: number
  readonly onActive: (index: number) => void
  readonly openOnClick: (row: R) => (event: MouseEvent) => void
}

/** A real table, of which only the rows near the screen exist. The server sorts. */
export function DataTable<R extends object>(props: DataTableProps<R>) {
  const { columns, rows, rowKey, openKey, items, totalSize, width, rowHeight } = props
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
  const columnVisibility = useMemo(
    () => Object.fromEntries(columns.map(column => [column.id, width >= (column.from ?? 0)])),
    [columns, width],
  )
  const sorting = useMemo(() => [{ id: props.sort.replace(/^-/, ''), desc: props.sort.startsWith('-') }], [props.sort])
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
      if (next !== undefined) props.onSort(`${next.desc ? '-' : ''}${next.id}`)
    },
  })
  const byId = new Map(columns.map(column => [column.id as string, column]))
  const headers = table.getHeaderGroups().flatMap(group => group.headers)
  const shown = table.getRowModel().rows
  let end = 0

  return (
    <table className={styles.table} aria-label={props.label} aria-rowcount={(props.total ?? rows.length) + 1}>
      <colgroup>
        {headers.map(header => (
          <col key={header.id} style={{ width: byId.get(header.column.id)?.width }} />
        ))}
      </colgroup>
      <thead>
        <tr aria-rowindex={1}>
          {headers.map(header => (
            <HeaderCell key={header.id} header={header} isNumber={byId.get(header.column.id)?.isNumber === true}>
              {byId.get(header.column.id)?.hint}
            </HeaderCell>
          ))}
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
              {gap > 0 && <Spacer height={gap} columns={headers.length} />}
              <tr
                aria-rowindex={item.index + 2}
                data-index={item.index}
                data-open={row.id === openKey || undefined}
                style={{ height: rowHeight }}
                onClick={props.openOnClick(row.original)}
                onFocus={() => props.onActive(item.index)}
              >
                {row.getVisibleCells().map(cell => (
                  <td key={cell.id} className={byId.get(cell.column.id)?.isNumber ? styles.number : undefined}>
                    <FlexRender cell={cell} />
                  </td>
                ))}
              </tr>
            </Fragment>
          )
        })}
        {totalSize > end && <Spacer height={totalSize - end} columns={headers.length} />}
      </tbody>
    </table>
  )
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
