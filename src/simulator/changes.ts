import type { Asset, Departure } from './asset.ts'
import { assetKinds } from './asset-kinds.ts'
import type { Estate } from './estate.ts'
import type { AssetEventKind, EventLog, FindingEventKind, Moment } from './events.ts'
import { severityNames } from './finding-body.ts'
import type { FindingLife, FindingRow } from './finding-row.ts'
import type { Severity } from './plugin-catalogue.ts'

/** Where changes are made and told. */
export interface World {
  readonly estate: Estate
  readonly events: EventLog
}

export function now(at: number): Moment {
  return { at, happenedAt: at }
}

/** Each returns false when the finding is in no state for it. The asset's own scan times are set afterwards. */
export type FindingChange = (world: World, row: FindingRow, moment: Moment) => boolean

export const fixFinding: FindingChange = (world, row, moment) => {
  if (row.state === 'FIXED') return false
  const { lastScan, lastRun } = row.asset
  return apply(world, row, moment, 'finding_fixed', {
    state: 'FIXED',
    lastFixed: moment.happenedAt,
    lastFound: lastScan,
    runStartedAt: lastRun,
  })
}

export const resurfaceFinding: FindingChange = (world, row, moment) => {
  if (row.state !== 'FIXED') return false
  return apply(world, row, moment, 'finding_resurfaced', {
    state: 'REOPENED',
    resurfacedAt: moment.happenedAt,
    lastFound: 0,
    runStartedAt: 0,
  })
}

export const acceptFinding: FindingChange = (world, row, moment) => {
  if (row.state === 'FIXED' || row.modification !== 'NONE') return false
  return apply(world, row, moment, 'finding_accepted', { modification: 'ACCEPTED' })
}

export const liftRule: FindingChange = (world, row, moment) => {
  if (row.modification === 'NONE') return false
  return apply(world, row, moment, 'finding_rule_lifted', { modification: 'NONE', severity: row.plugin.severity })
}

/** The row vanishes without a word. */
export const removeFinding: FindingChange = (world, row, moment) =>
  apply(world, row, moment, 'finding_removed', { isRemoved: true })

/** A row that had vanished is there again as it was. */
export const restoreFinding: FindingChange = (world, row, moment) => {
  if (!row.isRemoved) return false
  return apply(world, row, moment, 'finding_restored', { isRemoved: false })
}

export function recastFinding(world: World, row: FindingRow, moment: Moment, severity?: Severity): boolean {
  if (row.state === 'FIXED') return false
  const to = severity ?? ((row.severity === 4 ? 2 : row.severity + 1) as Severity)
  if (to === row.severity) return false
  return apply(world, row, moment, 'finding_recast', { modification: 'RECASTED', severity: to })
}

/** A finding the asset never had, in the next free slot. */
export function openFinding(world: World, asset: Asset, moment: Moment): FindingRow | undefined {
  if (asset.slots >= world.estate.slotLimit(asset.kind)) return undefined
  const slot = asset.slots++
  world.estate.change(asset, slot, {})
  const row = world.estate.newRow()
  world.estate.read(asset, slot, row)
  apply(world, row, moment, 'finding_opened', {
    state: 'OPEN',
    severity: row.plugin.severity,
    modification: 'NONE',
    firstFound: moment.happenedAt,
    lastFound: 0,
    lastFixed: 0,
    resurfacedAt: 0,
    runStartedAt: 0,
    isRemoved: false,
  })
  return row
}

function apply(
  world: World,
  row: FindingRow,
  moment: Moment,
  kind: FindingEventKind,
  change: Partial<FindingLife>,
): boolean {
  world.estate.change(row.asset, row.slot, { ...change, indexedAt: moment.at })
  world.estate.read(row.asset, row.slot, row)
  noteFinding(world, row, moment, kind)
  return true
}

function noteFinding(world: World, row: FindingRow, moment: Moment, kind: FindingEventKind): void {
  world.events.addFinding(kind, moment, row.asset.index, {
    pluginId: row.plugin.id,
    port: row.port.port,
    protocol: row.port.protocol,
    state: row.state,
    severity: severityNames[row.severity]!,
  })
}

export function noteAsset(world: World, asset: Asset, moment: Moment, kind: AssetEventKind, detail?: string): void {
  world.events.addAsset(kind, moment, asset.index, detail)
}

