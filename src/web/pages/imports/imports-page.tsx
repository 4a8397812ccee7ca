import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { Empty } from '../../components/empty.tsx'
import { DataList } from '../../components/list/data-list.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { ListTools } from '../../components/list/list-tools.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { PageFrame } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RoleNote } from '../../components/role-note.tsx'
import { api } from '../../lib/api.ts'
import { importsQuery } from '../../lib/import-queries.ts'
import { rowsOf } from '../../lib/queries.ts'
import { useHasRole } from '../../lib/session.ts'
import { DropZone } from './drop-zone.tsx'
import { ImportCard, importColumns } from './import-columns.tsx'
import { ImportPanel } from './import-panel.tsx'
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
      {mayAct ? <DropZone /> : <RoleNote needed="operator" what="Bringing files" />}
      {id !== undefined && <ImportPanel key={id} id={id} show={show} />}
      <History openId={id} />
    </PageFrame>
  )
}

function History({ openId }: { openId: number | undefined }) {
  const query = useInfiniteQuery(importsQuery)
  const view = useListView('imports', importColumns)
  const navigate = useNavigate()
  return (
    <Panel
      title="History"
      aside={
        <div className={styles.tools}>
          {/* It has no filter and no order of its own: a view is its columns. */}
          <ListTools view={view} search={{}} onApply={() => undefined} />
          <ExportMenu
            label="Export the history"
            href={format => api.url('exportImports', { query: { format } })}
            isMain
          />
        </div>
      }
    >
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<Empty title="No file was brought yet." />}
      >
        {data => (
          <DataList
            label="Imports"
            columns={view.columns}
            rows={rowsOf(data).rows}
            rowKey={row => String(row.id)}
            rowName={row => row.file_name}
            rowHeight={view.rowHeight}
            card={row => <ImportCard row={row} />}
            onOpen={row => void navigate({ to: '/imports', search: { id: row.id } })}
            openKey={openId === undefined ? undefined : String(openId)}
            total={rowsOf(data).first?.total}
            more={query}
          />
        )}
      </QueryView>
    </Panel>
  )
}
