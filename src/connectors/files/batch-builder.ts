import type {
  FileBatch,
  FileComplianceResult,
  FileFinding,
  FileHost,
  FileTotal,
  RejectedRow,
  RowIssue,
} from '../../domain/file-reading.ts'
import type { Plugin } from '../../domain/plugin.ts'

/** Gathers what was read until it is worth handing on. */
export class BatchBuilder {
  hosts: FileHost[] = []
  plugins: Plugin[] = []
  findings: FileFinding[] = []
  compliance: FileComplianceResult[] = []
  rejected: RejectedRow[] = []
  issues: RowIssue[] = []
  totals: FileTotal[] = []
  #weight = 0

  /** @param weight characters that it holds, about */
  weigh(weight: number): void {
    this.#weight += weight
  }

  get isFull(): boolean {
    const rows = this.findings.length + this.compliance.length + this.rejected.length + this.totals.length
    return rows >= 2000 || this.#weight > 8_000_000
  }

  take(bytes: number): FileBatch {
    const { hosts, plugins, findings, compliance, rejected, issues, totals } = this
    this.hosts = []
    this.plugins = []
    this.findings = []
    this.compliance = []
    this.rejected = []
    this.issues = []
    this.totals = []
    this.#weight = 0
    return { hosts, plugins, findings, compliance, rejected, issues, totals, bytes }
  }
}
