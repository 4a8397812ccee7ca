import type { Asset } from './asset.ts'
import type { AssetKind } from './asset-kinds.ts'
import { bornAsset, drawAssets, type EstateSize, type NewAsset } from './drawn-assets.ts'
import { type FindingLife, type FindingRow, lifeOf, newRow } from './finding-row.ts'
import { liveAtStart, placeFinding, slotSpace, slotsWithin } from './finding-start.ts'
import type { PluginCatalogue } from './plugin-catalogue.ts'
import type { Tenant } from './tenant.ts'

/**
 * The estate: assets as small records, findings as a pure function of (seed, asset, slot) overlaid with the changes
 * life has made. Memory grows with assets and changes, not with findings.
 */
export interface Estate {
  readonly seed: number
  readonly tenant: Tenant
  readonly plugins: PluginCatalogue
  readonly assets: Asset[]
  readonly startMs: number
  find(uuid: string): Asset | undefined
  /** Fills `row`; false when the slot holds nothing any more. */
  read(asset: Asset, slot: number, row: FindingRow): boolean
  change(asset: Asset, slot: number, change: Partial<FindingLife>): void
  add(draft: NewAsset): Asset
  /** How many slots an asset may have at most. */
  slotLimit(kind: AssetKind): number
  newRow(): FindingRow
  changedCount(): number
}

export function createEstate(
  seed: number,
  size: EstateSize,
  tenant: Tenant,
  plugins: PluginCatalogue,
  startMs: number,
): Estate {
  const assets: Asset[] = []
  const indexByUuid = new Map<string, number>()
  const changes = new Map<number, FindingLife>()
  const keep = (asset: Asset): Asset => {
    assets.push(asset)
    indexByUuid.set(asset.uuid, asset.index)
    return asset
  }
  const slotLimit = (kind: AssetKind) => slotsWithin(plugins, kind.platform)
  for (const asset of drawAssets(seed, size, tenant, startMs, slotLimit)) keep(asset)

  const base = (asset: Asset, slot: number, row: FindingRow): void => {
    placeFinding(seed, plugins, asset, slot, row)
    liveAtStart(asset, row, startMs)
  }
  const read = (asset: Asset, slot: number, row: FindingRow): boolean => {
    placeFinding(seed, plugins, asset, slot, row)
    const changed = changes.get(asset.index * slotSpace + slot)
    if (changed === undefined) liveAtStart(asset, row, startMs)
    else Object.assign(row, changed)
    settleOnAsset(asset, row)
    return !row.isRemoved
  }
  const scratch = newRow(assets[0]!, plugins.at(0))
  return {
    seed,
    tenant,
    plugins,
    assets,
    startMs,
    find: uuid => assets[indexByUuid.get(uuid) ?? -1],
    read,
    change: (asset, slot, change) => {
      const key = asset.index * slotSpace + slot
      let life = changes.get(key)
      if (life === undefined) {
        base(asset, slot, scratch)
        life = lifeOf(scratch)
        changes.set(key, life)
      }
      Object.assign(life, change)
    },
    add: draft => keep(bornAsset(seed, tenant, assets.length, draft, slotLimit(draft.kind))),
    slotLimit,
    newRow: () => newRow(assets[0]!, plugins.at(0)),
    changedCount: () => changes.size,
  }
}

/** Open findings are seen by every scan of their asset; fixed ones stay where they were. */
function settleOnAsset(asset: Asset, row: FindingRow): void {
  if (row.lastFound === 0) row.lastFound = asset.lastScan
  if (row.runStartedAt === 0) row.runStartedAt = asset.lastRun
  if (row.state !== 'FIXED' && asset.lastIndexed > row.indexedAt) row.indexedAt = asset.lastIndexed
}
