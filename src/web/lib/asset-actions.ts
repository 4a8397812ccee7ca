import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { AssetView } from '../../contract/assets.ts'
import type { RefreshAnswer } from '../../contract/refresh.ts'
import { api } from './api.ts'

/** What one call reads at most. */
const assetsOfCall = 25
/** A sync of the source reads so many sooner. */
export const refreshAtMost = 100

type Refreshed = Pick<AssetView, 'id' | 'source_id'>

/** Reads some assets and their findings now; of several sources, and of many, in several runs. */
export function useRefreshAssets() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (assets: readonly Refreshed[]) => {
      const answers: RefreshAnswer[] = []
      // One after the other: the source is asked for little at a time.
      for (const asset_ids of callsOf(assets)) answers.push(await api.call('refreshAssets', { body: { asset_ids } }))
      return answers
    },
    onSettled: () => Promise.all(['sync', 'jobs'].map(key => client.invalidateQueries({ queryKey: [key] }))),
  })
}

function callsOf(assets: readonly Refreshed[]): number[][] {
  const bySource = Map.groupBy(assets, asset => asset.source_id)
  return [...bySource.values()].flatMap(ofSource =>
    Array.from({ length: Math.ceil(ofSource.length / assetsOfCall) }, (_, call) =>
      ofSource.slice(call * assetsOfCall, (call + 1) * assetsOfCall).map(asset => asset.id),
    ),
  )
}
