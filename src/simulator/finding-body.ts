import type { Piece } from './answer.ts'
import { type Asset, describe } from './asset.ts'
import { iso } from './clock.ts'
import type { Estate } from './estate.ts'
import { exportedPlugin } from './exported-plugin.ts'
import type { FindingRow } from './finding-row.ts'
import type { Plugin } from './plugin-catalogue.ts'
import { infoSentences } from './plugin-vocabulary.ts'
import { fraction, hash32, pick, topic, uuidOf } from './random.ts'
import { runUuid } from './tenant.ts'

export const severityNames = ['info', 'low', 'medium', 'high', 'critical'] as const

/** Writes findings as chunks carry them. The texts of plugins are kept: there are few and each repeats often. */
export interface FindingWriter {
  write(row: FindingRow): readonly Piece[]
}

export interface FindingWriterOptions {
  readonly outputBytes: number
  readonly softwareVulnerabilities: boolean
}

export function createFindingWriter(estate: Estate, options: FindingWriterOptions, texts: PluginTexts): FindingWriter {
  let asset: Asset | undefined
  let assetBytes: Uint8Array = new Uint8Array()
  let host = ''
  return {
    write: row => {
      if (row.asset !== asset) {
        asset = row.asset
        const facts = describe(estate.seed, asset)
        host = facts.fqdn ?? facts.hostname
        assetBytes = Buffer.from(JSON.stringify(assetOf(estate, asset)))
      }
      return writeFinding(estate, options, row, assetBytes, texts.of(row.plugin), host)
    },
  }
}

export interface PluginTexts {
  /** Its `plugin` object, as bytes: the same for all its findings. */
  of(plugin: Plugin): Uint8Array
}

export function createPluginTexts(): PluginTexts {
  const kept: { plugin: Plugin; bytes: Uint8Array }[] = []
  return {
    of: plugin => {
      const known = kept[plugin.index]
      if (known?.plugin === plugin) return known.bytes
      const bytes = Buffer.from(JSON.stringify(exportedPlugin(plugin)))
      kept[plugin.index] = { plugin, bytes }
      return bytes
    },
  }
}

function assetOf(estate: Estate, asset: Asset) {
  const facts = describe(estate.seed, asset)
  const draw = (k: number) => fraction(hash32(asset.hash, topic.host, 50 + k))
  return {
    agent_uuid: facts.agentUuid,
    bios_uuid: facts.biosUuid,
    device_type: asset.kind.deviceType,
    fqdn: facts.fqdn,
    hostname: facts.hostname,
    uuid: asset.uuid,
    ipv4: facts.ipv4,
    ipv6: facts.ipv6,
    last_authenticated_results: draw(1) < 0.7 ? iso(asset.lastScan) : undefined,
    last_unauthenticated_results: draw(2) < 0.3 ? iso(asset.lastScan) : undefined,
    mac_address: draw(3) < 0.8 ? facts.mac : undefined,
    netbios_name: facts.netbios,
    netbios_workgroup: facts.netbios === undefined ? undefined : draw(4) < 0.5 ? 'CORP' : undefined,
    operating_system: facts.operatingSystems.length === 0 ? undefined : facts.operatingSystems,
    serial_number: facts.serial,
    network_id: estate.tenant.networks[asset.network]!.uuid,
    tracked: asset.tracked,
  }
}

/** One finding, keys in the vendor's order; what is empty is left out, as the vendor does. */
function writeFinding(
  estate: Estate,
  options: FindingWriterOptions,
  row: FindingRow,
  asset: Uint8Array,
  plugin: Uint8Array,
  host: string,
): readonly Piece[] {
  const { seed } = estate
  const draw = fraction(hash32(row.hash, topic.output, 1))
  const severity = severityNames[row.severity]!
  const output = draw < 0.08 ? '' : `,"output":${JSON.stringify(outputOf(row, host, options.outputBytes))}`
  let text = `,"port":{"port":${row.port.port},"protocol":"${row.port.protocol}"`
  text += row.port.service === undefined ? '}' : `,"service":"${row.port.service}"}`
  const schedule = Math.max(row.asset.schedule, 0)
  const started = timeText(row.runStartedAt, row.hash)
  text += `,"scan":{"schedule_uuid":"${estate.tenant.scans[schedule]!.scheduleUuid}","started_at":"${started}"`
  if (draw < 0.6) text += `,"last_scan_target":"${host}"`
  if (draw > 0.95) text += `,"completed_at":"${timeText(row.lastFound, row.hash)}"`
  text += `,"uuid":"${runUuid(seed, schedule, row.runStartedAt)}"}`
  text += `,"severity":"${severity}","severity_id":${row.severity},"severity_default_id":${row.plugin.severity}`
  text += `,"severity_modification_type":"${row.modification}"`
  if (row.modification !== 'NONE') {
    text += `,"recast_reason":"${row.modification === 'ACCEPTED' ? 'Compensating control in place' : 'Not reachable from outside'}"`
    text += `,"recast_rule_uuid":"${uuidOf(seed, topic.finding, row.plugin.id, 9)}"`
  }
  text += `,"first_found":"${timeText(row.firstFound, row.hash)}"`
  if (row.lastFixed !== 0) text += `,"last_fixed":"${timeText(row.lastFixed, row.hash)}"`
  text += `,"last_found":"${timeText(row.lastFound, row.hash)}","state":"${row.state}"`
  text += `,"indexed":"${indexedText(row.indexedAt, row.hash)}","source":"${sourceOf(row)}"`
  text += `,"finding_id":"${uuidOf(seed, topic.finding, row.asset.index, row.slot)}"`
  if (row.resurfacedAt !== 0) text += `,"resurfaced_date":"${timeText(row.resurfacedAt, row.hash)}"`
  if (row.state === 'FIXED') {
    const seconds = Math.floor((row.lastFixed - row.firstFound) / 1000)
    text += row.hash % 8 === 0 ? `,"time_taken_to_fix":"${seconds}"` : `,"time_taken_to_fix":${seconds}`
  }
  if (options.softwareVulnerabilities && row.plugin.cpe !== undefined) text += `,"software_vulns":${softwareOf(row)}`
  return ['{"asset":', asset, `${output},"plugin":`, plugin, `${text}}`]
}

