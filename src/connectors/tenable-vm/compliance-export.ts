import type { JsonObject } from '../../domain/json.ts'
import type { PlanStep, ReadRequest } from '../connector.ts'
import { type Candidate, exportAndFollow, startFirstAccepted } from './export-candidates.ts'
import type { ExportDeps, ExportFamily } from './export-job.ts'
import { resumeExport } from './export-start.ts'

export const complianceFamily: ExportFamily = {
  stream: 'compliance',
  api: 'compliance',
  createPath: '/compliance/export',
  path: '/compliance/export',
  sizeField: 'num_findings',
  chunkLife: 'three days',
  refusesTwinsWith429: true,
}

export interface CompliancePlanDeps extends ExportDeps {
  readonly complianceResultsPerChunk: number
}

/** Latest results of every check on every asset, not of one scan. */
export async function* planCompliance(
  deps: CompliancePlanDeps,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const job = request.resume
    ? await resumeExport(deps, complianceFamily, request.resume, signal)
    : await startFirstAccepted(deps, complianceRequests(deps, request), signal)
  const outcome = yield* exportAndFollow(deps, complianceFamily, job, signal)
  yield { kind: 'end', ...outcome }
}

function complianceRequests(deps: CompliancePlanDeps, { mode, since }: ReadRequest): [Candidate, ...Candidate[]] {
  const ask = (filters: JsonObject): Candidate => ({
    family: complianceFamily,
    asked: { num_findings: deps.complianceResultsPerChunk, filters },
  })
  // Without filters it is everything: a filter by state would leave out rows that have none.
  if (mode === 'full' || since === null) return [ask({})]
  // `since` is the same time by another name.
  return [ask({ indexed_at: since }), ask({ since })]
}
