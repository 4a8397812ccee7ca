import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../domain/json.ts'
import type { PlanStep, ReadRequest, StreamSpec } from '../connector.ts'
import type { SecurityCenterClient } from './client.ts'
import { planPlugins } from './plugins.ts'
import { type PlanDeps, planRows } from './row-plan.ts'

export const streams: readonly StreamSpec[] = [
  // First: what is read afterwards names them.
  { name: 'networks', after: [], required: true },
  { name: 'assets', after: [], required: true },
  { name: 'findings', after: ['assets'], required: true },
  { name: 'plugins', after: ['findings'], required: false },
  { name: 'scans', after: ['findings'], required: false },
]

export async function* planStream(deps: PlanDeps, request: ReadRequest, signal: AbortSignal): AsyncGenerator<PlanStep> {
  switch (request.stream) {
    case 'assets':
    case 'findings':
      return yield* planRows(deps, request, signal)
    case 'plugins':
      return yield* planPlugins(deps.client, request, signal)
    case 'networks':
      return yield* planOnePart(deps.client, request, {})
    case 'scans':
      return yield* planOnePart(deps.client, request, { since: resultsSince(request) })
    default:
      throw new Error(`Security Center has no stream ${request.stream}`)
  }
}

const monthSeconds = 30 * 86_400

/** A result may be imported long after its scan began. */
function resultsSince({ mode, since }: ReadRequest): number {
  return mode === 'full' || since === null ? 1 : Math.max(1, since - monthSeconds)
}

function* planOnePart(client: SecurityCenterClient, request: ReadRequest, detail: JsonObject): Generator<PlanStep> {
  const { stream, resume } = request
  const readAt = new Date(client.sourceNowMs()).toISOString()
  const record = resume ?? { exportId: `${stream}:${randomUUID()}`, asked: detail, readAt }
  yield { kind: 'export', record, echoed: null, notes: [] }
  const part = { stream, exportId: record.exportId, partId: 'all', readAt: record.readAt, detail: record.asked }
  yield { kind: 'part', part }
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [] }
}
