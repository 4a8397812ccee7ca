import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { QueryView } from '../../components/query-view.tsx'
import { findingFlowQuery } from '../../lib/vulnerability-queries.ts'
import { FlowPanel } from '../findings/summary.tsx'

/** New against fixed in each of the last twelve weeks. */
export function WeeklyPanel() {
  const query = useQuery(findingFlowQuery({}, 84, 'week'))
  return (
    <QueryView query={query} skeleton={<Skeleton height={290} />}>
      {flow => <FlowPanel filter={{}} flow={flow} per="week" />}
    </QueryView>
  )
}