/** Changes of an asset; false when it is in no state for it. */
export type AssetChange = (world: World, asset: Asset, moment: Moment) => boolean

export const deleteAsset: AssetChange = (world, asset, moment) => {
  if (asset.goneAt !== 0 || asset.deletedAt !== 0) return false
  asset.deletedAt = asset.updatedAt = moment.at
  noteAsset(world, asset, moment, 'asset_deleted')
  return true
}

export const terminateAsset: AssetChange = (world, asset, moment) => {
  if (asset.goneAt !== 0 || asset.deletedAt !== 0 || asset.terminatedAt !== 0) return false
  asset.terminatedAt = asset.updatedAt = moment.at
  noteAsset(world, asset, moment, 'asset_terminated')
  return true
}

export const unlicenseAsset: AssetChange = (world, asset, moment) => {
  if (asset.goneAt !== 0 || !asset.licensed) return false
  asset.licensed = false
  asset.updatedAt = moment.at
  noteAsset(world, asset, moment, 'asset_unlicensed')
  return true
}

export const renameAsset: AssetChange = (world, asset, moment) => {
  if (asset.goneAt !== 0) return false
  asset.nameRevision++
  asset.updatedAt = moment.at
  noteAsset(world, asset, moment, 'asset_renamed')
  return true
}

/** Sets or takes away a tag; without being told which, the other of what is. */
export function tagAsset(world: World, asset: Asset, moment: Moment, tag: number, isSet?: boolean): boolean {
  const mask = 1 << tag
  const has = (asset.tags & mask) !== 0
  const wanted = isSet ?? !has
  if (asset.goneAt !== 0 || has === wanted) return false
  asset.tags = wanted ? asset.tags | mask : asset.tags & ~mask
  asset.updatedAt = moment.at
  noteAsset(world, asset, moment, 'asset_tagged', `${wanted ? '+' : '-'}${world.estate.tenant.tags[tag]!.uuid}`)
  return true
}

/** A deleted, terminated or departed asset is there again, with what it had. */
export const restoreAsset: AssetChange = (world, asset, moment) => {
  if (asset.goneAt === 0 && asset.deletedAt === 0 && asset.terminatedAt === 0) return false
  asset.goneAt = asset.deletedAt = asset.terminatedAt = 0
  asset.departure = undefined
  asset.updatedAt = moment.at
  noteAsset(world, asset, moment, 'asset_restored')
  return true
}

/** The asset and its findings are gone, and no export will ever say so. */
export function departAsset(
  world: World,
  asset: Asset,
  moment: Moment,
  departure: Departure,
  detail?: string,
): boolean {
  if (asset.goneAt !== 0) return false
  asset.goneAt = moment.at
  asset.departure = departure
  noteAsset(world, asset, moment, `asset_${departure}`, detail)
  return true
}

export interface AssetDraft {
  readonly kind?: string
  readonly findings?: number
  readonly tracked?: boolean
  readonly licensed?: boolean
  /** Describes a host that is known already. */
  readonly host?: number
}

export function createAsset(world: World, moment: Moment, draft: AssetDraft): Asset {
  const kind = assetKinds.find(known => known.name === draft.kind) ?? assetKinds[2]!
  const asset = world.estate.add({
    kind,
    at: moment.happenedAt,
    slots: draft.findings ?? 20,
    tracked: draft.tracked ?? true,
    licensed: draft.licensed ?? kind.licensed,
    ...(draft.host === undefined ? {} : { host: draft.host }),
  })
  asset.updatedAt = moment.at
  if (asset.lastScan !== 0) asset.lastIndexed = moment.at
  noteAsset(world, asset, moment, 'asset_created')
  const row = world.estate.newRow()
  for (let slot = 0; slot < asset.slots; slot++) {
    if (world.estate.read(asset, slot, row)) noteFinding(world, row, moment, 'finding_opened')
  }
  return asset
}

/** An untracked host is scanned again: a new id takes over. */
export function supersedeAsset(world: World, asset: Asset, moment: Moment): Asset {
  const next = createAsset(world, moment, {
    kind: asset.kind.name,
    findings: asset.slots,
    tracked: false,
    licensed: asset.licensed,
    host: asset.host,
  })
  departAsset(world, asset, moment, 'superseded', next.uuid)
  return next
}
