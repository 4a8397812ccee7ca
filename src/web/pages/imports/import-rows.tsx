import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Empty } from '../../components/empty.tsx'
import { LoadMore, type More } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { count } from '../../lib/format.ts'
import { importRejectedQuery, importRowsQuery } from '../../lib/import-queries.ts'
import type { ImportSearch } from '../../lib/import-search.ts'
import { rowsOf } from '../../lib/queries.ts'
import styles from './imports.module.css'

type Shown = NonNullable<ImportSearch['show']>

/** The rows behind one number. */
export function ImportRows({ id, show }: { id: number; show: Shown }) {
  return show === 'rejected' ? <Rejected id={id} /> : <Planned id={id} show={show} />
}

function Planned({ id, show }: { id: number; show: Exclude<Shown, 'rejected'> }) {
  const query = useInfiniteQuery(importRowsQuery(id, show))
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={160} />}
      isEmpty={data => data.pages[0]?.items.length === 0}
      empty={<Empty title="None is listed." />}
    >
      {data => (
        <>
          <PlainTable
            label="Findings of the import"
            className={styles.table}
            columns={['Row', 'Asset', 'Plugin', 'Port', 'Severity', 'State', 'Why']}
          >
            {rowsOf(data).rows.map(row => (
              <tr key={row.step}>
                <td data-label="Row">{row.row_number ?? 'not in the file'}</td>
                <td data-label="Asset" className={styles.outside}>
                  <OutsideName text={row.asset} />
                </td>
                <td data-label="Plugin" className={styles.outside}>
                  <div>
                    <OutsideName text={row.plugin ?? 'no name'} /> ({row.plugin_id})
                  </div>
                </td>
                <td data-label="Port">{row.port === 0 ? 'host' : `${row.port}/${row.protocol}`}</td>
                <td data-label="Severity">
                  <SeverityLabel severity={row.severity} />
                </td>
                <td data-label="State">
                  {row.state_before !== null && row.state_before !== row.state
                    ? `${row.state_before} → ${row.state}`
                    : row.state}
                </td>
                <td data-label="Why">{row.undo === 'kept' ? 'It has changed since, and was kept.' : row.reason}</td>
              </tr>
            ))}
          </PlainTable>
          <Foot {...rowsOf(data)} more={query} />
        </>
      )}
    </QueryView>
  )
}

function Rejected({ id }: { id: number }) {
  const query = useInfiniteQuery(importRejectedQuery(id))
  return (
    <QueryView query={query} skeleton={<Skeleton height={160} />}>
      {data => (
        <>
          <PlainTable label="Rows that could not be read" className={styles.table} columns={['Row', 'Why', 'Text']}>
            {rowsOf(data).rows.map(row => (
              <tr key={row.row_number}>
                <td data-label="Row">{row.row_number}</td>
                <td data-label="Why">{row.reason}</td>
                <td data-label="Text" className={styles.outside}>
                  <OutsideName text={row.raw.length > 300 ? `${row.raw.slice(0, 300)}…` : row.raw} />
                </td>
              </tr>
            ))}
          </PlainTable>
          <Foot {...rowsOf(data)} more={query} />
        </>
      )}
    </QueryView>
  )
}

interface FootProps {
  readonly rows: readonly unknown[]
  readonly first: { readonly total?: number | undefined; readonly total_is_exact?: boolean | undefined } | undefined
  readonly more: More
}

/** How many of how many, and the rest. */
function Foot({ rows, first, more }: FootProps) {
  const { total, total_is_exact: isExact } = first ?? {}
  return (
    <div className={styles.foot}>
      <span className="dim">
        {count(rows.length)} of {isExact === false ? 'at least ' : ''}
        {count(Math.max(total ?? 0, rows.length))} shown
      </span>
      <LoadMore more={more} />
    </div>
  )
}
