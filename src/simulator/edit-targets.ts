import { badRequest } from './answer.ts'
import { type Asset, isLive } from './asset.ts'
import type { Estate } from './estate.ts'
import type { FindingRow } from './finding-row.ts'
import type { Random } from './random.ts'

/** Which asset or finding an edit is about. What is left out is chosen by the simulator, from the seed. */
export interface EditTarget {
  readonly asset_uuid?: string
  readonly plugin_id?: number
  readonly port?: number
  readonly protocol?: string
  /** A scan, by its integer id. */
  readonly scan_id?: number
  /** A compliance check of the asset, by its number. */
  readonly check?: number
}

export interface Edit extends EditTarget {
  /** How many targets, when none is named; default 1. */
  readonly count?: number
  /** Of a created asset: its kind (`linux-server`, `webapp` …) and how many findings it starts with. */
  readonly kind?: string
  readonly findings?: number
  readonly tracked?: boolean
  readonly licensed?: boolean
  /** For `rename-scan`. */
  readonly name?: string
  /** For `recast-finding`: info … critical. */
  readonly severity?: string
  /** For `tag-asset`: position in the tenant's list of tag values. */
  readonly tag?: number
  /** For `scan-asset`: minutes between the scan and now, when its results are indexed. */
  readonly indexedAfterMinutes?: number
}

export interface EditTargets {
  /** The asset an edit names, or some that `wants` likes. */
  assets(edit: Edit, wants: (asset: Asset) => boolean): Asset[]
  /** Offers findings to `change` until enough took it; gives the keys of those. */
  findings(edit: Edit, removed: boolean, change: (row: FindingRow) => boolean): EditTarget[]
}

export function createEditTargets(estate: Estate, random: Random): EditTargets {
  const named = (uuid: string): Asset => {
    const asset = estate.find(uuid)
    if (asset === undefined) throw badRequest(`no asset ${uuid}`)
    return asset
  }
  const withFindings = (): Asset[] => estate.assets.filter(asset => isLive(asset) && asset.tracked && asset.slots > 0)
  return {
    assets: (edit, wants) => {
      if (edit.asset_uuid !== undefined) return [named(edit.asset_uuid)]
      // Restoring is the one edit that looks for assets that are not live.
      const liked = estate.assets.filter(wants)
      const live = liked.filter(isLive)
      return drawSome(live.length > 0 ? live : liked, edit.count ?? 1, random)
    },
    findings: (edit, removed, change) => {
      const pool = edit.asset_uuid === undefined ? withFindings() : [named(edit.asset_uuid)]
      const isNamed = edit.plugin_id !== undefined
      const wanted = isNamed && edit.count === undefined ? Number.POSITIVE_INFINITY : (edit.count ?? 1)
      const assets = isNamed ? pool : drawSome(pool, pool.length, random)
      const changed: EditTarget[] = []
      const row = estate.newRow()
      const offer = (asset: Asset): boolean => {
        const start = isNamed ? 0 : random.below(asset.slots)
        for (let n = 0; n < asset.slots; n++) {
          const isThere = estate.read(asset, (start + n) % asset.slots, row)
          if (isThere === removed || !isMeant(row, edit)) continue
          const key = keyOf(row)
          if (!change(row)) continue
          changed.push(key)
          return true
        }
        return false
      }
      // One finding of each asset in turn, so that many edits touch many assets.
      for (let left = assets; left.length > 0 && changed.length < wanted; ) {
        left = left.filter(asset => changed.length < wanted && offer(asset))
      }
      return changed
    },
  }
}

function isMeant(row: FindingRow, edit: Edit): boolean {
  return (
    (edit.plugin_id === undefined || row.plugin.id === edit.plugin_id) &&
    (edit.port === undefined || row.port.port === edit.port) &&
    (edit.protocol === undefined || row.port.protocol === edit.protocol.toUpperCase())
  )
}

export function keyOf(row: FindingRow): EditTarget {
  return { asset_uuid: row.asset.uuid, plugin_id: row.plugin.id, port: row.port.port, protocol: row.port.protocol }
}

function drawSome<T>(items: readonly T[], count: number, random: Random): T[] {
  const left = items.slice()
  const drawn: T[] = []
  while (drawn.length < count && left.length > 0) {
    const at = random.below(left.length)
    drawn.push(left[at]!)
    left[at] = left[left.length - 1]!
    left.pop()
  }
  return drawn
}
