import { useInfiniteQuery } from '@tanstack/react-query'
import type { FindingPlugin } from '../../../contract/vulnerabilities.ts'
import { EmptyByFilter } from '../../components/list/empty-by-filter.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import type { ListView } from '../../components/list/use-list-view.ts'
import { NothingYet } from '../../components/nothing-yet.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { chipsOf, type FilterValues } from '../../lib/filter-fields.ts'
import {
  defaultPluginSort,
  type FindingsPageSearch,
  findingFields,
  readFindingSearch,
} from '../../lib/finding-search.ts'
import { findingCountQuery, rowsOf } from '../../lib/queries.ts'
import { filterOf, findingPluginsQuery } from '../../lib/vulnerability-queries.ts'
import { PluginList } from './plugin-list.tsx'

interface ByPluginProps {
  readonly search: FindingsPageSearch
  readonly view: ListView<FindingPlugin>
  readonly openId: number | undefined
  readonly onSort: (sort: string) => void
  readonly onFilter: (filter: FilterValues) => void
}

/** The findings of the filter folded by plugin. */
export function ByPlugin({ search, view, openId, onSort, onFilter }: ByPluginProps) {
  const query = useInfiniteQuery(findingPluginsQuery(search))
  const filter = filterOf(search)
  return (
    <QueryView
      query={query}
      skeleton={<ListSkeleton rowHeight={view.rowHeight} />}
      isEmpty={data => data.pages[0]?.items.length === 0}
      empty={
        chipsOf(findingFields, filter).length === 0 ? (
          <NothingYet asOf={query.data?.pages[0]?.as_of ?? null} allWell="No open findings." />
        ) : (
          <EmptyByFilter
            of="finding"
            fields={findingFields}
            filter={filter}
            countOf={wanted => findingCountQuery(readFindingSearch(wanted))}
            onChange={onFilter}
          />
        )
      }
    >
      {data => {
        const { rows, first } = rowsOf(data)
        return (
          <PluginList
            view={view}
            rows={rows}
            filter={filter}
            sort={search.plugin_sort ?? defaultPluginSort}
            onSort={onSort}
            openId={openId}
            total={first?.total}
            more={query}
          />
        )
      }}
    </QueryView>
  )
}
