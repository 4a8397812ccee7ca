import { systemClock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { unrestricted } from '../store/access.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { loadDataQuality, type QualityField, type QualityRequest } from '../store/queries/data-quality.ts'
import {
  type ComparisonView,
  type CutoverView,
  getComparison,
  getCutoverView,
  getPairView,
  listCutovers,
  listPairs,
  type PairView,
} from '../store/queries/reconciliation.ts'
import {
  type DifferenceFilter,
  type DifferenceRow,
  listDifferences,
} from '../store/queries/reconciliation-differences.ts'
import type { RowsPage } from '../store/queries/rows-page.ts'
import { closeImports, reopenImports, signCutover } from '../store/reconciliation/cutovers.ts'
import { declarePair, type NewPair, removePair } from '../store/reconciliation/pairs.ts'
import type { Engine } from '../sync/engine-contract.ts'
import type { Importer } from '../sync/imports/importer.ts'
import { type Asked, Reconciler } from '../sync/reconciliation/reconciler.ts'

export type { ComparisonView, CutoverView, DifferenceRow, PairView, QualityField }

/** From files to the API, for terminals. */
export interface Reconciliation {
  pairs(): Promise<readonly PairView[]>
  declare(pair: NewPair, actor: Actor): Promise<PairView>
  remove(pairId: number, actor: Actor): Promise<void>
  /** Compares and waits for the end. */
  compare(asked: Asked, actor: Actor): Promise<ComparisonView>
  differences(comparisonId: number, filter: DifferenceFilter, limit: number): Promise<RowsPage<DifferenceRow>>
  cutovers(): Promise<readonly CutoverView[]>
  /** @throws ConfigError `differences_open`, `comparison_not_latest`, `already_cut_over` */
  sign(comparisonId: number, acceptedReason: string | null, actor: Actor): Promise<CutoverView>
  reopen(cutoverId: number, reason: string, actor: Actor): Promise<CutoverView>
  close(cutoverId: number, actor: Actor): Promise<CutoverView>
  undo(
    cutoverId: number,
    terms: { readonly reason: string; readonly withImports: boolean },
    actor: Actor,
  ): Promise<CutoverView>
  quality(request: QualityRequest): Promise<readonly QualityField[]>
  stop(): Promise<void>
}

export interface ReconciliationRoom {
  readonly database: Database
  readonly engine: Engine
  readonly log: Log
  readonly importer: Importer
}

const dayMs = 86_400_000

export function reconciliationOf({ database, engine, log, importer }: ReconciliationRoom): Reconciliation {
  const countSource = (sourceId: number, signal: AbortSignal) => engine.countSource(sourceId, signal)
  const reconciler = new Reconciler({ database, clock: systemClock, log, importer, countSource })
  const seen = unrestricted(database)
  return {
    pairs: () => listPairs(seen),
    declare: async (pair, actor) => getPairView(seen, await declarePair(database, pair, actor)),
    remove: (pairId, actor) => removePair(database, pairId, actor),
    compare: async (asked, actor) => {
      const comparisonId = await reconciler.start(asked, 'cli', actor)
      await reconciler.settle(comparisonId, dayMs)
      // Another process may be at it: then it is waited for in its row.
      for (;;) {
        const view = await getComparison(seen, comparisonId)
        if (view.status !== 'running') return view
        await systemClock.sleep(500)
      }
    },
    differences: (comparisonId, filter, limit) => listDifferences(seen, comparisonId, { filter, limit }),
    cutovers: () => listCutovers(seen),
    sign: async (comparisonId, reason, actor) =>
      getCutoverView(seen, await signCutover(database, comparisonId, reason, actor)),
    reopen: async (cutoverId, reason, actor) => {
      await reopenImports(database, cutoverId, reason, actor)
      return getCutoverView(seen, cutoverId)
    },
    close: async (cutoverId, actor) => {
      await closeImports(database, cutoverId, actor)
      return getCutoverView(seen, cutoverId)
    },
    undo: async (cutoverId, terms, actor) => {
      await reconciler.undoCutover(cutoverId, terms, actor)
      return getCutoverView(seen, cutoverId)
    },
    quality: request => loadDataQuality(seen, request),
    stop: () => reconciler.stop(),
  }
}
