import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SyncStatistics } from '../../../contract/statistics.ts'
import type { RunView } from '../../../contract/sync.ts'
import { Ago } from '../../components/instant.tsx'
import { AsOf } from '../../components/list/counting-note.tsx'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { count, counted } from '../../lib/format.ts'
import { assetStatisticsQuery, findingStatisticsQuery } from '../../lib/queries.ts'
import { worstFirst } from '../../lib/severity.ts'
import { staleWords } from '../../lib/source-status.ts'
import { ActiveRuns } from '../sync/active-runs.tsx'
import { AssetsPanel } from './assets-panel.tsx'
import { Attention } from './attention.tsx'
import { BySeverityPanel } from './by-severity-panel.tsx'
import { Doors } from './doors.tsx'
import { LeftOutPanel } from './left-out-panel.tsx'
import styles from './overview.module.css'
import { SourcesPanel } from './sources-panel.tsx'
import { TopPluginsPanel } from './top-plugins-panel.tsx'
import { TrendPanel } from './trend-panel.tsx'
import { WeeklyPanel } from './weekly-panel.tsx'

/** What is open now, and how true that is. */
export function Posture({ status, active }: { status: SyncStatistics; active: readonly RunView[] }) {
  const findings = useQuery(findingStatisticsQuery())
  const assets = useQuery(assetStatisticsQuery())
  const figures = findings.data && assets.data ? { findings: findings.data, assets: assets.data } : undefined
  const query = {
    data: figures,
    error: findings.error ?? assets.error,
    isFetching: findings.isFetching || assets.isFetching,
    isPlaceholderData: false,
    dataUpdatedAt: Math.min(findings.dataUpdatedAt, assets.dataUpdatedAt),
    refetch: () => Promise.all([findings.refetch(), assets.refetch()]),
  }
  return (
    <PageFrame
      title="Overview"
      context={figures ? <AsOf at={status.as_of} level={figures.findings.level} /> : '\u00a0'}
      sentence={
        figures === undefined ? (
          <SentenceSkeleton />
        ) : (
          <>
            <Link to="/vulnerabilities/tenable" className={styles.number}>
              {counted(figures.findings.total, 'open finding')}
            </Link>{' '}
            on{' '}
            <Link to="/assets/tenable" search={{ open_severity: [...worstFirst] }} className={styles.number}>
              {counted(figures.findings.affected_assets ?? 0, 'asset')}
            </Link>
            ;{' '}
            <Link to="/vulnerabilities/tenable" search={{ severity: ['critical'] }} className={styles.number}>
              {count(figures.findings.by_severity.critical)} critical
            </Link>
            . <HowTrue status={status} isRunning={active.length > 0} />
          </>
        )
      }
    >
      <Attention status={status} />
      <ActiveRuns runs={active} />
      <QueryView query={query} skeleton={<FiguresSkeleton />}>
        {({ findings: counts, assets: machines }) => (
          <div className={styles.page}>
            <Doors />
            <div className={styles.halves}>
              <TrendPanel />
              <WeeklyPanel />
            </div>
            <div className={styles.halves}>
              <TopPluginsPanel />
              <div className={styles.half}>
                <BySeverityPanel findings={counts} />
              </div>
            </div>
            <div className={styles.columns}>
              <AssetsPanel assets={machines} />
              <LeftOutPanel findings={counts} assets={machines} />
              <SourcesPanel sources={status.sources} />
            </div>
          </div>
        )}
      </QueryView>
    </PageFrame>
  )
}

function HowTrue({ status, isRunning }: { status: SyncStatistics; isRunning: boolean }) {
  if (status.as_of === null) {
    return isRunning ? 'The first sync is still reading: not complete yet.' : 'No run has been complete yet.'
  }
  const stale = staleWords(status)
  return (
    <>
      Complete <Ago at={status.as_of} />
      {stale !== undefined && `, ${stale}`}.
    </>
  )
}

function FiguresSkeleton() {
  return (
    <div className={styles.page}>
      <Skeleton height={96} />
      <Skeleton height={290} />
      <Skeleton height={190} />
    </div>
  )
}
