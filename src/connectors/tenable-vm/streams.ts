import type { JsonObject } from '../../domain/json.ts'
import { severities } from '../../domain/severity.ts'
import { messageOf, SourceError } from '../../platform/errors.ts'
import type { ExportRecord, PlanStep, ReadRequest, StreamName, StreamSpec } from '../connector.ts'
import { complianceFamily, planCompliance } from './compliance-export.ts'
import { type Candidate, exportAndFollow, startFirstAccepted } from './export-candidates.ts'
import type { ExportOutcome } from './export-follow.ts'
import type { ExportDeps, ExportFamily, ExportJob } from './export-job.ts'
import { resumeExport, startExport } from './export-start.ts'
import { planPlugins } from './plugin-pages.ts'
import { withRemedy } from './refused-stream.ts'
import { planScans } from './scan-plan.ts'

export const streams: readonly StreamSpec[] = [
  // The catalogue is the same for every tenant and nice to have: findings carry their own plugins.
  { name: 'plugins', after: [], required: false },
  { name: 'assets', after: [], required: true },
  { name: 'findings', after: ['assets'], required: true },
  // After the findings, which nobody should wait longer for.
  { name: 'compliance', after: ['assets', 'findings'], required: false },
  { name: 'scans', after: ['findings'], required: false, plansAfter: true },
]

export interface StreamDeps extends ExportDeps {
  readonly assetChunkSize: number
  readonly vulnAssetsPerChunk: number
  readonly pluginPageSize: number
  readonly complianceResultsPerChunk: number
  readonly scanCallsPerRun: number
}

export const findingsFamily: ExportFamily = {
  stream: 'findings',
  api: 'vulns',
  createPath: '/vulns/export',
  path: '/vulns/export',
  sizeField: 'num_assets',
}

export const assetsV2: ExportFamily = {
  stream: 'assets',
  api: 'assets-v2',
  createPath: '/assets/v2/export',
  path: '/assets/export',
  sizeField: 'chunk_size',
}

export const assetsV1: ExportFamily = { ...assetsV2, api: 'assets-v1', createPath: '/assets/export' }

const families: Partial<Record<StreamName, ExportFamily>> = {
  findings: findingsFamily,
  assets: assetsV2,
  compliance: complianceFamily,
}

/** Undefined for streams that are paged or asked one by one. */
export function familyOf(stream: StreamName): ExportFamily | undefined {
  return families[stream]
}

type Planner = (deps: StreamDeps, request: ReadRequest, signal: AbortSignal) => AsyncIterable<PlanStep>

const planners: Partial<Record<StreamName, Planner>> = {
  findings: planFindings,
  assets: planAssets,
  plugins: planPlugins,
  compliance: planCompliance,
  scans: planScans,
}

export async function* planStream(
  deps: StreamDeps,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const plan = planners[request.stream]
  if (!plan) throw new Error(`no connector of this kind reads ${request.stream}`)
  try {
    yield* plan(deps, request, signal)
  } catch (thrown) {
    throw withRemedy(request.stream, thrown)
  }
}

/**
 * The oldest time we ask for. Not 0: the vendor echoes 0 for "not set" and then answers with the last 30 days.
 */
const beginning = 1

async function* planFindings(deps: StreamDeps, request: ReadRequest, signal: AbortSignal): AsyncGenerator<PlanStep> {
  const job = request.resume
    ? await resumeExport(deps, findingsFamily, request.resume, signal)
    : await startFirstAccepted(deps, findingsRequests(deps, request), signal)
  const outcome = yield* exportAndFollow(deps, findingsFamily, job, signal)
  yield { kind: 'end', ...outcome }
}

function findingsRequests(deps: StreamDeps, { mode, since }: ReadRequest): [Candidate, ...Candidate[]] {
  const ask = (time: JsonObject): Candidate => ({
    family: findingsFamily,
    asked: {
      num_assets: deps.vulnAssetsPerChunk,
      // Off by default, and the default count leaves unlicensed ones out anyway; the mirror is to be whole.
      include_unlicensed: true,
      // Without `state` the vendor omits FIXED.
      filters: { ...time, state: ['OPEN', 'REOPENED', 'FIXED'], severity: [...severities] },
    },
  })
  if (mode === 'full' || since === null) return [ask({ since: beginning })]
  // `since` looks at found and fixed dates and misses what was indexed late; `indexed_at` was made for that.
  return [ask({ indexed_at: since }), ask({ since })]
}

