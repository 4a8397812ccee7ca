import { randomUUID } from 'node:crypto'
import type { PlanStep, ReadRequest, StreamSpec } from '../connector.ts'
import type { NessusClient } from './client.ts'
import { type PlanDeps, planFindings } from './finding-plan.ts'

export const streams: readonly StreamSpec[] = [
  // First: a run that is read must find its scan, and what no scan sees any more is known by them.
  { name: 'scans', after: [], required: true },
  // With their machines, their plugins and what audits found: an export has all of it.
  { name: 'findings', after: ['scans'], required: true },
]

export async function* planStream(deps: PlanDeps, request: ReadRequest, signal: AbortSignal): AsyncGenerator<PlanStep> {
  switch (request.stream) {
    case 'findings':
      return yield* planFindings(deps, request, signal)
    case 'scans':
      return yield* planScans(deps.client, request)
    default:
      throw new Error(`Nessus has no stream ${request.stream}`)
  }
}

function* planScans(client: NessusClient, { stream, resume }: ReadRequest): Generator<PlanStep> {
  const readAt = new Date(client.sourceNowMs()).toISOString()
  const record = resume ?? { exportId: `scans:${randomUUID()}`, asked: {}, readAt }
  yield { kind: 'export', record, echoed: null, notes: [] }
  yield { kind: 'part', part: { stream, exportId: record.exportId, partId: 'all', readAt: record.readAt, detail: {} } }
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [] }
}
