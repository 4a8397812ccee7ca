import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import type { RunView } from '../../../contract/sync.ts'
import { useLive } from '../../app/live.tsx'
import { Empty } from '../../components/empty.tsx'
import { DataList } from '../../components/list/data-list.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { ListTools } from '../../components/list/list-tools.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { jobsQuery, rowsOf } from '../../lib/queries.ts'
import { isRetriable } from '../../lib/runs.ts'
import { useHasRole } from '../../lib/session.ts'
import { hasRunFilter, readSyncSearch, runFilterOf, type SyncSearch } from '../../lib/sync-search.ts'
import { ListHead } from './list-head.tsx'
import { RetryFailed } from './retry.tsx'
import { againColumn, RunCard, runColumns, runName } from './run-columns.tsx'

const columnsForOperators = [...runColumns, againColumn]

/** The runs of a filter, newest first; those that work move as they go. */
export function RunsList({ search }: { search: SyncSearch }) {
  const filter = runFilterOf(search)
  const query = useInfiniteQuery(jobsQuery(filter))
  const live = useLive().state.runs
  const may = useHasRole('operator')
  const view = useListView('runs', may ? columnsForOperators : runColumns)
  const navigate = useNavigate()
  const openId = useParams({ strict: false, select: params => params.id })
  const open = (run: RunView) =>
    void navigate({
      to: '/admin/tenable/sync/$id',
      params: { id: String(run.id) },
      search: true,
      resetScroll: false,
      replace: openId !== undefined,
    })
  return (
    <>
      <ListHead
        page={query.isPlaceholderData ? undefined : query.data?.pages[0]}
        of="run"
        tools={
          <>
            <ListTools
              view={view}
              search={{ ...search }}
              onApply={next =>
                void navigate({ to: '/admin/tenable/sync', search: readSyncSearch(next), resetScroll: false })
              }
            />
            <ExportMenu
              label="Export runs"
              what="Every run of this filter"
              href={format => api.url('exportJobs', { query: { ...filter, format } })}
              isMain
            />
          </>
        }
      >
        {may && <RetryFailed />}
      </ListHead>
      <QueryView
        query={query}
        skeleton={<ListSkeleton rows={6} rowHeight={view.rowHeight} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={
          hasRunFilter(search) ? (
            <Empty title="No run matches.">Drop a part of the filter to see more.</Empty>
          ) : (
            <Empty title="No run yet.">Start one from a source above.</Empty>
          )
        }
      >
        {data => (
          <DataList
            label="Runs"
            columns={view.columns.filter(({ id }) => id !== againColumn.id || rowsOf(data).rows.some(isRetriable))}
            rows={rowsOf(data).rows.map(row => live.get(row.id) ?? row)}
            rowKey={row => String(row.id)}
            rowName={runName}
            rowHeight={view.rowHeight}
            card={row => <RunCard row={row} mayRetry={may} />}
            openKey={openId}
            onOpen={open}
            total={rowsOf(data).first?.total}
            more={query}
          />
        )}
      </QueryView>
    </>
  )
}
