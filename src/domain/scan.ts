import type { JsonObject } from './json.ts'

/** Statuses a run does not leave any more. Others are on their way, `empty` never ran. */
export const finishedScanStatuses: ReadonlySet<string> = new Set([
  'completed',
  'canceled',
  'aborted',
  'imported',
  'stopped',
])

/** A scan as its source defines it. Instants are ISO 8601 in UTC; `null` is unknown. */
export interface Scan {
  readonly nativeId: number
  readonly scheduleUuid: string | null
  readonly latestRunUuid: string | null
  readonly name: string
  /** remote, ps, agent, pvs, webapp … */
  readonly type: string | null
  /** Of its latest run, in the vendor's words. */
  readonly status: string | null
  readonly owner: string | null
  readonly folderId: number | null
  readonly policyId: number | null
  readonly templateUuid: string | null
  readonly totalTargets: number | null
  readonly progress: number | null
  readonly userPermissions: number | null
  readonly isEnabled: boolean | null
  readonly isShared: boolean | null
  readonly timeZone: string | null
  readonly rrules: string | null
  /** The first start on the wall clock of `timeZone`, for example `20260105T010000`. */
  readonly starts: string | null
  readonly createdAt: string | null
  readonly lastRunAt: string | null
  readonly extra: JsonObject | null
}

/** One run of a scan, as the scan's history lists it. */
export interface ScanRun {
  readonly uuid: string
  readonly scanNativeId: number
  readonly scheduleUuid: string | null
  readonly nativeId: number | null
  readonly status: string | null
  readonly startedAt: string | null
  readonly completedAt: string | null
  /** The source keeps no results of it any more, only a file. */
  readonly isArchived: boolean
  readonly extra: JsonObject | null
}

/** What the details of a finished run add: asked for once, as it does not change. */
export interface ScanRunDetails {
  readonly uuid: string
  readonly scanNativeId: number
  readonly scheduleUuid: string | null
  /** Why there are none though they were asked for. */
  readonly problem: 'forbidden' | 'not_found' | null
  readonly isArchived: boolean
  readonly startedAt: string | null
  readonly hosts: number | null
  readonly severities: ScanSeverities | null
  readonly policy: string | null
  readonly scanner: string | null
  readonly targets: string | null
  readonly folderId: number | null
}

/** Results by severity, over all hosts. */
export interface ScanSeverities {
  readonly info: number
  readonly low: number
  readonly medium: number
  readonly high: number
  readonly critical: number
}

export type ScanReading =
  | { readonly kind: 'scan'; readonly scan: Scan }
  | { readonly kind: 'run'; readonly run: ScanRun }
  | { readonly kind: 'details'; readonly details: ScanRunDetails }

export interface ScanFolder {
  readonly nativeId: number
  readonly name: string
  readonly type: string | null
}

/** What a batch of scans says beside its rows. */
export interface ScanListing {
  /** Set once, by the last batch of the list of scans: the ids of all of them. What is not there is gone. */
  readonly listed?: readonly number[] | undefined
  readonly folders?: readonly ScanFolder[] | undefined
  /** How far the history of one scan is read with this batch; understood by the connector alone. */
  readonly cursor?: { readonly scanNativeId: number; readonly value: string } | undefined
}
