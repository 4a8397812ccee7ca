import { ActionIcon } from '@mantine/core'
import { Fragment, type ReactNode, useRef, useState } from 'react'
import type { FindingPlugin } from '../../../contract/vulnerabilities.ts'
import { Icon } from '../../components/icons.tsx'
import { LoadMore, type More } from '../../components/list/load-more.tsx'
import { SeverityMark } from '../../components/severity-mark.tsx'
import { count } from '../../lib/format.ts'
import { useWidth } from '../../lib/use-width.ts'
import { pluginColumns } from './plugin-columns.tsx'
import { PluginLink } from './plugin-links.tsx'
import styles from './plugin-list.module.css'
import { PluginRow } from './plugin-row.tsx'

export interface PluginListProps {
  readonly rows: readonly FindingPlugin[]
  /** Assets of the default count: what the bar is a share of. */
  readonly estate: number | undefined
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly openId: number | undefined
  readonly total: number | undefined
  readonly more: More
}

const cardWidth = 640
export const keyOf = (row: FindingPlugin) => `${row.plugin_id}/${row.owner_source_id}`

/** Findings folded by plugin; a row opens in place. */
export function PluginList(props: PluginListProps) {
  const { rows, total, more } = props
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const toggle = (row: FindingPlugin) => {
    const next = new Set(opened)
    if (!next.delete(keyOf(row))) next.add(keyOf(row))
    setOpened(next)
  }
  const shared = { ...props, opened, toggle, width }
  return (
    <div ref={frame}>
      {width < cardWidth ? <Cards {...shared} /> : <Table {...shared} />}
      <div className={styles.footer}>
        <span className="dim">
          {total === undefined ? `${count(rows.length)} shown` : `${count(rows.length)} of ${count(total)} shown`}
        </span>
        <LoadMore more={more} />
      </div>
    </div>
  )
}

interface ShownProps extends PluginListProps {
  readonly opened: ReadonlySet<string>
  readonly toggle: (row: FindingPlugin) => void
  readonly width: number
}

function Table({ rows, estate, sort, onSort, openId, opened, toggle, width }: ShownProps) {
  const columns = pluginColumns.filter(column => width >= (column.from ?? 0))
  return (
    <table className={styles.table} aria-label="Findings by plugin">
      <colgroup>
        <col style={{ width: 36 }} />
        {columns.map(column => (
          <col key={column.id} style={{ width: column.width }} />
        ))}
      </colgroup>
      <thead>
        <tr>
          <th scope="col">
            <span className="only-spoken">Open</span>
          </th>
          {columns.map(column => (
            <SortHeader key={column.id} column={column} sort={sort} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => {
          const isOpen = opened.has(keyOf(row))
          return (
            <Fragment key={keyOf(row)}>
              <tr data-open={openId === row.plugin_id || undefined}>
                <td>
                  <Toggle row={row} isOpen={isOpen} onToggle={() => toggle(row)} />
                </td>
                {columns.map(column => (
                  <td key={column.id} className={column.isNumber ? styles.number : undefined}>
                    {column.cell(row, estate)}
                  </td>
                ))}
              </tr>
              {isOpen && (
                <tr>
                  <td colSpan={columns.length + 1} className={styles.opened}>
                    <PluginRow row={row} />
                  </td>
                </tr>
              )}
            </Fragment>
          )
        })}
      </tbody>
    </table>
  )
}

interface SortHeaderProps {
  readonly column: (typeof pluginColumns)[number]
  readonly sort: string
  readonly onSort: (sort: string) => void
}

function SortHeader({ column, sort, onSort }: SortHeaderProps) {
  const isSorted = sort.replace(/^-/, '') === column.id
  const isDescending = sort.startsWith('-')
  const next = isSorted ? !isDescending : column.highFirst === true
  return (
    <th
      scope="col"
      className={column.isNumber ? styles.number : undefined}
      aria-sort={column.isSortable ? (isSorted ? (isDescending ? 'descending' : 'ascending') : 'none') : undefined}
      title={column.hint}
    >
      {column.isSortable ? (
        <button
          type="button"
          className={styles.sort}
          title={column.hint}
          onClick={() => onSort(`${next ? '-' : ''}${column.id}`)}
        >
          {column.header}
          <span className={styles.arrow} data-shown={isSorted || undefined}>
            <Icon name={isDescending ? 'down' : 'up'} size={12} />
          </span>
        </button>
      ) : (
        column.header
      )}
    </th>
  )
}

function Cards({ rows, openId, opened, toggle, estate }: ShownProps) {
  return (
    <ul className={styles.cards} aria-label="Findings by plugin">
      {rows.map(row => {
        const isOpen = opened.has(keyOf(row))
        return (
          <li key={keyOf(row)} className={styles.card} data-open={openId === row.plugin_id || undefined}>
            <div className={styles.cardHead}>
              <SeverityMark severity={row.severity} />
              <PluginLink row={row} />
              <Toggle row={row} isOpen={isOpen} onToggle={() => toggle(row)} />
            </div>
            <dl className={styles.cardFacts}>
              {pluginColumns
                .filter(column => column.isOnCard)
                .map(column => (
                  <div key={column.id}>
                    <dt>{column.header}</dt>
                    <dd>{column.cell(row, estate)}</dd>
                  </div>
                ))}
            </dl>
            {isOpen && <PluginRow row={row} />}
          </li>
        )
      })}
    </ul>
  )
}

function Toggle({ row, isOpen, onToggle }: { row: FindingPlugin; isOpen: boolean; onToggle: () => void }): ReactNode {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="sm"
      aria-expanded={isOpen}
      aria-label={`Remedy and owners of plugin ${row.plugin_id}`}
      onClick={onToggle}
    >
      <Icon name={isOpen ? 'down' : 'next'} />
    </ActionIcon>
  )
}
