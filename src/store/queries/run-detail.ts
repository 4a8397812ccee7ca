// What did one run ask, what was it told, and what became of each part?

import type { Json } from '../../domain/json.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
import { findRunView, type RowCounts, type RunView } from './run-view.ts'
import { ofWholeSources } from './scope.ts'

export interface ChunkView {
  readonly part_id: string
  readonly status: 'available' | 'reading' | 'done' | 'failed' | 'cancelled'
  readonly attempts: number
  readonly worker: string | null
  readonly faults: string[]
  readonly counts: RowCounts
  readonly error_code: string | null
  readonly error_message: string | null
  readonly available_at: string
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly decode_ms: number | null
  readonly stage_ms: number | null
  readonly merge_ms: number | null
}

export interface ExportJobView {
  readonly id: number
  readonly stream: string
  readonly export_id: string
  readonly status: 'open' | 'complete' | 'incomplete' | 'expired' | 'cancelled'
  readonly reason: string | null
  readonly asked: Json
  readonly echoed: Json
  readonly notes: string[]
  readonly read_at: string
  readonly created_at: string
  readonly finished_at: string | null
  readonly chunks: ChunkView[]
}

export interface RunDetail extends RunView {
  readonly exports: ExportJobView[]
  readonly rejected: number
  readonly quality_issues: number
}

type ChunkRow = Omit<ChunkView, 'counts'> & RowCounts & { readonly export_job_id: number }

/** @throws NotFoundError `job_not_found` */
export async function getRun(database: ScopedDatabase, runId: number): Promise<RunDetail> {
  const areWhole = allOf(ofWholeSources(database.access, 'x.source_id'))
  const [run, exports, chunks, problems] = await Promise.all([
    findRunView(database, runId),
    sql<Omit<ExportJobView, 'chunks'>>`
select export_job_id as id, stream, export_id, status, reason, asked, echoed, notes, read_at, created_at, finished_at
from export_job
where run_id = ${runId}
order by export_job_id`.execute(database.kysely),
    sql<ChunkRow>`
select c.export_job_id, c.part_id, c.status, c.attempts, c.owner as worker, c.faults, c.received, c.inserted, c.changed, c.unchanged, c.rejected,
       c.bytes, c.error_code, c.error_message, c.available_at, c.started_at, c.finished_at, c.decode_ms, c.stage_ms,
       c.merge_ms
from export_job j
join export_chunk c on c.export_job_id = j.export_job_id
where j.run_id = ${runId}
order by c.export_job_id, length(c.part_id), c.part_id`.execute(database.kysely),
    sql<{ rejected: number; quality_issues: number }>`
select (select count(*) from rejected_record x where x.run_id = ${runId} and ${areWhole}) as rejected,
       (select count(*) from quality_issue x where x.run_id = ${runId} and ${areWhole}) as quality_issues`.execute(
      database.kysely,
    ),
  ])
  if (!run) throw jobNotFound(runId)
  const byExport = Map.groupBy(chunks.rows, row => row.export_job_id)
  return {
    ...run,
    exports: exports.rows.map(job => ({ ...job, chunks: (byExport.get(job.id) ?? []).map(presentChunk) })),
    ...problems.rows[0]!,
  }
}

/** @throws NotFoundError `job_not_found` */
export async function getRunView(database: ScopedDatabase, runId: number): Promise<RunView> {
  const run = await findRunView(database, runId)
  if (!run) throw jobNotFound(runId)
  return run
}

function presentChunk(row: ChunkRow): ChunkView {
  const { export_job_id: _job, received, inserted, changed, unchanged, rejected, bytes, ...chunk } = row
  return { ...chunk, counts: { received, inserted, changed, unchanged, rejected, bytes } }
}

function jobNotFound(runId: number): NotFoundError {
  return new NotFoundError('job_not_found', `There is no sync job ${runId}. The list of jobs shows the ids.`, {
    context: { runId },
  })
}
