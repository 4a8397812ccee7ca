import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import type { DeviceView, EstateStatistics } from '../../../contract/devices.ts'
import { FilteredList, listSentence } from '../../components/filtered-list.tsx'
import { AsOf } from '../../components/list/counting-note.tsx'
import { useListView } from '../../components/list/use-list-view.ts'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { PageTabs } from '../../components/page-tabs.tsx'
import { api } from '../../lib/api.ts'
import { deviceCountQuery, devicesQuery, estateStatisticsQuery } from '../../lib/device-queries.ts'
import {
  type DeviceSearch,
  defaultDeviceSort,
  deviceFields,
  deviceFilterOf,
  deviceWords,
  readDeviceSearch,
} from '../../lib/device-search.ts'
import { chipsOf } from '../../lib/filter-fields.ts'
import { count, counted } from '../../lib/format.ts'
import { useRememberSearch } from '../../lib/list-preferences.ts'
import { sumOf } from '../../lib/severity.ts'
import { DecisionsList } from './decisions-list.tsx'
import { DeviceCard, deviceColumns } from './device-columns.tsx'
import { EstateTrend } from './estate-trend.tsx'
import { LastAct } from './last-act.tsx'
import { ReviewList } from './review-list.tsx'

const route = getRouteApi('/devices')

/** The machines of the estate, each made of the records that its sources keep of it. */
export function DevicesPage() {
  const search = route.useSearch()
  const { tab } = search
  const openId = useParams({ strict: false, select: params => params.id })
  const query = useQuery(estateStatisticsQuery)
  const statistics = query.data
  return (
    <PageFrame
      title="Devices"
      context={statistics ? <AsOf at={statistics.as_of} level="estate" /> : query.error ? undefined : ''}
      sentence={statistics ? sentenceOf(statistics) : !query.error && <SentenceSkeleton />}
      details={<Outlet />}
      isDetailed={openId !== undefined}
    >
      <LastAct />
      <PageTabs label="Parts of devices">
        <Tab label="Devices" search={deviceFilterOf(search)} isOpen={tab === undefined} />
        <Tab
          label={statistics?.to_review ? `Review (${count(statistics.to_review)})` : 'Review'}
          search={{ tab: 'review' }}
          isOpen={tab === 'review'}
        />
        <Tab label="Decisions" search={{ tab: 'decisions' }} isOpen={tab === 'decisions'} />
      </PageTabs>
      {tab === undefined && <EstateTrend />}
      {tab === undefined && <DeviceList search={search} />}
      {tab === 'review' && <ReviewList />}
      {tab === 'decisions' && <DecisionsList />}
    </PageFrame>
  )
}

function Tab({ label, search, isOpen }: { label: string; search: DeviceSearch; isOpen: boolean }) {
  return (
    <Link
      to="/devices"
      search={search}
      resetScroll={false}
      // Without a tab the address is the beginning of every other's.
      activeOptions={{ exact: true }}
      aria-current={isOpen ? 'page' : undefined}
    >
      {label}
    </Link>
  )
}

/** `212 devices, 40 of them of several records; 1,204 open findings where sources report 1,630.` */
function sentenceOf({ devices, shared, open, reported }: EstateStatistics): string {
  if (devices === 0) return 'No device yet.'
  const joined = shared === 0 ? ', each of one record' : `, ${count(shared)} of them of several records`
  const [once, all] = [sumOf(open), sumOf(reported)]
  const findings =
    once === all
      ? `${counted(once, 'open finding')}.`
      : `${counted(once, 'open finding')}, each counted once where sources report ${count(all)}.`
  return `${counted(devices, 'device')}${joined}; ${findings}`
}

function DeviceList({ search }: { search: DeviceSearch }) {
  const navigate = useNavigate()
  const openId = useParams({ strict: false, select: params => params.id })
  const query = useInfiniteQuery(devicesQuery(search))
  const view = useListView('devices', deviceColumns)
  useRememberSearch('devices', search)
  const filter = deviceFilterOf(search)
  const { sort = defaultDeviceSort } = search
  const setSearch = (next: DeviceSearch) => void navigate({ to: '/devices', search: next })
  const open = (row: DeviceView) =>
    void navigate({
      to: '/devices/$id',
      params: { id: String(row.id) },
      search: true,
      resetScroll: false,
      replace: openId !== undefined,
    })
  const first = query.isPlaceholderData ? undefined : query.data?.pages[0]
  const isFiltered = chipsOf(deviceFields, filter).length > 0
  return (
    <>
      {isFiltered && first && <p style={{ margin: 0 }}>{listSentence(first, 'device', true)}</p>}
      <FilteredList
        of="device"
        label="Devices"
        view={view}
        query={query}
        fields={deviceFields}
        words={deviceWords}
        filter={filter}
        search={search}
        onFilter={next => setSearch({ ...readDeviceSearch(next), ...(search.sort ? { sort: search.sort } : {}) })}
        onApply={next => setSearch(readDeviceSearch(next))}
        searchLabel="Name, address or id of a record"
        file={format => api.url('exportDevices', { query: { ...filter, format } })}
        countOf={wanted => deviceCountQuery(readDeviceSearch(wanted))}
        allWell="No source has an asset that takes part."
        rowKey={row => String(row.id)}
        rowName={row => row.name}
        card={row => <DeviceCard row={row} />}
        sort={sort}
        openKey={openId}
        onOpen={open}
      />
    </>
  )
}
