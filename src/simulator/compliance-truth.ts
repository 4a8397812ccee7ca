import { createHash } from 'node:crypto'
import { iso } from './clock.ts'
import { auditOf, fullIdOf, lastFixedOf, resultOf, stateOf } from './compliance-body.ts'
import { type ComplianceResult, complianceResults, seenAt } from './compliance-book.ts'
import { scopeOf } from './export.ts'
import type { Simulation } from './simulation.ts'

export interface TruthCompliance {
  readonly asset_uuid: string
  readonly audit_file: string
  readonly full_id: string
  readonly status: ComplianceResult
  readonly state: string | null
  readonly first_seen: string
  readonly last_seen: string
  readonly last_fixed: string | null
}

export interface ComplianceTruth {
  readonly total: number
  readonly status: Readonly<Record<ComplianceResult, number>>
  /** Over the lines `asset_uuid|audit_file|full_id|status|state|first_seen|last_seen|last_fixed`, as for findings. */
  readonly checksum: string
}

type Parts = Pick<Simulation, 'estate' | 'keys' | 'seed' | 'recording' | 'compliance'>

export function* truthCompliance({ estate, keys, seed, recording, compliance }: Parts): Generator<TruthCompliance> {
  if (recording !== undefined) return
  const scope = scopeOf({ keys, seed })
  for (const asset of estate.assets) {
    if (!scope.findingsOf(asset)) continue
    for (const check of compliance.checksOf(asset)) {
      const fixed = lastFixedOf(check)
      yield {
        asset_uuid: asset.uuid,
        audit_file: auditOf(asset).file,
        full_id: fullIdOf(seed, check),
        status: resultOf(check),
        state: stateOf(check),
        first_seen: iso(asset.createdAt),
        last_seen: iso(seenAt(check)),
        last_fixed: fixed === undefined ? null : iso(fixed),
      }
    }
  }
}

export function complianceLine(row: TruthCompliance): string {
  const { asset_uuid, audit_file, full_id, status, state, first_seen, last_seen, last_fixed } = row
  return [asset_uuid, audit_file, full_id, status, state ?? '', first_seen, last_seen, last_fixed ?? '']
    .join('|')
    .toLowerCase()
}

export function countCompliance(parts: Parts): ComplianceTruth {
  const status = Object.fromEntries(complianceResults.map(result => [result, 0])) as Record<ComplianceResult, number>
  const lines: string[] = []
  for (const row of truthCompliance(parts)) {
    status[row.status]++
    lines.push(complianceLine(row))
  }
  return { total: lines.length, status, checksum: checksumOf(lines) }
}

/** SHA-256 over the lines in byte order, each ended by a line feed. */
export function checksumOf(lines: string[]): string {
  const hash = createHash('sha256')
  for (const line of lines.sort((a, b) => (a < b ? -1 : 1))) hash.update(`${line}\n`)
  return hash.digest('hex')
}
