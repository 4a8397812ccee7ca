import type { JsonObject } from '../../domain/json.ts'
import { severities } from '../../domain/severity.ts'
import { messageOf, SourceError } from '../../platform/errors.ts'
import type { ExportRecord, PlanStep, ReadRequest, StreamName, StreamSpec } from '../connector.ts'
import { planDirectories } from './directory-plan.ts'
import { type ExportOutcome, followExport } from './export-follow.ts'
import type { ExportDeps, ExportFamily, ExportJob } from './export-job.ts'
import { resumeExport, sameJobs, startExport } from './export-start.ts'
import { planPlugins } from './plugin-pages.ts'
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
]

export interface StreamDeps extends ExportDeps {
  readonly assetChunkSize: number
  readonly vulnAssetsPerChunk: number
  readonly pluginPageSize: number
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

export function familyOf(stream: StreamName): ExportFamily | undefined {
  if (stream === 'findings') return findingsFamily
  return stream === 'assets' ? assetsV2 : undefined
}

export async function* planStream(
  deps: StreamDeps,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  switch (request.stream) {
    case 'findings':
      yield* planFindings(deps, request, signal)
      break
    case 'assets':
      yield* planAssets(deps, request, signal)
      break
    case 'plugins':
      yield* planPlugins(deps, request, signal)
      break
    case 'networks':
    case 'scanners':
    case 'agents':
    case 'tags':
      yield* planDirectories(deps, request)
      break
    default:
      throw new Error(`the stream ${request.stream} is not offered`)
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

interface Candidate {
  readonly family: ExportFamily
  readonly asked: JsonObject
  /** What a person should know of a job that was asked for in this way. */
  readonly note?: string
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

/** Tries requests from the best to the most widely understood. */
async function startFirstAccepted(
  deps: StreamDeps,
  candidates: Ask,
  signal: AbortSignal,
): Promise<ExportJob & { readonly family: ExportFamily }> {
  const notes: string[] = []
  let candidate: Candidate = candidates[0]
  for (;;) {
    const { family, asked } = candidate
    try {
      const job = await startExport(deps, family, asked, signal)
      return {
        ...job,
        family,
        notes: [...notes, ...(candidate.note === undefined ? [] : [candidate.note]), ...job.notes],
      }
    } catch (thrown) {
      const next = nextAfter(candidates, candidate, thrown)
      if (!next) throw thrown
      notes.push(`${describe(candidate)} was given up for ${describe(next)}: ${messageOf(thrown)}`)
      deps.log.warn(
        { path: family.createPath, reason: messageOf(thrown) },
        'export not accepted, asking in another way',
      )
      candidate = next
    }
  }
}

function nextAfter(candidates: readonly Candidate[], failed: Candidate, thrown: unknown): Candidate | undefined {
  if (!(thrown instanceof SourceError)) return undefined
  const later = candidates.slice(candidates.indexOf(failed) + 1)
  // A path that is missing or closed to this key says nothing about another one.
  if (thrown.code === 'forbidden' || thrown.code === 'not_found' || thrown.status === 405) {
    return later.find(({ family }) => family.createPath !== failed.family.createPath)
  }
  return thrown.code === 'bad_request' || thrown.code === 'filter_lost' ? later[0] : undefined
}

function describe({ family, asked }: Candidate): string {
  return `POST ${family.createPath} with filters ${JSON.stringify(asked.filters ?? {})}`
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

async function* exportAndFollow(
  deps: StreamDeps,
  family: ExportFamily,
  job: ExportJob,
  signal: AbortSignal,
): AsyncGenerator<PlanStep, ExportOutcome> {
  yield { kind: 'export', record: job.record, echoed: job.echoed, notes: job.notes }
  return yield* followExport(deps, family, job, signal)
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
