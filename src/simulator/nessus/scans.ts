import { type Answer, json } from '../answer.ts'
import type { ScannerContext } from './context.ts'
import { notFound } from './error.ts'
import { asctime, riskFactors } from './report.ts'
import type { Item, Run, RunHost, Scan } from './world.ts'

const seconds = (ms: number) => Math.floor(ms / 1000)

export function visibleScans({ scanner }: ScannerContext): readonly Scan[] {
  return scanner.world.scans.filter(scan => !scan.isHidden)
}

export function getFolders(): Answer {
  return json({ folders: foldersOf() })
}

function foldersOf() {
  const folder = (id: number, name: string, type: string, tag: number) => ({
    id,
    name,
    type,
    custom: 0,
    unread_count: 0,
    default_tag: tag,
  })
  return [folder(3, 'My Scans', 'main', 1), folder(2, 'Trash', 'trash', 0)]
}

/** `scans` is null, not an empty list, when there are none. */
export function getScans(context: ScannerContext): Answer {
  const { scanner, query } = context
  const since = Number(query.get('last_modification_date') ?? 0)
  const folder = query.get('folder_id')
  const found = visibleScans(context)
    .filter(scan => folder === null || scan.folderId === Number(folder))
    .map(listed)
    .filter(scan => scan.last_modification_date >= since)
  return json({
    folders: foldersOf(),
    scans: found.length === 0 ? null : found,
    timestamp: seconds(scanner.clock.now()),
  })
}

/** The start of a schedule has been seen in three forms. */
function listed(scan: Scan) {
  const last = scan.runs.at(-1)
  const start = new Date(scan.createdAt).toISOString().slice(0, 19).replace(/[-:]/g, '')
  return {
    id: scan.id,
    uuid: scan.uuid,
    name: scan.name,
    type: 'local',
    owner: 'scanadmin',
    enabled: scan.id % 2 === 0,
    folder_id: scan.folderId,
    read: false,
    status: last?.status ?? 'empty',
    shared: false,
    user_permissions: 128,
    creation_date: seconds(scan.createdAt),
    last_modification_date: seconds(last?.modifiedAt ?? scan.createdAt),
    control: true,
    starttime: scan.id % 3 === 0 ? null : scan.id % 3 === 1 ? start : Number(start.slice(0, 8)),
    timezone: scan.id % 3 === 0 ? null : 'Europe/Berlin',
    rrules: scan.id % 3 === 0 ? null : 'FREQ=WEEKLY;INTERVAL=1;BYDAY=MO',
  }
}

export function scanOf(context: ScannerContext): Scan {
  const scan = visibleScans(context).find(({ id }) => String(id) === context.params.scan)
  if (!scan) throw notFound()
  return scan
}

/** The run that is asked for, else the last. */
export function runOf(scan: Scan, query: URLSearchParams): Run | undefined {
  const wanted = query.get('history_id')
  if (wanted === null) return scan.runs.at(-1)
  const run = scan.runs.find(({ historyId, uuid }) => String(historyId) === wanted || uuid === wanted)
  if (!run) throw notFound()
  return run
}

export function getScan(context: ScannerContext): Answer {
  const scan = scanOf(context)
  const run = runOf(scan, context.query)
  const history = scan.runs.map(historyEntry)
  const info = {
    name: scan.name,
    status: run?.status ?? 'empty',
    policy: 'Advanced Scan',
    targets: scan.terms.targets.map(index => context.scanner.world.machines[index]!.ip).join(','),
    scanner_name: 'Local Scanner',
    scan_type: 'local',
    uuid: run?.uuid ?? null,
    object_id: scan.id,
    folder_id: scan.folderId,
    hostcount: run?.hosts.length ?? 0,
    user_permissions: 128,
    edit_allowed: false,
    control: true,
    haskb: true,
    hasaudittrail: true,
    ...(run
      ? {
          scan_start: seconds(run.startedAt),
          scan_end: run.status === 'running' ? null : seconds(run.endedAt),
          scanner_start: seconds(run.startedAt),
          scanner_end: run.status === 'running' ? null : seconds(run.endedAt),
          timestamp: seconds(run.modifiedAt),
        }
      : {}),
  }
  // Without a run there are neither hosts nor vulnerabilities.
  if (!run) return json({ info, history: null })
  return json({
    info,
    hosts: run.hosts.map(listedHost),
    comphosts: [],
    compliance: [],
    filters: [],
    notes: null,
    remediations: { num_cves: 0, num_hosts: 0, num_impacted_hosts: 0, num_remediated_cves: 0, remediations: null },
    vulnerabilities: summary(run.hosts.flatMap(({ items }) => items)),
    history,
  })
}

