import { type Answer, arrayPieces, badRequest, gatewayError, json, pieces } from './answer.ts'
import type { Asset } from './asset.ts'
import { readAssetFilter } from './asset-filters.ts'
import type { AssetBodyOptions } from './asset-told.ts'
import { assetV1 } from './asset-v1.ts'
import { assetV2 } from './asset-v2.ts'
import type { Context } from './context.ts'
import { answerChunk, groupBy, jobOf, requestKey, scopeOf } from './export.ts'
import type { Job } from './job.ts'
import { recordedAssets } from './replay.ts'
import { booleanOf, integerOf, objectOf, type RequestObject } from './request-body.ts'

interface AssetContext {
  readonly version: 1 | 2
  readonly options: AssetBodyOptions
}

export function postAssetsExport(context: Context): Promise<Answer> {
  return create(context, 1)
}

export function postAssetsV2Export(context: Context): Promise<Answer> {
  // Recorded tenants are older than version 2.
  if (context.simulation.recording !== undefined) return Promise.resolve(gatewayError(404))
  return create(context, 2)
}

/** `chunk_size` is required, and refused outside its range. */
async function create({ simulation, body, fault }: Context, version: 1 | 2): Promise<Answer> {
  const request = objectOf(body, 'body')
  const options: AssetBodyOptions = {
    openPorts: booleanOf(request, 'include_open_ports') ?? false,
    resourceTags: booleanOf(request, 'include_resource_tags') ?? false,
  }
  const perChunk = readChunkSize(request, options)
  const filters = { ...objectOf(request.filters, 'filters') }
  const key = `v${version} ${requestKey(request)}`
  if (fault?.kind === 'drop_filter') delete filters[fault.filter]
  const scope = scopeOf(simulation)
  const filter = readAssetFilter(simulation.estate, filters, { version, seesDeleted: scope.seesDeleted })
  const assets = simulation.estate.assets.filter(asset => scope.views(asset) && filter.test(asset))
  const plan = async () => (simulation.recording === undefined ? groupBy(assets, perChunk) : [undefined])
  const job = await simulation.jobs.create({
    family: 'assets',
    key,
    echo: filter.echo,
    perChunk,
    context: { version, options } satisfies AssetContext,
    plan,
    fault,
  })
  return json({ export_uuid: job.uuid })
}

function readChunkSize(request: RequestObject, options: AssetBodyOptions): number {
  const size = integerOf(request, 'chunk_size')
  if (size === undefined) throw badRequest('child "chunk_size" fails because ["chunk_size" is required]')
  if (size < 100)
    throw badRequest('child "chunk_size" fails because ["chunk_size" must be larger than or equal to 100]')
  if (size > 10_000)
    throw badRequest('child "chunk_size" fails because ["chunk_size" must be less than or equal to 10000]')
  if (options.resourceTags && size > 1000)
    throw badRequest('"chunk_size" must be less than or equal to 1000 with "include_resource_tags"')
  if (options.resourceTags && options.openPorts)
    throw badRequest('"include_resource_tags" conflicts with "include_open_ports"')
  return size
}

/** Two fields, and a reason when there is one: no totals. */
export function getAssetsStatus(context: Context): Answer {
  const view = context.simulation.jobs.poll(jobOf(context, 'assets'))
  return json({ status: view.status, chunks_available: view.available, reason: view.reason })
}

/** Here the filters come as JSON inside a string. */
export function listAssetsExports({ simulation }: Context): Answer {
  const entry = (job: Job) => {
    const view = simulation.jobs.view(job)
    const isFinished = view.status === 'FINISHED'
    return {
      uuid: job.uuid,
      status: view.status,
      reason: view.reason,
      total_chunks: isFinished ? view.total - view.empty : undefined,
      filters: JSON.stringify(job.echo),
      finished_chunks: isFinished && view.available.length > 0 ? view.available.length : undefined,
      num_assets_per_chunk: job.perChunk,
      created: job.createdAt,
    }
  }
  return json({ exports: simulation.jobs.list('assets').map(entry) })
}

export function getAssetsChunk(context: Context): Answer {
  const { estate, recording } = context.simulation
  const job = jobOf(context, 'assets')
  const { version, options } = job.context as AssetContext
  const write = version === 1 ? assetV1 : assetV2
  const elements = answerChunk<readonly Asset[]>(context, job, assets =>
    recording === undefined
      ? Iterator.from(assets).map(asset => JSON.stringify(write(estate, asset, options)))
      : recordedAssets(recording),
  )
  return pieces(arrayPieces(elements), 'application/json;charset=utf-8')
}
