import type { Asset } from './asset.ts'
import type { ComplianceResult } from './compliance.ts'
import type { DirectoryList, DirectoryReading, DirectoryRows, directoryStreams, PluginFamily } from './directory.ts'
import type { Finding } from './finding.ts'
import type { Plugin } from './plugin.ts'
import type { ScanListing, ScanReading } from './scan.ts'
import type { HostScan } from './scan-coverage.ts'

/** Every stream there is; a connector says which of them it reads. */
export const streamNames = [
  'assets',
  'findings',
  'plugins',
  'networks',
  'scanners',
  'agents',
  'tags',
  'scans',
  'compliance',
] as const
/** One collection of a source. */
export type StreamName = (typeof streamNames)[number]

/** A record we could not read: kept aside whole, counted and shown. */
export interface Rejected {
  readonly reason: string
  /** The record's text as received, at most 64 KiB of it. */
  readonly raw: string
}

/** A record we kept though something in it is impossible. */
export interface QualityIssue {
  readonly field: string
  readonly problem: string
  /** The key of the record, for a person. */
  readonly record: string
}

interface BatchOf<S extends StreamName, R> {
  readonly stream: S
  readonly rows: readonly R[]
  readonly rejected: readonly Rejected[]
  readonly issues: readonly QualityIssue[]
  /** Uncompressed bytes that this batch came from. */
  readonly bytes: number
}

export type AssetBatch = BatchOf<'assets', Asset> & {
  /** Assets that the source has, of which it tells nothing here: all the names of each. */
  readonly present?: readonly (readonly string[])[]
  /** What the findings of the same part are of: written at once, in a transaction of its own. */
  readonly isAhead?: boolean
}
/** A machine that a run of a scan met. */
export interface ScannedHost extends HostScan {
  readonly nativeId: string
  /** @see ObservedAsset.aliases */
  readonly aliases?: readonly string[]
}
/** Of a source that tells no states: what a run of a scan saw. What it means, the merge finds out by what is held. */
export interface ScanSightings {
  /** The source's own numbers of the scan and of its run. */
  readonly scanId: number
  readonly historyId: number
  /** Machines whose findings are all in this batch. */
  readonly hosts: readonly ScannedHost[]
  /** The run has no more: what it should have seen and did not is missing. */
  readonly isLast: boolean
}
export type FindingBatch = BatchOf<'findings', Finding> & {
  /** What went away is kept apart from what is open: that an open finding is not among these says nothing. */
  readonly isPastOnly?: boolean
  /** The rows are sightings, each with its time as `versionAt`; what they say of states and dates besides is not looked at. */
  readonly sightings?: ScanSightings
}
export type PluginBatch = BatchOf<'plugins', Plugin> & {
  /** Instead of plugins: which ones a family has. */
  readonly family?: PluginFamily
}
export type DirectoryBatchOf<L extends DirectoryList> = BatchOf<(typeof directoryStreams)[L], DirectoryRows[L]> & {
  readonly list: L
  readonly reading: DirectoryReading
}
export type DirectoryBatch = { [L in DirectoryList]: DirectoryBatchOf<L> }[DirectoryList]
export type ScanBatch = BatchOf<'scans', ScanReading> & ScanListing
export type ComplianceBatch = BatchOf<'compliance', ComplianceResult>

/** Our unit through the pipe: a bounded number of normalised records of one stream. */
export type Batch = AssetBatch | FindingBatch | PluginBatch | DirectoryBatch | ScanBatch | ComplianceBatch
