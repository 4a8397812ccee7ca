import { json, Refusal } from './answer.ts'
import type { Asset } from './asset.ts'
import { scopeOf } from './export.ts'
import type { Simulation } from './simulation.ts'

export function visibleAsset(simulation: Simulation, uuid: string): Asset {
  const asset = simulation.estate.find(uuid)
  const scope = scopeOf(simulation)
  if (
    asset === undefined ||
    asset.goneAt !== 0 ||
    !asset.tracked ||
    !scope.views(asset) ||
    (asset.deletedAt !== 0 && !scope.seesDeleted)
  ) {
    throw new Refusal(json({ error: 'Asset not found' }, 404))
  }
  return asset
}
