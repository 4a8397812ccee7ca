// What happened in one run, in order?

import type { JsonObject } from '../../domain/json.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
import { getRun } from './run-detail.ts'
import { ofWholeSources } from './scope.ts'

export interface LogEntry {
  readonly at: string
  readonly level: 'info' | 'warn' | 'error'
  /** Constant, so that events can be counted. */
  readonly event: string
  readonly stream: string | null
  readonly message: string
  readonly fields: JsonObject
}

export interface RunLog {
  readonly job_id: number
  readonly items: LogEntry[]
  readonly is_truncated: boolean
}

const entriesAtMost = 10_000
const rejectedAtMost = 1_000

/**
 * Told from the ledger's own rows and the audit chain: nothing else has to be kept, and nothing can disagree.
 * @throws NotFoundError `job_not_found`
 */
export async function getRunLog(database: ScopedDatabase, runId: number): Promise<RunLog> {
  const [run, deeds, rejected] = await Promise.all([
    getRun(database, runId),
    sql<{ at: string; actor_kind: string; actor: string; action: string; detail: JsonObject }>`
select recorded_at as at, actor_kind, actor, action, detail
from audit_event
where subject = ${`run:${runId}`}
order by audit_id`.execute(database.kysely),
    sql<{ at: string; stream: string; export_id: string; part_id: string; reason: string; id: number }>`
select recorded_at as at, stream, export_id, part_id, reason, rejected_id as id
from rejected_record
where run_id = ${runId} and ${allOf(ofWholeSources(database.access, 'source_id'))}
order by rejected_id
limit ${sql.lit(rejectedAtMost)}`.execute(database.kysely),
  ])
  const entries: LogEntry[] = []
  const add = (
    at: string | null,
    level: LogEntry['level'],
    event: string,
    stream: string | null,
    message: string,
    fields: JsonObject = {},
  ) => {
    if (at !== null) entries.push({ at, level, event, stream, message, fields })
  }

  add(run.created_at, 'info', 'run_queued', null, `Queued: ${run.kind}, asked for by ${run.trigger}.`)
  for (const deed of deeds.rows) {
    add(deed.at, 'info', deed.action, null, `${deed.action} by ${deed.actor_kind} ${deed.actor}.`, deed.detail)
  }
  add(run.started_at, 'info', 'run_started', null, 'Started.')
  add(run.cancel_requested_at, 'warn', 'cancel_requested', null, 'Somebody asked it to stop.')
  for (const stream of run.streams) {
    add(stream.started_at, 'info', 'stream_started', stream.stream, 'Started.', { since: stream.since })
    const failed = stream.error_code !== null
    add(
      stream.finished_at,
      failed ? 'error' : stream.status === 'completed' ? 'info' : 'warn',
      `stream_${stream.status}`,
      stream.stream,
      stream.error_message ?? `Ended: ${stream.status}.`,
      { ...stream.counts, parts_done: stream.parts_done, error_code: stream.error_code },
    )
  }
  for (const job of run.exports) {
    add(job.created_at, 'info', 'export_asked', job.stream, 'Asked the source.', {
      export_id: job.export_id,
      asked: job.asked,
      echoed: job.echoed,
      notes: job.notes,
    })
    add(
      job.finished_at,
      job.status === 'complete' ? 'info' : 'warn',
      `export_${job.status}`,
      job.stream,
      job.reason ?? `Ended: ${job.status}.`,
      { export_id: job.export_id },
    )
    for (const chunk of job.chunks) {
      const { decode_ms, stage_ms, merge_ms, attempts, part_id, counts, worker, faults } = chunk
      const fields = {
        export_id: job.export_id,
        part_id,
        attempts,
        worker,
        faults,
        ...counts,
        decode_ms,
        stage_ms,
        merge_ms,
      }
      const hasFailed = chunk.status === 'failed' || chunk.error_code !== null
      add(
        chunk.finished_at,
        hasFailed ? 'error' : 'info',
        `part_${chunk.status}`,
        job.stream,
        chunk.error_message ?? `Part ${part_id}: ${chunk.status}.`,
        fields,
      )
    }
  }
  for (const { at, stream, reason, ...fields } of rejected.rows) {
    add(at, 'warn', 'record_rejected', stream, reason, fields)
  }
  const level = run.status === 'completed' ? 'info' : run.status === 'failed' ? 'error' : 'warn'
  add(run.finished_at, level, `run_${run.status}`, null, run.error_message ?? `Ended: ${run.status}.`, {
    ...run.counts,
    error_code: run.error_code,
    notes: run.notes,
  })
  // Stable: entries of one instant stay in the order they were told in.
  entries.sort((a, b) => (placeOf(a.at) < placeOf(b.at) ? -1 : placeOf(a.at) > placeOf(b.at) ? 1 : 0))
  const isTruncated = entries.length > entriesAtMost || run.rejected > rejectedAtMost
  return { job_id: runId, items: entries.slice(-entriesAtMost), is_truncated: isTruncated }
}

/** Instants come with as many digits of a second as they need; as text they compare only with all of them. */
function placeOf(at: string): string {
  const [whole, fraction = ''] = at.replace('Z', '').split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}