/** Milliseconds where they are set, none where they are zero: both are on the wire. */
function timeText(ms: number, hash: number): string {
  const text = iso(ms)
  return ms % 1000 === 0 && hash % 2 === 0 ? `${text.slice(0, 19)}Z` : text
}

/** Three or six fractional digits. */
function indexedText(ms: number, hash: number): string {
  const text = iso(ms)
  return hash % 4 === 0 ? text : `${text.slice(0, 23)}${String(hash % 1000).padStart(3, '0')}Z`
}

/** The sensor that reported it, in the words findings use. */
export function sourceOf(row: FindingRow): string {
  if (row.plugin.type === 'remote')
    return row.asset.kind.sources.includes('PVS') && row.hash % 3 === 0 ? 'NNM' : 'NESSUS'
  return row.asset.hasAgent ? 'AGENT' : 'NESSUS'
}

/** What the scanner saw. One in a hundred is tens of kilobytes long. */
export function outputOf(row: FindingRow, host: string, meanBytes: number): string {
  const spread = fraction(hash32(row.hash, topic.output, 2))
  const length = meanBytes * (spread > 0.99 ? 15 + 20 * (spread - 0.99) * 100 : 0.2 + 1.1 * spread)
  const filler = outputFiller(row)
  const head = `\n  Host            : ${host}\n  Port            : ${row.port.protocol.toLowerCase()}/${row.port.port}\n`
  const fixed =
    row.plugin.severity === 0
      ? ''
      : `  Installed version : 1.${row.hash % 90}\n  Fixed version     : 2.${row.hash % 9}\n`
  const rest = Math.max(Math.floor(length) - head.length - fixed.length, 0)
  return head + fixed + filler.repeat(Math.ceil(rest / filler.length)).slice(0, rest)
}

const fillerLines: Readonly<Record<'windows' | 'other', readonly string[]>> = {
  windows: infoSentences.map(
    (sentence, n) =>
      `\n  Path            : C:\\Program Files\\Component ${n}\\bin\\module.dll\n  Version         : "1.${n}" <installed>\n  Note            : ${sentence}\n`,
  ),
  other: infoSentences.map(
    (sentence, n) =>
      `\n  Path            : /usr/lib64/component-${n}\n  Package         : "component-${n}-1.${n * 3}.el9" <installed>\n  Note            : ${sentence}\n`,
  ),
}

function outputFiller(row: FindingRow): string {
  if (row.hash % 97 === 0)
    return '\n  Benutzer : Jürgen Müller – 管理者 \u{1F512} (último acceso)\n\tPfad\t: /var/läufe/ñ\n'
  return pick(fillerLines[row.asset.kind.platform === 'windows' ? 'windows' : 'other'], row.hash)
}

function softwareOf(row: FindingRow): string {
  return JSON.stringify([
    {
      fix_available: true,
      identifier: `cpe:2.3:a:example:component:1.${row.hash % 90}:*:*:*:*:*:*:*`,
      path: '/usr/lib/component',
      product: 'Component',
      product_type: 'Package',
      version: `1.${row.hash % 90}`,
      vendor: 'Example',
      categories: ['LIB'],
      vulnerabilities: row.plugin.cves,
      fixes: [{ fix_type: 'version', value: `2.${row.hash % 9}` }],
      potential: row.hash % 5 === 0,
      potential_reasons: row.hash % 5 === 0 ? ['Component'] : undefined,
    },
  ])
}
