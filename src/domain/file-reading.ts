import type { Asset, ObservedAsset } from './asset.ts'
import type { ComplianceCheck, ComplianceState } from './compliance.ts'
import type { FindingState, SeverityModification } from './finding.ts'
import type { JsonObject } from './json.ts'
import type { Plugin } from './plugin.ts'
import type { Severity } from './severity.ts'

// What a reader of files hands on and an import stages: rows as the file has them, before anybody has compared them with
// what is known.

/** Every kind of file there is; the part before the colon says how it is read. */
export const fileFormats = [
  'nessus-v2',
  'csv:tenable-vm-findings',
  'csv:tenable-vm-audits',
  'csv:tenable-vm-scan',
  'csv:tenable-sc',
  'csv:nessus',
  'csv:nessus-was',
  'csv:other',
  'hextrackr:database',
  'hextrackr:backup',
] as const
export type FileFormat = (typeof fileFormats)[number]

/** One machine as a file names it. */
export interface FileHost {
  /** The strongest of its names: `uuid:`, else `fqdn:`, `netbios:`, `ip:`. */
  readonly nativeId: string
  /** Its weaker names that may lead to a machine met before, strongest first. */
  readonly aliases: readonly string[]
  readonly asset: Asset
  readonly observed: ObservedAsset
}

/** One row about one finding. What a file does not say is null, and for the importer to find out. */
export interface FileFinding {
  /** The record of a CSV file, or the item of a .nessus file; from 1. */
  readonly row: number
  readonly nativeId: string
  readonly pluginId: number
  readonly port: number
  readonly protocol: string
  readonly instance: string
  readonly state: FindingState | null
  readonly severity: Severity
  readonly defaultSeverity: Severity | null
  readonly severityModification: SeverityModification | null
  readonly modificationReason: string | null
  readonly firstFound: string | null
  readonly lastFound: string | null
  readonly lastFixed: string | null
  readonly resurfacedAt: string | null
  /** When the vendor indexed this version, or when the scan that says so ended. */
  readonly versionAt: string | null
  readonly service: string | null
  readonly sensor: string | null
  readonly scanUuid: string | null
  readonly scanScheduleUuid: string | null
  readonly scanStartedAt: string | null
  readonly scanCompletedAt: string | null
  readonly scanTarget: string | null
  readonly findingId: string | null
  readonly output: string | null
  readonly extra: JsonObject | null
}

export interface FileComplianceResult {
  readonly row: number
  readonly nativeId: string
  readonly check: ComplianceCheck
  readonly state: ComplianceState
  readonly actualValue: string | null
  readonly expectedValue: string | null
  readonly checkError: string | null
  readonly description: string | null
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  readonly extra: JsonObject | null
}

/** A row we could not read. */
export interface RejectedRow {
  readonly row: number
  readonly reason: string
  readonly raw: string
}

/** Something odd about a row that was kept. */
export interface RowIssue {
  readonly row: number
  readonly field: string
  readonly problem: string
}

/** How well a fact of an import is known: said as it was seen, worked out from what was seen, or taken for want of better. */
export const confidences = ['exact', 'derived', 'guessed'] as const
export type Confidence = (typeof confidences)[number]

/** Of how many findings a fact is known how well, and why no better. */
export interface ConfidenceMark {
  readonly fact: string
  readonly mark: Confidence
  readonly findings: number
  readonly why: string
}

/** Sums of one day as another product made them; never taken for ours. Null where it had none. */
export interface FileTotal {
  readonly row: number
  /** A date, `2026-11-24`. */
  readonly day: string
  /** The vendor that they are of; empty for all. */
  readonly vendor: string
  readonly counts: Readonly<Record<(typeof totalCounts)[number], number | null>>
}

export const totalSeverities = ['critical', 'high', 'medium', 'low'] as const
export const totalCounts = [
  ...(['critical_count', 'critical_total_vpr', 'high_count', 'high_total_vpr'] as const),
  ...(['medium_count', 'medium_total_vpr', 'low_count', 'low_total_vpr'] as const),
  ...(['total_vulnerabilities', 'total_vpr', 'resolved_count', 'reopened_count'] as const),
] as const

/** A day of which a file has the whole picture, beside its newest. */
export interface FileSnapshot {
  readonly day: string
  readonly rows: number
  readonly findings: number
}

/** What a file tells of the past. */
export interface FilePast {
  readonly totalDays: number
  readonly firstDay: string | null
  readonly lastDay: string | null
  readonly snapshots: readonly FileSnapshot[]
  /** Tables with rows that are not brought over, with their number. */
  readonly leftOut: readonly { readonly table: string; readonly rows: number }[]
}

/** A bounded piece of a file. A host and a plugin come before or with the first row that names them. */
export interface FileBatch {
  readonly hosts: readonly FileHost[]
  readonly plugins: readonly Plugin[]
  readonly findings: readonly FileFinding[]
  readonly compliance: readonly FileComplianceResult[]
  readonly rejected: readonly RejectedRow[]
  readonly issues: readonly RowIssue[]
  readonly totals: readonly FileTotal[]
  /** Unpacked bytes read so far. */
  readonly bytes: number
}

/** What is known of a file when it has been read to its end. */
export interface FileSummary {
  readonly format: FileFormat
  readonly encoding: string
  readonly delimiter: string | null
  readonly columns: readonly string[]
  readonly unknownColumns: readonly string[]
  readonly rows: number
  /** Why the file is no complete picture of what it shows; null when it was read whole. */
  readonly incomplete: string | null
  /** When its newest scan ended; null when it does not say. */
  readonly observedAt: string | null
  readonly notes: readonly string[]
  /** Of a file whose facts are not all as they were seen. */
  readonly confidence?: readonly ConfidenceMark[]
  /** Of a file that keeps days of the past. */
  readonly past?: FilePast
}

export interface ReadOptions {
  /** Minutes east of UTC, for times that name no zone. */
  readonly zoneOffsetMinutes?: number
  /** How 3/4/2025 is meant; found out from the file when left out. */
  readonly dateOrder?: 'day-first' | 'month-first'
  /** Of an export without a state column: all of it is open, or all fixed. */
  readonly state?: 'open' | 'fixed'
}
