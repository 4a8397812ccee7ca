import type { Actor } from '../../store/audit.ts'
import { getSweep, getSweepDetail, listSweeps } from '../../store/queries/sweeps.ts'
import type { SweepDecision } from '../../sync/engine-contract.ts'
import { type Handlers, type Services, WithStatus } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

export const sweepHandlers = {
  listSweeps: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listSweeps(database, { ...page, filter })
  },
  getSweep: ({ database }, { params, query }) => getSweepDetail(database, params.id, query),
  confirmSweep: async (services, { params, actor }) =>
    new WithStatus<'confirmSweep'>(202, await decide(services, params.id, 'confirm', actor)),
  rejectSweep: (services, { params, actor }) => decide(services, params.id, 'reject', actor),
} satisfies Partial<Handlers>

async function decide({ database, engine }: Services, runId: number, decision: SweepDecision, actor: Actor) {
  // Only a sweep that may be seen may be decided.
  await getSweep(database, runId)
  await engine.decideSweep(runId, decision, actor)
  return getSweep(database, runId)
}
