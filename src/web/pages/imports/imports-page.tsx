import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Empty } from '../../components/empty.tsx'
import { At } from '../../components/instant.tsx'
import { PageFrame } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { count } from '../../lib/format.ts'
import { importsQuery } from '../../lib/import-queries.ts'
import { useHasRole } from '../../lib/session.ts'
import { DropZone } from './drop-zone.tsx'
import { ImportPanel, statusText } from './import-panel.tsx'
import styles from './imports.module.css'

const route = getRouteApi('/imports')

/** Files of findings: brought, looked at, applied, undone. */
export function ImportsPage() {
  const { id, show } = route.useSearch()
  const mayAct = useHasRole('operator')
  return (
    <PageFrame
      title="Imports"
      sentence="Findings from files: looked at first, applied when they are right, and undone when they were not."
    >
      {mayAct && <DropZone />}
      {id !== undefined && <ImportPanel key={id} id={id} show={show} />}
      <History />
    </PageFrame>
  )
}

function History() {
  const query = useQuery(importsQuery)
  return (
    <Panel title="History">
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.items.length === 0}
        empty={<Empty title="No file was brought yet." />}
      >
        {data => (
          <PlainTable
            label="Imports"
            className={styles.table}
            columns={['File', 'Source', 'Status', 'Speaks for', 'Brought', 'By', ['Rows']]}
          >
            {data.items.map(item => (
              <tr key={item.id}>
                <td data-label="File" className={styles.outside}>
                  <Link to="/imports" search={{ id: item.id }}>
                    {item.file_name}
                  </Link>
                </td>
                <td data-label="Source">{item.source}</td>
                <td data-label="Status">{statusText(item)}</td>
                <td data-label="Speaks for">{item.observed_at === null ? '–' : <At at={item.observed_at} />}</td>
                <td data-label="Brought">
                  <At at={item.created_at} />
                </td>
                <td data-label="By">{item.created_by}</td>
                <td data-label="Rows" className="number">
                  {count(item.rows_read)}
                </td>
              </tr>
            ))}
          </PlainTable>
        )}
      </QueryView>
    </Panel>
  )
}
