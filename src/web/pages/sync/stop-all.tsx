import { Button } from '@mantine/core'
import { useState } from 'react'
import type { RunView } from '../../../contract/sync.ts'
import { Confirm } from '../../components/confirm.tsx'
import { counted } from '../../lib/format.ts'
import { useStopAll } from '../../lib/sync-actions.ts'

/** The emergency stop. */
export function StopAll({ active }: { active: readonly RunView[] }) {
  const [isAsking, setIsAsking] = useState(false)
  const stop = useStopAll()
  if (active.length === 0 && !isAsking) return null
  const rows = active.reduce((sum, run) => sum + run.counts.received, 0)
  return (
    <>
      <Button color="red" variant="outline" size="sm" onClick={() => setIsAsking(true)}>
        Stop all
      </Button>
      <Confirm
        isOpen={isAsking}
        title="Stop every run?"
        act={`Stop ${counted(active.length, 'run')}`}
        keep="Keep running"
        isBusy={stop.isPending}
        error={stop.error}
        onConfirm={() => stop.mutate(undefined, { onSuccess: () => setIsAsking(false) })}
        onClose={() => {
          setIsAsking(false)
          stop.reset()
        }}
      >
        <ul>
          {active.map(run => (
            <li key={run.id}>
              Run {run.id} of {run.source}: {counted(run.counts.received, 'row')} read so far
            </li>
          ))}
        </ul>
        <p>
          Their exports at the source are cancelled too. The {counted(rows, 'row')} read so far stay and are right; no
          source becomes fresher until a later run completes.
        </p>
      </Confirm>
    </>
  )
}
