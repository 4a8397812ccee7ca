import { SegmentedControl } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import type { FindingView } from '../../../contract/findings.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { findingQueryFields } from '../../../domain/query/index.ts'
import { AsOf, FindingsLeftOut } from '../../components/list/counting-note.tsx'
import { DataList } from '../../components/list/data-list.tsx'
import { EmptyByFilter } from '../../components/list/empty-by-filter.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { FilterBar } from '../../components/list/filter-bar.tsx'
import { ListTools } from '../../components/list/list-tools.tsx'
import { NewRows } from '../../components/list/new-rows.tsx'
import { SeverityToggles } from '../../components/list/severity-toggles.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { NothingYet } from '../../components/nothing-yet.tsx'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { findingExport, pluginExport } from '../../lib/export-addresses.ts'
import { chipsOf, type FilterValues } from '../../lib/filter-fields.ts'
import {
  defaultFindingSort,
  defaultPluginSort,
  type FindingSearch,
  type FindingsPageSearch,
  findingFields,
  readFindingSearch,
  readFindingsPageSearch,
} from '../../lib/finding-search.ts'
import { counted } from '../../lib/format.ts'
import { useRememberSearch } from '../../lib/list-preferences.ts'
import { findingCountQuery, findingsQuery, rowsOf } from '../../lib/queries.ts'
import { filterOf } from '../../lib/vulnerability-queries.ts'
import { ByPlugin } from './by-plugin.tsx'
import { FindingActions } from './finding-acts.tsx'
import { FindingCard } from './finding-card.tsx'
import { findingColumns } from './finding-columns.tsx'
import { pluginColumns } from './plugin-columns.tsx'
import { Summary } from './summary.tsx'

const route = getRouteApi('/vulnerabilities/tenable')
const list = '/vulnerabilities/tenable'
const details = '/vulnerabilities/tenable/$id'

