// One asset as one source knows it, reduced to what tells machines apart, every value in one spelling.

/** What two records of one machine may share, from what decides alone to what only hints. */
export const evidenceKinds = [
  'tenable_uuid',
  'agent_uuid',
  'cloud_instance',
  'bios_uuid',
  'serial_number',
  'mac_address',
  'fqdn',
  'netbios_in_domain',
  'hostname',
  'ip_in_time',
] as const
export type EvidenceKind = (typeof evidenceKinds)[number]

/** Kinds whose values are looked up; an address alone never makes a candidate. */
export type IdentifierKind = Exclude<EvidenceKind, 'ip_in_time'>

export interface IdentityRecord {
  readonly assetId: number
  readonly sourceId: number
  /** Of each kind the values known, in one spelling; what identifies nothing (`localhost`, virtual addresses) is left out. */
  readonly identifiers: Readonly<Partial<Record<IdentifierKind, readonly string[]>>>
  /** Addresses with their network, as `network|address`. */
  readonly addresses: readonly string[]
  /** `windows`, `linux` …, null when unknown or told differently at once. */
  readonly osFamily: string | null
  /** Milliseconds; when nobody told, the record counts as always there. */
  readonly firstSeen: number
  readonly lastSeen: number
}

/** What a record is made from: raw values as the sources sent them. */
export interface IdentityFacts {
  readonly assetId: number
  readonly sourceId: number
  readonly tenableUuid?: string | null
  readonly agentUuid?: string | null
  /** With their cloud: `aws:i-0abc`. */
  readonly cloudInstances?: readonly string[]
  readonly biosUuid?: string | null
  readonly serialNumber?: string | null
  readonly macAddresses?: readonly string[]
  readonly fqdns?: readonly string[]
  readonly hostnames?: readonly string[]
  /** `NAME` or `DOMAIN\NAME`. */
  readonly netbiosNames?: readonly string[]
  readonly addresses?: readonly string[]
  readonly networkId?: string | null
  readonly operatingSystems?: readonly string[]
  /** ISO 8601 */
  readonly firstSeen?: string | null
  readonly lastSeen?: string | null
}

export function identityRecord(facts: IdentityFacts): IdentityRecord {
  const fqdns = spelled(facts.fqdns, qualifiedName)
  const names = [...(facts.hostnames ?? []), ...(facts.fqdns ?? []), ...(facts.netbiosNames ?? []).map(withoutDomain)]
  const identifiers: Record<IdentifierKind, readonly string[]> = {
    tenable_uuid: spelled([facts.tenableUuid], uuid),
    agent_uuid: spelled([facts.agentUuid], uuid),
    cloud_instance: spelled(facts.cloudInstances, text => text.trim().toLowerCase() || null),
    bios_uuid: spelled([facts.biosUuid], uuid),
    serial_number: spelled([facts.serialNumber], serialNumber),
    mac_address: spelled(facts.macAddresses, macAddress),
    fqdn: [...new Set([...fqdns, ...spelled(facts.hostnames, qualifiedName)])],
    netbios_in_domain: spelled(facts.netbiosNames, netbiosInDomain),
    hostname: spelled(names, shortName),
  }
  const network = facts.networkId ?? ''
  return {
    assetId: facts.assetId,
    sourceId: facts.sourceId,
    identifiers: Object.fromEntries(Object.entries(identifiers).filter(([, values]) => values.length > 0)),
    addresses: spelled(facts.addresses, address).map(one => `${network}|${one}`),
    osFamily: familyOf(facts.operatingSystems ?? []),
    firstSeen: instant(facts.firstSeen) ?? Number.NEGATIVE_INFINITY,
    lastSeen: instant(facts.lastSeen) ?? Number.POSITIVE_INFINITY,
  }
}

function spelled(
  values: readonly (string | null | undefined)[] | undefined,
  spell: (text: string) => string | null,
): string[] {
  const found = new Set<string>()
  for (const value of values ?? []) {
    const one = value ? spell(value) : null
    if (one !== null) found.add(one)
  }
  return [...found]
}

