import { randomUUID } from 'node:crypto'
import type { ExportRecord, PlanStep, ReadRequest } from '../connector.ts'
import { directoriesOf } from './directory-lists.ts'
import type { StreamDeps } from './streams.ts'

/**
 * A small list is one part, read whole whatever the run: only who has read all of it knows what is no longer in it, and
 * pages that are read by several at once could not tell that the list moved between them.
 */
export function* planDirectories(deps: Pick<StreamDeps, 'client'>, request: ReadRequest): Generator<PlanStep> {
  const { stream } = request
  const record: ExportRecord = request.resume ?? {
    exportId: `${stream}:${randomUUID()}`,
    asked: { lists: directoriesOf(stream).map(({ paths }) => paths[0]) },
    readAt: new Date(deps.client.sourceNowMs()).toISOString(),
  }
  const { exportId, readAt } = record
  yield { kind: 'export', record, echoed: null, notes: [] }
  yield { kind: 'progress', status: 'PROCESSING', partsTotal: 1 }
  yield { kind: 'part', part: { stream, exportId, partId: 'whole', readAt, detail: {} } }
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [] }
}
