import type { EvidenceKind, IdentifierKind, IdentityRecord } from './record.ts'

// Are two records one machine? What speaks for it and against it, each thing with its weight, summed.

export interface Evidence {
  readonly kind: EvidenceKind | 'neighbourhood' | 'os_family' | 'same_source'
  /** What is shared; of what speaks against it, null. */
  readonly value: string | null
  /** Above zero for one machine, below against it. */
  readonly weight: number
}

export interface Weighed {
  readonly score: number
  readonly evidence: readonly Evidence[]
  /** A name alone and an address alone ground nothing; both together do, and a qualified name with system and site. */
  readonly isGrounded: boolean
}

/** Of so many records the value is in their own sources; 1 tells one machine. */
export type Spread = (kind: IdentifierKind, value: string) => number

const weights: Readonly<Record<EvidenceKind, number>> = {
  tenable_uuid: 9,
  agent_uuid: 8,
  cloud_instance: 8,
  bios_uuid: 5,
  serial_number: 5,
  mac_address: 5,
  fqdn: 3,
  netbios_in_domain: 2.5,
  hostname: 2,
  ip_in_time: 2.5,
}

/** When both records have values of the kind and share none. */
const against: Readonly<Partial<Record<IdentifierKind, number>>> = {
  agent_uuid: -3,
  cloud_instance: -9,
  bios_uuid: -6,
  serial_number: -6,
  mac_address: -3,
  fqdn: -1,
  hostname: -1.5,
}

const againstOsFamily = -4
const forOsFamily = 0.75
const forNeighbourhood = 0.75
/** The same address at the same time in networks that cannot be compared. */
const forAddressSomewhere = 1.75
/** A source that knows two records at once holds them for two machines. */
const againstSameSource = -4

/** From here on two records are linked. */
export const linkedFrom = 4.5
/** From here on a person is asked. */
export const askedFrom = 3

const strong: readonly IdentifierKind[] = [
  'tenable_uuid',
  'agent_uuid',
  'cloud_instance',
  'bios_uuid',
  'serial_number',
  'mac_address',
]
const names: readonly IdentifierKind[] = ['fqdn', 'netbios_in_domain', 'hostname']

export function weigh(a: IdentityRecord, b: IdentityRecord, spread: Spread): Weighed {
  const evidence = [...strong.flatMap(kind => byKind(a, b, kind, spread)), ...byName(a, b, spread), ...byAddress(a, b)]
  evidence.push(...bySystem(a, b))
  if (a.sourceId === b.sourceId && areTogether(a, b)) {
    evidence.push({ kind: 'same_source', value: null, weight: againstSameSource })
  }
  const score = evidence.reduce((sum, one) => sum + one.weight, 0)
  return { score, evidence, isGrounded: isGrounded(evidence) }
}

/** 0 to 1. */
export function confidenceOf(score: number): number {
  return score <= 0 ? 0 : 1 - 10 ** (-score / 3)
}

function byKind(a: IdentityRecord, b: IdentityRecord, kind: IdentifierKind, spread: Spread): Evidence[] {
  const [ours, theirs] = [a.identifiers[kind], b.identifiers[kind]]
  if (!ours || !theirs) return []
  const shared = ours.filter(value => theirs.includes(value))
  if (shared.length === 0) {
    const weight = against[kind]
    return weight === undefined ? [] : [{ kind, value: null, weight }]
  }
  return [strongest(kind, shared, spread)]
}

/** The value that the fewest share counts; a value of many machines says little, of more than three nothing. */
function strongest(kind: IdentifierKind, values: readonly string[], spread: Spread): Evidence {
  const known = values.map(value => ({ value, machines: spread(kind, value) }))
  const best = known.reduce((least, one) => (one.machines < least.machines ? one : least))
  const share = best.machines > 3 ? 0 : 1 / best.machines ** 2
  return { kind, value: best.value, weight: weights[kind] * share }
}

/** Names repeat each other: the best of them counts, and only one stands against. */
function byName(a: IdentityRecord, b: IdentityRecord, spread: Spread): Evidence[] {
  const all = names.flatMap(kind => byKind(a, b, kind, spread))
  const speaking = all.filter(one => one.weight > 0).sort((x, y) => y.weight - x.weight)
  if (speaking.length > 0) return speaking.slice(0, 1)
  const opposed = all.filter(one => one.weight < 0).sort((x, y) => x.weight - y.weight)
  return opposed.slice(0, 1)
}

function byAddress(a: IdentityRecord, b: IdentityRecord): Evidence[] {
  if (!areTogether(a, b)) return []
  const shared = a.addresses.find(one => b.addresses.includes(one))
  if (shared !== undefined) return [{ kind: 'ip_in_time', value: withoutNetwork(shared), weight: weights.ip_in_time }]
  const perhaps = a.addresses.find(one => b.addresses.some(other => mayBeOne(one, other, a.sourceId === b.sourceId)))
  if (perhaps !== undefined) {
    return [{ kind: 'ip_in_time', value: withoutNetwork(perhaps), weight: forAddressSomewhere }]
  }
  const theirs = b.addresses.map(neighbourhood).filter(one => one !== null)
  const near = a.addresses
    .map(neighbourhood)
    .find(one => one !== null && theirs.some(other => one === other || mayBeOne(one, other, a.sourceId === b.sourceId)))
  return near ? [{ kind: 'neighbourhood', value: withoutNetwork(near), weight: forNeighbourhood }] : []
}

/** The same address, and the networks cannot be told apart: each source has its own names for them, or none. */
function mayBeOne(one: string, other: string, isSameSource: boolean): boolean {
  const areComparable = isSameSource && !one.startsWith('|') && !other.startsWith('|')
  return !areComparable && withoutNetwork(one) === withoutNetwork(other)
}

function withoutNetwork(address: string): string {
  return address.slice(address.indexOf('|') + 1)
}

/** The /16 of an IPv4 address: a site, in which leases wander. */
function neighbourhood(address: string): string | null {
  const found = /^(.*\|\d+\.\d+)\.\d+\.\d+$/.exec(address)?.[1]
  return found ? `${found}.0.0/16` : null
}

function bySystem(a: IdentityRecord, b: IdentityRecord): Evidence[] {
  if (!a.osFamily || !b.osFamily) return []
  if (a.osFamily !== b.osFamily) return [{ kind: 'os_family', value: null, weight: againstOsFamily }]
  return areTogether(a, b) ? [{ kind: 'os_family', value: a.osFamily, weight: forOsFamily }] : []
}

/** Whether both have values of a kind and share none. */
export function areToldApart(a: IdentityRecord, b: IdentityRecord): boolean {
  return (Object.keys(against) as IdentifierKind[]).some(kind => {
    const [ours, theirs] = [a.identifiers[kind], b.identifiers[kind]]
    return ours !== undefined && theirs !== undefined && !ours.some(value => theirs.includes(value))
  })
}

/** Whether both were there at the same time. */
export function areTogether(a: IdentityRecord, b: IdentityRecord): boolean {
  return a.firstSeen <= b.lastSeen && b.firstSeen <= a.lastSeen
}

function isGrounded(evidence: readonly Evidence[]): boolean {
  const speaks = (kind: Evidence['kind']) => evidence.some(one => one.kind === kind && one.weight > 0)
  if (strong.some(speaks)) return true
  if (speaks('fqdn') && speaks('neighbourhood') && speaks('os_family')) return true
  return names.some(speaks) && speaks('ip_in_time')
}
