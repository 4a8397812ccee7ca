import type { Finding } from '../../domain/finding.ts'
import { copyText, copyValue, textHash } from '../copy-text.ts'
import type { LineBuffer } from './line-buffer.ts'
import { scanKey } from './scan-directory.ts'

/** A finding on its way into staging: its key, its fingerprints, and where its COPY line is. */
export interface FindingRow {
  readonly assetId: number
  readonly key: string
  readonly versionAt: string | null
  readonly rowHash: string
  readonly outputHash: string | null
  /** Place of the line of `staged_finding` in the line buffer. */
  readonly from: number
  readonly to: number
}

export const keyColumns = 'asset_id, plugin_id, port, protocol, instance'

/** Columns of `finding` that come from the source, in the order of the COPY line after the key. */
export const factColumns = [
  'state',
  'severity',
  'default_severity',
  'severity_modification',
  'modification_reason',
  'modification_rule_id',
  'first_found',
  'last_found',
  'last_fixed',
  'resurfaced_date',
  'time_taken_to_fix',
  'vendor_version_at',
  'service',
  'sensor',
  'scan_target',
  'native_id',
  'scan_run_id',
] as const

/**
 * @param scanRunId ours, for the scan that the finding names
 * @param lines gets the row's line
 */
export function findingRow(finding: Finding, assetId: number, scanRunId: number | null, lines: LineBuffer): FindingRow {
  const name = `${finding.pluginId}\t${finding.port}\t${copyText(finding.protocol)}\t${copyText(finding.instance)}`
  const facts = factLine(finding)
  const output = `${copyText(finding.output)}\t${finding.extra === null ? '\\N' : copyText(JSON.stringify(finding.extra))}`
  // By what the source said, not by our id of the scan.
  const rowHash = textHash(`${facts}\t${scanKey(finding) ?? ''}`)
  const outputHash = output === '\\N\t\\N' ? null : textHash(output)
  const key = `${assetId}\t${name}`
  const from = lines.size
  lines.add(`${key}\t${facts}\t${scanRunId ?? '\\N'}\t${rowHash}\t${outputHash ?? '\\N'}\t${output}\n`)
  return {
    assetId,
    key,
    versionAt: versionOf(finding),
    rowHash,
    outputHash,
    from,
    to: lines.size,
  }
}

function versionOf({ indexedAt, versionAt }: Finding): string | null {
  return versionAt ?? indexedAt
}

function factLine(finding: Finding): string {
  return [
    finding.state,
    finding.severity,
    copyValue(finding.defaultSeverity),
    finding.severityModification,
    copyText(finding.modificationReason),
    copyText(finding.modificationRuleId),
    copyText(finding.firstFound),
    copyText(finding.lastFound),
    copyText(finding.lastFixed),
    copyText(finding.resurfacedAt),
    copyValue(finding.timeTakenToFixSeconds),
    copyText(versionOf(finding)),
    copyText(finding.service),
    copyText(finding.sensor),
    copyText(finding.scanTarget),
    copyText(finding.nativeId),
  ].join('\t')
}

/**
 * Of several rows with one key, keeps the newest version; of equal versions the one with the greater fingerprint, so
 * that the order in which they came does not matter. By asset, so that writers meet assets in one order.
 */
export function newestOfEachKey(rows: readonly FindingRow[]): FindingRow[] {
  const newest = new Map<string, FindingRow>()
  for (const row of rows) {
    const other = newest.get(row.key)
    if (other === undefined || beats(row, other)) newest.set(row.key, row)
  }
  return [...newest.values()].sort((a, b) => a.assetId - b.assetId)
}

function beats(row: FindingRow, other: FindingRow): boolean {
  if (row.versionAt !== null && other.versionAt !== null) {
    const difference = instant(row.versionAt) - instant(other.versionAt)
    if (difference !== 0) return difference > 0
  }
  return BigInt(row.rowHash) > BigInt(other.rowHash)
}

/** Microseconds; Date alone would lose the last three of six digits. */
function instant(iso: string): number {
  const micros = /\.\d{3}(\d{3})/.exec(iso)
  return Date.parse(iso) * 1000 + Number(micros?.[1] ?? 0)
}