/** 32 hexadecimal digits; null when all are alike, or what firmware says that has none. */
function uuid(text: string): string | null {
  const digits = text.toLowerCase().replace(/[^0-9a-f]/g, '')
  if (digits.length !== 32 || /^(.)\1*$/.test(digits)) return null
  return unsetUuids.has(digits) ? null : digits
}

const unsetUuids = new Set(['03000200040005000006000700080009', '00020003000400050006000700080009'])

function serialNumber(text: string): string | null {
  const one = text.trim().toLowerCase()
  const isUnset = /^(0+|none|unknown|n\/?a|default.*|to be filled.*|system serial.*|not specified|invalid)$/.test(one)
  return one.length < 5 || isUnset ? null : one
}

/** Twelve hexadecimal digits; null for what many machines share: multicast, VRRP, HSRP, containers, tunnels. */
function macAddress(text: string): string | null {
  const digits = text.toLowerCase().replace(/[^0-9a-f]/g, '')
  if (digits.length !== 12 || /^(.)\1*$/.test(digits)) return null
  const isGroup = (Number.parseInt(digits.slice(0, 2), 16) & 1) === 1
  return isGroup || sharedPrefixes.some(prefix => digits.startsWith(prefix)) ? null : digits
}

/** VRRP, HSRP, Docker bridges, Windows teredo and isatap, PPP and common VPN adapters. */
const sharedPrefixes = [
  '00005e0001',
  '00005e0002',
  '00000c07ac',
  '00000c9f',
  '0242',
  '020054',
  '005056c0000',
  '00059a3c',
]

function qualifiedName(text: string): string | null {
  const one = text.trim().toLowerCase().replace(/\.$/, '')
  if (!/^[a-z0-9_]([a-z0-9_-]*\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/.test(one)) return null
  return /^(localhost|localdomain)\b|\.(localdomain|in-addr\.arpa|ip6\.arpa)$/.test(one) ? null : one
}

function shortName(text: string): string | null {
  const one = text.trim().toLowerCase().split('.')[0] ?? ''
  if (one.length < 3 || /^\d+$/.test(one) || !/^[a-z0-9_-]+$/.test(one)) return null
  return commonNames.has(one) ? null : one
}

const commonNames = new Set([
  'localhost',
  'unknown',
  'none',
  'null',
  'debian',
  'ubuntu',
  'raspberrypi',
  'kali',
  'router',
])

function netbiosInDomain(text: string): string | null {
  const [domain, name] = text.trim().toLowerCase().split('\\')
  if (!domain || !name || domain === 'workgroup' || domain === name) return null
  return shortName(name) === null ? null : `${domain}\\${name}`
}

function withoutDomain(text: string): string {
  return text.slice(text.lastIndexOf('\\') + 1)
}

function address(text: string): string | null {
  const one = text.trim().toLowerCase()
  return one === '' || /^(127\.|169\.254\.|0\.0\.0\.0|::1$|fe80:)/.test(one) ? null : one
}

function familyOf(systems: readonly string[]): string | null {
  const families = new Set(systems.map(familyOfOne).filter(family => family !== null))
  return families.size === 1 ? [...families][0]! : null
}

function familyOfOne(name: string): string | null {
  const families: readonly [RegExp, string][] = [
    [/windows/i, 'windows'],
    [/\bmac ?os\b|darwin|\bos x\b/i, 'macos'],
    [/linux|ubuntu|debian|red ?hat|centos|suse|fedora|alma|rocky/i, 'linux'],
    [/esxi?|vmware/i, 'esx'],
    [/\bios\b|nx-os|junos|fortios|pan-os|routeros/i, 'network'],
  ]
  return families.find(([pattern]) => pattern.test(name))?.[1] ?? null
}

function instant(text: string | null | undefined): number | null {
  const at = text ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : at
}
