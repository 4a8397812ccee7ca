import type { JsonObject } from '../../domain/json.ts'
import type { PlanStep, ReadRequest } from '../connector.ts'
import { type Candidate, exportAndFollow, startFirstAccepted, together } from './export-candidates.ts'
import type { ExportOutcome } from './export-follow.ts'
import type { ExportDeps, ExportFamily } from './export-job.ts'
import { resumeExport } from './export-start.ts'
import { isSameLimit, limitsOf } from './scope.ts'

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
  const asks = complianceRequests(deps, request)
  const { resume } = request
  // An export that is resumed is the first of those still to be made: those before it have been followed to their end.
  const resumed = resume ? asks.findIndex(ask => ask.some(({ asked }) => isSameLimit(asked, resume.asked))) : 0
  const outcomes: ExportOutcome[] = []
  for (const [place, ask] of asks.slice(Math.max(0, resumed)).entries()) {
    const job =
      resume && place === 0
        ? await resumeExport(deps, complianceFamily, resume, signal)
        : await startFirstAccepted(deps, ask, signal)
    outcomes.push(yield* exportAndFollow(deps, complianceFamily, job, signal))
  }
  yield { kind: 'end', ...together(outcomes) }
}

function complianceRequests(deps: CompliancePlanDeps, request: ReadRequest): readonly [Candidate, ...Candidate[]][] {
  return limitsOf(request.scope).map(limit => complianceRequest(deps, request, inItsWords(limit)))
}

/** Compliance takes tags as a list of categories, where other exports have a filter for each. */
function inItsWords(limit: JsonObject): JsonObject {
  const tags = Object.entries(limit).flatMap(([name, values]) =>
    name.startsWith('tag.') ? [{ category: name.slice('tag.'.length), values: values ?? [] }] : [],
  )
  const others = Object.entries(limit).filter(([name]) => !name.startsWith('tag.'))
  return { ...Object.fromEntries(others), ...(tags.length > 0 ? { tags } : {}) }
}

function complianceRequest(
  deps: CompliancePlanDeps,
  { mode, since }: ReadRequest,
  limit: JsonObject,
): [Candidate, ...Candidate[]] {
  const ask = (time: JsonObject): Candidate => ({
    family: complianceFamily,
    asked: { num_findings: deps.complianceResultsPerChunk, filters: { ...time, ...limit } },
  })
  // Without a time it is everything: a filter by state would leave out rows that have none.
  if (mode === 'full' || since === null) return [ask({})]
  // `since` is the same time by another name.
  return [ask({ indexed_at: since }), ask({ since })]
}
