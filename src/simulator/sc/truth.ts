import { severityNames } from '../finding-body.ts'
import type { SecurityCenter } from './context.ts'
import { keyOf, type UniquenessField } from './host.ts'

/** A finding as a complete mirror must hold it. Instants in Unix seconds: Security Center knows no finer ones. */
export interface ScTruthFinding {
  readonly host: Readonly<Partial<Record<UniquenessField, string>>>
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly state: 'open' | 'reopened' | 'fixed'
  readonly severity: (typeof severityNames)[number]
  readonly risk: 'none' | 'accepted' | 'recasted'
  readonly first_seen: number
  readonly last_seen: number
  readonly last_mitigated: number | null
}

/** What its user may see, counted from the model and not from what was served. */
export function* scTruthFindings(sc: SecurityCenter): Generator<ScTruthFinding> {
  const { estate } = sc.simulation
  const row = estate.newRow()
  for (const host of sc.rows.hosts()) {
    const key = keyOf(host)
    for (let slot = 0; slot < host.asset.slots; slot++) {
      if (!estate.read(host.asset, slot, row)) continue
      yield {
        host: key,
        plugin_id: row.plugin.id,
        port: row.port.port,
        protocol: row.port.protocol,
        state: row.state === 'FIXED' ? 'fixed' : row.state === 'REOPENED' || row.lastFixed !== 0 ? 'reopened' : 'open',
        severity: severityNames[row.severity]!,
        risk: row.modification === 'ACCEPTED' ? 'accepted' : row.modification === 'RECASTED' ? 'recasted' : 'none',
        first_seen: Math.floor(row.firstFound / 1000),
        last_seen: Math.floor(row.lastFound / 1000),
        last_mitigated: row.state === 'FIXED' ? Math.floor(row.lastFixed / 1000) : null,
      }
    }
  }
}
