import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { Page } from '../../../contract/page.ts'
import type { ExportFormat } from '../../../contract/routes.ts'
import type { QualityIssueView, RejectedView } from '../../../contract/sync.ts'
import { Empty } from '../../components/empty.tsx'
import type { Column } from '../../components/list/column.ts'
import { DataList, type DataListProps } from '../../components/list/data-list.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { ListTools } from '../../components/list/list-tools.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { QueryView } from '../../components/query-view.tsx'
import { type RecordFilter, rowsOf } from '../../lib/queries.ts'
import { readSyncSearch, recordFilterOf, type SyncSearch } from '../../lib/sync-search.ts'
import { ListHead } from './list-head.tsx'
import { RecordSearch } from './record-search.tsx'

/** A kind of record that was set aside or marked, as data. */
export interface RecordKind<R> extends Pick<DataListProps<R>, 'label' | 'rowName' | 'card' | 'expansion'> {
  readonly page: 'rejected' | 'quality'
  readonly columns: readonly Column<R>[]
  /** What a row is, one and several of them. */
  readonly nouns: readonly [one: string, many: string]
  /** What the search looks in. */
  readonly searched: string
  /** Said when there is none: a title and why that is well. */
  readonly none: readonly [title: string, why: string]
  readonly file: { readonly label: string; readonly what: string }
  readonly useRecords: (filter: RecordFilter) => UseInfiniteQueryResult<{ readonly pages: readonly Page<R>[] }>
  readonly href: (filter: RecordFilter, format: ExportFormat) => string
}

interface RecordListProps<R> {
  readonly kind: RecordKind<R>
  readonly search: SyncSearch
}

/** Records of the runs, newest first, found by a part of what is said of them. */
export function RecordList<R extends RejectedView | QualityIssueView>({ kind, search }: RecordListProps<R>) {
  const filter = recordFilterOf(search)
  const query = kind.useRecords(filter)
  const view = useListView(kind.page, kind.columns)
  const navigate = useNavigate()
  const [one, many] = kind.nouns
  return (
    <>
      <ListHead
        page={query.isPlaceholderData ? undefined : query.data?.pages[0]}
        of={one}
        many={many}
        tools={
          <>
            <ListTools
              view={view}
              search={{ ...search }}
              onApply={next =>
                void navigate({ to: '/admin/tenable/sync', search: readSyncSearch(next), resetScroll: false })
              }
            />
            <ExportMenu {...kind.file} href={format => kind.href(filter, format)} isMain />
          </>
        }
      >
        <RecordSearch key={search.q} search={search} label={kind.searched} />
      </ListHead>
      <QueryView
        query={query}
        skeleton={<ListSkeleton rows={4} rowHeight={view.rowHeight} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={
          search.q === undefined ? (
            <Empty title={kind.none[0]}>{kind.none[1]}</Empty>
          ) : (
            <Empty title="No record matches.">Clear the search to see all of them.</Empty>
          )
        }
      >
        {data => (
          <DataList
            label={kind.label}
            columns={view.columns}
            rows={rowsOf(data).rows}
            rowKey={row => String(row.id)}
            rowName={kind.rowName}
            rowHeight={view.rowHeight}
            {...(kind.expansion ? { expansion: kind.expansion } : {})}
            card={kind.card}
            total={rowsOf(data).first?.total}
            more={query}
          />
        )}
      </QueryView>
    </>
  )
}
