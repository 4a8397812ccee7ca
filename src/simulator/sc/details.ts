import { exportedPlugin } from '../exported-plugin.ts'
import { outputOf } from '../finding-body.ts'
import type { FindingRow } from '../finding-row.ts'
import type { Plugin } from '../plugin-catalogue.ts'
import { type Host, repositoryBody } from './host.ts'

const severityTexts = [
  ['Info', 'Informative'],
  ['Low', 'Low Severity'],
  ['Medium', 'Medium Severity'],
  ['High', 'High Severity'],
  ['Critical', 'Critical Severity'],
] as const
const protocolNumbers: Readonly<Record<string, number>> = { ICMP: 1, TCP: 6, UDP: 17 }

export function severityBody(severity: number): Record<string, string> {
  const [name, description] = severityTexts[severity]!
  return { id: String(severity), name, description }
}

export interface DetailsWriter {
  /** A `vulndetails` record as JSON. */
  write(host: Host, row: FindingRow): string
}

/** What a plugin and a host say is written once: it repeats in every row. */
export function createDetailsWriter(isModern: () => boolean, outputBytes: number): DetailsWriter {
  let plugins = new Map<Plugin, string>()
  let hosts = new WeakMap<Host, string>()
  let wasModern = isModern()
  return {
    write: (host, row) => {
      if (wasModern !== isModern()) {
        wasModern = isModern()
        plugins = new Map()
        hosts = new WeakMap()
      }
      let plugin = plugins.get(row.plugin)
      if (plugin === undefined) {
        plugin = membersOf(pluginFacts(row.plugin, wasModern))
        plugins.set(row.plugin, plugin)
      }
      let of = hosts.get(host)
      if (of === undefined) {
        of = membersOf(hostFacts(host, wasModern))
        hosts.set(host, of)
      }
      return `{${membersOf(rowFacts(host, row, wasModern, outputBytes))},${plugin},${of}}`
    },
  }
}

function membersOf(facts: object): string {
  return JSON.stringify(facts).slice(1, -1)
}

const epoch = (ms: number) => String(Math.floor(ms / 1000))

function rowFacts(host: Host, row: FindingRow, isModern: boolean, outputBytes: number) {
  const { port, protocol } = row.port
  return {
    pluginID: String(row.plugin.id),
    severity: severityBody(row.severity),
    hasBeenMitigated: row.state === 'REOPENED' || row.lastFixed !== 0 ? '1' : '0',
    acceptRisk: row.modification === 'ACCEPTED' ? '1' : '0',
    recastRisk: row.modification === 'RECASTED' ? '1' : '0',
    ...(isModern
      ? {
          acceptRiskRuleComment: row.modification === 'ACCEPTED' ? 'Compensating control in place' : '',
          recastRiskRuleComment: row.modification === 'RECASTED' ? 'Not reachable from outside' : '',
        }
      : {}),
    port: String(port),
    protocol,
    firstSeen: epoch(row.firstFound),
    lastSeen: epoch(row.lastFound),
    ...(row.state === 'FIXED' ? { lastMitigated: epoch(row.lastFixed) } : {}),
    pluginText:
      row.hash % 11 === 0
        ? ''
        : `<plugin_output>${outputOf(row, host.dnsName || host.ip, outputBytes)}</plugin_output>`,
    pluginInfo: `${row.plugin.id} (${port}/${protocolNumbers[protocol] ?? 0}) ${row.plugin.name}`,
  }
}

export function hostFacts(host: Host, isModern: boolean) {
  const uniqueness = host.repository.uniqueness.join(',')
  return {
    ip: host.ip,
    uuid: host.uuid,
    dnsName: host.dnsName,
    netbiosName: host.netbiosName,
    macAddress: host.macAddress,
    ...(isModern
      ? {
          hostUUID: host.hostUUID,
          operatingSystem: host.operatingSystem,
          ips: host.ip,
          hostUniqueness: uniqueness,
          vulnUniqueness: `${uniqueness},port,protocol,pluginID`,
          acrScore: String(1 + (host.asset.hash % 10)),
          assetExposureScore: String(100 + (host.asset.hash % 850)),
          keyDrivers: host.asset.hash % 4 === 0 ? '' : '{"internet exposure":"internal"}',
        }
      : { uniqueness }),
    repository: repositoryBody(host.repository),
  }
}

/** Facts of a plugin as `vulndetails` carries them. */
export function pluginFacts(plugin: Plugin, isModern: boolean): Record<string, unknown> {
  const told = exportedPlugin(plugin)
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
  const lines = (value: unknown, by: string) => (Array.isArray(value) ? (value as string[]).join(by) : '')
  const day = (value: unknown) => (typeof value === 'string' ? epoch(Date.parse(value)) : '-1')
  const score = (value: unknown) => (plugin.severity === 0 ? '' : text(value))
  return {
    pluginName: plugin.name,
    family: { id: String(plugin.familyId), name: plugin.family, type: 'active' },
    exploitAvailable: told.exploit_available === true ? 'Yes' : 'No',
    exploitEase: text(told.exploitability_ease),
    exploitFrameworks: told.exploit_framework_metasploit === true ? `Metasploit (${plugin.name})` : '',
    synopsis: told.synopsis,
    description: told.description,
    solution: told.solution,
    seeAlso: lines(told.see_also, '\n'),
    riskFactor: ['None', 'Low', 'Medium', 'High', 'Critical'][plugin.severity],
    stigSeverity: text(told.stig_severity),
    baseScore: score(told.cvss_base_score),
    temporalScore: score(told.cvss_temporal_score),
    cvssVector: score(told.cvss_base_score) === '' ? '' : 'AV:N/AC:L/Au:N/C:P/I:P/A:P/E:U/RL:OF/RC:C',
    cvssV3BaseScore: score(told.cvss3_base_score),
    cvssV3TemporalScore: score(told.cvss3_temporal_score),
    cvssV3Vector: score(told.cvss3_base_score) === '' ? '' : 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C',
    cpe: lines(told.cpe, '<br/>'),
    vulnPubDate: day(told.vuln_publication_date),
    patchPubDate: day(told.patch_publication_date),
    pluginPubDate: day(told.publication_date),
    pluginModDate: typeof told.modification_date === 'string' ? day(told.modification_date) : '',
    checkType: plugin.type,
    version: text(told.version).replace(/^\$Revision: (.*) \$$/, '$1'),
    cve: plugin.cves.join(','),
    bid: lines(told.bid, ','),
    xref:
      plugin.severity === 0
        ? ''
        : `IAVA #2026-A-${String(plugin.hash % 600).padStart(4, '0')},CWE #${plugin.hash % 900}`,
    ...(isModern
      ? {
          vprScore: text(plugin.vpr),
          vprContext:
            plugin.vpr === undefined
              ? '[]'
              : JSON.stringify([
                  { id: 'age_of_vuln', name: 'Vulnerability Age', type: 'string', value: '61 - 180 days' },
                  { id: 'threat_recency', name: 'Threat Recency', type: 'string', value: 'No recorded events' },
                ]),
          epssScore: plugin.epss === undefined ? '' : String(plugin.epss / 100),
          cvssV4BaseScore: text(plugin.cvss4),
          cvssV4Vector: plugin.cvss4 === undefined ? '' : 'AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
          seolDate: '-1',
        }
      : {}),
  }
}
