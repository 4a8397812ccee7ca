import { gatewayError, json, Refusal } from './answer.ts'
import type { Job, JobFamily, JobRequest } from './job.ts'
import { topic, uuidOf } from './random.ts'

export function refuseDuplicate(request: JobRequest, active: Job | undefined): void {
  const { fault } = request
  const forced = fault?.kind === 'duplicate' ? fault : undefined
  if (forced?.style === 'replace') return
  if (active === undefined && forced === undefined) return
  const activeJobId = forced?.activeJobId ?? active?.uuid ?? uuidOf(0, topic.job, 0)
  if (forced?.style === 'legacy') throw new Refusal(legacyDuplicate(activeJobId))
  throw new Refusal(
    json(
      {
        active_job_id: activeJobId,
        failure_reason: 'The request could not be completed due to a conflict with the ongoing export',
      },
      409,
    ),
  )
}

/** How duplicates were refused before 2024: 429 with a template's inside. */
function legacyDuplicate(activeJobId: string) {
  const body = {
    values: [activeJobId, uuidOf(0, topic.tenant, 1)],
    strings: [
      'Duplicate export (job_uuid=',
      ', container_uuid=',
      ') not allowed. Please modify request or wait until existing export is complete.',
    ],
    empty: false,
    bytes: Buffer.from('Duplicate export').toString('base64'),
    value_count: 2,
  }
  return { ...json(body, 429), headers: { 'retry-after': '30' } }
}

/** A refusal each service words in its own way. */
export const jobRefusals: Readonly<
  Record<JobFamily, { unknown(uuid: string): Refusal; noChunk(): Refusal; notReady(): Refusal; finished(): Refusal }>
> = {
  vulns: {
    unknown: () => new Refusal(json({ error: 'Export not found' }, 404)),
    noChunk: () => new Refusal(json({ error: 'Chunk does not exist' }, 404)),
    notReady: () => new Refusal(gatewayError(400, 'Chunk is not ready')),
    finished: () => new Refusal(gatewayError(400, 'Cannot cancel a completed job')),
  },
  assets: {
    unknown: () => new Refusal(json({ status: 404, message: 'Export expired or not found' }, 404)),
    noChunk: () => new Refusal(json({ status: 404, message: 'Export expired or not found' }, 404)),
    notReady: () => new Refusal(json({ status: 400, message: 'Chunk is not ready' }, 400)),
    finished: () => new Refusal(json({ status: 400, message: 'Cannot cancel a completed job' }, 400)),
  },
  compliance: {
    unknown: uuid => new Refusal(json({ error: `Export '${uuid}' does not exist` }, 404)),
    noChunk: () => new Refusal(json({ error: 'Chunk does not exist' }, 404)),
    notReady: () => new Refusal(json({ error: 'Chunk is not ready' }, 400)),
    finished: () => new Refusal(json({ error: 'Cannot cancel finished export' }, 400)),
  },
}
