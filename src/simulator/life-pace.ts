export interface LifePace {
  /** Of the assets a scan covers, how many it reaches. */
  readonly reached: number
  /** Of scanned assets, how many are indexed hours late. */
  readonly indexedLate: number
  /** Of an asset's findings. */
  readonly found: number
  readonly fixed: number
  readonly resurfaced: number
  readonly recast: number
  readonly accepted: number
  /** Of all assets. */
  readonly assetsCreated: number
  readonly assetsDeleted: number
  readonly assetsTerminated: number
  readonly assetsUnlicensed: number
  readonly assetsRenamed: number
  readonly assetsTagged: number
  readonly assetsAgedOut: number
  /** Of all plugins. */
  readonly pluginsModified: number
  readonly pluginsRescored: number
}

export const defaultPace: LifePace = {
  reached: 0.97,
  indexedLate: 0.03,
  found: 0.008,
  fixed: 0.008,
  resurfaced: 0.002,
  recast: 0.0005,
  accepted: 0.0005,
  assetsCreated: 0.005,
  assetsDeleted: 0.002,
  assetsTerminated: 0.002,
  assetsUnlicensed: 0.001,
  assetsRenamed: 0.003,
  assetsTagged: 0.005,
  assetsAgedOut: 0.0007,
  pluginsModified: 0.004,
  pluginsRescored: 0.01,
}