export function FindingsPage() {
  const search = route.useSearch()
  const { sort = defaultFindingSort, by } = search
  const filter = filterOf(search)
  const openId = useParams({ strict: false, select: params => params.id })
  const navigate = useNavigate()
  const openPlugin = useParams({ strict: false, select: params => params.plugin })
  const query = useInfiniteQuery(findingsQuery({ ...filter, sort }))
  const view = useListView('findings', findingColumns)
  const pluginView = useListView('plugins', pluginColumns)
  useRememberSearch('findings', search)

  // Another filter or order is read from its top. Typing on refines one step of the history.
  const setSearch = (next: FindingsPageSearch) =>
    void navigate({
      to: list,
      search: next,
      replace: filter.q !== undefined && next.q !== undefined && next.q !== filter.q,
    })
  const setFilter = (next: FilterValues) => setSearch({ ...readFindingSearch(next), ...shownAs(search) })
  const open = (row: FindingView) =>
    void navigate({
      to: details,
      params: { id: row.id },
      search: true,
      resetScroll: false,
      replace: openId !== undefined,
    })
  // The rows of the filter before stay until the new ones are there; its numbers must not.
  const first = query.isPlaceholderData ? undefined : query.data?.pages[0]
  // Of what was never read there is nothing to count, and no count of it would be true.
  const isUnread = first?.as_of === null && first.total === 0

  return (
    <PageFrame
      title="Vulnerabilities"
      context={
        first ? (
          <>
            <AsOf at={first.as_of} level={first.level} />
            <FindingsLeftOut />
          </>
        ) : query.error ? undefined : (
          ''
        )
      }
      sentence={
        isUnread
          ? undefined
          : first
            ? sentenceOf(first.total, first.total_is_exact, filter)
            : !query.error && <SentenceSkeleton />
      }
      details={<Outlet />}
      isDetailed={openId !== undefined || openPlugin !== undefined}
    >
      <FilterBar
        fields={findingFields}
        queryFields={findingQueryFields}
        filter={filter}
        onChange={setFilter}
        searchLabel="Plugin, asset, address or plugin ID"
        quick={
          <SeverityToggles
            label="Severity"
            value={filter.severity ?? []}
            onChange={severity => setFilter({ ...filter, severity: severity.length === 0 ? undefined : severity })}
          />
        }
        actions={
          <>
            <SegmentedControl
              size="xs"
              aria-label="Show findings"
              style={{ alignSelf: 'center' }}
              value={by ?? 'finding'}
              onChange={next =>
                setSearch(readFindingsPageSearch({ ...search, by: next === 'plugin' ? next : undefined }))
              }
              data={[
                { value: 'finding', label: 'By finding' },
                { value: 'plugin', label: 'By plugin' },
              ]}
            />
            {by === 'plugin' ? (
              <>
                <ListTools
                  view={pluginView}
                  search={search}
                  onApply={next => setSearch(readFindingsPageSearch(next))}
                />
                <ExportMenu
                  key="plugins"
                  label="Export plugins"
                  what="Every plugin of this filter"
                  href={pluginExport(filter, search.plugin_sort ?? defaultPluginSort)}
                  columns={pluginView.columns}
                  isMain
                />
              </>
            ) : (
              <>
                <ListTools view={view} search={search} onApply={next => setSearch(readFindingsPageSearch(next))} />
                <ExportMenu
                  key="findings"
                  label="Export findings"
                  what="Every row of this filter"
                  href={findingExport(filter)}
                  columns={view.columns}
                  isMain
                />
              </>
            )}
          </>
        }
      />
      {!isUnread && <Summary filter={filter} />}
      <NewRows of="findings" firstPage={first} onShow={() => void query.refetch()} />
      {by === 'plugin' ? (
        <ByPlugin
          search={search}
          view={pluginView}
          openId={openPlugin === undefined ? undefined : Number(openPlugin)}
          onSort={next => setSearch(readFindingsPageSearch({ ...search, plugin_sort: next }))}
          onFilter={setFilter}
        />
      ) : (
        <QueryView
          query={query}
          skeleton={<ListSkeleton rowHeight={view.rowHeight} />}
          isEmpty={data => data.pages[0]?.items.length === 0}
          empty={
            chipsOf(findingFields, filter).length === 0 ? (
              <NothingYet asOf={first?.as_of ?? null} allWell="No open findings." />
            ) : (
              <EmptyByFilter
                of="finding"
                fields={findingFields}
                filter={filter}
                countOf={wanted => findingCountQuery(readFindingSearch(wanted))}
                onChange={setFilter}
              />
            )
          }
        >
          {data => {
            const { rows } = rowsOf(data)
            return (
              <DataList
                label="Findings"
                columns={view.columns}
                rows={rows}
                rowKey={row => row.id}
                rowName={row => pluginName(row.plugin_name, row.plugin_id)}
                rowHeight={view.rowHeight}
                rowMenu={row => <FindingActions row={row} onOpen={open} />}
                card={row => <FindingCard row={row} />}
                sort={sort}
                onSort={next => setSearch(readFindingsPageSearch({ ...search, sort: next }))}
                openKey={openId}
                onOpen={open}
                total={first?.total}
                more={query}
              />
            )
          }}
        </QueryView>
      )}
    </PageFrame>
  )
}

/** How the page shows its rows, whatever they are. */
function shownAs({ sort, by, plugin_sort }: FindingsPageSearch): FindingsPageSearch {
  return {
    ...(sort === undefined ? {} : { sort }),
    ...(by === undefined ? {} : { by }),
    ...(plugin_sort === undefined ? {} : { plugin_sort }),
  }
}

function sentenceOf(total: number | undefined, isExact: boolean | undefined, filter: Partial<FindingSearch>) {
  if (total === undefined) return undefined
  const isPlain = chipsOf(findingFields, filter).length === 0
  const number = `${isExact === false ? 'At least ' : ''}${counted(total, isPlain ? 'open finding' : 'finding')}`
  return isPlain ? `${number}.` : `${number} ${total === 1 ? 'matches' : 'match'} this filter.`
}
