import { type QueryKey, type UseQueryOptions, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Page } from '../../contract/page.ts'
import type { ExportFormat } from '../../contract/routes.ts'
import type { QueryField } from '../../domain/query/index.ts'
import { chipsOf, type Field, type FilterValues } from '../lib/filter-fields.ts'
import { counted } from '../lib/format.ts'
import { rowsOf } from '../lib/queries.ts'
import type { RawSearch } from '../lib/search-params.ts'
import { meQuery } from '../lib/session.ts'
import { Empty } from './empty.tsx'
import { DataList } from './list/data-list.tsx'
import { EmptyByFilter } from './list/empty-by-filter.tsx'
import { ExportMenu } from './list/export-menu.tsx'
import { FilterBar } from './list/filter-bar.tsx'
import { ListTools } from './list/list-tools.tsx'
import type { More } from './list/load-more.tsx'
import { ListSkeleton } from './list/skeleton.tsx'
import type { ListView } from './list/use-list-view.ts'
import { NothingYet } from './nothing-yet.tsx'
import { QueryView } from './query-view.tsx'

interface ListQuery<R> extends More {
  readonly data: { readonly pages: readonly Page<R>[] } | undefined
  readonly error: Error | null
  readonly isFetching: boolean
  readonly dataUpdatedAt: number
  readonly isPlaceholderData: boolean
  readonly refetch: () => Promise<unknown>
}

interface Count {
  readonly total: number
  readonly isExact: boolean
}

interface FilteredListProps<R, K extends QueryKey> {
  /** What a row is, in words: "scan". */
  readonly of: string
  readonly label: string
  readonly view: ListView<R>
  readonly query: ListQuery<R>
  readonly fields: readonly Field[]
  readonly words: readonly QueryField[]
  readonly filter: FilterValues
  /** What the address holds beside the filter: order and the like. */
  readonly search: RawSearch
  readonly onFilter: (filter: FilterValues) => void
  readonly onApply: (search: RawSearch) => void
  readonly searchLabel: string
  readonly quick?: ReactNode
  readonly file: (format: ExportFormat) => string
  readonly countOf: (filter: FilterValues) => UseQueryOptions<Count, Error, Count, K>
  /** Nothing there, and nothing filtered. */
  readonly allWell: string
  readonly rowKey: (row: R) => string
  readonly rowName: (row: R) => string
  readonly card: (row: R) => ReactNode
  readonly sort: string
  readonly openKey: string | undefined
  readonly onOpen: (row: R) => void
}

/** A filter, the ways to look at a list, and the list: what a page of rows is made of. */
export function FilteredList<R extends object, K extends QueryKey>(props: FilteredListProps<R, K>) {
  const { view, query, fields, filter, search } = props
  const first = query.isPlaceholderData ? undefined : query.data?.pages[0]
  return (
    <>
      <FilterBar
        fields={fields}
        queryFields={props.words}
        filter={filter}
        onChange={props.onFilter}
        searchLabel={props.searchLabel}
        quick={props.quick}
        actions={
          <>
            <ListTools view={view} search={search} onApply={props.onApply} />
            <ExportMenu label={`Export ${props.label.toLowerCase()}`} href={props.file} isMain />
          </>
        }
      />
      <QueryView
        query={query}
        skeleton={<ListSkeleton rowHeight={view.rowHeight} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={
          chipsOf(fields, filter).length === 0 ? (
            <Nothing of={props.of} asOf={first?.as_of ?? null} allWell={props.allWell} />
          ) : (
            <EmptyByFilter
              of={props.of}
              fields={fields}
              filter={filter}
              countOf={props.countOf}
              onChange={props.onFilter}
            />
          )
        }
      >
        {data => (
          <DataList
            label={props.label}
            columns={view.columns}
            rows={rowsOf(data).rows}
            rowKey={props.rowKey}
            rowName={props.rowName}
            rowHeight={view.rowHeight}
            card={props.card}
            sort={props.sort}
            onSort={sort => props.onApply({ ...search, sort })}
            openKey={props.openKey}
            onOpen={props.onOpen}
            total={first?.total}
            more={query}
          />
        )}
      </QueryView>
    </>
  )
}

/** Who sees a part of what there is is not told that there is nothing. */
function Nothing({ of, asOf, allWell }: { of: string; asOf: string | null; allWell: string }) {
  const { data: me } = useQuery(meQuery)
  if (me?.is_narrowed === true) return <Empty title={`No ${of} that your role reaches.`} />
  return <NothingYet asOf={asOf} allWell={allWell} />
}

/** `12 scans match this filter.` */
export function listSentence(
  page: Pick<Page<unknown>, 'total' | 'total_is_exact'> | undefined,
  one: string,
  isFiltered: boolean,
): string | undefined {
  if (page?.total === undefined) return undefined
  const number = `${page.total_is_exact === false ? 'At least ' : ''}${counted(page.total, one)}`
  return isFiltered ? `${number} ${page.total === 1 ? 'matches' : 'match'} this filter.` : `${number}.`
}
