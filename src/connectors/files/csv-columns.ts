import type { FileFormat } from '../../domain/file-reading.ts'

/** What a column of one of the CSV files means to us. The part before the point says of whom it speaks. */
export const csvFields = [
  ...['host.id', 'host.agent', 'host.target', 'host.name', 'host.hostname', 'host.fqdn', 'host.netbios', 'host.ip'],
  ...['host.mac', 'host.os', 'host.type', 'host.networkId', 'host.networkName', 'host.tags', 'host.tracked'],
  ...['host.start', 'host.end', 'host.authenticated', 'host.unauthenticated', 'host.licensed'],
  ...['finding.id', 'finding.port', 'finding.protocol', 'finding.service', 'finding.severity', 'finding.risk'],
  ...['finding.originalSeverity', 'finding.state', 'finding.modification', 'finding.recastReason'],
  ...['finding.acceptReason', 'finding.first', 'finding.last', 'finding.fixed', 'finding.mitigated'],
  ...['finding.resurfaced', 'finding.indexed', 'finding.output', 'finding.sensor', 'finding.scanTarget', 'finding.url'],
  ...['finding.scanUuid', 'finding.schedule'],
  ...['plugin.id', 'plugin.name', 'plugin.family', 'plugin.familyId', 'plugin.type', 'plugin.version'],
  ...['plugin.riskFactor', 'plugin.synopsis', 'plugin.description', 'plugin.solution', 'plugin.published'],
  ...['plugin.modified', 'plugin.patchPublished', 'plugin.vulnPublished', 'plugin.cves', 'plugin.cpes', 'plugin.bids'],
  ...['plugin.seeAlso', 'plugin.xrefs', 'plugin.cwes', 'plugin.msBulletins', 'plugin.references'],
  ...['plugin.cvss2', 'plugin.cvss2Temporal', 'plugin.cvss2Vector', 'plugin.cvss2TemporalVector'],
  ...['plugin.cvss3', 'plugin.cvss3Temporal', 'plugin.cvss3Vector', 'plugin.cvss3TemporalVector'],
  ...['plugin.cvss4', 'plugin.cvss4Vector', 'plugin.vpr', 'plugin.vprV2', 'plugin.epss', 'plugin.kev'],
  ...['plugin.exploitAvailable', 'plugin.exploitEase', 'plugin.exploitedByMalware', 'plugin.exploitedByNessus'],
  ...['plugin.frameworks', 'plugin.metasploit', 'plugin.core', 'plugin.canvas', 'plugin.d2', 'plugin.exploitHub'],
  ...['plugin.hasPatch', 'plugin.hasWorkaround', 'plugin.inTheNews', 'plugin.unsupported', 'plugin.defaultAccount'],
  ...['plugin.malware', 'plugin.stigSeverity', 'plugin.iava', 'plugin.iavb', 'plugin.iavt'],
  ...['audit.file', 'audit.checkId', 'audit.fullId', 'audit.name', 'audit.info', 'audit.solution', 'audit.seeAlso'],
  ...['audit.result', 'audit.actual', 'audit.expected', 'audit.error', 'audit.benchmark', 'audit.benchmarkVersion'],
  ...['audit.profile', 'audit.refs', 'audit.functionalId', 'audit.informationalId', 'audit.controlId'],
] as const
export type CsvField = (typeof csvFields)[number]

/**
 * Every heading by which a column is known. Compared without case, blanks, underscores, hyphens and question marks. Of
 * several columns that mean the same the first that says something counts.
 */
