import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SlaEffect } from '../../../../contract/vulnerabilities.ts'
import { AsOf } from '../../../components/list/counting-note.tsx'
import { PageFrame, SentenceSkeleton } from '../../../components/page.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { RoleNote } from '../../../components/role-note.tsx'
import { counted } from '../../../lib/format.ts'
import { useHasRole } from '../../../lib/session.ts'
import { slaEffectQuery, slaQuery } from '../../../lib/vulnerability-queries.ts'
import { SlaForm } from './sla-form.tsx'

/** How long findings of each severity may stay open, and what other limits would make overdue. */
export function SlaPage() {
  const query = useQuery(slaQuery)
  const effect = useQuery(slaEffectQuery({}))
  const isAdmin = useHasRole('admin')
  return (
    <PageFrame
      title="SLA"
      context={effect.data ? <AsOf at={effect.data.as_of} level={effect.data.level} /> : effect.error ? undefined : ''}
      sentence={effect.data ? <Overdue effect={effect.data} /> : !effect.error && <SentenceSkeleton />}
    >
      <RoleNote needed="admin" what="Changing the limits" />
      {effect.error && (
        <ProblemView error={effect.error} onRetry={() => void effect.refetch()} isRetrying={effect.isFetching} />
      )}
      <QueryView query={query} skeleton={<Skeleton height={300} />}>
        {data => (
          <SlaForm
            key={data.items.map(one => one.days).join()}
            limits={data.items}
            held={effect.data}
            mayChange={isAdmin}
          />
        )}
      </QueryView>
      <p className="dim" style={{ margin: 0, maxWidth: '80ch', fontSize: '0.8125rem' }}>
        The time of a finding runs from when it was first found, or found again after a fix. The limits hold for every
        source at once, and what is overdue is reckoned whenever it is asked: nothing has to be read again.
        {isAdmin && (
          <>
            {' '}
            Every change is in the{' '}
            <Link to="/settings/audit" search={{ action: 'sla.changed' }}>
              audit
            </Link>
            .
          </>
        )}
      </p>
    </PageFrame>
  )
}

function Overdue({ effect }: { effect: SlaEffect }) {
  const overdue = effect.items.reduce((sum, one) => sum + one.overdue_before, 0)
  if (overdue === 0) return 'No open finding is overdue.'
  return (
    <>
      <Link to="/vulnerabilities/tenable" search={{ is_overdue: true }}>
        {counted(overdue, 'open finding')}
      </Link>{' '}
      {overdue === 1 ? 'is' : 'are'} overdue.
    </>
  )
}
