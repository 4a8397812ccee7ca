import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import type { AssetView } from '../../../contract/assets.ts'
import { assetQueryFields } from '../../../domain/query/index.ts'
import { AsOf, AssetsLeftOut } from '../../components/list/counting-note.tsx'
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
import { useRefreshAssets } from '../../lib/asset-actions.ts'
import { type AssetSearch, assetFields, defaultAssetSort, readAssetSearch } from '../../lib/asset-search.ts'
import { assetExport } from '../../lib/export-addresses.ts'
import { chipsOf, type FilterValues } from '../../lib/filter-fields.ts'
import { counted } from '../../lib/format.ts'
import { useRememberSearch } from '../../lib/list-preferences.ts'
import { assetCountQuery, assetsQuery, rowsOf } from '../../lib/queries.ts'
import { AssetActions, BulkActions } from './asset-acts.tsx'
import { AssetCard } from './asset-card.tsx'
import { AssetCards } from './asset-cards.tsx'
import { assetColumns } from './asset-columns.tsx'
import { Refreshing } from './refreshing.tsx'

const route = getRouteApi('/assets/tenable')
const list = '/assets/tenable'
const details = '/assets/tenable/$id'

export function AssetsPage() {
  const search = route.useSearch()
  const { sort = defaultAssetSort, ...filter } = search
  const openId = useParams({ strict: false, select: params => params.id })
  const navigate = useNavigate()
  const query = useInfiniteQuery(assetsQuery(search))
  const view = useListView('assets', assetColumns)
  const refresh = useRefreshAssets()
  useRememberSearch('assets', search)

  // Another filter or order is read from its top. Typing on refines one step of the history.
  const setSearch = (next: AssetSearch) =>
    void navigate({
      to: list,
      search: next,
      replace: filter.q !== undefined && next.q !== undefined && next.q !== filter.q,
    })
  const setFilter = (next: FilterValues) => setSearch({ ...readAssetSearch(next), ...withSort(search) })
  const open = (row: AssetView) =>
    void navigate({
      to: details,
      params: { id: String(row.id) },
      search: true,
      resetScroll: false,
      replace: openId !== undefined,
    })
  // The rows of the filter before stay until the new ones are there; its numbers must not.
  const first = query.isPlaceholderData ? undefined : query.data?.pages[0]

  return (
    <PageFrame
      title="Assets"
      context={
        first ? (
          <>
            <AsOf at={first.as_of} level={first.level} />
            <AssetsLeftOut />
          </>
        ) : query.error ? undefined : (
          ''
        )
      }
      sentence={first ? sentenceOf(first.total, first.total_is_exact, filter) : !query.error && <SentenceSkeleton />}
      details={<Outlet />}
      isDetailed={openId !== undefined}
    >
      <AssetCards />
      <FilterBar
        fields={assetFields}
        queryFields={assetQueryFields}
        filter={filter}
        onChange={setFilter}
        searchLabel="Name, address, FQDN or id"
        quick={
          <SeverityToggles
            label="Has open findings of severity"
            value={filter.open_severity ?? []}
            onChange={list => setFilter({ ...filter, open_severity: list.length === 0 ? undefined : list })}
          />
        }
        actions={
          <>
            <ListTools view={view} search={search} onApply={next => setSearch(readAssetSearch(next))} />
            <ExportMenu
              label="Export assets"
              what="Every row of this filter"
              href={assetExport(filter)}
              columns={view.columns}
              isMain
            />
          </>
        }
      />
      <Refreshing refresh={refresh} />
      <NewRows of="assets" firstPage={first} onShow={() => void query.refetch()} />
      <QueryView
        query={query}
        skeleton={<ListSkeleton rowHeight={view.rowHeight} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={
          chipsOf(assetFields, filter).length === 0 ? (
            <NothingYet asOf={first?.as_of ?? null} allWell="The source has no assets." />
          ) : (
            <EmptyByFilter
              of="asset"
              fields={assetFields}
              filter={filter}
              countOf={wanted => assetCountQuery(readAssetSearch(wanted))}
              onChange={setFilter}
            />
          )
        }
      >
        {data => {
          const { rows } = rowsOf(data)
          return (
            <DataList
              label="Assets"
              columns={view.columns}
              rows={rows}
              rowKey={row => String(row.id)}
              rowName={row => row.name}
              rowHeight={view.rowHeight}
              rowMenu={row => <AssetActions row={row} onOpen={open} onRefresh={refresh.mutate} />}
              bulk={selection => <BulkActions selection={selection} refresh={refresh} columns={view.columns} />}
              card={row => <AssetCard row={row} />}
              sort={sort}
              onSort={next => setSearch(readAssetSearch({ ...search, sort: next }))}
              openKey={openId}
              onOpen={open}
              total={first?.total}
              more={query}
            />
          )
        }}
      </QueryView>
    </PageFrame>
  )
}

function withSort({ sort }: AssetSearch): Pick<AssetSearch, 'sort'> {
  return sort === undefined ? {} : { sort }
}

function sentenceOf(total: number | undefined, isExact: boolean | undefined, filter: Partial<AssetSearch>) {
  if (total === undefined) return undefined
  const isPlain = chipsOf(assetFields, filter).length === 0
  const number = `${isExact === false ? 'At least ' : ''}${counted(total, isPlain ? 'live asset' : 'asset')}`
  return isPlain ? `${number}.` : `${number} ${total === 1 ? 'matches' : 'match'} this filter.`
}
