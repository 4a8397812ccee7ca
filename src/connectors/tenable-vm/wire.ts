import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'

/** An export job as its status, or the list of jobs, describes it. Only `status` may be counted on. */
export interface JobStatus {
  readonly exportId: string | null
  /** Upper case; `CANCELED` reads as `CANCELLED`. */
  readonly status: string
  readonly reason: string | null
  /** null: not said, which is not the same as none. */
  readonly available: readonly number[] | null
  readonly failed: readonly number[]
  readonly cancelled: readonly number[]
  readonly totalChunks: number | null
  readonly availableCount: number | null
  readonly finishedChunks: number | null
  /** Chunks without a row, which need not be named. */
  readonly emptyCount: number | null
  /** The request as the vendor understood it. */
  readonly filters: JsonObject | null
  readonly chunkSize: number | null
  readonly createdAtMs: number | null
}

export function readJobStatus(wire: Json): JobStatus {
  const job = isJsonObject(wire) ? wire : {}
  const status = typeof job.status === 'string' ? job.status.toUpperCase() : 'UNKNOWN'
  return {
    exportId: textIn(job, 'uuid'),
    status: status === 'CANCELED' ? 'CANCELLED' : status,
    reason: textIn(job, 'reason'),
    available: 'chunks_available' in job ? numbersIn(job, 'chunks_available') : null,
    failed: numbersIn(job, 'chunks_failed'),
    cancelled: numbersIn(job, 'chunks_cancelled'),
    totalChunks: countIn(job, 'total_chunks'),
    availableCount: countIn(job, 'chunks_available_count'),
    finishedChunks: countIn(job, 'finished_chunks'),
    emptyCount: countIn(job, 'empty_chunks_count'),
    filters: filtersIn(job.filters),
    chunkSize: countIn(job, 'num_assets_per_chunk') ?? countIn(job, 'num_findings'),
    createdAtMs: createdIn(job.created),
  }
}

export function readJobList(wire: Json): JobStatus[] {
  const exports = isJsonObject(wire) ? wire.exports : wire
  return Array.isArray(exports) ? (exports as readonly Json[]).map(readJobStatus) : []
}

/** @returns undefined when the answer does not name the job */
export function readCreatedExport(wire: Json): string | undefined {
  const id = isJsonObject(wire) ? (wire.export_uuid ?? wire.uuid) : undefined
  return typeof id === 'string' && id !== '' ? id : undefined
}

/** The asset service sends its filters as JSON inside a string. */
function filtersIn(value: Json | undefined): JsonObject | null {
  if (isJsonObject(value)) return value
  if (typeof value !== 'string') return null
  try {
    const inner = JSON.parse(value) as Json
    return isJsonObject(inner) ? inner : null
  } catch {
    return null
  }
}

/** Milliseconds; a ten-digit number would be seconds. */
function createdIn(value: Json | undefined): number | null {
  const number = typeof value === 'string' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return null
  return number < 1e11 ? number * 1000 : number
}

function textIn(object: JsonObject, key: string): string | null {
  const value = object[key]
  return typeof value === 'string' && value !== '' ? value : null
}

function countIn(object: JsonObject, key: string): number | null {
  const value = object[key]
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : null
}

function numbersIn(object: JsonObject, key: string): number[] {
  const value = object[key]
  if (!Array.isArray(value)) return []
  return (value as readonly Json[]).map(Number).filter(number => Number.isInteger(number) && number >= 0)
}
