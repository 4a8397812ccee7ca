import type { Part } from '../connectors/connector.ts'
import type { CorrelationOutcome } from '../store/identity/correlate.ts'
import type { PartContext } from '../store/merge/context.ts'
import type { MergedPart } from '../store/merge/part.ts'
import type { CountedCall } from './call-counter.ts'
import type { SourceConnection } from './connection.ts'

// What crosses between the engine's thread and its workers: plain data only, never rows.

export interface WorkerSetup {
  readonly connectionString: string
  /** What the thread's sessions are called. */
  readonly applicationName: string
  readonly logLevel: string
}

export interface PartTask {
  readonly part: Part
  readonly context: PartContext
}

export type ToWorker =
  | {
      readonly kind: 'task'
      readonly taskId: number
      readonly task: PartTask
      /** The thread keeps what it has learnt while the next part is of the same source. */
      readonly source: SourceConnection
    }
  /** Looks which assets of the source's tenant are one machine. */
  | { readonly kind: 'correlate'; readonly taskId: number; readonly sourceId: number }
  | { readonly kind: 'cancel'; readonly taskId: number }
  | { readonly kind: 'permit'; readonly permitId: number }
  | { readonly kind: 'close' }

/** An error as it crosses threads, and processes. */
export type SentError = {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly retry: 'never' | 'later' | 'now' | null
  readonly retryAfterMs: number | null
  readonly status: number | null
  /** The vendor's id of the request. */
  readonly requestUuid: string | null
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'alive' }
  | { readonly kind: 'done'; readonly taskId: number; readonly merged: MergedPart }
  | { readonly kind: 'correlated'; readonly taskId: number; readonly outcome: CorrelationOutcome }
  | { readonly kind: 'failed'; readonly taskId: number; readonly error: SentError }
  | { readonly kind: 'ask-permit'; readonly permitId: number }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'call'; readonly call: CountedCall }