async function* planAssets(deps: StreamDeps, request: ReadRequest, signal: AbortSignal): AsyncGenerator<PlanStep> {
  if (request.resume) {
    yield* resumeAssets(deps, request, request.resume, signal)
    return
  }
  const since = request.mode === 'full' ? beginning : (request.since ?? beginning)
  const [live, ...gone] = v1Requests(deps, request)
  const job = await startFirstAccepted(deps, [...v2Requests(deps, since), live], signal)
  const outcome = yield* exportAndFollow(deps, job.family, job, signal)
  if (job.family === assetsV2) yield { kind: 'end', ...outcome }
  else yield* planGoneAssets(deps, request, [outcome], gone, signal)
}

/** `since` also gives the deleted and the terminated ones, which nothing else in v2 does in one export. */
function v2Requests(deps: StreamDeps, since: number): [Candidate, Candidate] {
  const ask = (filters: JsonObject): Candidate => ({
    family: assetsV2,
    asked: { chunk_size: deps.assetChunkSize, filters },
  })
  // Without `types` the vendor gives hosts alone.
  return [ask({ since, types: ['host', 'webapp'] }), ask({ since })]
}

/** v1 gives live, deleted and terminated assets in three exports. */
function v1Requests(deps: StreamDeps, { mode, since }: ReadRequest): [Candidate, Candidate, Candidate] {
  const ask = (filters: JsonObject): Candidate => ({
    family: assetsV1,
    asked: { chunk_size: deps.assetChunkSize, ...(Object.keys(filters).length > 0 ? { filters } : {}) },
  })
  const time = mode === 'full' || since === null ? beginning : since
  return [
    ask(mode === 'full' || since === null ? {} : { updated_at: time }),
    ask({ deleted_at: time }),
    ask({ terminated_at: time }),
  ]
}

async function* planGoneAssets(
  deps: StreamDeps,
  request: ReadRequest,
  before: readonly ExportOutcome[],
  remaining: readonly Candidate[],
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const outcomes = [...before]
  const notes: string[] = []
  for (const { family, asked } of remaining) {
    let job: ExportJob
    try {
      job = await startExport(deps, family, asked, signal)
    } catch (thrown) {
      const isRefused = thrown instanceof SourceError && (thrown.code === 'forbidden' || thrown.code === 'bad_request')
      if (!isRefused) throw thrown
      const which = Object.keys((asked.filters as JsonObject | undefined) ?? {}).join(', ')
      notes.push(`The export of assets by ${which} was refused (it needs an Administrator's key): ${messageOf(thrown)}`)
      deps.log.warn({ stream: request.stream, filter: which, code: thrown.code }, 'export of gone assets refused')
      continue
    }
    outcomes.push(yield* exportAndFollow(deps, family, job, signal))
  }
  yield { kind: 'end', ...together(outcomes), notes }
}

/** Goes on with the job that was last begun; of the three exports of v1, the ones after it follow. */
async function* resumeAssets(
  deps: StreamDeps,
  request: ReadRequest,
  record: ExportRecord,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const filters = (record.asked.filters as JsonObject | undefined) ?? {}
  const family = 'since' in filters ? assetsV2 : assetsV1
  const job = await resumeExport(deps, family, record, signal)
  const outcome = yield* exportAndFollow(deps, family, job, signal)
  const position = 'terminated_at' in filters ? 3 : 'deleted_at' in filters ? 2 : 1
  const remaining = family === assetsV2 ? [] : v1Requests(deps, request).slice(position)
  yield* planGoneAssets(deps, request, [outcome], remaining, signal)
}

function together(outcomes: readonly ExportOutcome[]): ExportOutcome {
  const reasons = outcomes.map(({ reason }) => reason).filter(reason => reason !== null)
  return {
    outcome: outcomes.every(({ outcome }) => outcome === 'complete') ? 'complete' : 'incomplete',
    reason: reasons.length > 0 ? reasons.join(' ') : null,
    failed: outcomes.flatMap(({ failed }) => failed),
    cancelled: outcomes.flatMap(({ cancelled }) => cancelled),
  }
}
