import type { Batch, StreamName } from '../domain/batch.ts'
import type { Json, JsonObject } from '../domain/json.ts'
import type { SourceScope } from '../domain/scope.ts'
import type { SourceCounts } from '../domain/source-counts.ts'

export type {
  AssetBatch,
  Batch,
  ComplianceBatch,
  DirectoryBatch,
  FindingBatch,
  PluginBatch,
  QualityIssue,
  Rejected,
  ScanBatch,
  ScannedHost,
  ScanSightings,
  StreamName,
} from '../domain/batch.ts'
export { streamNames } from '../domain/batch.ts'

export const connectorKinds = ['tenable-vm', 'tenable-sc', 'nessus', 'files'] as const
export type ConnectorKind = (typeof connectorKinds)[number]

export interface StreamSpec {
  readonly name: StreamName
  /** Streams whose parts are read before this one's, so that fewer provisional rows are made. */
  readonly after: readonly StreamName[]
  /** False: the run is complete without it when the source refuses it to this key. */
  readonly required: boolean
  /** Nothing of it is even asked before those have been read: it would take their share of the source's rate. */
  readonly plansAfter?: boolean
}

/** What a targeted run asks findings of: some plugins, or what is found at some addresses. One of the lists is empty. */
export interface FindingTarget {
  readonly pluginIds: readonly number[]
  readonly addresses: readonly string[]
}

/** What a run asks of one stream. */
export interface ReadRequest {
  readonly stream: StreamName
  /** The part of the source that is mirrored; the source itself is asked for nothing else. */
  readonly scope: SourceScope
  /** Of findings only these; null for all of the scope. */
  readonly target: FindingTarget | null
  /** full: everything the source has. delta: what changed since `since`. */
  readonly mode: 'full' | 'delta'
  /** Unix seconds; with `delta` only: what the source indexed or changed from then on. */
  readonly since: number | null
  /**
   * Unix seconds, earlier than `since`: for a source that tells changes only by when a scan found them, which it indexes
   * later. As `since` when left out.
   */
  readonly foundSince?: number | null
  /**
   * Unix seconds, in a full reading too: what came before was read. For a source of which each reading shows only the latest,
   * so that what lay between two readings is read as well.
   */
  readonly readBefore?: number | null
  /** An earlier attempt of the same window to go on with, when the source still has it. */
  readonly resume: ExportRecord | null
  /** Of the plugins: families whose plugins are known. Without it, families are left alone this time. */
  readonly families?: readonly KnownFamily[] | null
  /** What is held of a stream whose records are asked for one by one, each once. */
  readonly held?: Held
}

/** A family of plugins as it was read last. */
export interface KnownFamily {
  readonly familyId: number
  readonly pluginCount: number
}

export interface Held {
  /** By the record's native id: how far it was read, as the connector wrote it. */
  readonly cursors: ReadonlyMap<string, string>
  /** Records that belong to one with a cursor, newest first; those that are whole need not be asked for again. */
  readonly members: readonly HeldMember[]
}

export interface HeldMember {
  readonly parentId: string
  readonly id: string
  readonly isWhole: boolean
}

/** The vendor's job (or our paging of a list), as the ledger keeps it. Plain data. */
export interface ExportRecord {
  readonly exportId: string
  /** The request as we sent it. */
  readonly asked: JsonObject
  /** The instant the rows speak for, on the vendor's clock: the job's `created`. ISO 8601. */
  readonly readAt: string
}

/** One piece of work that a worker can do alone: a chunk, a page window, a file range. Plain data. */
export interface Part {
  readonly stream: StreamName
  readonly exportId: string
  /** Unique in its export, for example the chunk number. */
  readonly partId: string
  readonly readAt: string
  /** Understood by the connector that made it, for example `{ api: 'v2' }`. */
  readonly detail: JsonObject
}

