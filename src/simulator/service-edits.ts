import { badRequest } from './answer.ts'
import { type Asset, isLive } from './asset.ts'
import { resultOf } from './compliance-body.ts'
import { type Check, type CheckChange, type ComplianceBook, checksOfAsset, isAudited } from './compliance-book.ts'
import type { Edit, EditTarget } from './edit-targets.ts'
import type { ScanBook } from './scans.ts'

/** Edits of what is not an asset or finding: scans and compliance results. */
export const serviceEditNames = [
  'flip-compliance',
  'remove-compliance',
  'restore-compliance',
  'launch-scan',
  'finish-scan',
  'archive-run',
  'rename-scan',
  'delete-scan',
] as const
export type ServiceEditName = (typeof serviceEditNames)[number]

export interface ServiceEditParts {
  readonly scans: ScanBook
  readonly compliance: ComplianceBook
  readonly assets: readonly Asset[]
  readonly now: () => number
}

type Handler = (edit: Edit) => readonly EditTarget[]

export function createServiceEdits(parts: ServiceEditParts): Readonly<Record<ServiceEditName, Handler>> {
  const { scans, compliance, now } = parts

  const checks = (edit: Edit, wants: (check: Check) => boolean, change: (check: Check) => CheckChange) => {
    const chosen = auditedChecks(parts, edit)
      .filter(wants)
      .slice(0, edit.count ?? 1)
    for (const check of chosen) compliance.change(check, change(check))
    return chosen.map(({ asset, n }) => ({ asset_uuid: asset.uuid, check: n }))
  }
  const isTold = ({ change }: Check) => !change?.isRemoved
  const scan = (edit: Edit, change: (schedule: number) => boolean): EditTarget[] => {
    const wanted = scans.definitions().flatMap((definition, schedule) => {
      const isMeant = edit.scan_id === undefined || definition.id === edit.scan_id
      return isMeant && !scans.isRemoved(schedule) ? [schedule] : []
    })
    if (wanted.length === 0) throw badRequest(`no scan ${edit.scan_id ?? ''}`)
    const changed = wanted.find(change)
    return changed === undefined ? [] : [{ scan_id: scans.definitions()[changed]!.id }]
  }

  return {
    'flip-compliance': edit =>
      checks(
        edit,
        check => isTold(check) && ['PASSED', 'FAILED'].includes(resultOf(check)),
        check => ({ result: resultOf(check) === 'PASSED' ? 'FAILED' : 'PASSED', at: now(), isRemoved: false }),
      ),
    'remove-compliance': edit =>
      checks(edit, isTold, ({ change }) => ({ result: change?.result, at: change?.at ?? 0, isRemoved: true })),
    'restore-compliance': edit =>
      checks(
        edit,
        check => !isTold(check),
        ({ change }) => ({ result: change?.result, at: change?.at ?? 0, isRemoved: false }),
      ),
    'launch-scan': edit =>
      scan(edit, schedule => {
        if (!scans.isEnabled(schedule)) return false
        scans.launch(schedule)
        return true
      }),
    'finish-scan': edit => scan(edit, schedule => scans.finish(schedule)),
    'archive-run': edit =>
      scan(edit, schedule => {
        const run = scans.runs(schedule, 500).findLast(known => !scans.isArchived(known))
        if (run !== undefined) scans.archive(run.uuid)
        return run !== undefined
      }),
    'rename-scan': edit =>
      scan(edit, schedule => {
        scans.rename(schedule, edit.name ?? `${scans.definitions()[schedule]!.name}, renamed`)
        return true
      }),
    'delete-scan': edit =>
      scan(edit, schedule => {
        scans.remove(schedule)
        return true
      }),
  }
}

function auditedChecks({ assets, compliance }: ServiceEditParts, edit: Edit): Check[] {
  const audited = assets.filter(
    asset => isLive(asset) && isAudited(asset) && (edit.asset_uuid === undefined || asset.uuid === edit.asset_uuid),
  )
  const numbers = Array.from({ length: checksOfAsset }, (_, n) => n).filter(
    n => edit.check === undefined || n === edit.check,
  )
  // One check of each asset in turn, so that many edits touch many assets.
  return numbers.flatMap(n => audited.map(asset => compliance.check(asset, n)))
}
