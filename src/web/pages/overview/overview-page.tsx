import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { SyncStatistics } from '../../../contract/statistics.ts'
import { useLive } from '../../app/live.tsx'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { activeRuns } from '../../lib/live-state.ts'
import { syncQuery } from '../../lib/queries.ts'
import { isActive } from '../../lib/runs.ts'
import { Posture } from './posture.tsx'

// Seen once in the life of an installation, and large: it is not carried along ever after.
const FirstRun = lazy(() => import('./first-run.tsx'))

/** The answer first: how many, how bad, how true. Before the first run, the way to one. */
export function OverviewPage() {
  const query = useQuery(syncQuery)
  // The page has its name also when it has nothing else.
  if (query.data === undefined && query.error !== null) {
    return (
      <PageFrame title="Overview">
        <ProblemView error={query.error} onRetry={() => void query.refetch()} isRetrying={query.isFetching} />
      </PageFrame>
    )
  }
  return (
    <QueryView query={query} skeleton={<OverviewSkeleton />}>
      {status => <Overview status={status} />}
    </QueryView>
  )
}

function Overview({ status }: { status: SyncStatistics }) {
  const active = activeRuns(useLive().state)
  const hasRead = status.sources.some(source => source.last_run !== null && !isActive(source.last_run))
  // Whoever sets it up is led to the end, though numbers come in meanwhile.
  const [isSettingUp, setIsSettingUp] = useState(!hasRead)
  if (!isSettingUp) return <Posture status={status} active={active} />
  return (
    <Suspense fallback={<OverviewSkeleton />}>
      <FirstRun onDone={() => setIsSettingUp(false)} />
    </Suspense>
  )
}

function OverviewSkeleton() {
  return (
    <PageFrame title="Overview" sentence={<SentenceSkeleton />}>
      <Skeleton height={96} />
      <Skeleton height={290} />
      <Skeleton height={180} />
    </PageFrame>
  )
}
