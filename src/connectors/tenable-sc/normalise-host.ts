import { isIPv6 } from 'node:net'
import { type Asset, type ObservedAsset, unknownAsset } from '../../domain/asset.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import { RecordNotes, shown, UnreadableRecord } from '../formats/record.ts'
import { type HostKey, hostKeyOf } from './host-key.ts'
import { instantOf, memberOf, numberOf, textOf } from './wire.ts'

/** Members of a finding that are about its host. */
export const hostFields = [
  'ip',
  'ips',
  'uuid',
  'hostUUID',
  'dnsName',
  'netbiosName',
  'macAddress',
  'operatingSystem',
  'uniqueness',
  'hostUniqueness',
  'repository',
  'acrScore',
  'assetExposureScore',
  'keyDrivers',
] as const

/** The repository of a record. @throws UnreadableRecord */
export function repositoryIdOf(wire: JsonObject): string {
  const id = textOf(memberOf(wire.repository, 'id'))
  if (id === null) throw new UnreadableRecord(`The record names no repository: ${shown(wire.repository ?? null)}.`)
  return id
}

/** @throws UnreadableRecord when nothing names the host */
function keyOf(wire: JsonObject): HostKey {
  const key = hostKeyOf(wire, repositoryIdOf(wire))
  if (!key) throw new UnreadableRecord('The record names no host: it has neither address, name nor id.')
  return key
}

/** What a finding says of its host. @throws UnreadableRecord */
export function normaliseObservedHost(wire: JsonObject): ObservedAsset {
  const { nativeId, aliases } = keyOf(wire)
  const { workgroup, name } = netbiosOf(wire.netbiosName)
  const operatingSystem = textOf(wire.operatingSystem)
  return {
    nativeId,
    aliases,
    hostname: null,
    fqdn: textOf(wire.dnsName),
    ...addressOf(wire.ip),
    macAddress: textOf(wire.macAddress),
    netbiosName: name,
    netbiosWorkgroup: workgroup,
    operatingSystems: operatingSystem === null ? [] : [operatingSystem],
    deviceType: null,
    agentUuid: textOf(wire.uuid),
    biosUuid: null,
    serialNumber: null,
    networkId: repositoryIdOf(wire),
    // Every host of a repository has a history.
    isTracked: null,
    lastAuthenticatedResultsAt: null,
    lastUnauthenticatedResultsAt: null,
    extra: null,
  }
}

/** A host of `sumip`. @throws UnreadableRecord */
export function normaliseHost(wire: JsonObject): { readonly row: Asset; readonly notes: RecordNotes } {
  const { nativeId, aliases } = keyOf(wire)
  const notes = new RecordNotes(nativeId)
  const instant = (field: string) => {
    const value = instantOf(wire[field])
    return value === undefined ? notes.odd(null, field, wire[field] ?? null, 'This is not a possible time.') : value
  }
  const { ipv4, ipv6 } = addressOf(wire.ip)
  const { name } = netbiosOf(wire.netbiosName)
  const authenticatedAt = instant('lastAuthRun')
  const unauthenticatedAt = instant('lastUnauthRun')
  for (const field of ['osCPE', 'policyName'] as const) notes.keep(null, field, textOf(wire[field]))
  const mcafee = textOf(wire.mcafeeGUID)
  const row: Asset = {
    ...unknownAsset,
    nativeId,
    aliases,
    types: ['host'],
    fqdns: listed(textOf(wire.dnsName)),
    ipv4s: listed(ipv4),
    ipv6s: listed(ipv6),
    macAddresses: listed(textOf(wire.macAddress)),
    netbiosNames: listed(name),
    operatingSystems: listed(textOf(wire.operatingSystem) ?? systemIn(textOf(wire.osCPE))),
    tpmIds: listed(textOf(wire.tpmID)),
    hasAgent: textOf(wire.uuid) !== null,
    agentUuid: textOf(wire.uuid),
    biosUuid: textOf(wire.biosGUID),
    networkId: repositoryIdOf(wire),
    networkName: textOf(memberOf(wire.repository, 'name')),
    thirdParty: mcafee === null ? {} : { mcafee_epo_guid: mcafee },
    acrScore: numberOf(wire.acrScore),
    exposureScore: numberOf(wire.assetExposureScore),
    lastSeen:
      [authenticatedAt, unauthenticatedAt]
        .filter(at => at !== null)
        .sort()
        .at(-1) ?? null,
    lastAuthenticatedScanAt: authenticatedAt,
    extra: notes.extra,
  }
  return { row, notes }
}

/** Every name that a host of `GET /hosts` may be known by. */
export function namesOfListedHost(wire: JsonObject): readonly string[] {
  const repository = textOf(wire.repID)
  if (repository === null) return []
  const ip = textOf(wire.ipAddress)
  const name = textOf(wire.name)
  // Its name is its address where it has none.
  const dnsName = name === ip ? null : name
  const names = [
    { hostUUID: wire.uuid ?? null, uuid: wire.tenableUUID ?? null, ip, dnsName },
    { ip, dnsName },
    { uuid: wire.uuid ?? null },
  ].map(record => hostKeyOf(record, repository))
  return [...new Set(names.flatMap(key => key?.aliases ?? []))]
}

function addressOf(value: Json | undefined): { readonly ipv4: string | null; readonly ipv6: string | null } {
  const ip = textOf(value)
  if (ip === null) return { ipv4: null, ipv6: null }
  return isIPv6(ip) ? { ipv4: null, ipv6: ip } : { ipv4: ip, ipv6: null }
}

/** `DOMAIN\HOST`, where the domain may be the word UNKNOWN. */
function netbiosOf(value: Json | undefined): { readonly workgroup: string | null; readonly name: string | null } {
  const text = textOf(value)
  const cut = text?.lastIndexOf('\\') ?? -1
  if (text === null || cut < 0) return { workgroup: null, name: text }
  const workgroup = text.slice(0, cut)
  return {
    workgroup: workgroup === '' || workgroup === 'UNKNOWN' ? null : workgroup,
    name: text.slice(cut + 1) || null,
  }
}

/** `cpe:/o:freebsd:freebsd:11.1` → `freebsd 11.1` */
function systemIn(cpe: string | null): string | null {
  const [, , , product, version] = cpe?.split(':') ?? []
  return product ? [product.replaceAll('_', ' '), version].filter(Boolean).join(' ') : null
}

function listed(value: string | null): string[] {
  return value === null ? [] : [value]
}
