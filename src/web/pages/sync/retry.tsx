import { Button } from '@mantine/core'
import type { RunView } from '../../../contract/sync.ts'
import { ProblemView } from '../../components/problem-view.tsx'
import { counted } from '../../lib/format.ts'
import { useRetryFailed, useRetryRun } from '../../lib/sync-actions.ts'

/** The same run once more. */
export function Retry({ run }: { run: RunView }) {
  const retry = useRetryRun()
  return (
    <>
      <Button
        variant="default"
        size="compact-xs"
        loading={retry.isPending}
        aria-label={`Run ${run.id} again`}
        onClick={() => retry.mutate(run.id)}
      >
        Run again
      </Button>
      {retry.error && <ProblemView error={retry.error} />}
    </>
  )
}

const days = 7

/** Makes up for the failures of the last days: one run for each source. */
export function RetryFailed() {
  const retry = useRetryFailed()
  const queued = retry.data?.items.filter(one => one.created).length
  return (
    <>
      <Button
        variant="default"
        loading={retry.isPending}
        title={`One run for each source whose failures of the last ${days} days no later run has made up for`}
        onClick={() => retry.mutate(days)}
      >
        Retry all failed
      </Button>
      {retry.data && (
        <span role="status" className="dim">
          {retry.data.items.length === 0
            ? `Nothing to make up for in the last ${days} days.`
            : `${counted(queued ?? 0, 'run')} queued.`}
        </span>
      )}
      {retry.error && <ProblemView error={retry.error} />}
    </>
  )
}
