import { badRequest } from './answer.ts'
import { type Asset, isLive } from './asset.ts'
import {
  type AssetChange,
  acceptFinding,
  createAsset,
  deleteAsset,
  departAsset,
  type FindingChange,
  fixFinding,
  liftRule,
  now,
  openFinding,
  recastFinding,
  removeFinding,
  renameAsset,
  restoreAsset,
  restoreFinding,
  resurfaceFinding,
  supersedeAsset,
  tagAsset,
  terminateAsset,
  unlicenseAsset,
} from './changes.ts'
import { minuteMs, type SimulatorClock } from './clock.ts'
import { createEditTargets, type Edit, type EditTarget, keyOf } from './edit-targets.ts'
import { severityNames } from './finding-body.ts'
import type { Life } from './life.ts'
import type { Severity } from './plugin-catalogue.ts'
import { Random } from './random.ts'
import { createServiceEdits, type ServiceEditName, type ServiceEditParts, serviceEditNames } from './service-edits.ts'

export type { Edit, EditTarget } from './edit-targets.ts'

export const editNames = [
  'create-asset',
  'delete-asset',
  'terminate-asset',
  'unlicense-asset',
  'rename-asset',
  'tag-asset',
  'age-out-asset',
  'supersede-asset',
  'restore-asset',
  'scan-asset',
  'add-finding',
  'fix-finding',
  'resurface-finding',
  'recast-finding',
  'accept-finding',
  'lift-rule',
  'remove-finding',
  'restore-finding',
  'empty',
  ...serviceEditNames,
] as const

export type EditName = (typeof editNames)[number]

/** What an edit changed, by key. */
export interface EditResult {
  readonly changed: readonly EditTarget[]
}

export type Edits = (name: EditName, edit?: Edit) => EditResult

export function createEdits(
  life: Life,
  clock: SimulatorClock,
  seed: number,
  services: Pick<ServiceEditParts, 'scans' | 'compliance'>,
): Edits {
  const { world } = life
  const { estate } = world
  const targets = createEditTargets(estate, new Random(seed ^ 0x5eed))
  const moment = () => now(clock.now())

  const assets = (edit: Edit, change: AssetChange, wants = isTracked): EditResult => {
    const changed = targets.assets(edit, wants).filter(asset => change(world, asset, moment()))
    return { changed: changed.map(({ uuid }) => ({ asset_uuid: uuid })) }
  }
  const findings = (edit: Edit, change: FindingChange, removed = false): EditResult => ({
    changed: targets.findings(edit, removed, row => change(world, row, moment())),
  })
  const scan: (edit: Edit) => AssetChange = edit => (_, asset, at) => {
    const scannedAt = at.at - (edit.indexedAfterMinutes ?? 0) * minuteMs
    life.scan(asset, scannedAt, at.at, scannedAt - 10 * minuteMs)
    return asset.lastScan === scannedAt
  }

  const service = createServiceEdits({ ...services, assets: estate.assets, now: () => clock.now() })
  const serviceHandlers = Object.fromEntries(
    serviceEditNames.map(name => [name, (edit: Edit): EditResult => ({ changed: service[name](edit) })]),
  ) as Record<ServiceEditName, (edit: Edit) => EditResult>

  const handlers: Readonly<Record<EditName, (edit: Edit) => EditResult>> = {
    'create-asset': edit => {
      const created = Array.from({ length: edit.count ?? 1 }, () => createAsset(world, moment(), edit))
      return { changed: created.map(({ uuid }) => ({ asset_uuid: uuid })) }
    },
    'delete-asset': edit => assets(edit, deleteAsset),
    'terminate-asset': edit =>
      assets(edit, terminateAsset, asset => isTracked(asset) && asset.kind.cloud !== undefined),
    'unlicense-asset': edit => assets(edit, unlicenseAsset, asset => isTracked(asset) && asset.licensed),
    'rename-asset': edit => assets(edit, renameAsset),
    'tag-asset': edit => assets(edit, (_, asset, at) => tagAsset(world, asset, at, edit.tag ?? 0)),
    'age-out-asset': edit => assets(edit, (_, asset, at) => departAsset(world, asset, at, 'aged_out')),
    'supersede-asset': edit => assets(edit, (_, asset, at) => isLive(supersedeAsset(world, asset, at)), isUntracked),
    'restore-asset': edit => assets(edit, restoreAsset, asset => isTracked(asset) && !isLive(asset)),
    'scan-asset': edit => assets(edit, scan(edit), asset => isTracked(asset) && asset.lastScan !== 0),
    'add-finding': edit => {
      const rows = targets
        .assets(edit, asset => isTracked(asset) && asset.slots > 0)
        .map(asset => openFinding(world, asset, moment()))
      return { changed: rows.filter(row => row !== undefined).map(keyOf) }
    },
    'fix-finding': edit => findings(edit, fixFinding),
    'resurface-finding': edit => findings(edit, resurfaceFinding),
    'recast-finding': edit => findings(edit, (_, row, at) => recastFinding(world, row, at, severityOf(edit.severity))),
    'accept-finding': edit => findings(edit, acceptFinding),
    'lift-rule': edit => findings(edit, liftRule),
    'remove-finding': edit => findings(edit, removeFinding),
    'restore-finding': edit => findings(edit, restoreFinding, true),
    empty: () => {
      const gone = estate.assets.filter(asset => departAsset(world, asset, moment(), 'emptied'))
      return { changed: gone.map(({ uuid }) => ({ asset_uuid: uuid })) }
    },
    ...serviceHandlers,
  }
  return (name, edit = {}) => handlers[name](edit)
}

function isTracked(asset: Asset): boolean {
  return asset.tracked
}

function isUntracked(asset: Asset): boolean {
  return !asset.tracked
}

function severityOf(name: string | undefined): Severity | undefined {
  if (name === undefined) return undefined
  const severity = (severityNames as readonly string[]).indexOf(name.toLowerCase())
  if (severity < 0) throw badRequest(`no severity ${name}`)
  return severity as Severity
}
