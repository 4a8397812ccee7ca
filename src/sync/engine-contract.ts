import type { CheckResult, ConnectorKind, StreamName } from '../connectors/connector.ts'
import type { TraceEntry } from '../connectors/exchange.ts'
import type { JsonObject } from '../domain/json.ts'
import type { SourceCounts } from '../domain/source-counts.ts'
import type { Actor } from '../store/audit.ts'
import type { SourceLimits } from './connection.ts'
import type { QueuedRefresh, RefreshRequest } from './refresh.ts'

export type RunKind = 'full' | 'delta'
/** Only a person asks for a run again. */
export type RetryTrigger = 'cli' | 'api'
export type RunTrigger = 'cli' | 'api' | 'schedule' | 'start' | 'demo'

export type SweepDecision = 'confirm' | 'reject'

export interface RunRequest {
  readonly sourceId: number
  readonly kind: RunKind
  readonly trigger: RunTrigger
  /** All that the source offers when left out. */
  readonly streams?: readonly StreamName[]
}

/** The settings of a source that is not saved, to be tried. */
export interface UnsavedConnection {
  readonly kind: 'tenable-vm' | 'tenable-sc' | 'nessus'
  readonly baseUrl: string
  readonly accessKey: string
  readonly secretKey: string
  /** How it is reached, and how calls to it behave; as the configuration says when left out. */
  readonly settings?: JsonObject
}

/** Told of each call to a source, without its keys. */
export type Trace = (call: TraceEntry) => void

/** Starts, follows and stops runs. Progress is not here: it is in the ledger's rows. */
export interface Engine {
  /** Takes up pending runs and those whose worker died; returns at once. */
  start(): Promise<void>
  /** Lets go of everything; unfinished runs stay in the ledger to be taken up again. */
  stop(): Promise<void>
  /**
   * Queues a run. When the source already has one pending or running, that one is answered with `created: false`.
   */
  requestRun(request: RunRequest, actor: Actor): Promise<{ readonly runId: number; readonly created: boolean }>
  /**
   * Queues a run like one that has ended: same source, kind, streams and target.
   * @throws NotFoundError `run_not_found`
   * @throws ConfigError `job_not_ended`, `not_retriable`
   */
  retryRun(
    runId: number,
    trigger: RetryTrigger,
    actor: Actor,
  ): Promise<{ readonly runId: number; readonly created: boolean }>
  /** The same for each source whose runs of the last days failed, or left something unread, and that no later run has made up for: one a source. */
  retryFailed(
    days: number,
    trigger: RetryTrigger,
    actor: Actor,
    /** Only of these; of all when left out. */
    sourceIds?: readonly number[],
  ): Promise<readonly { readonly runId: number; readonly created: boolean; readonly retries: number }[]>
  /** While a source is paused no schedule starts a run of it; a person still may. False when it was so already. */
  pauseSource(sourceId: number, isPaused: boolean, actor: Actor): Promise<boolean>
  /**
   * Queues a run that reads some assets or one plugin. It goes on beside the run that the source has; of several the ones
   * asked for first go first.
   * @throws ConfigError `never_complete`, `no_address`, `too_many_refreshes`
   */
  requestRefresh(request: RefreshRequest, actor: Actor): Promise<QueuedRefresh>
  /** Asks a pending or running run to stop, the vendor's jobs too. False when it already ended. */
  cancelRun(runId: number, actor: Actor): Promise<boolean>
  /** Cancels every pending and running run, of all sources or of some; answers how many. */
  stopAll(actor: Actor, sourceIds?: readonly number[]): Promise<number>
  /** Tries a saved source's key for every right; `trace` is told of each call. */
  checkSource(sourceId: number, signal: AbortSignal, trace?: Trace): Promise<CheckResult>
  /**
   * Has a source count its open findings itself.
   * @throws ConfigError `counts_not_offered`
   */
  countSource(sourceId: number, signal: AbortSignal): Promise<SourceCounts>
  /**
   * Queues or drops what a run would end and a person must decide; a started engine carries out what is queued.
   * @throws NotFoundError `sweep_not_found`
   * @throws ConfigError `sweep_not_held`
   */
  decideSweep(runId: number, decision: SweepDecision, actor: Actor): Promise<void>
  /** Queues what is due, until the engine stops; for servers. However many do so, each run is queued once. */
  startSchedules(): void
  /** Whether this engine queues what is due. */
  readonly isScheduling: boolean
  /** How calls to a source with these settings behave. */
  limitsOf(kind: ConnectorKind, settings: JsonObject): SourceLimits
  checkConnection(connection: UnsavedConnection, signal: AbortSignal, trace?: Trace): Promise<CheckResult>
  /** Resolves with the run's final status. */
  waitForRun(runId: number, signal?: AbortSignal): Promise<'completed' | 'partial' | 'failed' | 'cancelled'>
}
