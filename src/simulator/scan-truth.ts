import { iso } from './clock.ts'
import { checksumOf } from './compliance-truth.ts'
import { listed } from './scan-reads.ts'
import type { Simulation } from './simulation.ts'

export interface ScanTruth {
  readonly total: number
  /** Over the lines `id|schedule_uuid|name|status|enabled`, as for findings. */
  readonly checksum: string
  readonly runs: {
    readonly total: number
    readonly archived: number
    /** Over the lines `scan id|uuid|status|archived|start|end`; a run that goes on has no end. */
    readonly checksum: string
  }
}

/** Of each scan the newest 500 runs: as many as its history lists. */
const runsListed = 500

export function countScans(simulation: Pick<Simulation, 'scans' | 'estate' | 'recording'>): ScanTruth {
  const { scans, recording } = simulation
  const lines: string[] = []
  const runs: string[] = []
  let archived = 0
  if (recording === undefined) {
    for (const [schedule, definition] of scans.definitions().entries()) {
      if (scans.isRemoved(schedule)) continue
      const { id, schedule_uuid, name, status, enabled } = listed(simulation, schedule)
      lines.push([id, schedule_uuid, name, status, enabled].join('|').toLowerCase())
      for (const run of scans.runs(schedule, runsListed)) {
        const isArchived = scans.isArchived(run)
        if (isArchived) archived++
        const end = run.endedAt === 0 ? '' : wholeSecond(run.endedAt)
        runs.push(
          [definition.id, run.uuid, run.status, isArchived, wholeSecond(run.startedAt), end].join('|').toLowerCase(),
        )
      }
    }
  }
  return {
    total: lines.length,
    checksum: checksumOf(lines),
    runs: { total: runs.length, archived, checksum: checksumOf(runs) },
  }
}

/** Scans tell seconds. */
function wholeSecond(ms: number): string {
  return iso(Math.floor(ms / 1000) * 1000)
}
