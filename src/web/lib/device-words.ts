import type { DeviceLink } from '../../contract/devices.ts'

export type Evidence = DeviceLink['evidence'][number]
export type EvidenceKind = Evidence['kind']

/** What the records share, and what it is called when they differ in it. */
const words = {
  tenable_uuid: ['Tenable asset UUID', 'different Tenable asset UUIDs'],
  agent_uuid: ['Agent UUID', 'different agent UUIDs'],
  cloud_instance: ['Cloud instance', 'different cloud instances'],
  bios_uuid: ['BIOS UUID', 'different BIOS UUIDs'],
  serial_number: ['Serial number', 'different serial numbers'],
  mac_address: ['MAC address', 'no MAC address in common'],
  fqdn: ['FQDN', 'different FQDNs'],
  netbios_in_domain: ['NetBIOS name in its domain', 'different NetBIOS names'],
  hostname: ['Host name', 'different host names'],
  ip_in_time: ['Address at the same time', 'no address in common'],
  neighbourhood: ['Addresses of one site', 'addresses of different sites'],
  os_family: ['Family of systems', 'another family of systems'],
  same_source: ['One source', 'one source has both at the same time'],
} as const satisfies Record<EvidenceKind, readonly [shared: string, apart: string]>

export function evidenceWords({ kind, weight }: Pick<Evidence, 'kind' | 'weight'>): string {
  return words[kind][weight < 0 ? 1 : 0]
}

/** `+5`, `−3`, `+1.25` */
export function weightText(weight: number): string {
  const size = Number(Math.abs(weight).toFixed(2))
  return weight < 0 ? `−${size}` : `+${size}`
}

/** Never 100 %: no evidence is. */
export function confidenceText(confidence: number): string {
  return `${Math.min(99.9, Math.floor(confidence * 1000) / 10)} %`
}

/** What speaks loudest for it first, then what speaks against it. */
export function byWeight(evidence: readonly Evidence[]): readonly Evidence[] {
  return evidence.toSorted((one, other) => other.weight - one.weight)
}
