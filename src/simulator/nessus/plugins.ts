/** The plugins that the simulated scanner has: what each looks for, where, and whether it must log in for it. */
export interface NessusPlugin {
  readonly id: number
  readonly name: string
  readonly family: string
  /** 0 to 4. */
  readonly severity: 0 | 1 | 2 | 3 | 4
  /** Runs on the host itself, after a login, and reports at port 0. */
  readonly isLocal: boolean
  /** Where it may find something; empty for local ones. */
  readonly ports: readonly number[]
  readonly service: string
  readonly cve: string | null
}

export const scanInformationId = 19506
export const pingId = 10180

const remote = [
  ['Web Servers', [80, 443, 8443], 'www'],
  ['Service detection', [22, 25, 80, 443, 9000], 'unknown'],
  ['General', [443, 8443, 3389], 'www'],
  ['Windows', [445, 3389], 'cifs'],
  ['CGI abuses', [80, 443, 8080], 'www'],
  ['Misc.', [22, 9000], 'ssh'],
] as const
const local = [
  'Ubuntu Local Security Checks',
  'Windows : Microsoft Bulletins',
  'Red Hat Local Security Checks',
] as const

function pluginOf(index: number): NessusPlugin {
  const id = 20_000 + index * 37
  const severity = ([2, 3, 0, 4, 1] as const)[index % 5]!
  const cve = index % 3 === 0 ? null : `CVE-202${index % 6}-${1000 + index}`
  if (index % 3 === 1) {
    const family = local[index % local.length]!
    return {
      id,
      name: `Missing update ${index} <script>`,
      family,
      severity,
      isLocal: true,
      ports: [],
      service: 'general',
      cve,
    }
  }
  const [family, ports, service] = remote[index % remote.length]!
  return { id, name: `Weak setting ${index} & more`, family, severity, isLocal: false, ports, service, cve }
}

/** Found of every host that was scanned to its end. */
export const scanInformation: NessusPlugin = {
  id: scanInformationId,
  name: 'Nessus Scan Information',
  family: 'Settings',
  severity: 0,
  isLocal: false,
  ports: [],
  service: 'general',
  cve: null,
}

/** All that a host is said to be when it does not answer and the policy logs such hosts. */
export const ping: NessusPlugin = {
  ...scanInformation,
  id: pingId,
  name: 'Ping the remote host',
  family: 'Port scanners',
}

export const catalogue: readonly NessusPlugin[] = [
  ...Array.from({ length: 48 }, (_, index) => pluginOf(index)),
  scanInformation,
  ping,
]

export const families: readonly string[] = [...new Set(catalogue.map(plugin => plugin.family))].sort()
