import { type Answer, json, Refusal } from './answer.ts'
import { type Asset, describe, isLive } from './asset.ts'
import type { Context } from './context.ts'
import { severityNames } from './finding-body.ts'
import { scheduleOf, seconds } from './scan-reads.ts'
import type { Simulation } from './simulation.ts'

export function getScan(context: Context): Answer {
  const { simulation, query } = context
  if (simulation.recording !== undefined) return json(simulation.recording.scan)
  const schedule = scheduleOf(context)
  const scan = simulation.scans.definitions()[schedule]!
  const runs = simulation.scans.runs(schedule, 30)
  const wanted = query.get('history_uuid') ?? query.get('history_id')
  const run = wanted === null ? runs[0] : runs.find(known => known.uuid === wanted || String(known.id) === wanted)
  if (wanted !== null && run === undefined) throw new Refusal(json({ error: 'Scan not found' }, 404))
  const isArchived = run !== undefined && simulation.scans.isArchived(run)
  const covered = isArchived ? [] : coveredAssets(simulation, schedule)
  return json({
    info: {
      owner: simulation.estate.tenant.users[0]!.name,
      name: scan.name,
      no_target: false,
      folder_id: 11,
      control: true,
      user_permissions: 128,
      schedule_uuid: scan.scheduleUuid,
      edit_allowed: false,
      scanner_name: scan.type === 'agent' ? null : 'US Cloud Scanner',
      policy: 'Basic Network Scan',
      shared: null,
      object_id: scan.id,
      tag_targets: null,
      acls: [{ permissions: 0, owner: null, display_name: null, name: null, uuid: null, id: null, type: 'default' }],
      hostcount: covered.length,
      uuid: run?.uuid ?? scan.scheduleUuid,
      status: run?.status ?? 'empty',
      scan_type: scan.type,
      targets: '10.0.0.0/8',
      alt_targets_used: false,
      'pci-can-upload': false,
      ...(run === undefined
        ? {}
        : {
            scan_start: seconds(run.startedAt),
            timestamp: seconds(run.endedAt || run.startedAt),
            scan_end: run.endedAt === 0 ? null : seconds(run.endedAt),
          }),
      is_archived: isArchived,
      reindexing: false,
      haskb: true,
      hasaudittrail: true,
      scanner_start: null,
      scanner_end: null,
    },
    history: runs.map(past => ({
      history_id: past.id,
      owner_id: 3,
      creation_date: seconds(past.startedAt),
      last_modification_date: seconds(past.endedAt || past.startedAt),
      uuid: past.uuid,
      type: scan.type,
      status: past.status,
      scheduler: 1,
      alt_targets_used: false,
      is_archived: simulation.scans.isArchived(past),
    })),
    ...(isArchived
      ? {}
      : {
          hosts: covered.map((asset, n) => hostOf(simulation, asset, n)),
          vulnerabilities: vulnerabilitiesOf(simulation, covered),
          comphosts: [],
          compliance: [],
          filters: [],
        }),
    notes: [],
    remediations: {
      num_hosts: covered.length,
      num_cves: 0,
      num_impacted_hosts: 0,
      num_remediated_cves: 0,
      remediations: [],
    },
  })
}

export function coveredAssets(simulation: Simulation, schedule: number): Asset[] {
  return simulation.estate.assets
    .filter(asset => asset.schedule === schedule && isLive(asset) && asset.lastScan !== 0)
    .slice(0, 1000)
}

function countBySeverity(simulation: Simulation, asset: Asset): number[] {
  const counts = [0, 0, 0, 0, 0]
  const row = simulation.estate.newRow()
  for (let slot = 0; slot < asset.slots; slot++) {
    if (simulation.estate.read(asset, slot, row) && row.state !== 'FIXED')
      counts[row.severity] = counts[row.severity]! + 1
  }
  return counts
}

function hostOf(simulation: Simulation, asset: Asset, n: number) {
  const counts = countBySeverity(simulation, asset)
  const total = counts.reduce((sum, count) => sum + count, 0)
  return {
    asset_id: n + 1,
    host_id: n + 1,
    uuid: asset.uuid,
    hostname: describe(simulation.seed, asset).hostname,
    progress: '100-100/200-200',
    scanprogresscurrent: 100,
    scanprogresstotal: 100,
    numchecksconsidered: 100,
    totalchecksconsidered: 100,
    severitycount: { item: counts.map((count, severitylevel) => ({ count, severitylevel })) },
    severity: total,
    score: total,
    ...Object.fromEntries(severityNames.map((name, severity) => [name, counts[severity]])),
    host_index: n,
  }
}

function vulnerabilitiesOf(simulation: Simulation, assets: readonly Asset[]) {
  const counts = new Map<number, number>()
  const row = simulation.estate.newRow()
  for (const asset of assets) {
    for (let slot = 0; slot < asset.slots; slot++) {
      if (simulation.estate.read(asset, slot, row) && row.state !== 'FIXED')
        counts.set(row.plugin.index, (counts.get(row.plugin.index) ?? 0) + 1)
    }
  }
  return [...counts].map(([index, count], n) => {
    const plugin = simulation.estate.plugins.at(index)
    return {
      count,
      plugin_id: plugin.id,
      plugin_name: plugin.name,
      severity: plugin.severity,
      plugin_family: plugin.family,
      vuln_index: n + 1,
    }
  })
}
