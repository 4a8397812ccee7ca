import { isEverything, limitsAssets } from '../domain/scope.ts'
import type { Clock } from '../platform/clock.ts'
import { ConfigError, NotFoundError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type Actor, recordAudit } from '../store/audit.ts'
import type { Connection, Database } from '../store/database.ts'
import * as ledger from '../store/ledger.ts'
import { refuseFenced } from '../store/merge/fence.ts'
import { permissionsOf } from '../store/run-permissions.ts'
import { applySweep, closeSweep, dropHeldSweeps, forgetSeen } from '../store/sweep/apply.ts'
import { confirmSweep, findConfirmed } from '../store/sweep/confirmed.ts'
import { loadLostNetworks } from '../store/sweep/lost-networks.ts'
import {
  findSweep,
  holdForPerson,
  planSweep,
  recordSweep,
  type SweepCounts,
  type SweepRecord,
} from '../store/sweep/plan.ts'
import { loadLostScans } from '../store/sweep/scanned.ts'
import { markOutOfScope, type ScopeCounts, type ScopedRun } from '../store/sweep/scope.ts'

export interface SweepDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

/** More than this share of the assets or of the open findings is for a person to decide. */
const guardShare = 0.1
/** In a small estate a few rows are a large share; below this many the share does not matter. */
const guardFloor = 20

const waitMs = 250

const withinGuard = 'within the guard'

/**
 * Ends, after a complete full run, what the source no longer has. Holds the plan for a person when the key sees less than
 * before or when it would end too much. A run that was taken up goes on with the sweep it had planned: what it needs to
 * plan one again may be forgotten already.
 * @param why a reason of the caller's not to sweep at all
 */
export async function sweepAfter(
  deps: SweepDeps,
  run: ScopedRun,
  why: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { database } = deps
  const { runId, sourceId, fence } = run
  const planned = await findSweep(database, runId)
  const isToBeApplied = planned
    ? planned.status === 'held' && planned.reason === withinGuard
    : await plan(deps, run, (await confirmedBefore(deps, sourceId, signal)) ?? why)
  if (isToBeApplied) {
    await applySweep(database, runId, sourceId, connection => refuseFenced(connection, { runId, fence }, 'for share'))
    await database.transaction(async connection => {
      await closeSweep(connection, runId, 'applied', 'engine')
      await refuseFenced(connection, run, 'for share')
    })
  }
  await forgetSeen(database, sourceId, runId)
}

/**
 * Waits until what a person has confirmed before is carried out: else the same would be planned, and held, once more.
 * Answers why it cannot be, when it cannot.
 */
async function confirmedBefore(
  { database, clock }: SweepDeps,
  sourceId: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (;;) {
    const confirmed = await findConfirmed(database, sourceId)
    if (!confirmed) return undefined
    if (confirmed.error_message !== null) {
      return `the sweep of run ${confirmed.run_id}, which was confirmed, could not be carried out yet: ${confirmed.error_message}`
    }
    await clock.sleep(waitMs, signal)
  }
}

/** Writes down what the sweep would do, or why there is none; answers whether it may be done at once. */
async function plan({ database, log }: SweepDeps, run: ScopedRun, why: string | undefined): Promise<boolean> {
  const { runId, sourceId, scope } = run
  const narrowed = await narrowedView(database, runId, sourceId)
  // Whether something is outside the scope or only out of this key's sight cannot be told apart.
  const reason = why ?? (isEverything(scope) ? undefined : narrowed)
  // Before the rest is planned: what is outside the scope is not missing. A person chose the scope, so no guard holds it.
  const outside = reason === undefined ? await markOutOfScope(database, run) : undefined
  if (outside) await noteOutside(database, runId, outside)
  return database.transaction(async connection => {
    await dropHeldSweeps(connection, sourceId)
    let held: string | undefined
    if (outside) {
      const counts = await planSweep(connection, runId, sourceId, {
        limitsAssets: limitsAssets(scope),
        limitsSeverities: scope.severities.length > 0,
      })
      held =
        narrowed === undefined
          ? ((await lostNetworks(connection, runId, sourceId)) ??
            (await lostScans(connection, runId, sourceId)) ??
            overTheGuard(counts))
          : `Nothing was ended: ${narrowed} The sweep is held.`
      if (held === undefined) await recordSweep(connection, runId, sourceId, 'held', withinGuard, counts, outside)
      else {
        await holdForPerson(connection, runId, sourceId, held, counts, outside)
        await ledger.addNote(connection, runId, `${held} ${confirmOrReject(runId)}`)
      }
      log.debug({ run_id: runId, ...counts, held }, 'a sweep was planned')
    } else {
      await recordSweep(connection, runId, sourceId, 'skipped', reason ?? '', undefined)
      await ledger.addNote(connection, runId, `Nothing was ended: ${reason}`)
    }
    // A frozen process that wakes must not plan over what another has done.
    await refuseFenced(connection, run, 'for share')
    return outside !== undefined && held === undefined
  })
}

