import type { Clock } from '../../platform/clock.ts'
import { messageOf } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Database } from '../../store/database.ts'
import { findMoments } from '../../store/reconciliation/compare.ts'
import { importGate } from '../../store/reconciliation/gate.ts'
import { pairsOfSource } from '../../store/reconciliation/pairs.ts'
import { measureQuality } from '../../store/reconciliation/quality.ts'
import { compareNow } from './comparing.ts'

export interface AfterRunDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

interface EndedRun {
  readonly runId: number
  readonly sourceId: number
}

/** Counts how complete the source's rows are, and compares it with its files; a fault is no fault of the run. */
export async function reconcileAfterRun(
  deps: AfterRunDeps,
  run: EndedRun & { readonly kind: string; readonly isComplete: boolean },
): Promise<void> {
  if (run.kind === 'targeted') return
  await measured(deps, run, run.kind === 'delta')
  if (run.isComplete) await comparePairs(deps, run, 'sync')
}

/** The same after a file was applied or taken back. */
export async function reconcileAfterImport(deps: AfterRunDeps, run: EndedRun): Promise<void> {
  await measured(deps, run, false)
  await comparePairs(deps, run, 'import')
}

async function measured({ database, log }: AfterRunDeps, run: EndedRun, isDelta: boolean): Promise<void> {
  try {
    await measureQuality(database, run.sourceId, { runId: run.runId, isDelta })
  } catch (error) {
    log.error({ run_id: run.runId, error: messageOf(error) }, 'the quality of the data could not be counted')
  }
}

async function comparePairs(deps: AfterRunDeps, run: EndedRun, trigger: 'import' | 'sync'): Promise<void> {
  const { database, log } = deps
  try {
    for (const pair of await pairsOfSource(database, run.sourceId)) {
      if (!pair.isAutomatic) continue
      // The files stand still once they are given up; what an outage brings is compared as it comes.
      if (trigger === 'sync' && (await importGate(database, pair.filesSourceId)).cutoverId !== null) continue
      const { filesAt, apiAt } = await findMoments(database, pair)
      if (filesAt === null || apiAt === null) continue
      await compareNow(deps, { kind: 'files', pair, trigger, startedBy: trigger })
    }
  } catch (error) {
    log.error({ run_id: run.runId, error: messageOf(error) }, 'a pair of sources could not be compared')
  }
}
