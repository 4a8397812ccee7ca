import type { ComplianceResult } from '../../domain/compliance.ts'
import { copyText, textHash } from '../copy-text.ts'

/** A compliance result on its way into staging: its key, what orders its versions, and its COPY line. */
export interface ComplianceRow {
  readonly assetId: number
  readonly checkId: number
  readonly versionAt: string | null
  readonly rowHash: bigint
  readonly line: string
}

/** Columns of `compliance_result` that come from the source, in the order of the COPY line after the key. */
export const factColumns = [
  'state',
  'vendor_state',
  'first_seen',
  'last_seen',
  'last_fixed',
  'last_observed',
  'vendor_version_at',
  'actual_value',
  'expected_value',
  'check_error',
  'description',
  'extra',
] as const

export function complianceRow(result: ComplianceResult, assetId: number, checkId: number): ComplianceRow {
  const facts = [
    result.state,
    copyText(result.vendorState),
    copyText(result.firstSeen),
    copyText(result.lastSeen),
    copyText(result.lastFixed),
    copyText(result.lastObserved),
    copyText(result.indexedAt),
    copyText(result.actualValue),
    copyText(result.expectedValue),
    copyText(result.checkError),
    copyText(result.description),
    result.extra === null ? '\\N' : copyText(JSON.stringify(result.extra)),
  ].join('\t')
  const rowHash = textHash(facts)
  return {
    assetId,
    checkId,
    versionAt: result.indexedAt,
    rowHash: BigInt(rowHash),
    line: `${assetId}\t${checkId}\t${facts}\t${rowHash}\n`,
  }
}

/**
 * Of several rows with one key the newest version, of equal ones that with the greater fingerprint; by asset, so that
 * writers meet rows in one order.
 */
export function newestOfEachResult(rows: readonly ComplianceRow[]): ComplianceRow[] {
  const newest = new Map<string, ComplianceRow>()
  for (const row of rows) {
    const key = `${row.assetId} ${row.checkId}`
    const other = newest.get(key)
    if (other === undefined || beats(row, other)) newest.set(key, row)
  }
  return [...newest.values()].sort((a, b) => a.assetId - b.assetId || a.checkId - b.checkId)
}

function beats(row: ComplianceRow, other: ComplianceRow): boolean {
  if (row.versionAt !== null && other.versionAt !== null) {
    const difference = microseconds(row.versionAt) - microseconds(other.versionAt)
    if (difference !== 0) return difference > 0
  }
  return row.rowHash > other.rowHash
}

/** Date alone would lose the last three of six digits. */
export function microseconds(iso: string): number {
  const rest = /\.\d{3}(\d{3})/.exec(iso)
  return Date.parse(iso) * 1000 + Number(rest?.[1] ?? 0)
}
