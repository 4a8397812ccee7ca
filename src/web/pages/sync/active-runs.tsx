import { Button } from '@mantine/core'
import { useState } from 'react'
import type { RunView } from '../../../contract/sync.ts'
import { useLive } from '../../app/live.tsx'
import { Confirm } from '../../components/confirm.tsx'
import { Panel } from '../../components/panel.tsx'
import { RunProgress } from '../../components/run-progress.tsx'
import { counted } from '../../lib/format.ts'
import { useHasRole } from '../../lib/session.ts'
import { useCancelRun } from '../../lib/sync-actions.ts'

/** What works now, as it goes. */
export function ActiveRuns({ runs }: { runs: readonly RunView[] }) {
  const { isConnected } = useLive()
  if (runs.length === 0) return null
  return (
    <Panel
      title="Working now"
      aside={!isConnected && <span className="dim">live connection lost; asking every 5 s</span>}
    >
      <div style={{ display: 'grid', gap: 16 }}>
        {runs.map(run => (
          <RunProgress key={run.id} run={run} actions={<CancelRun run={run} />} />
        ))}
      </div>
    </Panel>
  )
}

export function CancelRun({ run }: { run: RunView }) {
  const [isAsking, setIsAsking] = useState(false)
  const cancel = useCancelRun()
  const may = useHasRole('operator')
  const isStopping = run.cancel_requested_at !== null
  if (!may) return null
  return (
    <>
      <Button variant="default" disabled={isStopping} onClick={() => setIsAsking(true)}>
        {isStopping ? 'Stopping' : 'Cancel'}
      </Button>
      <Confirm
        isOpen={isAsking}
        title={`Cancel run ${run.id} of ${run.source}?`}
        act={`Cancel run ${run.id}`}
        keep="Keep running"
        isBusy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate(run.id, { onSuccess: () => setIsAsking(false) })}
        onClose={() => {
          setIsAsking(false)
          cancel.reset()
        }}
      >
        <p>
          It stops after the chunk it is reading, and its exports at the source are cancelled. The{' '}
          {counted(run.counts.received, 'row')} read so far stay and are right. What was not read waits for the next
          run; nothing counts as complete until then.
        </p>
      </Confirm>
    </>
  )
}
