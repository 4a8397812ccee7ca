import type { Finding } from '../../domain/finding.ts'

/** Hours from scan to index that are told apart; what took longer counts as so much. */
export const longestDelayHours = 72

const hourMs = 3_600_000

type Dated = Pick<Finding, 'state' | 'lastFound' | 'lastFixed' | 'indexedAt' | 'severityModification'>

/** How late a source indexes what its scans find, counted by hours over the rows of a part. */
export class IndexingDelays {
  readonly #rows: number[] = []

  /** A row that a rule changed was indexed again without a scan, so it tells nothing. */
  add(finding: Dated): void {
    const seen = finding.state === 'fixed' ? finding.lastFixed : finding.lastFound
    if (finding.severityModification !== 'none' || seen === null || finding.indexedAt === null) return
    const delayMs = Date.parse(finding.indexedAt) - Date.parse(seen)
    // An index before its scan is a wrong clock of a scanner.
    if (!(delayMs >= 0)) return
    const hour = Math.min(longestDelayHours - 1, Math.floor(delayMs / hourMs))
    while (this.#rows.length <= hour) this.#rows.push(0)
    this.#rows[hour]! += 1
  }

  /** Rows by hour; null when none told. */
  get byHour(): readonly number[] | null {
    return this.#rows.length === 0 ? null : this.#rows
  }
}