function historyEntry(run: Run) {
  return {
    history_id: run.historyId,
    uuid: run.uuid,
    status: run.status,
    creation_date: seconds(run.startedAt),
    last_modification_date: seconds(run.modifiedAt),
    owner_id: 2,
    type: 'local',
    scheduler: 0,
    alt_targets_used: false,
  }
}

function listedHost(host: RunHost) {
  const count = (severity: number) => host.items.filter(({ plugin }) => plugin.severity === severity).length
  return {
    host_id: host.hostId,
    host_index: host.hostId - 2,
    hostname: host.machine.ip,
    critical: count(4),
    high: count(3),
    medium: count(2),
    low: count(1),
    info: count(0),
    severity: host.items.length,
    score: host.items.length * 10,
    progress: '100-100/200-200',
    severitycount: { item: [0, 1, 2, 3, 4].map(severitylevel => ({ severitylevel, count: count(severitylevel) })) },
    totalchecksconsidered: 100,
    numchecksconsidered: 100,
    scanprogresstotal: 100,
    scanprogresscurrent: 100,
  }
}

function summary(items: readonly Item[]) {
  const byPlugin = Map.groupBy(items, ({ plugin }) => plugin)
  return [...byPlugin].map(([plugin, found], index) => ({
    plugin_id: plugin.id,
    plugin_name: plugin.name,
    plugin_family: plugin.family,
    severity: plugin.severity,
    severity_index: plugin.severity,
    count: found.length,
    vuln_index: index,
  }))
}

function hostIn(context: ScannerContext): RunHost {
  const run = runOf(scanOf(context), context.query)
  const host = run?.hosts.find(({ hostId }) => String(hostId) === context.params.host)
  if (!host) throw notFound()
  return host
}

/** What is not known of a host is not there, and its times are texts without a zone. */
export function getHost(context: ScannerContext): Answer {
  const host = hostIn(context)
  const { machine } = host
  return json({
    info: {
      host_start: asctime(host.startedAt),
      host_end: asctime(host.endedAt),
      'host-ip': machine.ip,
      ...(machine.fqdn ? { 'host-fqdn': machine.fqdn } : {}),
      ...(machine.netbios ? { 'netbios-name': machine.netbios } : {}),
      ...(machine.mac ? { 'mac-address': machine.mac } : {}),
      'operating-system': machine.index % 2 === 0 ? machine.system : [machine.system],
    },
    compliance: [],
    vulnerabilities: summary(host.items).map(row => ({ host_id: host.hostId, hostname: machine.ip, ...row })),
  })
}

export function getPluginOutput(context: ScannerContext): Answer {
  const host = hostIn(context)
  const found = host.items.filter(({ plugin }) => String(plugin.id) === context.params.plugin)
  const plugin = found[0]?.plugin
  if (!plugin) throw notFound()
  const outputs = [...Map.groupBy(found, ({ output }) => output)].map(([output, items]) => ({
    plugin_output: output,
    ports: Object.fromEntries(
      items.map(({ port, protocol }) => [
        plugin.service === 'unknown' ? `${port} / ${protocol}` : `${port} / ${protocol} / ${plugin.service}`,
        [{ hostname: host.machine.ip }],
      ]),
    ),
    severity: plugin.severity,
    hosts: null,
    has_attachment: 0,
    custom_description: null,
  }))
  return json({
    outputs,
    info: {
      plugindescription: {
        pluginid: plugin.id % 2 === 0 ? plugin.id : String(plugin.id),
        pluginname: plugin.name,
        pluginfamily: plugin.family,
        severity: plugin.severity,
        pluginattributes: {
          plugin_name: plugin.name,
          synopsis: 'Something was found.',
          description: `${plugin.name} is described here.`,
          solution: 'Update it.',
          see_also: plugin.id % 2 === 0 ? 'https://example.com/a\nhttps://example.com/b' : ['https://example.com/a'],
          fname: `check_${plugin.id}.nasl`,
          plugin_information: {
            plugin_id: plugin.id,
            plugin_version: '1.7',
            plugin_type: plugin.isLocal ? 'local' : 'remote',
            plugin_publication_date: '2020/01/02',
            plugin_modification_date: '2024/03/04',
            plugin_family: plugin.family,
          },
          risk_information: {
            risk_factor: riskFactors[plugin.severity],
            ...(plugin.cve
              ? { cvss3_base_score: '7.5', cvss3_vector: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' }
              : {}),
          },
          ref_information: {
            ref: plugin.cve ? [{ name: 'cve', url: 'https://cve.example/', values: { value: [plugin.cve] } }] : [],
          },
        },
      },
    },
  })
}
