import { isIPv4, isIPv6 } from 'node:net'
import { type Asset, type ObservedAsset, unknownAsset } from '../../domain/asset.ts'
import type { FileHost } from '../../domain/file-reading.ts'
import type { JsonObject } from '../../domain/json.ts'

/** What a file says of one machine, as far as it says it. */
export interface HostFacts {
  /** The vendor's own id, or that of the machine's firmware, agent or cloud. */
  readonly uuid?: string | null
  readonly fqdns?: readonly string[]
  readonly hostnames?: readonly string[]
  readonly netbiosName?: string | null
  readonly ips?: readonly string[]
  readonly macs?: readonly string[]
  readonly operatingSystems?: readonly string[]
  readonly systemTypes?: readonly string[]
  readonly agentUuid?: string | null
  readonly biosUuid?: string | null
  readonly networkId?: string | null
  readonly networkName?: string | null
  readonly isTracked?: boolean | null
  readonly cloud?: Asset['cloud']
  readonly tags?: Asset['tags']
  readonly software?: readonly string[]
  readonly sshFingerprints?: readonly string[]
  readonly firstSeen?: string | null
  readonly lastSeen?: string | null
  readonly lastAuthenticatedAt?: string | null
  readonly lastUnauthenticatedAt?: string | null
  readonly scanTarget?: string | null
  /** Nothing else names it: the target as it was typed. */
  readonly target?: string | null
  readonly isWebApp?: boolean
  readonly extra?: JsonObject | null
}

/** @returns undefined when nothing names the machine */
export function fileHost(facts: HostFacts): FileHost | undefined {
  const fqdns = distinct((facts.fqdns ?? []).map(name => name.toLowerCase().replace(/\.$/, '')))
  const hostnames = distinct(facts.hostnames ?? [])
  const ips = distinct(facts.ips ?? [])
  const netbios = facts.netbiosName?.trim() || null
  const names = nativeIds(facts, fqdns, hostnames, netbios, ips)
  const [nativeId, ...others] = names
  if (nativeId === undefined) return undefined
  // An address moves from machine to machine: it leads to one only where nothing else names either.
  const aliases = others.filter(name => !name.startsWith('ip:'))
  const ipv4s = ips.filter(ip => isIPv4(ip))
  const ipv6s = ips.filter(ip => isIPv6(ip))
  const observed = observedOf(nativeId, facts, { fqdns, hostnames, netbios, ipv4s, ipv6s })
  return { nativeId, aliases, asset: assetOf(nativeId, facts, { fqdns, hostnames, netbios, ipv4s, ipv6s }), observed }
}

interface Names {
  readonly fqdns: readonly string[]
  readonly hostnames: readonly string[]
  readonly netbios: string | null
  readonly ipv4s: readonly string[]
  readonly ipv6s: readonly string[]
}

function nativeIds(
  facts: HostFacts,
  fqdns: readonly string[],
  hostnames: readonly string[],
  netbios: string | null,
  ips: readonly string[],
): string[] {
  const uuid = facts.uuid?.trim().toLowerCase()
  const ids = [
    ...(uuid ? [`uuid:${uuid}`] : []),
    ...fqdns.map(name => `fqdn:${name}`),
    ...(netbios ? [`netbios:${netbios.toLowerCase()}`] : []),
    // A bare name is no weaker than a NetBIOS name, and is looked for among both.
    ...hostnames.map(name => (name.includes('.') ? `fqdn:${name.toLowerCase()}` : `netbios:${name.toLowerCase()}`)),
    // Repositories and networks may have the same addresses.
    ...ips.map(ip => `ip:${ip.toLowerCase()}${facts.networkName ? `@${facts.networkName.toLowerCase()}` : ''}`),
  ]
  if (ids.length === 0 && facts.target?.trim()) ids.push(`fqdn:${facts.target.trim().toLowerCase()}`)
  return distinct(ids).map(id => id.slice(0, 600))
}

function observedOf(nativeId: string, facts: HostFacts, names: Names): ObservedAsset {
  return {
    nativeId,
    hostname: names.hostnames[0] ?? null,
    fqdn: names.fqdns[0] ?? null,
    ipv4: names.ipv4s[0] ?? null,
    ipv6: names.ipv6s[0] ?? null,
    macAddress: facts.macs?.[0] ?? null,
    netbiosName: names.netbios,
    netbiosWorkgroup: null,
    operatingSystems: facts.operatingSystems ?? [],
    deviceType: facts.systemTypes?.[0] ?? null,
    agentUuid: facts.agentUuid ?? null,
    biosUuid: facts.biosUuid ?? null,
    serialNumber: null,
    networkId: facts.networkId ?? null,
    isTracked: facts.isTracked ?? null,
    lastAuthenticatedResultsAt: facts.lastAuthenticatedAt ?? null,
    lastUnauthenticatedResultsAt: facts.lastUnauthenticatedAt ?? null,
    extra: null,
  }
}

function assetOf(nativeId: string, facts: HostFacts, names: Names): Asset {
  return {
    ...unknownAsset,
    nativeId,
    types: [facts.isWebApp ? 'webapp' : 'host'],
    hostnames: names.hostnames,
    fqdns: names.fqdns,
    ipv4s: names.ipv4s,
    ipv6s: names.ipv6s,
    macAddresses: facts.macs ?? [],
    netbiosNames: names.netbios === null ? [] : [names.netbios],
    operatingSystems: facts.operatingSystems ?? [],
    systemTypes: facts.systemTypes ?? [],
    sshFingerprints: facts.sshFingerprints ?? [],
    installedSoftware: facts.software ?? [],
    hasAgent: facts.agentUuid ? true : null,
    agentUuid: facts.agentUuid ?? null,
    biosUuid: facts.biosUuid ?? null,
    networkId: facts.networkId ?? null,
    networkName: facts.networkName ?? null,
    cloud: facts.cloud ?? {},
    // Orders versions: a file of last month must not overwrite what this week's said.
    updatedAt: facts.lastSeen ?? null,
    firstSeen: facts.firstSeen ?? null,
    lastSeen: facts.lastSeen ?? null,
    lastScanAt: facts.lastSeen ?? null,
    lastAuthenticatedScanAt: facts.lastAuthenticatedAt ?? null,
    lastScanTarget: facts.scanTarget ?? null,
    tags: facts.tags ?? [],
    extra: facts.extra ?? null,
  }
}

/** The host of a URL, and the name itself where it is none: web-application scans put their URL where a name belongs. */
export function hostOfTarget(target: string): { readonly name: string; readonly url: string | null } {
  if (!/^https?:\/\//i.test(target)) return { name: target, url: null }
  try {
    return { name: new URL(target).hostname.replace(/^\[|\]$/g, ''), url: target }
  } catch (error) {
    if (error instanceof TypeError) return { name: target, url: null }
    throw error
  }
}

export function isAddress(text: string): boolean {
  return isIPv4(text) || isIPv6(text)
}

/** `10.0.0.1, fe80::1` and the like: the addresses among them. */
export function addressesOf(text: string | null | undefined): string[] {
  if (!text) return []
  return distinct(text.split(/[\s,;|"[\]]+/).filter(isAddress))
}

export function macsOf(text: string | null | undefined): string[] {
  const found = text?.match(/(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}/gi) ?? []
  return distinct(found.map(mac => mac.toLowerCase().replaceAll('-', ':')))
}

export function distinct(values: readonly string[]): string[] {
  return [...new Set(values.map(value => value.trim()).filter(value => value !== ''))]
}
