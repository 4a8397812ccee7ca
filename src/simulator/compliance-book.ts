import type { Asset } from './asset.ts'

/** What somebody changed of one check of one asset, beside what follows from its scans. Instants in milliseconds. */
export interface CheckChange {
  readonly result: ComplianceResult | undefined
  readonly at: number
  readonly isRemoved: boolean
}

export const complianceResults = ['PASSED', 'FAILED', 'WARNING', 'SKIPPED', 'ERROR', 'UNKNOWN'] as const
export type ComplianceResult = (typeof complianceResults)[number]

export interface Check {
  readonly asset: Asset
  readonly n: number
  readonly change: CheckChange | undefined
}

export interface ComplianceBook {
  /** The checks of an asset that are told, in order. */
  checksOf(asset: Asset): Iterable<Check>
  check(asset: Asset, n: number): Check
  change(check: Check, change: CheckChange): void
  /** Grows with each change. */
  version(): number
}

export const checksOfAsset = 14

export function createComplianceBook(): ComplianceBook {
  const changes = new Map<string, CheckChange>()
  let version = 0
  const check = (asset: Asset, n: number): Check => ({ asset, n, change: changes.get(`${asset.index} ${n}`) })
  return {
    checksOf: function* (asset) {
      if (!isAudited(asset)) return
      for (let n = 0; n < checksOfAsset; n++) {
        const one = check(asset, n)
        if (!one.change?.isRemoved) yield one
      }
    },
    check,
    change: ({ asset, n }, change) => {
      changes.set(`${asset.index} ${n}`, change)
      version++
    },
    version: () => version,
  }
}

/** Two in five general-purpose hosts are audited. */
export function isAudited(asset: Asset): boolean {
  return (
    asset.tracked && asset.lastScan !== 0 && asset.kind.platform !== 'network' && asset.slots > 0 && asset.hash % 5 < 2
  )
}

/** When the check was last looked at, and when what it found could be read. */
export function seenAt({ asset, change }: Check): number {
  return Math.max(asset.lastScan, change?.at ?? 0)
}

export function indexedAt({ asset, change }: Check): number {
  return Math.max(asset.lastIndexed, change?.at ?? 0)
}
