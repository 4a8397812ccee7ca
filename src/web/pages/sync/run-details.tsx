import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { RunDetail } from '../../../contract/sync.ts'
import { useLive } from '../../app/live.tsx'
import { DetailsPanel, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RunStatusLabel } from '../../components/run-status.tsx'
import { bytes, count, duration } from '../../lib/format.ts'
import { jobQuery } from '../../lib/queries.ts'
import { isActive, runKindLabels, triggerLabels } from '../../lib/runs.ts'
import { useHasRole } from '../../lib/session.ts'
import { useRetryRun } from '../../lib/sync-actions.ts'
import { CancelRun } from './active-runs.tsx'
import { RunLogView } from './run-log.tsx'
import { RunStreams } from './run-streams.tsx'

const route = getRouteApi('/admin/tenable/sync/$id')

export function RunDetails() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(jobQuery(Number(id)))
  return (
    <DetailsPanel
      subject={id}
      title={query.data === undefined ? `Run ${id}` : <Title run={query.data} />}
      onClose={() => void navigate({ to: '/admin/tenable/sync', search: true, resetScroll: false })}
    >
      <QueryView query={query} skeleton={<Skeleton height={320} />}>
        {run => <Run run={run} />}
      </QueryView>
    </DetailsPanel>
  )
}

function Title({ run }: { run: RunDetail }) {
  return (
    <>
      Run {run.id}: <OutsideName text={run.source} />, {runKindLabels[run.kind].toLowerCase()}
    </>
  )
}

function Run({ run: read }: { run: RunDetail }) {
  const run = { ...read, ...useLive().state.runs.get(read.id) }
  const notes = [...run.notes, ...run.exports.flatMap(one => one.notes.map(note => `${one.stream}: ${note}`))]
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 18 }}>
      {run.error_message !== null && (
        <Notice
          tone={run.status === 'failed' ? 'bad' : 'warn'}
          title={<OutsideName text={run.error_message} />}
          action={!isActive(run) && <Retry id={run.id} />}
        >
          {run.error_code !== null && <span className="mono dim">{run.error_code}</span>}
        </Notice>
      )}
      <Facts
        facts={[
          ['Status', <RunStatusLabel key="s" status={run.status} />],
          ['Started', <Ago key="a" at={run.started_at} fallback="not yet" />],
          ['Took', run.duration_ms === null ? null : duration(run.duration_ms)],
          ['Started by', triggerLabels[run.trigger]],
          ['Rows read', count(run.counts.received)],
          ['New', count(run.counts.inserted)],
          ['Changed', count(run.counts.changed)],
          ['Unchanged', count(run.counts.unchanged)],
          ['Rejected', count(run.counts.rejected)],
          ['Odd', count(run.quality_issues)],
          ['Data', bytes(run.counts.bytes)],
        ]}
      />
      <div style={{ display: 'flex', gap: 8 }}>
        {isActive(run) ? <CancelRun run={run} /> : run.error_message === null && <Retry id={run.id} />}
      </div>
      <RunStreams run={run} />
      {notes.length > 0 && (
        <Section title="Notes">
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {notes.map(note => (
              <li key={note}>
                <OutsideName text={note} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      <RunLogView id={run.id} />
    </div>
  )
}

function Retry({ id }: { id: number }) {
  const retry = useRetryRun()
  const may = useHasRole('operator')
  const navigate = useNavigate()
  if (!may) return null
  return (
    <>
      <Button
        variant="default"
        loading={retry.isPending}
        onClick={() =>
          retry.mutate(id, {
            onSuccess: run =>
              void navigate({ to: '/admin/tenable/sync/$id', params: { id: String(run.id) }, resetScroll: false }),
          })
        }
      >
        Run again
      </Button>
      {retry.error && <ProblemView error={retry.error} />}
    </>
  )
}
