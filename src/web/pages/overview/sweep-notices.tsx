import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SweepView } from '../../../contract/sweeps.ts'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { counted } from '../../lib/format.ts'
import { sweepsQuery } from '../../lib/vulnerability-queries.ts'

/** Of each source the last sweep, when it waits for a person or was left out because its key saw less. */
export function SweepNotices() {
  const { data } = useQuery(sweepsQuery)
  const seen = new Set<number>()
  const newest = (data?.items ?? []).filter(sweep => !seen.has(sweep.source_id) && seen.add(sweep.source_id))
  return newest
    .filter(sweep => sweep.status === 'held' || sweep.status === 'skipped')
    .map(sweep => <SweepNotice key={sweep.run_id} sweep={sweep} />)
}

function SweepNotice({ sweep }: { sweep: SweepView }) {
  const isHeld = sweep.status === 'held'
  const { assets, findings } = sweep.would_end
  return (
    <Notice
      tone="warn"
      title={
        isHeld ? (
          <>
            A sweep of <OutsideName text={sweep.source} /> waits for a decision: it would end {counted(assets, 'asset')}{' '}
            and {counted(findings, 'finding')}
          </>
        ) : (
          <>
            The last full run of <OutsideName text={sweep.source} /> ended nothing
          </>
        )
      }
      action={
        <Button
          variant="default"
          renderRoot={props => <Link {...props} to="/admin/tenable/sync/$id" params={{ id: String(sweep.run_id) }} />}
        >
          See run {sweep.run_id}
        </Button>
      }
    >
      <OutsideName text={sweep.reason} />
    </Notice>
  )
}
