import type { NessusPlugin } from './plugins.ts'
import { type Item, looksFor, type Run, type RunHost, type Scan } from './world.ts'

/** A run as a .nessus document, piece by piece: exports reach gigabytes. */
export function* reportPieces(catalogue: readonly NessusPlugin[], scan: Scan, run: Run): Generator<string> {
  yield '<?xml version="1.0" ?>\n<NessusClientData_v2>\n'
  yield policyOf(catalogue, run)
  yield `<Report name="${escaped(scan.name)}" xmlns:cm="http://www.nessus.org/cm">\n`
  for (const host of run.hosts) {
    yield `<ReportHost name="${escaped(host.machine.ip)}"><HostProperties>\n${tagsOf(host)}</HostProperties>\n`
    for (const item of host.items) yield itemOf(item)
    yield '</ReportHost>\n'
  }
  yield '</Report>\n</NessusClientData_v2>\n'
}

function policyOf(catalogue: readonly NessusPlugin[], { terms }: Run): string {
  const enabled = catalogue.filter(plugin => looksFor(terms, plugin))
  const preference = (name: string, value: string) =>
    `<preference><name>${name}</name>\n<value>${escaped(value)}</value>\n</preference>\n`
  const all = [...new Set(catalogue.map(({ family }) => family))]
  const statusOf = (family: string) => {
    if (!terms.families.includes(family)) return 'disabled'
    return catalogue.some(plugin => plugin.family === family && terms.withoutPlugins.includes(plugin.id))
      ? 'mixed'
      : 'enabled'
  }
  const single = catalogue.filter(({ family }) => statusOf(family) === 'mixed')
  return [
    '<Policy><policyName>Advanced Scan</policyName>\n<Preferences><ServerPreferences>',
    preference('plugin_set', `${enabled.map(({ id }) => id).join(';')};`),
    preference('port_range', terms.ports),
    preference('safe_checks', 'yes'),
    '</ServerPreferences>\n<PluginsPreferences></PluginsPreferences></Preferences>\n<FamilySelection>',
    ...all.map(
      family =>
        `<FamilyItem><FamilyName>${escaped(family)}</FamilyName>\n<Status>${statusOf(family)}</Status>\n</FamilyItem>\n`,
    ),
    '</FamilySelection>\n<IndividualPluginSelection>',
    ...single.map(
      plugin =>
        `<PluginItem><PluginId>${plugin.id}</PluginId>\n<PluginName>${escaped(plugin.name)}</PluginName>\n<Family>${escaped(plugin.family)}</Family>\n<Status>${looksFor(terms, plugin) ? 'enabled' : 'disabled'}</Status>\n</PluginItem>\n`,
    ),
    '</IndividualPluginSelection>\n</Policy>\n',
  ].join('')
}

/** As a host's properties are named, in an export and where they are told one by one. */
export function propertiesOf({ machine, startedAt, endedAt, loggedIn }: RunHost): Readonly<Record<string, string>> {
  return {
    'host-ip': machine.ip,
    ...(machine.fqdn ? { 'host-fqdn': machine.fqdn } : {}),
    ...(machine.netbios ? { 'netbios-name': machine.netbios } : {}),
    ...(machine.mac ? { 'mac-address': machine.mac } : {}),
    ...(machine.biosUuid ? { 'bios-uuid': machine.biosUuid } : {}),
    'operating-system': machine.system,
    'system-type': 'general-purpose',
    HOST_START: asctime(startedAt),
    HOST_END: asctime(endedAt),
    HOST_START_TIMESTAMP: String(Math.floor(startedAt / 1000)),
    HOST_END_TIMESTAMP: String(Math.floor(endedAt / 1000)),
    Credentialed_Scan: String(loggedIn),
  }
}

function tagsOf(host: RunHost): string {
  return Object.entries(propertiesOf(host))
    .map(([name, value]) => `<tag name="${name}">${escaped(value)}</tag>\n`)
    .join('')
}

function itemOf({ plugin, port, protocol, output }: Item): string {
  return [
    `<ReportItem port="${port}" svc_name="${plugin.service}" protocol="${protocol}" severity="${plugin.severity}" pluginID="${plugin.id}" pluginName="${escaped(plugin.name)}" pluginFamily="${escaped(plugin.family)}">\n`,
    ...(plugin.cve ? [`<cve>${plugin.cve}</cve>\n<cvss3_base_score>7.5</cvss3_base_score>\n`] : []),
    `<description>${escaped(plugin.name)} is described here.</description>\n`,
    `<plugin_name>${escaped(plugin.name)}</plugin_name>\n<plugin_type>${plugin.isLocal ? 'local' : 'remote'}</plugin_type>\n`,
    '<plugin_publication_date>2020/01/02</plugin_publication_date>\n<plugin_modification_date>2024/03/04</plugin_modification_date>\n',
    `<risk_factor>${riskFactors[plugin.severity]}</risk_factor>\n<solution>Update it.</solution>\n`,
    `<plugin_output>${escaped(output)}</plugin_output>\n</ReportItem>\n`,
  ].join('')
}

export const riskFactors = ['None', 'Low', 'Medium', 'High', 'Critical'] as const
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Tue Jun 25 10:39:42 2013`, without a zone; the simulated scanner lives in UTC. */
export function asctime(ms: number): string {
  const at = new Date(ms)
  const time = at.toISOString().slice(11, 19)
  return `${days[at.getUTCDay()]} ${months[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2, ' ')} ${time} ${at.getUTCFullYear()}`
}

/** As the scanner does it: control characters that XML forbids are left as they are. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
