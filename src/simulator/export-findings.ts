import { type Answer, arrayPieces, type Element, json, pieces } from './answer.ts'
import type { Asset } from './asset.ts'
import type { Context } from './context.ts'
import { answerChunk, clamp, groupBy, jobOf, requestKey, type Scope, scopeOf } from './export.ts'
import { createFindingWriter } from './finding-body.ts'
import { type FindingFilter, readFindingFilter } from './finding-filters.ts'
import type { FindingRow } from './finding-row.ts'
import type { Job } from './job.ts'
import { recordedFindings } from './replay.ts'
import { booleanOf, integerOf, objectOf } from './request-body.ts'
import type { Simulation } from './simulation.ts'

interface FindingContext {
  readonly filter: FindingFilter
  readonly scope: Scope
  readonly softwareVulnerabilities: boolean
}

/** `POST /vulns/export`. `num_assets` counts assets, and is pulled into its range without a word. */
export async function postFindingsExport({ simulation, body, fault }: Context): Promise<Answer> {
  const request = objectOf(body, 'body')
  const filters = { ...objectOf(request.filters, 'filters') }
  const key = requestKey(request)
  if (fault?.kind === 'drop_filter') delete filters[fault.filter]
  const perChunk = clamp(integerOf(request, 'num_assets') ?? 50, 50, 5000)
  const filter = readFindingFilter(
    simulation.estate,
    filters,
    booleanOf(request, 'include_unlicensed') ?? false,
    simulation.clock.now(),
  )
  const context: FindingContext = {
    filter,
    scope: scopeOf(simulation),
    softwareVulnerabilities: booleanOf(request, 'include_software_vulns') ?? false,
  }
  const plan = async () =>
    simulation.recording === undefined ? groupBy(await assetsWith(simulation, context), perChunk) : [undefined]
  const job = await simulation.jobs.create({ family: 'vulns', key, echo: filter.echo, perChunk, context, plan, fault })
  return json({ export_uuid: job.uuid })
}

/** The assets with at least one matching finding; gives way every few thousand. */
async function assetsWith(simulation: Simulation, { filter, scope }: FindingContext): Promise<Asset[]> {
  const row = simulation.estate.newRow()
  const found: Asset[] = []
  let checked = 0
  for (const asset of simulation.estate.assets) {
    if (!scope.findingsOf(asset) || !filter.asset(asset)) continue
    for (let slot = 0; slot < asset.slots; slot++) {
      if (++checked % 20_000 === 0) await new Promise(resolve => setImmediate(resolve))
      if (!simulation.estate.read(asset, slot, row) || !filter.row(row)) continue
      found.push(asset)
      break
    }
  }
  return found
}

export function getFindingsStatus(context: Context): Answer {
  const job = jobOf(context, 'vulns')
  return json(statusOf(context.simulation, job, true))
}

export function listFindingsExports({ simulation }: Context): Answer {
  return json({ exports: simulation.jobs.list('vulns').map(job => statusOf(simulation, job, false)) })
}

function statusOf(simulation: Simulation, job: Job, isDetail: boolean) {
  const view = isDetail ? simulation.jobs.poll(job) : simulation.jobs.view(job)
  return {
    uuid: job.uuid,
    status: view.status,
    reason: view.reason,
    ...(isDetail
      ? { chunks_available: view.available, chunks_failed: view.failed, chunks_cancelled: view.cancelled }
      : {}),
    total_chunks: view.total,
    chunks_available_count: view.available.length,
    empty_chunks_count: view.empty,
    finished_chunks: view.available.length + view.empty,
    filters: job.echo,
    num_assets_per_chunk: job.perChunk,
    created: job.createdAt,
  }
}

export function getFindingsChunk(context: Context): Answer {
  const { simulation, params } = context
  const { recording } = simulation
  const job = jobOf(context, 'vulns')
  const elements = answerChunk<readonly Asset[]>(context, job, assets =>
    recording === undefined ? chunkElements(simulation, job, assets) : recordedFindings(recording),
  )
  return pieces(arrayPieces(elements), 'application/octet-stream', {
    'content-disposition': `attachment; filename=${job.uuid}-${params.chunk_id}-vulndoc.json`,
  })
}

function* chunkElements(simulation: Simulation, job: Job, assets: readonly Asset[]): Generator<Element> {
  const { filter, scope, softwareVulnerabilities } = job.context as FindingContext
  const writer = createFindingWriter(
    simulation.estate,
    { outputBytes: simulation.outputBytes, softwareVulnerabilities },
    simulation.texts,
  )
  const row: FindingRow = simulation.estate.newRow()
  for (const asset of assets) {
    if (!scope.findingsOf(asset) || !filter.asset(asset)) continue
    for (let slot = 0; slot < asset.slots; slot++) {
      if (simulation.estate.read(asset, slot, row) && filter.row(row)) yield writer.write(row)
    }
  }
}
