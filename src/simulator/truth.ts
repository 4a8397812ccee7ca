import { createHash } from 'node:crypto'
import { iso } from './clock.ts'
import { type ComplianceTruth, countCompliance } from './compliance-truth.ts'
import type { FindingState } from './finding-row.ts'
import { countScans, type ScanTruth } from './scan-truth.ts'
import { assetLine, findingLine, type SeverityName, type TruthParts, truthAssets, truthFindings } from './truth-rows.ts'

/** What a complete mirror made with this key must hold, counted from the model and not from what was served. */
export interface Truth {
  /** The tenant's present. */
  readonly at: string
  readonly role: number
  readonly assets: {
    /** Everything asset exports tell this key: version 2, hosts and web applications, deleted and terminated included. */
    readonly total: number
    readonly live: number
    readonly deleted: number
    readonly terminated: number
    /** Of the live ones. */
    readonly unlicensed: number
    readonly webapp: number
    readonly cloud: number
    /** Not in asset exports; findings name them. */
    readonly untracked: number
    readonly checksum: string
  }
  readonly findings: {
    readonly total: number
    readonly state: Readonly<Record<FindingState, number>>
    readonly severity: Readonly<Record<SeverityName, number>>
    readonly byStateAndSeverity: Readonly<Record<FindingState, Readonly<Record<SeverityName, number>>>>
    /** Findings a default count leaves out. */
    readonly unlicensed: number
    readonly untracked: number
    readonly plugins: number
    readonly checksum: string
  }
  readonly scans: ScanTruth
  readonly compliance: ComplianceTruth
}

export function truthOf(simulation: TruthParts): Truth {
  return {
    at: iso(simulation.clock.now()),
    role: simulation.keys.role,
    assets: countAssets(simulation),
    findings: countFindings(simulation),
    scans: countScans(simulation),
    compliance: countCompliance(simulation),
  }
}

function countAssets(simulation: TruthParts): Truth['assets'] {
  const counts = { total: 0, live: 0, deleted: 0, terminated: 0, unlicensed: 0, webapp: 0, cloud: 0, untracked: 0 }
  const hash = createHash('sha256')
  for (const asset of truthAssets(simulation)) {
    if (!asset.tracked) {
      counts.untracked++
      continue
    }
    counts.total++
    counts[asset.status]++
    if (asset.status === 'live' && !asset.licensed) counts.unlicensed++
    if (asset.status === 'live' && asset.types.includes('webapp')) counts.webapp++
    if (asset.status === 'live' && asset.types.includes('cloud')) counts.cloud++
    hash.update(`${assetLine(asset)}\n`)
  }
  return { ...counts, checksum: hash.digest('hex') }
}

function countFindings(simulation: TruthParts): Truth['findings'] {
  const zero = () => ({ info: 0, low: 0, medium: 0, high: 0, critical: 0 })
  const byStateAndSeverity = { OPEN: zero(), REOPENED: zero(), FIXED: zero() }
  const state = { OPEN: 0, REOPENED: 0, FIXED: 0 }
  const severity = zero()
  const plugins = new Set<number>()
  const hash = createHash('sha256')
  let total = 0
  let unlicensed = 0
  let untracked = 0
  for (const row of truthFindings(simulation)) {
    total++
    state[row.state]++
    severity[row.severity]++
    byStateAndSeverity[row.state][row.severity]++
    plugins.add(row.plugin_id)
    if (!row.asset_licensed) unlicensed++
    if (!row.asset_tracked) untracked++
    hash.update(`${findingLine(row)}\n`)
  }
  return {
    total,
    state,
    severity,
    byStateAndSeverity,
    unlicensed,
    untracked,
    plugins: plugins.size,
    checksum: hash.digest('hex'),
  }
}
