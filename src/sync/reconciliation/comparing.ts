import type { SourceCounts } from '../../domain/source-counts.ts'
import type { Clock } from '../../platform/clock.ts'
import { codeOf, messageOf } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { Database } from '../../store/database.ts'
import { correlateSourceTenant } from '../../store/identity/correlate.ts'
import { compareFiles } from '../../store/reconciliation/compare.ts'
import {
  beatComparison,
  beginComparison,
  type ComparisonTrigger,
  failComparison,
} from '../../store/reconciliation/comparisons.ts'
import { compareCounts } from '../../store/reconciliation/counts.ts'
import type { Pair } from '../../store/reconciliation/pairs.ts'
import { isAbandoned, ownerName } from '../owner.ts'

export interface ComparingDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

/** What is compared, and who asked for it. */
export type ComparisonRequest = {
  readonly trigger: ComparisonTrigger
  readonly startedBy: string
} & (
  | { readonly kind: 'files'; readonly pair: Pair }
  | { readonly kind: 'counts'; readonly sourceId: number; readonly count: () => Promise<SourceCounts> }
)

export interface BegunWork {
  readonly comparisonId: number
  /** Undefined when another is at it already. Never rejects: what goes wrong is written into the comparison's row. */
  readonly work: Promise<void> | undefined
}

/** Begins a comparison; one that a dead process left is given up and begun anew. */
export async function beginComparing(deps: ComparingDeps, request: ComparisonRequest): Promise<BegunWork> {
  const { database } = deps
  const owner = ownerName()
  const item = {
    kind: request.kind,
    pairId: request.kind === 'files' ? request.pair.pairId : null,
    filesSourceId: request.kind === 'files' ? request.pair.filesSourceId : null,
    apiSourceId: request.kind === 'files' ? request.pair.apiSourceId : request.sourceId,
    trigger: request.trigger,
    owner,
    startedBy: request.startedBy,
  }
  let begun = await beginComparison(database, item)
  if (!begun.isNew && isAbandoned(begun.owner, begun.silentMs)) {
    await failComparison(database, begun.comparisonId, {
      code: 'worker_lost',
      message: 'The process that compared ended in the middle. Compare again.',
    })
    begun = await beginComparison(database, item)
  }
  const { comparisonId, isNew } = begun
  return { comparisonId, work: isNew ? work(deps, comparisonId, owner, request) : undefined }
}

/** Compares and waits for the end. */
export async function compareNow(deps: ComparingDeps, request: ComparisonRequest): Promise<number> {
  const { comparisonId, work: done } = await beginComparing(deps, request)
  await done
  return comparisonId
}

async function work(
  deps: ComparingDeps,
  comparisonId: number,
  owner: string,
  request: ComparisonRequest,
): Promise<void> {
  const { database, log } = deps
  const finished = new AbortController()
  const beating = beat(deps, comparisonId, owner, finished.signal)
  try {
    const totals = await compare(deps, comparisonId, request)
    log.info({ comparison_id: comparisonId, kind: request.kind, open: totals.open }, 'a comparison ended')
  } catch (error) {
    log.warn({ comparison_id: comparisonId, error: messageOf(error) }, 'a comparison failed')
    await failComparison(database, comparisonId, { code: codeOf(error), message: messageOf(error) }).catch(
      (failure: unknown) => {
        log.error({ comparison_id: comparisonId, error: messageOf(failure) }, 'the end of a comparison was not written')
      },
    )
  } finally {
    finished.abort()
    await beating
  }
}

async function compare({ database }: ComparingDeps, comparisonId: number, request: ComparisonRequest) {
  if (request.kind === 'counts') {
    return compareCounts(database, comparisonId, request.sourceId, await request.count())
  }
  // Imports do not look at machines by themselves.
  await correlateSourceTenant(database, request.pair.filesSourceId)
  return compareFiles(database, comparisonId, request.pair)
}

const beatMs = 2_000

async function beat(
  { database, clock, log }: ComparingDeps,
  comparisonId: number,
  owner: string,
  finished: AbortSignal,
): Promise<void> {
  while (!finished.aborted) {
    await clock.sleep(beatMs, finished).catch(() => undefined)
    if (finished.aborted) return
    await beatComparison(database, comparisonId, owner).catch((error: unknown) => {
      log.warn({ comparison_id: comparisonId, error: messageOf(error) }, 'a heartbeat of a comparison failed')
    })
  }
}
