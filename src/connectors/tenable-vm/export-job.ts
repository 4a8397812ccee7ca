import type { Json } from '../../domain/json.ts'
import type { Clock } from '../../platform/clock.ts'
import { messageOf, SourceError } from '../../platform/errors.ts'
import type { Log } from '../../platform/log.ts'
import type { RetryPolicy } from '../../platform/retry.ts'
import type { ExportRecord, StreamName } from '../connector.ts'
import type { TenableClient } from './client.ts'
import { type JobStatus, readJobList, readJobStatus } from './wire.ts'

/** Where one kind of export lives. Assets v2 is created elsewhere and then lives at the paths of v1. */
export interface ExportFamily {
  readonly stream: StreamName
  readonly api: string
  readonly createPath: string
  readonly path: string
  /** The field of the request that sizes a chunk. */
  readonly sizeField: 'num_assets' | 'chunk_size' | 'num_findings'
  /** How long the source keeps chunks; 24 hours unless said. */
  readonly chunkLife?: string
  /** A second export of the same is refused as too many, and not as a conflict that names the first. */
  readonly refusesTwinsWith429?: boolean
}

export interface ExportDeps {
  readonly client: TenableClient
  readonly clock: Clock
  readonly log: Log
  readonly retry: RetryPolicy
  readonly stuckAfterMs: number
  readonly pollDelay: { readonly firstMs: number; readonly maxMs: number }
}

/** A job that does what we asked. */
export interface ExportJob {
  readonly record: ExportRecord
  readonly echoed: Json
  readonly notes: readonly string[]
  /** We made it, in this run or the one we resume; a job of others is not ours to cancel. */
  readonly isOurs: boolean
}

export const runningStatuses = new Set(['QUEUED', 'PROCESSING'])
export const failedStatuses = new Set(['ERROR', 'CANCELLED'])

export async function jobStatus(
  { client }: ExportDeps,
  family: ExportFamily,
  exportId: string,
  signal: AbortSignal,
): Promise<JobStatus> {
  const path = `${family.path}/${encodeURIComponent(exportId)}/status`
  try {
    return readJobStatus(await client.json({ method: 'GET', path }, signal))
  } catch (thrown) {
    if (thrown instanceof SourceError && thrown.code === 'not_found') throw expired(family, exportId, null, thrown)
    throw thrown
  }
}

export async function listJobs(
  { client }: ExportDeps,
  family: ExportFamily,
  signal: AbortSignal,
): Promise<JobStatus[]> {
  return readJobList(await client.json({ method: 'GET', path: `${family.path}/status` }, signal))
}

export function expired(
  family: Pick<ExportFamily, 'path' | 'chunkLife'>,
  exportId: string,
  chunkId: string | null,
  cause: SourceError,
): SourceError {
  const what = chunkId === null ? `Export ${exportId}` : `Chunk ${chunkId} of export ${exportId}`
  const text = `${what} is no longer at the source, which keeps chunks for ${family.chunkLife ?? '24 hours'}. A new export of the same window is needed.`
  const context = { ...cause.context, export_id: exportId, chunk_id: chunkId, path: family.path }
  return new SourceError('export_expired', 'later', text, { cause, context, status: 404 })
}

/** Quietly accepts that the job already ended or is unknown. */
export async function cancelExport(
  client: TenableClient,
  family: ExportFamily,
  exportId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.json({ method: 'POST', path: `${family.path}/${encodeURIComponent(exportId)}/cancel` }, signal)
  } catch (thrown) {
    const isOver = thrown instanceof SourceError && (thrown.status === 400 || thrown.status === 404)
    const isUnreadable =
      thrown instanceof SourceError && (thrown.code === 'truncated_body' || thrown.code === 'not_json')
    if (!isOver && !isUnreadable) throw thrown
  }
}

/** For who has something worse to tell than that a job goes on: says whether it was cancelled. */
export async function tryToCancel(
  deps: ExportDeps,
  family: ExportFamily,
  exportId: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await cancelExport(deps.client, family, exportId, signal)
    return true
  } catch (thrown) {
    deps.log.warn({ export_id: exportId, error: messageOf(thrown) }, 'an export was not cancelled')
    return false
  }
}
