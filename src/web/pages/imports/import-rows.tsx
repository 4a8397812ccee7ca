import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Empty } from '../../components/empty.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { counted } from '../../lib/format.ts'
import { importRejectedQuery, importRowsQuery } from '../../lib/import-queries.ts'
import type { ImportSearch } from '../../lib/import-search.ts'
import styles from './imports.module.css'

type Shown = NonNullable<ImportSearch['show']>

/** The rows behind one number. */
export function ImportRows({ id, show }: { id: number; show: Shown }) {
  return show === 'rejected' ? <Rejected id={id} /> : <Planned id={id} show={show} />
}

function Planned({ id, show }: { id: number; show: Exclude<Shown, 'rejected'> }) {
  const query = useQuery(importRowsQuery(id, show))
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={160} />}
      isEmpty={data => data.items.length === 0}
      empty={<Empty title="None is listed." />}
    >
      {data => (
        <>
          <PlainTable
            label="Findings of the import"
            className={styles.table}
            columns={['Row', 'Asset', 'Plugin', 'Port', 'Severity', 'State', 'Why']}
          >
            {data.items.map(row => (
              <tr key={row.step}>
                <td data-label="Row">{row.row_number ?? 'not in the file'}</td>
                <td data-label="Asset" className={styles.outside}>
                  {row.asset}
                </td>
                <td data-label="Plugin" className={styles.outside}>
                  {row.plugin ?? 'no name'} ({row.plugin_id})
                </td>
                <td data-label="Port">
                  {row.port}/{row.protocol}
                </td>
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
          <More shown={data.items.length} total={data.total} isExact={data.total_is_exact} />
        </>
      )}
    </QueryView>
  )
}

function Rejected({ id }: { id: number }) {
  const query = useQuery(importRejectedQuery(id))
  return (
    <QueryView query={query} skeleton={<Skeleton height={160} />}>
      {data => (
        <>
          <PlainTable label="Rows that could not be read" className={styles.table} columns={['Row', 'Why', 'Text']}>
            {data.items.map(row => (
              <tr key={row.row_number}>
                <td data-label="Row">{row.row_number}</td>
                <td data-label="Why">{row.reason}</td>
                <td data-label="Text" className={styles.outside}>
                  {row.raw.slice(0, 300)}
                </td>
              </tr>
            ))}
          </PlainTable>
          <More shown={data.items.length} total={data.total} isExact={data.total_is_exact} />
        </>
      )}
    </QueryView>
  )
}

interface MoreProps {
  readonly shown: number
  readonly total: number | undefined
  readonly isExact: boolean | undefined
}

function More({ shown, total = shown, isExact = true }: MoreProps) {
  if (total <= shown) return null
  return (
    <p>
      The first {shown} of {isExact ? counted(total, 'row') : `more than ${counted(total, 'row')}`}; the API has them
      all.
    </p>
  )
}
