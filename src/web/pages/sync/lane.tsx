import { Button, Progress } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SourceView } from '../../../contract/sources.ts'
import type { SourceFreshness } from '../../../contract/statistics.ts'
import type { RunView } from '../../../contract/sync.ts'
import { useLive } from '../../app/live.tsx'
import { FreshnessDot } from '../../components/freshness-dot.tsx'
import { At } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import card from '../../components/source/source.module.css'
import { LastResult } from '../../components/source/source-card.tsx'
import { useNow } from '../../lib/clock.ts'
import { upcomingQuery } from '../../lib/console-queries.ts'
import { count, duration } from '../../lib/format.ts'
import { activeRuns } from '../../lib/live-state.ts'
import { syncQuery } from '../../lib/queries.ts'
import { chunksDone, runKindLabels, streamStatusLabels } from '../../lib/runs.ts'
import { useHasRole } from '../../lib/session.ts'
import { sourceKindLabels } from '../../lib/source-kinds.ts'
import { statusOf } from '../../lib/source-status.ts'
import { usePauseSource } from '../../lib/sync-actions.ts'
import { CustomRun } from './custom-run.tsx'
import { QuickSettings } from './quick-settings.tsx'
import { RateGauge } from './rate-gauge.tsx'
import { StartSync } from './sources.tsx'
import styles from './sync.module.css'

/** One source on the console. */
export function Lane({ source }: { source: SourceView }) {
  const { data: sync } = useQuery(syncQuery)
  const run = activeRuns(useLive().state).find(one => one.source_id === source.id && one.status === 'running')
  const freshness = sync?.sources.find(one => one.source_id === source.id)
  const status = statusOf(source, freshness, run !== undefined)
  return (
    <li className={styles.sourceLane} aria-label={`Source ${source.name}`}>
      <div className={styles.laneHead}>
        <div className={card.badges}>
          <Link to="/settings/integrations/tenable" search={{ source: source.id }} className={card.sourceName}>
            <OutsideName text={source.name} />
          </Link>
          <span className={card.badge}>{sourceKindLabels[source.kind]}</span>
          <span className={card.badge} data-bad={status.isBad || undefined}>
            <FreshnessDot state={status.dot} />
            {status.word}
          </span>
          {source.has_credentials && (
            <span className="dim" style={{ fontSize: '0.8125rem' }}>
              key ending in {source.access_key_hint ?? '…'}
            </span>
          )}
        </div>
        <div className={card.buttons}>
          {source.is_enabled && <StartSync sourceId={source.id} />}
          {source.is_enabled && <CustomRun source={source} />}
          <Pause source={source} />
        </div>
      </div>
      <dl className={styles.laneFacts}>
        <div>
          <dt>Now</dt>
          <dd>{run === undefined ? 'Nothing runs.' : nowDoing(run)}</dd>
        </div>
        <div>
          <dt>Freshness</dt>
          <dd>
            <Target freshness={freshness} />
          </dd>
        </div>
        <div>
          <dt>Next run</dt>
          <dd>
            <NextRun source={source} />
          </dd>
        </div>
        <div>
          <dt>Calls this hour</dt>
          <dd>
            <RateGauge source={source} calls={sync?.calls.find(one => one.source_id === source.id)} />
          </dd>
        </div>
        <div>
          <dt>Last result</dt>
          <dd>
            <LastResult freshness={freshness} />
          </dd>
        </div>
        <div>
          <dt>Changes are read</dt>
          <dd>
            <QuickSettings source={source} />
          </dd>
        </div>
      </dl>
      {freshness?.health.words && (
        <Notice tone="warn" title="Nothing starts by itself">
          <OutsideName text={freshness.health.words} />
        </Notice>
      )}
    </li>
  )
}

/** `full 12: findings, 41 of about 60 chunks, 212,000 rows` */
function nowDoing(run: RunView): string {
  const busy =
    run.streams.find(stream => stream.status === 'reading') ??
    run.streams.find(stream => stream.status === 'planning') ??
    run.streams.find(stream => stream.status === 'pending')
  const name = `${runKindLabels[run.kind]} ${run.id}`
  if (busy === undefined) return `${name}: finishing`
  const what = busy.status === 'reading' ? chunksDone(busy) : streamStatusLabels[busy.status]
  return `${name}: ${busy.stream}, ${what}, ${count(run.counts.received)} rows`
}

/** How old what is known is, against the age at which it is called stale. */
function Target({ freshness }: { freshness: SourceFreshness | undefined }) {
  const now = useNow()
  if (freshness?.as_of == null || freshness.stale_after === null) return <>Never complete.</>
  const ageMs = Math.max(0, now - Date.parse(freshness.as_of))
  const targetMs = Date.parse(freshness.stale_after) - Date.parse(freshness.as_of)
  const words = `${duration(ageMs)} old; stale after ${duration(targetMs)}`
  return (
    <>
      <Progress
        size="sm"
        value={Math.min(100, (ageMs / targetMs) * 100)}
        color={ageMs > targetMs ? 'red' : 'accent'}
        aria-label={`Age against its target: ${words}`}
      />
      {words}
    </>
  )
}

function NextRun({ source }: { source: SourceView }) {
  const { data } = useQuery(upcomingQuery)
  const now = useNow()
  const next = data?.items.find(run => run.source_id === source.id)
  if (source.is_paused) return <>Paused: none.</>
  if (next === undefined) return <>{data === undefined ? 'Asking.' : 'None is due.'}</>
  const waitMs = Date.parse(next.at) - now
  return (
    <>
      {next.is_due || waitMs <= 0 ? 'Due now' : `In ${duration(waitMs)}`}: {next.schedule}
      <div className="dim">
        at <At at={next.at} />
        {data?.is_on === false && '; this server starts nothing by itself'}
      </div>
    </>
  )
}

function Pause({ source }: { source: SourceView }) {
  const pause = usePauseSource()
  const may = useHasRole('operator')
  if (!may) return null
  return (
    <>
      <Button
        variant="default"
        loading={pause.isPending}
        aria-label={`${source.is_paused ? 'Resume' : 'Pause'} ${source.name}`}
        title={source.is_paused ? 'Schedules start runs again' : 'Nothing starts by itself; what runs goes on'}
        onClick={() => pause.mutate({ sourceId: source.id, isPaused: !source.is_paused })}
      >
        {source.is_paused ? 'Resume' : 'Pause'}
      </Button>
      {pause.error && <ProblemView error={pause.error} />}
    </>
  )
}
