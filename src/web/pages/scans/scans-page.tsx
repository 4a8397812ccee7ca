import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import type { ScanView } from '../../../contract/scans.ts'
import { FilteredList, listSentence } from '../../components/filtered-list.tsx'
import { AsOf } from '../../components/list/counting-note.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { NarrowedNote } from '../../components/narrowed-note.tsx'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { api } from '../../lib/api.ts'
import { chipsOf } from '../../lib/filter-fields.ts'
import { useRememberSearch } from '../../lib/list-preferences.ts'
import { scanCountQuery, scansQuery } from '../../lib/scan-queries.ts'
import { defaultScanSort, readScanSearch, type ScanSearch, scanFields, scanWords } from '../../lib/scan-search.ts'
import { ScanCard, scanColumns } from './scan-columns.tsx'
import { ScanTabs } from './scan-tabs.tsx'

const route = getRouteApi('/scans/tenable')

/** What is scanned, when it was last, and what came of it. */
export function ScansPage() {
  const search = route.useSearch()
  const { sort = defaultScanSort, ...filter } = search
  const openId = useParams({ strict: false, select: params => params.id })
  const navigate = useNavigate()
  const query = useInfiniteQuery(scansQuery(search))
  const view = useListView('scans', scanColumns)
  useRememberSearch('scans', search)
  const setSearch = (next: ScanSearch) => void navigate({ to: '/scans/tenable', search: next })
  const open = (row: ScanView) =>
    void navigate({
      to: '/scans/tenable/$id',
      params: { id: String(row.id) },
      search: true,
      resetScroll: false,
      replace: openId !== undefined,
    })
  const first = query.isPlaceholderData ? undefined : query.data?.pages[0]
  return (
    <PageFrame
      title="Scans"
      context={first ? <AsOf at={first.as_of} level={first.level} /> : query.error ? undefined : ''}
      sentence={
        first
          ? listSentence(first, 'scan', chipsOf(scanFields, filter).length > 0)
          : !query.error && <SentenceSkeleton />
      }
      details={<Outlet />}
      isDetailed={openId !== undefined}
    >
      <ScanTabs />
      <NarrowedNote what="scans" />
      <FilteredList
        of="scan"
        label="Scans"
        view={view}
        query={query}
        fields={scanFields}
        words={scanWords}
        filter={filter}
        search={search}
        onFilter={next => setSearch({ ...readScanSearch(next), ...(search.sort ? { sort: search.sort } : {}) })}
        onApply={next => setSearch(readScanSearch(next))}
        searchLabel="Name of a scan"
        file={format => api.url('exportScans', { query: { ...filter, format } })}
        countOf={wanted => scanCountQuery(readScanSearch(wanted))}
        allWell="The source has no scans."
        rowKey={row => String(row.id)}
        rowName={row => row.name}
        card={row => <ScanCard row={row} />}
        sort={sort}
        openKey={openId}
        onOpen={open}
      />
    </PageFrame>
  )
}