export const csvHeadings: Readonly<Record<CsvField, readonly string[]>> = {
  'host.id': ['asset.id', 'Asset UUID', 'Asset ID', 'Host ID'],
  'host.agent': ['Agent ID', 'Agent UUID'],
  'host.target': ['Host'],
  'host.name': ['asset.name'],
  'host.hostname': ['asset.host_name', 'hostname', 'Host Name'],
  'host.fqdn': ['asset.display_fqdn', 'asset.fqdns', 'asset.fqdn', 'FQDN', 'DNS Name'],
  'host.netbios': ['asset.netbios_name', 'NetBios', 'NetBIOS Name'],
  'host.ip': [
    ...['asset.display_ipv4_address', 'asset.ipv4_addresses', 'asset.display_ipv6_address', 'asset.ipv6_addresses'],
    ...['IP Address', 'ip', 'IPv4', 'IPv6'],
  ],
  'host.mac': ['asset.display_mac_address', 'asset.mac_addresses', 'MAC Address'],
  'host.os': ['asset.operating_system', 'asset.operating_systems', 'OS', 'Operating System'],
  'host.type': ['asset.system_type', 'System Type'],
  'host.networkId': ['asset.network.id', 'asset.network_id'],
  'host.networkName': ['asset.network.name', 'asset.network_name', 'Repository'],
  'host.tags': ['asset.tags'],
  'host.tracked': ['Tracked'],
  'host.start': ['Host Start'],
  'host.end': ['Host End'],
  'host.authenticated': ['asset.last_authenticated_scan_time', 'Last Authenticated Results Date'],
  'host.unauthenticated': ['Last Unauthenticated Results Date'],
  'host.licensed': ['asset.last_licensed_scan_time'],
  'finding.id': ['id', 'finding_id'],
  'finding.port': ['port'],
  'finding.protocol': ['protocol'],
  'finding.service': ['Service', 'svc_name'],
  'finding.severity': ['severity'],
  'finding.risk': ['Risk'],
  'finding.originalSeverity': ['definition.severity', 'Original Severity'],
  'finding.state': ['state', 'Vulnerability State'],
  'finding.modification': ['risk_modified', 'Modification'],
  'finding.recastReason': ['recast_reason', 'Recast Risk Comment'],
  'finding.acceptReason': ['Accept Risk Comment'],
  'finding.first': ['first_observed', 'First Found', 'First Discovered', 'first_seen'],
  'finding.last': ['last_seen', 'last_observed', 'Last Found'],
  'finding.fixed': ['last_fixed'],
  'finding.mitigated': ['Last Mitigated'],
  'finding.resurfaced': ['resurfaced_date'],
  'finding.indexed': ['Indexed At', 'indexed'],
  'finding.output': ['output', 'Plugin Output', 'Plugin Text'],
  'finding.sensor': ['source'],
  'finding.scanTarget': ['scan.target'],
  'finding.scanUuid': ['Host Scan ID', 'scan.uuid'],
  'finding.schedule': ['Host Scan Schedule ID'],
  'finding.url': ['URL', 'URI'],
  'plugin.id': ['definition.id', 'Plugin ID', 'Plugin'],
  'plugin.name': ['definition.name', 'Plugin Name', 'Name'],
  'plugin.family': ['definition.family', 'Plugin Family', 'Family'],
  'plugin.familyId': ['Plugin Family ID'],
  'plugin.type': ['definition.type', 'Plugin Type', 'Check Type'],
  'plugin.version': ['definition.plugin_version', 'Plugin Version', 'Version'],
  'plugin.riskFactor': ['Risk Factor'],
  'plugin.synopsis': ['definition.synopsis', 'Synopsis'],
  'plugin.description': ['definition.description', 'Description'],
  'plugin.solution': ['definition.solution', 'Solution', 'Steps to Remediate'],
  'plugin.published': ['definition.plugin_published', 'plugin_published', 'Plugin Publication Date'],
  'plugin.modified': ['definition.plugin_updated', 'plugin_updated', 'Plugin Modification Date'],
  'plugin.patchPublished': ['definition.patch_published', 'Patch Publication Date'],
  'plugin.vulnPublished': ['definition.vulnerability_published', 'Vuln Publication Date', 'vulnerability_date'],
  'plugin.cves': ['definition.cve', 'CVE'],
  'plugin.cpes': ['definition.cpe', 'CPE'],
  'plugin.bids': ['definition.bugtraq', 'BID'],
  'plugin.seeAlso': ['definition.see_also', 'See Also'],
  'plugin.xrefs': ['XREF', 'Cross References'],
  'plugin.cwes': ['definition.cwe', 'CWE'],
  'plugin.msBulletins': ['MSKB'],
  'plugin.references': ['definition.references'],
  'plugin.cvss2': [
    ...['definition.cvss2.base_score', 'CVSS V2 Base Score', 'CVSS v2.0 Base Score', 'CVSS Base Score', 'CVSS'],
    'CVSS Score',
  ],
  'plugin.cvss2Temporal': [
    ...['definition.cvss2.temporal_score', 'CVSS V2 Temporal Score', 'CVSS v2.0 Temporal Score', 'CVSS Temporal Score'],
  ],
  'plugin.cvss2Vector': ['definition.cvss2.base_vector', 'CVSS V2 Vector', 'CVSS Vector'],
  'plugin.cvss2TemporalVector': ['definition.cvss2.temporal_vector', 'CVSS Temporal Vector'],
  'plugin.cvss3': [
    ...['definition.cvss3.base_score', 'CVSS V3 Base Score', 'CVSS v3.0 Base Score', 'CVSS3 Base Score', 'CVSSv3'],
    'CVSS v3.1 Base Score',
  ],
  'plugin.cvss3Temporal': [
    ...['definition.cvss3.temporal_score', 'CVSS V3 Temporal Score', 'CVSS v3.0 Temporal Score'],
    'CVSS3 Temporal Score',
  ],
  'plugin.cvss3Vector': ['definition.cvss3.base_vector', 'CVSS V3 Vector', 'CVSS3 Vector'],
  'plugin.cvss3TemporalVector': ['definition.cvss3.temporal_vector', 'CVSS3 Temporal Vector'],
  'plugin.cvss4': ['definition.cvss4.base_score', 'CVSS V4 Base Score', 'CVSS v4.0 Base Score', 'CVSS4 Base Score'],
  'plugin.cvss4Vector': ['definition.cvss4.base_vector', 'CVSS V4 Vector', 'CVSS4 Vector'],
  'plugin.vpr': [
    ...['definition.vpr.score', 'Vulnerability Priority Rating (VPR)', 'Vulnerability Priority Rating', 'VPR Score'],
    'VPR',
  ],
  'plugin.vprV2': ['definition.vpr_v2.score'],
  'plugin.epss': ['definition.epss.score', 'EPSS Score', 'EPSS', 'Exploit Prediction Scoring System (EPSS)'],
  'plugin.kev': ['definition.vpr_v2.drivers_on_cisa_kev'],
  'plugin.exploitAvailable': ['Exploit Available', 'Exploit?'],
  'plugin.exploitEase': ['definition.exploitability_ease', 'Exploit Ease'],
  'plugin.exploitedByMalware': ['definition.exploited_by_malware', 'Exploited by Malware'],
  'plugin.exploitedByNessus': ['definition.exploited_by_nessus', 'Exploited by Nessus'],
  'plugin.frameworks': ['Exploit Frameworks'],
  'plugin.metasploit': ['Metasploit'],
  'plugin.core': ['Core Impact', 'Core Exploits'],
  'plugin.canvas': ['CANVAS'],
  'plugin.d2': ['D2 Elliot'],
  'plugin.exploitHub': ['ExploitHub'],
  'plugin.hasPatch': ['Patch Available'],
  'plugin.hasWorkaround': [],
  'plugin.inTheNews': ['definition.in_the_news', 'In The News'],
  'plugin.unsupported': ['definition.unsupported_by_vendor', 'Unsupported By Vendor'],
  'plugin.defaultAccount': ['default_account', 'definition.default_account', 'Default Account'],
  'plugin.malware': ['definition.malware', 'Checks for Malware'],
  'plugin.stigSeverity': ['definition.stig_severity', 'STIG Severity'],
  'plugin.iava': ['definition.iava'],
  'plugin.iavb': ['definition.iavb'],
  'plugin.iavt': ['definition.iavt'],
  'audit.file': ['compliance.audit_file', 'definition.audit_file', 'audit_file'],
  'audit.checkId': ['compliance_check_id', 'compliance.check_id', 'check_id'],
  'audit.fullId': ['compliance.full_id', 'compliance_full_id'],
  'audit.name': ['compliance.check_name', 'check_name', 'compliance.name'],
  'audit.info': ['compliance.info', 'compliance.check_info', 'check_info'],
  'audit.solution': ['compliance.solution'],
  'audit.seeAlso': ['compliance.see_also'],
  'audit.result': ['compliance.result', 'compliance.status', 'compliance_result', 'result'],
  'audit.actual': ['compliance.actual_value', 'actual_value'],
  'audit.expected': ['compliance.expected_value', 'compliance.policy_value', 'expected_value', 'policy_value'],
  'audit.error': ['error_value', 'compliance.error', 'compliance.error_value'],
  'audit.benchmark': ['compliance.benchmark_name'],
  'audit.benchmarkVersion': ['compliance.benchmark_version'],
  'audit.profile': ['compliance.benchmark_profile', 'compliance.profile_name'],
  'audit.refs': ['compliance.reference', 'compliance.references'],
  'audit.functionalId': ['compliance.functional_id'],
  'audit.informationalId': ['compliance.informational_id'],
  'audit.controlId': ['compliance.control_id'],
}