/** What `plan` reports while it follows the source: the engine writes each into the ledger in order. */
export type PlanStep =
  | { readonly kind: 'export'; readonly record: ExportRecord; readonly echoed: Json; readonly notes: readonly string[] }
  | { readonly kind: 'progress'; readonly status: string; readonly partsTotal: number | null }
  | { readonly kind: 'part'; readonly part: Part }
  /** The source has no more parts. `failed` and `cancelled` name parts it could not make: the export is not complete. */
  | {
      readonly kind: 'end'
      readonly outcome: 'complete' | 'incomplete'
      readonly reason: string | null
      readonly failed: readonly string[]
      readonly cancelled: readonly string[]
      /** What a person should know though the export is whole, for example that deleted assets were refused. */
      readonly notes?: readonly string[]
    }

/** One right of the key, tried for real. */
export interface RightCheck {
  readonly right: string
  readonly outcome: 'granted' | 'refused' | 'failed' | 'not_offered'
  /** What the product cannot do without it. */
  readonly cost: string | null
  readonly remedy: string | null
  readonly latencyMs: number
  readonly status: number | null
  /** What the source answered, shortened, without secrets. */
  readonly detail: string | null
}

export interface CheckResult {
  readonly ok: boolean
  readonly baseUrl: string
  /** What this place is: the container's or server's uuid; null when the source would not say. */
  readonly fingerprint: string | null
  readonly container: { readonly id: string | null; readonly name: string | null; readonly region: string | null }
  readonly user: {
    readonly name: string | null
    readonly role: string | null
    readonly permissions: number | null
    readonly isEnabled: boolean | null
  }
  readonly rights: readonly RightCheck[]
  readonly serverVersion: string | null
  /** Why `ok` is false, for a person: what, which, remedy. */
  readonly problem: string | null
  readonly problemCode: string | null
  /** What the scope of a saved source names and the source does not have, for a person. */
  readonly scopeProblems?: readonly string[]
}

/** Tells who the source is without reading any rows; cheap enough for the start of every run. */
export interface Identity {
  /** What a person must know of every run, for example that the source's certificate is not looked at. */
  readonly warnings?: readonly string[]
  readonly fingerprint: string | null
  readonly permissions: number | null
  readonly role: string | null
  /** Now, on the source's clock; null when it tells no time. ISO 8601. */
  readonly now: string | null
}

/** The contract every source keeps. */
export interface Connector {
  readonly kind: ConnectorKind
  readonly streams: readonly StreamSpec[]
  identify(signal: AbortSignal): Promise<Identity>
  check(signal: AbortSignal): Promise<CheckResult>
  /** Follows one stream's request to its end. Ends with exactly one `end` step, or throws a SourceError. */
  plan(request: ReadRequest, signal: AbortSignal): AsyncIterable<PlanStep>
  /**
   * Reads one part. Runs in a worker thread, under the shared limits. Ends normally only when the whole part was
   * received and understood; a truncated body throws.
   * @throws SourceError `export_expired` when the source no longer has it
   */
  open(part: Part, signal: AbortSignal): AsyncIterable<Batch>
  /**
   * Looks, after all parts of some exports were read, whether what they were pages of stood still meanwhile. Left out by
   * sources that make their exports themselves.
   * @returns why rows may have been passed over; undefined when none can have been
   */
  confirm?(records: readonly ExportRecord[], signal: AbortSignal): Promise<string | undefined>
  /**
   * Exports that the source remembers, whoever asked for them, which ask exactly what this request would ask. None when
   * it keeps no such list.
   */
  sameExports(request: ReadRequest, signal: AbortSignal): Promise<readonly string[]>
  /** What a scope names that the source does not have, in words for a person. Empty when it has all of it. */
  checkScope(scope: SourceScope, signal: AbortSignal): Promise<readonly string[]>
  /**
   * Those of some assets of which the source says that it no longer has them. Asked one by one: only for a few. What it
   * will not say is not gone.
   */
  findGone(nativeIds: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>>
  /** What the source counts of itself, to be held against the mirror. Left out by sources that count nothing. */
  count?(signal: AbortSignal): Promise<SourceCounts>
  /** Asks the source to stop making this export; quietly accepts that it already ended. */
  cancel(stream: StreamName, exportId: string, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export type { RequestLimiter } from '../platform/limiter.ts'
