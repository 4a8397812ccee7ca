import { unrestricted } from '../store/access.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import type { RowsPage } from '../store/queries/rows-page.ts'
import {
  getSweep,
  getSweepDetail,
  listSweeps,
  type SweepDetail,
  type SweepListRequest,
  type SweepRowRequest,
  type SweepView,
} from '../store/queries/sweeps.ts'
import type { Engine, SweepDecision } from '../sync/engine-contract.ts'

/** What full runs end, and what waits for a person. */
export interface Sweeps {
  list(request: SweepListRequest): Promise<RowsPage<SweepView>>
  /** @throws NotFoundError `sweep_not_found` */
  get(runId: number, request: SweepRowRequest): Promise<SweepDetail>
  /** A confirmed one is carried out by whoever works on runs. @throws ConfigError `sweep_not_held` */
  decide(runId: number, decision: SweepDecision, actor: Actor): Promise<SweepView>
}

export function sweepsOf(of: Database, engine: Engine): Sweeps {
  const database = unrestricted(of)
  return {
    list: request => listSweeps(database, request),
    get: (runId, request) => getSweepDetail(database, runId, request),
    decide: async (runId, decision, actor) => {
      await engine.decideSweep(runId, decision, actor)
      return getSweep(database, runId)
    },
  }
}
