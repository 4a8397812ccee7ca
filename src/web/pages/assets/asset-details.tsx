import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { AssetDetail } from '../../../contract/assets.ts'
import { DetailsPanel } from '../../components/details-panel.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useRefreshAssets } from '../../lib/asset-actions.ts'
import { assetQuery } from '../../lib/queries.ts'
import { useHasRole } from '../../lib/session.ts'
import { NotCounted } from './asset-columns.tsx'
import { AssetFacts } from './asset-facts.tsx'
import { Refreshing } from './refreshing.tsx'

const route = getRouteApi('/assets/tenable/$id')

export function AssetDetails() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(assetQuery(id))
  const mayRefresh = useHasRole('operator')
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
        {data => (
          <div style={{ display: 'flex', flexDirection: 'column', gap: 14 }}>
            {mayRefresh && <RefreshButton asset={data} />}
            <AssetFacts asset={data} />
          </div>
        )}
      </QueryView>
    </DetailsPanel>
  )
}

/** Reads this asset and its findings now. */
function RefreshButton({ asset }: { readonly asset: AssetDetail }) {
  const refresh = useRefreshAssets()
  return (
    <>
      <div>
        <Button variant="default" loading={refresh.isPending} onClick={() => refresh.mutate([asset])}>
          Sync this asset now
        </Button>
      </div>
      <Refreshing refresh={refresh} />
    </>
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
