import type { Severity } from './severity.ts'

/** Open findings as a source counts them itself, by plugin and severity. */
export interface SourceCounts {
  /** On the source's clock. ISO 8601 */
  readonly countedAt: string
  /** It counts what was found within so many days; null for all. */
  readonly days: number | null
  /** Severities of which it told some plugins only. */
  readonly partial: readonly Severity[]
  readonly rows: readonly SourceCount[]
}

export interface SourceCount {
  readonly pluginId: number
  readonly severity: Severity
  readonly findings: number
}
