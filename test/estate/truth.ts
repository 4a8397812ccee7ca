import { type Asset, describe, type HostFacts, isLive } from '../../src/simulator/asset.ts'
import type { SimulatorOptions } from '../../src/simulator/index.ts'
import { createSimulation, type Simulation } from '../../src/simulator/simulation.ts'

// One estate whose truth is known: the machines that the simulators draw from a seed, what is found on each, and what each
// place that looks at them would report. Plain TypeScript over the generator: it shares no rule with the product.

export interface TruthMachine {
  readonly machine: number
  readonly asset: Asset
  readonly facts: HostFacts
  readonly findings: readonly TruthFinding[]
}

export type State = 'open' | 'reopened' | 'fixed'

export interface TruthFinding {
  readonly plugin: number
  readonly pluginName: string
  readonly port: number
  readonly protocol: string
  readonly state: State
  /** 0 info to 4 critical. */
  readonly severity: number
  readonly firstFound: number
  readonly lastFound: number
}

/** What one place reports of one machine. */
export interface TruthRecord {
  readonly machine: number
  /** In the default count. */
  readonly isCounted: boolean
  readonly findings: readonly Pick<TruthFinding, 'plugin' | 'port' | 'protocol' | 'state' | 'severity'>[]
}

export const severityNames = ['info', 'low', 'medium', 'high', 'critical'] as const

export interface Truth {
  readonly options: SimulatorOptions
  readonly simulation: Simulation
  /** Machines that are there now; those that a place gives a new id at each scan are nobody's. */
  readonly machines: readonly TruthMachine[]
}

export async function makeTruth(options: SimulatorOptions): Promise<Truth> {
  const simulation = await createSimulation(options)
  const { estate, seed } = simulation
  const row = estate.newRow()
  const machines = estate.assets
    .filter(asset => isLive(asset) && asset.tracked)
    .map(asset => {
      const findings: TruthFinding[] = []
      for (let slot = 0; slot < asset.slots; slot++) {
        if (!estate.read(asset, slot, row)) continue
        findings.push({
          plugin: row.plugin.id,
          pluginName: `Check ${row.plugin.id}`,
          port: row.port.port,
          protocol: row.port.protocol.toLowerCase(),
          state: row.state === 'FIXED' ? 'fixed' : row.state === 'REOPENED' ? 'reopened' : 'open',
          severity: row.severity,
          firstFound: row.firstFound,
          lastFound: row.lastFound,
        })
      }
      return { machine: asset.host, asset, facts: describe(seed, asset), findings }
    })
  return { options, simulation, machines }
}

export type Counts = Record<(typeof severityNames)[number], number>

const noCounts = (): Counts => ({ info: 0, low: 0, medium: 0, high: 0, critical: 0 })

/** Open findings as one place counts them. */
export function openOf(records: readonly TruthRecord[]): Counts {
  const counts = noCounts()
  for (const { isCounted, findings } of records) {
    for (const one of isCounted ? findings : []) if (one.state !== 'fixed') counts[severityNames[one.severity]!] += 1
  }
  return counts
}

/** Of all places together: each finding once per machine, as bad as the worst of them says. */
export function estateOf(records: readonly TruthRecord[]): { devices: number; shared: number; open: Counts } {
  const counted = records.filter(record => record.isCounted)
  const perMachine = Map.groupBy(counted, record => record.machine)
  const worst = new Map<string, number>()
  for (const { machine, findings } of counted) {
    for (const one of findings) {
      if (one.state === 'fixed') continue
      const key = `${machine} ${one.plugin} ${one.port} ${one.protocol}`
      worst.set(key, Math.max(worst.get(key) ?? 0, one.severity))
    }
  }
  const open = noCounts()
  for (const severity of worst.values()) open[severityNames[severity]!] += 1
  const shared = [...perMachine.values()].filter(group => group.length > 1).length
  return { devices: perMachine.size, shared, open }
}