export interface CsvLayout {
  readonly format: FileFormat
  /** As they stand in the file; a blank one as what belongs there. */
  readonly columns: readonly string[]
  readonly places: ReadonlyMap<CsvField, readonly number[]>
  /** Columns that we have no place for; kept under their own names. */
  readonly unknown: readonly { readonly name: string; readonly place: number; readonly isPlugin: boolean }[]
}

/** Nothing but a heading: `Exploit?` is `exploit`, `CVSS v2.0 Base Score` is `cvssv2.0basescore`. */
export function headingKey(heading: string): string {
  return heading.replace(/[\s_?"'\u00a0\ufeff-]+/g, '').toLowerCase()
}

const fieldOfHeading = new Map<string, { field: CsvField; order: number }>(
  csvFields.flatMap(field =>
    csvHeadings[field].map((heading, order): [string, { field: CsvField; order: number }] => [
      headingKey(heading),
      { field, order },
    ]),
  ),
)

/** @returns undefined when no column names a plugin or a check, or none names a machine */
export function layoutOf(header: readonly string[]): CsvLayout | undefined {
  const columns = header.map((heading, place) => heading.trim() || blankHeading(header, place))
  const met = new Map<CsvField, { place: number; order: number }[]>()
  const unknown: { name: string; place: number; isPlugin: boolean }[] = []
  for (const [place, name] of columns.entries()) {
    const known = fieldOfHeading.get(headingKey(name))
    if (known) met.set(known.field, [...(met.get(known.field) ?? []), { place, order: known.order }])
    else if (name !== '') unknown.push({ name, place, isPlugin: name.toLowerCase().startsWith('definition.') })
  }
  const places = new Map(
    [...met].map(([field, at]) => [field, at.sort((a, b) => a.order - b.order).map(({ place }) => place)]),
  )
  const namesHost = [...places.keys()].some(field =>
    /^host\.(id|agent|target|name|hostname|fqdn|netbios|ip)$/.test(field),
  )
  const isAudit = places.has('audit.name') || places.has('audit.checkId') || places.has('audit.fullId')
  if (!namesHost || !(places.has('plugin.id') || isAudit)) return undefined
  return { format: formatOf(new Set(columns.map(headingKey)), isAudit), columns, places, unknown }
}

/** Headings that some exports leave blank, by their neighbours. */
function blankHeading(header: readonly string[], place: number): string {
  const before = headingKey(header[place - 1] ?? '')
  const after = headingKey(header[place + 1] ?? '')
  if (before === 'pluginoutput' && after === 'vulnerabilitystate') return 'Asset UUID'
  if (before === 'os' && after === 'pluginfamily') return 'MAC Address'
  const described = headingKey('definition.description')
  const isMissing = !header.some(heading => headingKey(heading) === described)
  if (isMissing && before.startsWith('definition.') && before < described && described < after) {
    return 'definition.description'
  }
  return ''
}

function formatOf(keys: ReadonlySet<string>, isAudit: boolean): FileFormat {
  const has = (heading: string) => keys.has(headingKey(heading))
  if (isAudit && !has('definition.id')) return 'csv:tenable-vm-audits'
  if ([...keys].some(key => key.startsWith('definition.') || key.startsWith('asset.'))) {
    return isAudit ? 'csv:tenable-vm-audits' : 'csv:tenable-vm-findings'
  }
  if (has('Asset UUID') || has('Vulnerability State') || has('Host Start')) return 'csv:tenable-vm-scan'
  if (has('Plugin') || (has('Repository') && has('IP Address'))) return 'csv:tenable-sc'
  if (has('CVSSv3') && has('Risk')) return 'csv:nessus-was'
  if (has('Plugin ID') && has('Host')) return 'csv:nessus'
  return 'csv:other'
}
