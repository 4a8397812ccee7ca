import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { SourceFreshness, SyncStatistics } from '../../../contract/statistics.ts'
import { Ago } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { counted } from '../../lib/format.ts'
import { isActive } from '../../lib/runs.ts'
import { StartSync } from '../sync/sources.tsx'
import { SweepNotices } from './sweep-notices.tsx'

/** What makes the numbers below less true than they look, each with one thing to do. */
export function Attention({ status }: { status: SyncStatistics }) {
  return (
    <>
      {status.sources
        .filter(source => source.is_enabled)
        .map(source => (
          <SourceNotice key={source.source_id} source={source} />
        ))}
      <SweepNotices />
      {status.rejected > 0 && (
        <Notice
          tone="warn"
          title={`${counted(status.rejected, 'record')} could not be read in the last run`}
          action={
            <Button
              variant="default"
              renderRoot={props => <Link {...props} to="/admin/tenable/sync" search={{ tab: 'rejected' }} />}
            >
              See them
            </Button>
          }
        >
          They are kept aside with the reason; the counts are without them.
        </Notice>
      )}
    </>
  )
}

function SourceNotice({ source }: { source: SourceFreshness }) {
  const run = source.last_run
  if (run !== null && isActive(run)) return null
  const toRun = run && (
    <Button
      variant="default"
      renderRoot={props => <Link {...props} to="/admin/tenable/sync/$id" params={{ id: String(run.id) }} />}
    >
      See run {run.id}
    </Button>
  )
  if (run !== null && (run.status === 'failed' || run.status === 'partial')) {
    return (
      <Notice
        tone={run.status === 'failed' ? 'bad' : 'warn'}
        title={
          <>
            The last run of <OutsideName text={source.source} />{' '}
            {run.status === 'failed' ? 'failed' : 'was not complete'}
          </>
        }
        action={toRun}
      >
        {run.error_message !== null && (
          <div>
            <OutsideName text={run.error_message} />
          </div>
        )}
        {source.as_of !== null && (
          <>
            Complete as of <Ago at={source.as_of} />.
          </>
        )}
      </Notice>
    )
  }
  if (source.health.words !== null && !source.health.is_paused) return <HealthNotice source={source} />
  if (!source.is_stale) return null
  return (
    <Notice
      tone="warn"
      title={
        <>
          <OutsideName text={source.source} />{' '}
          {source.as_of === null ? (
            'was never complete'
          ) : (
            <>
              is stale: complete as of <Ago at={source.as_of} />
            </>
          )}
        </>
      }
      action={<StartSync sourceId={source.source_id} />}
    >
      {source.as_of === null
        ? 'What it has is not, or not wholly, in the numbers below. '
        : 'Its numbers below are old. '}
      {run?.status === 'cancelled'
        ? 'The last run was cancelled.'
        : source.as_of === null
          ? 'No run has read it to its end.'
          : 'No run has completed since.'}
    </Notice>
  )
}

/** It refuses its key, or has not answered for a while: nothing starts by itself. */
function HealthNotice({ source }: { source: SourceFreshness }) {
  return (
    <Notice
      tone="bad"
      title={
        <>
          <OutsideName text={source.source} /> {source.health.needs_key ? 'refuses its key' : 'cannot be read'}
        </>
      }
      action={
        <Button variant="default" renderRoot={props => <Link {...props} to="/admin/tenable/sync" />}>
          See its runs
        </Button>
      }
    >
      {source.health.words !== null && <OutsideName text={source.health.words} />}
    </Notice>
  )
}
