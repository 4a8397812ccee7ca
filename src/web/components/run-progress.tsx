import { Progress } from '@mantine/core'
import type { ReactNode } from 'react'
import type { RunStreamView, RunView } from '../../contract/sync.ts'
import { useLive } from '../app/live.tsx'
import { useNow } from '../lib/clock.ts'
import { count, counted, duration, shortCount } from '../lib/format.ts'
import { rateKey } from '../lib/live-state.ts'
import { chunksDone, runKindLabels, shareDone, streamStatusLabels } from '../lib/runs.ts'
import { OutsideName } from './outside-text.tsx'
import styles from './run-progress.module.css'
import { RunStatusLabel } from './run-status.tsx'

/** One run while it works: a lane for each stream. */
export function RunProgress({ run, actions }: { run: RunView; actions?: ReactNode }) {
  const now = useNow()
  const since = run.started_at ?? run.created_at
  return (
    <div>
      <div className={styles.head}>
        <span>
          <RunStatusLabel status={run.status} isStopping={run.cancel_requested_at !== null} />{' '}
          <strong>
            <OutsideName text={run.source} />
          </strong>{' '}
          <span className="dim">
            {runKindLabels[run.kind].toLowerCase()} sync {run.id} · {duration(Math.max(0, now - Date.parse(since)))} ·{' '}
            {counted(run.counts.received, 'row')} read
          </span>
        </span>
        {actions}
      </div>
      {run.streams.map(stream => (
        <Lane key={stream.stream} runId={run.id} stream={stream} />
      ))}
    </div>
  )
}

function Lane({ runId, stream }: { runId: number; stream: RunStreamView }) {
  const rate = useLive().state.rates.get(rateKey(runId, stream.stream)) ?? 0
  const share = shareDone(stream)
  const isMoving = stream.status === 'planning' || stream.status === 'reading'
  return (
    <div className={styles.lane}>
      <span className={styles.name}>{stream.stream}</span>
      <Progress
        className={styles.bar}
        value={share === undefined ? (isMoving ? 100 : 0) : share * 100}
        striped={share === undefined && isMoving}
        animated={share === undefined && isMoving}
        color={stream.status === 'failed' ? 'red' : 'accent'}
        size="sm"
        aria-label={`${stream.stream}: ${streamStatusLabels[stream.status]}`}
      />
      <span className={styles.words}>
        {stream.status === 'reading' || stream.status === 'completed' || stream.status === 'incomplete'
          ? chunksDone(stream)
          : streamStatusLabels[stream.status]}
        {stream.counts.received > 0 && `, ${count(stream.counts.received)} rows`}
        {isMoving && rate >= 1 && `, ${shortCount(Math.round(rate))}/s`}
        {stream.counts.rejected > 0 && `, ${count(stream.counts.rejected)} rejected`}
      </span>
    </div>
  )
}
