import { Link } from '@tanstack/react-router'
import type { SourceView } from '../../../contract/sources.ts'
import type { RunView } from '../../../contract/sync.ts'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { RunProgress } from '../../components/run-progress.tsx'
import { count, duration } from '../../lib/format.ts'
import { isActive, runStatusLabels } from '../../lib/runs.ts'
import { CancelRun } from '../sync/active-runs.tsx'
import { StartSync } from '../sync/sources.tsx'

/** The first sync while it goes, and how it ended. */
export function FirstSync({ source, run }: { source: SourceView; run: RunView }) {
  const toLog = (
    <Link to="/admin/tenable/sync/$id" params={{ id: String(run.id) }}>
      What happened in run {run.id}
    </Link>
  )
  if (isActive(run)) {
    return (
      <Panel title="Reading" aside={toLog}>
        <RunProgress run={run} actions={<CancelRun run={run} />} />
      </Panel>
    )
  }
  if (run.status === 'completed') {
    return (
      <Notice
        tone="good"
        title={`Everything was read: ${count(run.counts.received)} records in ${duration(run.duration_ms ?? 0)}`}
        action={toLog}
      >
        {run.counts.rejected > 0
          ? `${count(run.counts.rejected)} could not be read and are kept aside with the reason.`
          : 'Every record could be read.'}
      </Notice>
    )
  }
  return (
    <Notice
      tone={run.status === 'failed' ? 'bad' : 'warn'}
      title={`The first sync ended: ${runStatusLabels[run.status].toLowerCase()}`}
      action={<StartSync sourceId={source.id} />}
    >
      {run.error_message !== null && (
        <div>
          <OutsideName text={run.error_message} />
        </div>
      )}
      What was read is right and stays. {toLog}
    </Notice>
  )
}
