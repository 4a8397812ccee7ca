import { Link } from '@tanstack/react-router'
import { useLive } from '../app/live.tsx'
import { activeRuns } from '../lib/live-state.ts'
import { Empty } from './empty.tsx'
import { Ago } from './instant.tsx'

/** No rows without any filter: because all is well, because a run is still reading, or because none has. */
export function NothingYet({ asOf, allWell }: { asOf: string | null; allWell: string }) {
  const isRunning = activeRuns(useLive().state).length > 0
  if (asOf !== null) {
    return (
      <Empty title={allWell}>
        Complete as of <Ago at={asOf} />.
      </Empty>
    )
  }
  return (
    <Empty title={isRunning ? 'The first sync is reading. Nothing to show yet.' : 'Nothing has been read yet.'}>
      <Link to="/">{isRunning ? 'Follow it on the overview' : 'Connect a source on the overview'}</Link>
    </Empty>
  )
}
