import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { RejectedView } from '../../../contract/sync.ts'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { DataList } from '../../components/list/data-list.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { ListTools } from '../../components/list/list-tools.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { rejectedQuery, rowsOf } from '../../lib/queries.ts'
import { readSyncSearch, recordFilterOf, type SyncSearch } from '../../lib/sync-search.ts'
import { ListHead } from './list-head.tsx'
import { RecordSearch } from './record-search.tsx'

const columns: readonly Column<RejectedView>[] = [
  {
    id: 'reason',
    header: 'Reason',
    cell: row => (
      <span title={row.reason}>
        <OutsideName text={row.reason} />
      </span>
    ),
    text: row => row.reason,
  },
  { id: 'stream', header: 'Stream', width: 100, cell: row => row.stream, text: row => row.stream },
  {
    id: 'source',
    header: 'Source',
    width: 150,
    from: 760,
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
    id: 'chunk',
    header: 'Chunk',
    width: 110,
    from: 900,
    cell: row => <OutsideName text={row.part_id} />,
    text: row => row.part_id,
  },
  {
    id: 'export',
    header: 'Export',
    width: 190,
    isExtra: true,
    cell: row => (
      <span className="mono" title={row.export_id}>
        <OutsideName text={row.export_id} />
      </span>
    ),
    text: row => row.export_id,
  },
  {
    id: 'recorded_at',
    header: 'When',
    width: 108,
    cell: row => <Ago at={row.recorded_at} />,
    text: row => row.recorded_at,
  },
]

/** Records that could not be read, kept whole, with the reason. */
export function RejectedList({ search }: { search: SyncSearch }) {
  const filter = recordFilterOf(search)
  const query = useInfiniteQuery(rejectedQuery(filter))
  const view = useListView('rejected', columns)
  const navigate = useNavigate()
  return (
    <>
      <ListHead
        page={query.isPlaceholderData ? undefined : query.data?.pages[0]}
        of="record"
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
              label="Export rejected records"
              what="Every record of this filter, as it came"
              href={format => api.url('exportRejected', { query: { ...filter, format } })}
              isMain
            />
          </>
        }
      >
        <RecordSearch key={search.q} search={search} label="Part of the reason" />
      </ListHead>
      <QueryView
        query={query}
        skeleton={<ListSkeleton rows={4} rowHeight={view.rowHeight} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={
          search.q === undefined ? (
            <Empty title="No rejected records.">Every record of every run could be read.</Empty>
          ) : (
            <Empty title="No record matches.">Clear the search to see all of them.</Empty>
          )
        }
      >
        {data => (
          <DataList
            label="Rejected records"
            columns={view.columns}
            rows={rowsOf(data).rows}
            rowKey={row => String(row.id)}
            rowName={row => `record ${row.id}: ${row.reason}`}
            rowHeight={view.rowHeight}
            expansion={{
              label: row => `Record ${row.id} as received`,
              content: row => <AsReceived row={row} />,
            }}
            card={row => <Card row={row} />}
            total={rowsOf(data).first?.total}
            more={query}
          />
        )}
      </QueryView>
    </>
  )
}

export function RunDoor({ id }: { id: number }) {
  return (
    <Link to="/admin/tenable/sync/$id" params={{ id: String(id) }} search={true} resetScroll={false}>
      {id}
    </Link>
  )
}

function AsReceived({ row }: { row: RejectedView }) {
  return (
    <>
      <p style={{ margin: '0 0 8px', overflowWrap: 'anywhere' }}>
        <OutsideName text={row.reason} />. From export <span className="mono">{row.export_id}</span>, chunk{' '}
        <OutsideName text={row.part_id} />. As received:
      </p>
      <OutsideText label="Record as received" text={row.raw} />
    </>
  )
}

function Card({ row }: { row: RejectedView }) {
  return (
    <div>
      <div className={cards.title}>
        <OutsideName text={row.reason} />
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
