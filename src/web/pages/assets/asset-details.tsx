import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { DetailsPanel } from '../../components/details-panel.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { assetQuery } from '../../lib/queries.ts'
import { NotCounted } from './asset-columns.tsx'
import { AssetFacts } from './asset-facts.tsx'

const route = getRouteApi('/assets/tenable/$id')

export function AssetDetails() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(assetQuery(id))
  const asset = query.data
  return (
    <DetailsPanel
      subject={id}
      title={
        asset === undefined ? (
          'Asset'
        ) : (
          <>
            <OutsideName text={asset.name} />
            <NotCounted row={asset} />
          </>
        )
      }
      onClose={() => void navigate({ to: '/assets/tenable', search: true, resetScroll: false })}
    >
      <QueryView query={query} skeleton={<DetailsSkeleton />}>
        {data => <AssetFacts asset={data} />}
      </QueryView>
    </DetailsPanel>
  )
}

function DetailsSkeleton() {
  return (
    <>
      <Skeleton height={20} mb="lg" />
      <Skeleton height={240} mb="lg" />
      <Skeleton height={160} />
    </>
  )
}
