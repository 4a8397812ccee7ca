import { type Answer, arrayPieces, gatewayError, json, pieces } from './answer.ts'
import { complianceBody } from './compliance-body.ts'
import type { Check } from './compliance-book.ts'
import { readTests } from './compliance-filters.ts'
import type { Context } from './context.ts'
import { answerChunk, clamp, groupBy, jobOf, requestKey, scopeOf } from './export.ts'
import type { Job } from './job.ts'
import { integerOf, objectOf, textsOf } from './request-body.ts'
import type { Simulation } from './simulation.ts'

/** `POST /compliance/export`: the body must exist, if only as {}. */
export async function postComplianceExport({ simulation, body, fault }: Context): Promise<Answer> {
  if (body === undefined) return gatewayError(415)
  const request = objectOf(body, 'body')
  const filters = { ...objectOf(request.filters, 'filters') }
  const key = requestKey(request)
  if (fault?.kind === 'drop_filter') delete filters[fault.filter]
  const perChunk = clamp(integerOf(request, 'num_findings') ?? 5000, 50, 10_000)
  const wanted = textsOf(request, 'asset')
  const { test, echo } = readTests(simulation.estate, filters)
  const scope = scopeOf(simulation)
  const plan = async () => {
    if (simulation.recording !== undefined) return []
    const checks: Check[] = []
    for (const asset of simulation.estate.assets) {
      if (!scope.findingsOf(asset) || (wanted !== undefined && !wanted.includes(asset.uuid))) continue
      for (const check of simulation.compliance.checksOf(asset)) if (test(check)) checks.push(check)
    }
    return groupBy(checks, perChunk)
  }
  const job = await simulation.jobs.create({
    family: 'compliance',
    key,
    echo,
    perChunk,
    context: wanted ?? [],
    plan,
    fault,
  })
  return json({ export_uuid: job.uuid })
}

export function getComplianceStatus(context: Context): Answer {
  return json(statusOf(context.simulation, jobOf(context, 'compliance'), true))
}

export function listComplianceExports({ simulation }: Context): Answer {
  return json({ exports: simulation.jobs.list('compliance').map(job => statusOf(simulation, job, false)) })
}

function statusOf(simulation: Simulation, job: Job, isDetail: boolean) {
  const view = isDetail ? simulation.jobs.poll(job) : simulation.jobs.view(job)
  // Recorded in 2021: nothing but the status while work goes on.
  if (isDetail && view.status === 'PROCESSING' && view.available.length === 0) return { status: view.status }
  return {
    uuid: job.uuid,
    status: view.status,
    reason: view.reason,
    ...(isDetail
      ? { chunks_available: view.available, chunks_failed: view.failed, chunks_cancelled: view.cancelled }
      : {}),
    chunks_available_count: view.available.length,
    empty_chunks_count: view.empty,
    finished_chunks: view.available.length + view.empty,
    filters: job.echo,
    num_findings: job.perChunk,
    asset: job.context,
    created: job.createdAt,
  }
}

export function getComplianceChunk(context: Context): Answer {
  const { estate } = context.simulation
  const elements = answerChunk<readonly Check[]>(context, jobOf(context, 'compliance'), checks =>
    Iterator.from(checks).map(check => JSON.stringify(complianceBody(estate, check))),
  )
  return pieces(arrayPieces(elements), 'application/octet-stream')
}
