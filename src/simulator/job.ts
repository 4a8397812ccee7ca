import type { FaultAction } from './faults.ts'

export type JobFamily = 'vulns' | 'assets' | 'compliance'

export type JobStatus = 'QUEUED' | 'PROCESSING' | 'FINISHED' | 'CANCELLED' | 'ERROR'

/** What one chunk is made of; only the family that planned it can read it. */
export type ChunkPlan = unknown

export interface JobRequest {
  readonly family: JobFamily
  /** Two requests with the same key ask for the same thing. */
  readonly key: string
  readonly echo: unknown
  readonly perChunk: number
  /** What answering a chunk needs besides its plan. */
  readonly context: unknown
  /** Works out the chunks, giving way to others in between. */
  plan(): Promise<readonly ChunkPlan[]>
  readonly fault?: FaultAction | undefined
}

export interface Job {
  readonly uuid: string
  readonly family: JobFamily
  readonly key: string
  readonly echo: unknown
  readonly perChunk: number
  readonly context: unknown
  readonly createdAt: number
  readonly isForeign: boolean
  readonly fault: FaultAction | undefined
  chunks: ReadonlyMap<number, ChunkPlan>
  /** Chunk ids in the order they become available. */
  order: readonly number[]
  emptyChunks: number
  isPlanned: boolean
  steps: number
  quietRequests: number
  cancelledAt: number
  cancelledShown: number
}

export interface JobView {
  readonly status: JobStatus
  readonly reason: string | undefined
  readonly available: readonly number[]
  readonly failed: readonly number[]
  readonly cancelled: readonly number[]
  readonly total: number
  readonly empty: number
}
