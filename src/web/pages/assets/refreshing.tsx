import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useLive } from '../../app/live.tsx'
import { Notice } from '../../components/notice.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import type { useRefreshAssets } from '../../lib/asset-actions.ts'
import { counted } from '../../lib/format.ts'
import { isActive, runStatusLabels } from '../../lib/runs.ts'

/** How a refresh that was asked for gets on: the runs to follow, or why there is none. */
export function Refreshing({ refresh }: { readonly refresh: ReturnType<typeof useRefreshAssets> }) {
  const { runs } = useLive().state
  if (refresh.error) return <ProblemView error={refresh.error} />
  if (refresh.data === undefined) return null
  const jobs = refresh.data.map(({ job }) => runs.get(job.id) ?? job)
  const isOver = !jobs.some(isActive)
  return (
    <Notice
      tone={isOver ? 'good' : 'info'}
      title={`${counted(refresh.variables.length, 'asset')} ${isOver ? 'read again' : 'being read again'}`}
      action={
        <Button variant="default" onClick={refresh.reset}>
          Put away
        </Button>
      }
    >
      {jobs.map(job => (
        <div key={job.id}>
          <Link to="/admin/tenable/sync/$id" params={{ id: String(job.id) }}>
            Run {job.id}
          </Link>
          : {runStatusLabels[job.status].toLowerCase()}
        </div>
      ))}
    </Notice>
  )
}
