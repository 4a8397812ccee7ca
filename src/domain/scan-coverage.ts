// When a finding of a source that tells no states is fixed: only what a scan looked for, where it looked and as closely as
// before, can be missing from it.

/** How closely a machine was looked at. What is not known is null, and equal to nothing. */
export interface ScanTerms {
  readonly isCredentialed: boolean
  /** The range of ports in the scanner's words: `default`, `1-1024,9000`, `T:1-65535,U:53`. */
  readonly ports: string | null
  readonly policy: string | null
  /** Whatever else makes a scan see more or less, in one text. */
  readonly settings: string | null
}

/** One machine in one run of a scan. Instants are ISO 8601. */
export interface HostScan {
  readonly startedAt: string
  readonly endedAt: string
  /** The run ended by itself, the machine was scanned to its end, and all that was said of it could be read. */
  readonly isWhole: boolean
  readonly terms: ScanTerms
  /** Whether the run had a plugin switched on; null when that is not known. */
  readonly runs: (pluginId: number, family: string | null) => boolean | null
}

/** An open finding, as a scan last saw it. */
export interface ScanSighting {
  readonly pluginId: number
  readonly family: string | null
  readonly port: number
  readonly protocol: string
  /** When anybody last saw it. */
  readonly lastFound: string
  /** How the scan in question looked when it last saw it. */
  readonly terms: ScanTerms
}

/**
 * Since when a finding that a scan has seen before is fixed, by a later run of that scan in which it is missing: the
 * moment that run began to look at the machine.
 * @param hosts every appearance of the machine in the run; a machine may be scanned under several addresses
 * @returns undefined when it may only have been overlooked
 */
export function fixedSince(sighting: ScanSighting, hosts: readonly HostScan[]): string | undefined {
  const first = hosts.reduce<HostScan | undefined>(
    (least, host) => (least && Date.parse(least.startedAt) <= Date.parse(host.startedAt) ? least : host),
    undefined,
  )
  if (!first || !(Date.parse(sighting.lastFound) < Date.parse(first.startedAt))) return undefined
  return hosts.every(host => isLookedFor(sighting, host)) ? first.startedAt : undefined
}

function isLookedFor({ pluginId, family, port, protocol, terms }: ScanSighting, host: HostScan): boolean {
  const now = host.terms
  return (
    host.isWhole &&
    (now.isCredentialed || !terms.isCredentialed) &&
    isSame(now.settings, terms.settings) &&
    isPortMet(port, protocol, terms.ports, now.ports) &&
    (host.runs(pluginId, family) ?? isSame(now.policy, terms.policy))
  )
}

function isSame(a: string | null, b: string | null): boolean {
  return a !== null && a === b
}

/** Which ports `default` stands for is told nowhere: only the same words say that they are the same. */
function isPortMet(port: number, protocol: string, before: string | null, now: string | null): boolean {
  return port === 0 || isSame(before, now) || (now !== null && portsInclude(now, port, protocol))
}

/** Ranges without a letter are certain for TCP alone: whether UDP is scanned, and how, is another setting. */
export function portsInclude(ranges: string, port: number, protocol: string): boolean {
  let scanned = 'tcp'
  for (const item of ranges.toLowerCase().split(',')) {
    const [, letter, range = ''] = /^\s*(?:([tu]):)?\s*(.*?)\s*$/.exec(item) ?? []
    if (letter !== undefined) scanned = letter === 't' ? 'tcp' : 'udp'
    if (scanned === protocol && rangeIncludes(range, port)) return true
  }
  return false
}

function rangeIncludes(range: string, port: number): boolean {
  if (range === 'all') return port >= 1 && port <= 65_535
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? []
  return from !== undefined && Number(from) <= port && port <= Number(to)
}
