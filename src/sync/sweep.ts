import { limitsAssets } from '../domain/scope.ts'
import { ConfigError, NotFoundError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type Actor, recordAudit } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import { rollUpDailyTotals } from '../store/rollups/daily-totals.ts'
import { applySweep, closeSweep, dropHeldSweeps, forgetSeen } from '../store/sweep/apply.ts'
import { findSweep, holdForPerson, holdSweep, planSweep, recordSweep, type SweepCounts } from '../store/sweep/plan.ts'
import { markOutOfScope, type ScopeCounts, type ScopedRun } from '../store/sweep/scope.ts'

export interface SweepDeps {
  readonly database: Database
  readonly log: Log
}

/** More than this share of the assets or of the open findings is for a person to decide. */
const guardShare = 0.1
/** In a small estate a few rows are a large share; below this many the share does not matter. */
const guardFloor = 20

/**
 * Ends, after a complete full run, what the source no longer has. Does nothing, with a reason, when the key sees less
 * than before; holds the plan for a person when it would end too much.
 * @param why a reason of the caller's not to sweep at all
 */
export async function sweepAfter({ database, log }: SweepDeps, run: ScopedRun, why: string | undefined): Promise<void> {
  const { runId, sourceId, fence } = run
  await dropHeldSweeps(database, sourceId)
  const reason = why ?? (await narrowedView(database, runId, sourceId))
  if (reason !== undefined) {
    await recordSweep(database, runId, sourceId, 'skipped', reason, undefined)
    await ledger.addNote(database, runId, `Nothing was ended: ${reason}`)
  } else {
    // Before the rest is planned: what is outside the scope is not missing. A person chose the scope, so no guard holds it.
    const outside = await markOutOfScope(database, run)
    await noteOutside(database, runId, outside)
    const counts = await planSweep(database, runId, sourceId, {
      limitsAssets: limitsAssets(run.scope),
      limitsSeverities: run.scope.severities.length > 0,
    })
    const held = overTheGuard(counts)
    if (held === undefined) {
      await recordSweep(database, runId, sourceId, 'held', 'within the guard', counts, outside)
      await applySweep(database, runId, sourceId, fence)
      await closeSweep(database, runId, 'applied', 'engine')
    } else {
      await holdForPerson(database, runId, sourceId, held, counts, outside)
      await ledger.addNote(
        database,
        runId,
        `${held} Confirm or reject it: tenfold sweep confirm ${runId}, tenfold sweep reject ${runId}.`,
      )
    }
    log.debug({ run_id: runId, ...counts, held }, 'a sweep was planned')
  }
  await forgetSeen(database, sourceId)
}

/**
 * Carries out or drops a held sweep, and writes down who decided.
 * @throws NotFoundError `sweep_not_found`
 * @throws ConfigError `sweep_not_held` when it was decided already, `sweep_busy` while somebody decides it
 */
export async function decideSweep(
  database: Database,
  runId: number,
  decision: 'confirm' | 'reject',
  actor: Actor,
): Promise<void> {
  const sourceId = await database.transaction(async connection => {
    // Held until it is carried out: two who decide at once must not do half of each.
    const sweep = await holdSweep(connection, runId)
    if (!sweep) throw await notHeld(database, runId)
    if (decision === 'confirm') await applySweep(database, runId, sweep.source_id, null)
    await closeSweep(connection, runId, decision === 'confirm' ? 'applied' : 'rejected', actor.name)
    const { assets_aged_out, findings_asset_gone, findings_superseded, findings_withdrawn } = sweep
    await recordAudit(connection, {
      actor,
      action: decision === 'confirm' ? 'sweep.confirmed' : 'sweep.rejected',
      subject: `run:${runId}`,
      detail: {
        source_id: sweep.source_id,
        assets_aged_out,
        findings_ended: findings_asset_gone + findings_superseded + findings_withdrawn,
      },
    })
    return sweep.source_id
  })
  if (decision === 'confirm') await rollUpDailyTotals(database, sourceId)
}

async function notHeld(database: Database, runId: number): Promise<NotFoundError | ConfigError> {
  const sweep = await findSweep(database, runId)
  if (!sweep) return new NotFoundError('sweep_not_found', `Run ${runId} planned no sweep.`)
  if (sweep.status === 'held') {
    return new ConfigError(
      'sweep_busy',
      `The sweep of run ${runId} is being decided right now. Look again in a moment.`,
    )
  }
  return new ConfigError('sweep_not_held', `The sweep of run ${runId} is ${sweep.status}; there is nothing to decide.`)
}

/** Fewer rights show fewer rows: what is not shown is not gone. */
export async function narrowedView(database: Database, runId: number, sourceId: number): Promise<string | undefined> {
  const { now, before } = await ledger.permissionsOf(database, runId, sourceId)
  if (before === null || (now !== null && now >= before)) return undefined
  return `the key's role is ${now ?? 'not known'} where it was ${before}: it may show fewer assets and findings than before.`
}

async function noteOutside(database: Database, runId: number, outside: ScopeCounts): Promise<void> {
  if (outside.assets + outside.findings === 0) return
  const unasked =
    outside.unasked === 0
      ? ''
      : ` Of these assets ${outside.unasked} may have been deleted instead: they were too many to ask the source about.`
  await ledger.addNote(
    database,
    runId,
    `Outside the scope: ${outside.assets} assets and ${outside.findings} findings. They are kept, marked, and counted apart.${unasked}`,
  )
}

function overTheGuard(counts: SweepCounts): string | undefined {
  const ended =
    counts.findings_asset_gone + counts.findings_superseded + counts.findings_withdrawn + counts.findings_out_of_scope
  const assets = over(counts.assets_aged_out, counts.assets_live)
  const findings = over(ended, counts.findings_open)
  if (!assets && !findings) return undefined
  const share = Math.round(guardShare * 100)
  return `The sweep is held: it would age out ${counts.assets_aged_out} of ${counts.assets_live} assets and end ${ended} of ${counts.findings_open} open findings, more than ${share} %.`
}

function over(part: number, whole: number): boolean {
  return part > guardFloor && part > whole * guardShare
}
