import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { pluginName } from '../../../domain/plugin-name.ts'
import { DetailsPanel } from '../../components/details-panel.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityMark } from '../../components/severity-mark.tsx'
import { findingQuery } from '../../lib/queries.ts'
import { FindingFacts } from './finding-facts.tsx'

const route = getRouteApi('/vulnerabilities/tenable/$id')

export function FindingDetails() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(findingQuery(id))
  const finding = query.data
  return (
    <DetailsPanel
      subject={id}
      title={
        finding === undefined ? (
          'Finding'
        ) : (
          <>
            <SeverityMark severity={finding.severity} />{' '}
            <OutsideName text={pluginName(finding.plugin_name, finding.plugin_id)} />
          </>
        )
      }
      onClose={() => void navigate({ to: '/vulnerabilities/tenable', search: true, resetScroll: false })}
    >
      <QueryView query={query} skeleton={<DetailsSkeleton />}>
        {data => <FindingFacts finding={data} />}
      </QueryView>
    </DetailsPanel>
  )
}

function DetailsSkeleton() {
  return (
    <>
      <Skeleton height={20} mb="lg" />
      <Skeleton height={90} mb="lg" />
      <Skeleton height={180} mb="lg" />
      <Skeleton height={120} />
    </>
  )
}