/** A network or repository that is no longer shown may have been deleted, or hidden from the key: only people know. */
async function lostNetworks(connection: Connection, runId: number, sourceId: number): Promise<string | undefined> {
  const lost = await loadLostNetworks(connection, runId, sourceId)
  if (lost.length === 0) return undefined
  const names = lost.map(({ name, assets }) => `${name} (${assets})`).join(', ')
  return `The sweep is held: it would age out all assets of networks or repositories that the key no longer sees: ${names}. They were deleted, or the key lost its right to them.`
}

/** A scan that is no longer listed was deleted, or hidden from the user. */
async function lostScans(connection: Connection, runId: number, sourceId: number): Promise<string | undefined> {
  const lost = await loadLostScans(connection, runId, sourceId)
  if (lost.length === 0) return undefined
  const names = lost.map(({ name, assets }) => `${name} (${assets})`).join(', ')
  return `The sweep is held: it would end what only scans have seen that the user no longer sees, of so many assets: ${names}. They were deleted, or are no longer shared with the user.`
}

function confirmOrReject(runId: number): string {
  return `Confirm or reject it: tenfold sweep confirm ${runId}, tenfold sweep reject ${runId}.`
}

/**
 * Writes down that a held sweep is to be carried out, which whoever works on runs then does, or drops it; and who decided.
 * @throws NotFoundError `sweep_not_found`
 * @throws ConfigError `sweep_not_held` when it was decided already
 */
export async function decideSweep(
  database: Database,
  runId: number,
  decision: 'confirm' | 'reject',
  actor: Actor,
): Promise<void> {
  await database.transaction(async connection => {
    const isOurs =
      decision === 'confirm'
        ? await confirmSweep(connection, runId, actor.name)
        : await closeSweep(connection, runId, 'rejected', actor.name)
    const sweep = await findSweep(connection, runId)
    if (!sweep) throw new NotFoundError('sweep_not_found', `Run ${runId} planned no sweep.`)
    if (!isOurs) throw notHeld(sweep)
    const { source_id, assets_aged_out, findings_asset_gone, findings_superseded, findings_withdrawn } = sweep
    await recordAudit(connection, {
      actor,
      action: decision === 'confirm' ? 'sweep.confirmed' : 'sweep.rejected',
      subject: `run:${runId}`,
      detail: {
        source_id,
        assets_aged_out,
        findings_ended: findings_asset_gone + findings_superseded + findings_withdrawn,
      },
    })
  })
}

function notHeld({ run_id, status, decided_by }: SweepRecord): ConfigError {
  const by = decided_by === null ? '' : ` by ${decided_by}`
  const what = status === 'confirmed' ? `was confirmed${by} and is being carried out` : `is ${status}${by}`
  return new ConfigError('sweep_not_held', `The sweep of run ${run_id} ${what}; there is nothing to decide.`)
}

/** Fewer rights show fewer rows: what is not shown is not gone. */
export async function narrowedView(database: Database, runId: number, sourceId: number): Promise<string | undefined> {
  const { now, before } = await permissionsOf(database, runId, sourceId)
  if (before === null || (now !== null && now >= before)) return undefined
  return (
    `the key's role is ${now ?? 'not known'} where it was ${before}, so it may show fewer assets and findings than ` +
    'before.'
  )
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
