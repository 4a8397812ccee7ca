import { type Answer, json } from './answer.ts'
import type { Asset } from './asset.ts'
import { briefOf } from './asset-reads.ts'
import { dayMs } from './clock.ts'
import type { Context } from './context.ts'
import { scopeOf } from './export.ts'
import type { FindingRow } from './finding-row.ts'
import type { Plugin } from './plugin-catalogue.ts'
import type { Simulation } from './simulation.ts'
import { visibleAsset } from './visible-asset.ts'
import { readFilters } from './workbench-filters.ts'

const rowLimit = 5000

interface Tally {
  readonly plugin: Plugin
  count: number
  accepted: number
  recast: number
  readonly bySeverity: number[]
  states: Set<string>
}

/** `GET /workbenches/vulnerabilities`: one row for each plugin, open findings of licensed assets. */
export function getVulnerabilities({ simulation, query }: Context): Answer {
  if (simulation.recording !== undefined) return json(simulation.recording.workbench)
  const { rows, assets } = tally(simulation, scopedAssets(simulation), query)
  return json({
    vulnerabilities: rows.slice(0, rowLimit),
    total_vulnerability_count: rows.length,
    total_asset_count: assets,
  })
}

export function getAssetVulnerabilities({ simulation, params, query }: Context): Answer {
  const { rows } = tally(simulation, [visibleAsset(simulation, params.asset_id!)], query)
  return json({
    vulnerabilities: rows.slice(0, rowLimit),
    total_vulnerability_count: rows.length,
    total_asset_count: 1,
  })
}

export function scopedAssets(simulation: Simulation): Asset[] {
  const scope = scopeOf(simulation)
  return simulation.estate.assets.filter(asset => scope.findingsOf(asset) && asset.licensed && asset.tracked)
}

function tally(simulation: Simulation, assets: readonly Asset[], query: URLSearchParams) {
  const { estate, clock } = simulation
  const wanted = readFilters(query)
  const days = Math.min(Number(query.get('date_range') ?? 450) || 450, 450)
  const after = clock.now() - days * dayMs
  const found = new Map<number, Tally>()
  const row = estate.newRow()
  let withFindings = 0
  for (const asset of assets) {
    let any = false
    for (let slot = 0; slot < asset.slots; slot++) {
      if (!estate.read(asset, slot, row) || row.state === 'FIXED' || row.lastFound < after || !wanted(row)) continue
      any = true
      count(found, row, clock.now())
    }
    if (any) withFindings++
  }
  const rows = [...found.values()].sort((a, b) => b.count - a.count || a.plugin.id - b.plugin.id).map(tallied)
  return { rows, assets: withFindings }
}

export function count(found: Map<number, Tally>, row: FindingRow, now: number): void {
  const known = found.get(row.plugin.index) ?? {
    plugin: row.plugin,
    count: 0,
    accepted: 0,
    recast: 0,
    bySeverity: [0, 0, 0, 0, 0],
    states: new Set<string>(),
  }
  known.count++
  if (row.modification === 'ACCEPTED') known.accepted++
  if (row.modification === 'RECASTED') known.recast++
  known.bySeverity[row.severity] = known.bySeverity[row.severity]! + 1
  known.states.add(stateName(row, now))
  found.set(row.plugin.index, known)
}

function stateName(row: FindingRow, now: number): string {
  if (row.state === 'FIXED') return 'Fixed'
  if (row.state === 'REOPENED') return 'Resurfaced'
  return now - row.firstFound < 14 * dayMs ? 'New' : 'Active'
}

function tallied(row: Tally) {
  const counts = row.bySeverity.flatMap((many, value) => (many === 0 ? [] : [{ count: many, value }]))
  return {
    count: row.count,
    plugin_family: row.plugin.family,
    plugin_id: row.plugin.id,
    plugin_name: row.plugin.name,
    vulnerability_state: ['Resurfaced', 'New', 'Active'].find(state => row.states.has(state)) ?? 'Active',
    ...(row.plugin.vpr === undefined ? {} : { vpr_score: row.plugin.vpr }),
    accepted_count: row.accepted,
    recasted_count: row.recast,
    counts_by_severity: counts,
    severity: Math.max(...counts.map(({ value }) => value)),
  }
}

export function getAssets({ simulation }: Context): Answer {
  const assets = scopedAssets(simulation).slice(0, rowLimit)
  return json({
    assets: assets.map(asset => {
      const { hostname: _, ...brief } = briefOf(simulation.estate, asset)
      return { ...brief, has_agent: asset.hasAgent }
    }),
    total: assets.length,
  })
}
