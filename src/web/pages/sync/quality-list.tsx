import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { QualityIssueView } from '../../../contract/sync.ts'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { DataList } from '../../components/list/data-list.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { ListTools } from '../../components/list/list-tools.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { qualityIssuesQuery, rowsOf } from '../../lib/queries.ts'
import { readSyncSearch, recordFilterOf, type SyncSearch } from '../../lib/sync-search.ts'
import { ListHead } from './list-head.tsx'
import { RecordSearch } from './record-search.tsx'
import { RunDoor } from './rejected-list.tsx'

const columns: readonly Column<QualityIssueView>[] = [
  {
    id: 'field',
    header: 'Field',
    width: 170,
    cell: row => (
      <span className="mono" title={row.field}>
        {row.field}
      </span>
    ),
    text: row => row.field,
  },
  {
    id: 'problem',
    header: 'Problem',
    cell: row => (
      <span title={row.problem}>
        <OutsideName text={row.problem} />
      </span>
    ),
    text: row => row.problem,
  },
  {
    id: 'record',
    header: 'Record',
    width: 260,
    from: 700,
    cell: row => (
      <span title={row.record}>
        <OutsideName text={row.record} />
      </span>
    ),
    text: row => row.record,
  },
  { id: 'stream', header: 'Stream', width: 100, cell: row => row.stream, text: row => row.stream },
  {
    id: 'source',
    header: 'Source',
    width: 150,
    from: 900,
    cell: row => row.source !== null && <OutsideName text={row.source} />,
    text: row => row.source,
  },
  {
    id: 'run',
    header: 'Run',
    width: 72,
    isNumber: true,
    cell: row => <RunDoor id={row.run_id} />,
    text: row => row.run_id,
  },
  {
    id: 'recorded_at',
    header: 'When',
    width: 108,
    cell: row => <Ago at={row.recorded_at} />,
    text: row => row.recorded_at,
  },
]

/** Records that were kept though something in them is impossible. */
export function QualityList({ search }: { search: SyncSearch }) {
  const filter = recordFilterOf(search)
  const query = useInfiniteQuery(qualityIssuesQuery(filter))
  const view = useListView('quality', columns)
  const navigate = useNavigate()
  return (
    <>
      <ListHead
        page={query.isPlaceholderData ? undefined : query.data?.pages[0]}
        of="oddity"
        many="oddities"
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
              label="Export odd records"
              what="Every oddity of this filter"
              href={format => api.url('exportQualityIssues', { query: { ...filter, format } })}
              isMain
            />
          </>
        }
      >
        <RecordSearch key={search.q} search={search} label="Part of the field, problem or record" />
      </ListHead>
      <QueryView
        query={query}
        skeleton={<ListSkeleton rows={4} rowHeight={view.rowHeight} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={
          search.q === undefined ? (
            <Empty title="No odd records.">Nothing impossible was found in what was read.</Empty>
          ) : (
            <Empty title="No record matches.">Clear the search to see all of them.</Empty>
          )
        }
      >
        {data => (
          <DataList
            label="Odd records"
            columns={view.columns}
            rows={rowsOf(data).rows}
            rowKey={row => String(row.id)}
            rowName={row => `${row.field} of ${row.record}`}
            rowHeight={view.rowHeight}
            card={row => <Card row={row} />}
            total={rowsOf(data).first?.total}
            more={query}
          />
        )}
      </QueryView>
    </>
  )
}

function Card({ row }: { row: QualityIssueView }) {
  return (
    <div>
      <div className={cards.title}>
        <span>
          <span className="mono">{row.field}</span>: <OutsideName text={row.problem} />
        </span>
      </div>
      <div className={cards.line}>
        <OutsideName text={row.record} />
      </div>
      <div className={cards.line}>
        <span className="dim">
          {row.stream} of run <RunDoor id={row.run_id} />
        </span>
        <span className="dim">
          <Ago at={row.recorded_at} />
        </span>
      </div>
    </div>
  )
}
