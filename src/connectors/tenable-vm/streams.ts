import type { JsonObject } from '../../domain/json.ts'
import { severities } from '../../domain/severity.ts'
import { messageOf, SourceError } from '../../platform/errors.ts'
import type { ExportRecord, PlanStep, ReadRequest, StreamName, StreamSpec } from '../connector.ts'
import { complianceFamily, planCompliance } from './compliance-export.ts'
import { planDirectories } from './directory-plan.ts'
import { type Candidate, exportAndFollow, startFirstAccepted, together } from './export-candidates.ts'
import type { ExportOutcome } from './export-follow.ts'
import type { ExportDeps, ExportFamily, ExportJob } from './export-job.ts'
import { resumeExport, sameJobs, startExport } from './export-start.ts'
import { planPlugins } from './plugin-pages.ts'
import { withRemedy } from './refused-stream.ts'
import { planScans } from './scan-plan.ts'
import { isSameLimit, limitsOf, targetsOf } from './scope.ts'

export const streams: readonly StreamSpec[] = [
  // The catalogue is the same for every tenant and nice to have: findings carry their own plugins.
  { name: 'plugins', after: [], required: false },
  { name: 'assets', after: [], required: true },
  { name: 'findings', after: ['assets'], required: true },
  // Small lists; their keys need more rights than the rest.
  { name: 'networks', after: [], required: false },
  { name: 'scanners', after: [], required: false },
  { name: 'agents', after: [], required: false },
  { name: 'tags', after: [], required: false },
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

type Planner = (
  deps: StreamDeps,
  request: ReadRequest,
  signal: AbortSignal,
) => AsyncIterable<PlanStep> | Iterable<PlanStep>

const planners: Partial<Record<StreamName, Planner>> = {
  findings: planFindings,
  assets: planAssets,
  plugins: planPlugins,
  networks: planDirectories,
  scanners: planDirectories,
  agents: planDirectories,
  tags: planDirectories,
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
  const asks = findingsRequests(deps, request)
  const outcomes: ExportOutcome[] = []
  for (const [place, ask] of fromResumed(asks, request.resume)) {
    const job =
      request.resume && place === 0
        ? await resumeExport(deps, findingsFamily, request.resume, signal)
        : await startFirstAccepted(deps, ask, signal)
    outcomes.push(yield* exportAndFollow(deps, findingsFamily, job, signal))
  }
  yield { kind: 'end', ...together(outcomes) }
}

/** Findings alone: their request names the moment it starts from, so that no other reading asks the same. */
export async function sameExports(
  deps: StreamDeps,
  request: ReadRequest,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (request.stream !== 'findings') return []
  const same: string[] = []
  for (const [{ family, asked }] of findingsRequests(deps, request)) {
    same.push(...(await sameJobs(deps, family, asked, signal)))
  }
  return same
}

function reachesBack(seconds: number): string {
  const hours = Math.round(seconds / 360) / 10
  return `Asked by when scans found them, ${hours} hours further back: so much later this source indexes what was found. What changed without a scan, such as a recast, shows in the next full run.`
}

/** Ways to ask for the same rows, the best first. */
type Ask = readonly [Candidate, ...Candidate[]]

/** One for each network of the scope and each address: the vendor takes one of either at a time. */
function findingsRequests(deps: StreamDeps, { mode, since, foundSince, scope, target }: ReadRequest): readonly Ask[] {
  const severity = scope.severities.length > 0 ? scope.severities : severities
  return limitsOf(scope).flatMap(limit =>
    targetsOf(target).map((chosen): Ask => {
      const ask = (time: JsonObject, note?: string): Candidate => ({
        family: findingsFamily,
        ...(note === undefined ? {} : { note }),
        asked: {
          num_assets: deps.vulnAssetsPerChunk,
          // Off by default, and the default count leaves unlicensed ones out anyway; the mirror is to be whole.
          include_unlicensed: true,
          // Without `state` the vendor omits FIXED.
          filters: { ...time, ...chosen, ...limit, state: ['OPEN', 'REOPENED', 'FIXED'], severity: [...severity] },
        },
      })
      if (mode === 'full' || since === null) return [ask({ since: beginning })]
      // `since` looks at found and fixed dates and misses what was indexed late; `indexed_at` was made for that.
      const found = Math.max(beginning, Math.min(since, foundSince ?? since))
      return [ask({ indexed_at: since }), ask({ since: found }, reachesBack(since - found))]
    }),
  )
}

/**
 * The exports that are still to be made, each with its place among them. An export that is resumed is the first of them:
 * those before it have been followed to their end.
 */
function fromResumed(asks: readonly Ask[], resume: ExportRecord | null): readonly (readonly [number, Ask])[] {
  const resumed = resume ? asks.findIndex(ask => ask.some(({ asked }) => isSameLimit(asked, resume.asked))) : 0
  return asks.slice(Math.max(0, resumed)).map((ask, place) => [place, ask] as const)
}

/** A scope by tags is asked of version 1, which alone has that filter; networks one after the other. */
async function* planAssets(deps: StreamDeps, request: ReadRequest, signal: AbortSignal): AsyncGenerator<PlanStep> {
  const outcomes: ExportOutcome[] = []
  const notes: string[] = []
  const asks = limitsOf(request.scope).map(limit => assetRequests(deps, request, limit))
  const first = asks.map(({ live }) => live)
  const skipped = asks.length - fromResumed(first, request.resume).length
  for (const [place, { live, gone }] of asks.slice(skipped).entries()) {
    const resume = place === 0 ? request.resume : null
    const job = resume ? await resumeAssets(deps, resume, signal) : await startFirstAccepted(deps, live, signal)
    outcomes.push(yield* exportAndFollow(deps, job.family, job, signal))
    if (job.family === assetsV1) yield* planGoneAssets(deps, gone.slice(placeOfV1(resume)), { outcomes, notes }, signal)
  }
  yield { kind: 'end', ...together(outcomes), ...(notes.length > 0 ? { notes } : {}) }
}

interface AssetRequests {
  readonly live: Ask
  /** What version 1 gives in exports of their own: the deleted and the terminated. */
  readonly gone: readonly Candidate[]
}

function assetRequests(deps: StreamDeps, request: ReadRequest, limit: JsonObject): AssetRequests {
  const since = request.mode === 'full' ? beginning : (request.since ?? beginning)
  const [live, ...gone] = v1Requests(deps, request, limit)
  const isTagged = request.scope.tags.length > 0
  return { live: isTagged ? [live] : [...v2Requests(deps, since, limit), live], gone }
}

/** `since` also gives the deleted and the terminated ones, which nothing else in v2 does in one export. */
function v2Requests(deps: StreamDeps, since: number, limit: JsonObject): [Candidate, Candidate] {
  const ask = (filters: JsonObject): Candidate => ({
    family: assetsV2,
    asked: { chunk_size: deps.assetChunkSize, filters: { ...filters, ...limit } },
  })
  // Without `types` the vendor gives hosts alone.
  return [ask({ since, types: ['host', 'webapp'] }), ask({ since })]
}

/** v1 gives live, deleted and terminated assets in three exports. */
function v1Requests(
  deps: StreamDeps,
  { mode, since }: ReadRequest,
  limit: JsonObject,
): [Candidate, Candidate, Candidate] {
  const ask = (time: JsonObject): Candidate => {
    const filters = { ...time, ...limit }
    return {
      family: assetsV1,
      asked: { chunk_size: deps.assetChunkSize, ...(Object.keys(filters).length > 0 ? { filters } : {}) },
    }
  }
  const time = mode === 'full' || since === null ? beginning : since
  return [
    ask(mode === 'full' || since === null ? {} : { updated_at: time }),
    ask({ deleted_at: time }),
    ask({ terminated_at: time }),
  ]
}

async function* planGoneAssets(
  deps: StreamDeps,
  remaining: readonly Candidate[],
  so: { readonly outcomes: ExportOutcome[]; readonly notes: string[] },
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  for (const { family, asked } of remaining) {
    let job: ExportJob
    try {
      job = await startExport(deps, family, asked, signal)
    } catch (thrown) {
      const isRefused = thrown instanceof SourceError && (thrown.code === 'forbidden' || thrown.code === 'bad_request')
      if (!isRefused) throw thrown
      const which = Object.keys((asked.filters as JsonObject | undefined) ?? {}).join(', ')
      so.notes.push(
        `The export of assets by ${which} was refused (it needs an Administrator's key): ${messageOf(thrown)}`,
      )
      deps.log.warn({ stream: family.stream, filter: which, code: thrown.code }, 'export of gone assets refused')
      continue
    }
    so.outcomes.push(yield* exportAndFollow(deps, family, job, signal))
  }
}

/** Goes on with the job that was last begun; of the three exports of v1, the ones after it follow. */
async function resumeAssets(
  deps: StreamDeps,
  record: ExportRecord,
  signal: AbortSignal,
): Promise<ExportJob & { readonly family: ExportFamily }> {
  const filters = (record.asked.filters as JsonObject | undefined) ?? {}
  const family = 'since' in filters ? assetsV2 : assetsV1
  return { ...(await resumeExport(deps, family, record, signal)), family }
}

/** How many of the exports of gone assets come before the one that follows the resumed. */
function placeOfV1(resumed: ExportRecord | null): number {
  const filters = (resumed?.asked.filters as JsonObject | undefined) ?? {}
  return 'terminated_at' in filters ? 2 : 'deleted_at' in filters ? 1 : 0
}
