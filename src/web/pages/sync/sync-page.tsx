import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useLive } from '../../app/live.tsx'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { useNow } from '../../lib/clock.ts'
import { counted, relative } from '../../lib/format.ts'
import { activeRuns } from '../../lib/live-state.ts'
import { syncQuery } from '../../lib/queries.ts'
import { useHasRole } from '../../lib/session.ts'
import { type SyncTab, syncTabs } from '../../lib/sync-search.ts'
import { ActiveRuns } from './active-runs.tsx'
import { Charts } from './charts.tsx'
import { qualityRecords } from './quality-records.tsx'
import { RecordList } from './record-list.tsx'
import { rejectedRecords } from './rejected-records.tsx'
import { RunFilters } from './run-filters.tsx'
import { RunsList } from './runs-list.tsx'
import { Sources } from './sources.tsx'
import { StopAll } from './stop-all.tsx'
import { HeldSweeps, SweepsList } from './sweeps.tsx'
import { UpcomingRuns } from './upcoming-runs.tsx'

const route = getRouteApi('/admin/tenable/sync')

export function SyncPage() {
  const search = route.useSearch()
  const { tab = 'runs' } = search
  const may = useHasRole('operator')
  const openId = useParams({ strict: false, select: params => params.id })
  const navigate = useNavigate()
  const { data } = useQuery(syncQuery)
  const active = activeRuns(useLive().state)
  const choose = (next: SyncTab) => {
    // What is looked for in the records of one list is not in those of the other.
    const { tab: _before, q: _q, ...filter } = search
    void navigate({
      to: '/admin/tenable/sync',
      search: next === 'runs' ? filter : { ...filter, tab: next },
      resetScroll: false,
    })
  }
  return (
    <PageFrame
      title="Sync"
      sentence={<Sentence />}
      actions={may && <StopAll active={active} />}
      details={<Outlet />}
      isDetailed={openId !== undefined}
    >
      <ActiveRuns runs={active} />
      <HeldSweeps />
      <Sources />
      <UpcomingRuns waiting={active.filter(run => run.status === 'pending')} />
      <Tabs value={tab} onChange={value => choose(syncTabs.find(one => one === value) ?? 'runs')} keepMounted={false}>
        <Tabs.List aria-label="What runs have done">
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="charts">Charts</Tabs.Tab>
          <Tabs.Tab value="sweeps">Sweeps</Tabs.Tab>
          <Tabs.Tab value="rejected">{labelled('Rejected', data?.rejected)}</Tabs.Tab>
          <Tabs.Tab value="quality">{labelled('Odd', data?.quality_issues)}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="runs" pt="xs">
          <RunFilters search={search} />
          <RunsList search={search} />
        </Tabs.Panel>
        <Tabs.Panel value="charts" pt="xs">
          <RunFilters search={search} />
          <Charts search={search} />
        </Tabs.Panel>
        <Tabs.Panel value="sweeps" pt="xs">
          <SweepsList />
        </Tabs.Panel>
        <Tabs.Panel value="rejected" pt="xs">
          <RecordList kind={rejectedRecords} search={search} />
        </Tabs.Panel>
        <Tabs.Panel value="quality" pt="xs">
          <RecordList kind={qualityRecords} search={search} />
        </Tabs.Panel>
      </Tabs>
    </PageFrame>
  )
}

function labelled(name: string, number: number | undefined): string {
  return number === undefined || number === 0 ? name : `${name} (${number.toLocaleString('en')})`
}

function Sentence() {
  const { data, error } = useQuery(syncQuery)
  const active = activeRuns(useLive().state)
  const now = useNow()
  if (data === undefined) return error ? null : <SentenceSkeleton />
  const enabled = data.sources.filter(source => source.is_enabled)
  const fresh = enabled.filter(source => !source.is_stale).length
  if (data.sources.length === 0) return 'No source is connected yet.'
  if (enabled.length === 0) return 'Every source is switched off.'
  const running = active.length === 0 ? 'Nothing is running' : `${counted(active.length, 'run')} working`
  const age = data.as_of === null ? 'never complete so far' : `complete as of ${relative(data.as_of, now)}`
  return `${running}; ${fresh} of ${counted(enabled.length, 'source')} fresh, ${age}.`
}
