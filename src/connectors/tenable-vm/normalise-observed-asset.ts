import type { ObservedAsset } from '../../domain/asset.ts'
import type { JsonObject } from '../../domain/json.ts'
import { idOf, RecordNotes } from '../formats/record.ts'

/** An asset as a finding names it, and what was odd about it. */
export interface ObservedAssetReading {
  readonly asset: ObservedAsset
  readonly notes: RecordNotes
}

/** @throws UnreadableRecord when it has no uuid */
export function normaliseObservedAsset(wire: JsonObject): ObservedAssetReading {
  const nativeId = idOf(wire.uuid ?? wire.id, "finding's asset")
  const notes = new RecordNotes(`asset ${nativeId}`)
  const {
    uuid: _uuid,
    id,
    hostname,
    fqdn,
    ipv4,
    ipv6,
    mac_address,
    netbios_name,
    netbios_workgroup,
    operating_system,
    device_type,
    agent_uuid,
    bios_uuid,
    serial_number,
    network_id,
    tracked,
    last_authenticated_results,
    last_unauthenticated_results,
    ...unknown
  } = wire
  if (id !== nativeId) notes.keep(null, 'id', id)
  for (const [key, value] of Object.entries(unknown)) notes.keep(null, key, value)
  const read = {
    nativeId,
    hostname: notes.text(null, 'hostname', hostname),
    fqdn: notes.text(null, 'fqdn', fqdn),
    ipv4: notes.text(null, 'ipv4', ipv4),
    ipv6: notes.text(null, 'ipv6', ipv6),
    macAddress: notes.text(null, 'mac_address', mac_address),
    netbiosName: notes.text(null, 'netbios_name', netbios_name),
    netbiosWorkgroup: notes.text(null, 'netbios_workgroup', netbios_workgroup),
    operatingSystems: notes.texts(null, 'operating_system', operating_system),
    deviceType: notes.text(null, 'device_type', device_type),
    agentUuid: notes.text(null, 'agent_uuid', agent_uuid),
    biosUuid: notes.text(null, 'bios_uuid', bios_uuid),
    serialNumber: notes.text(null, 'serial_number', serial_number),
    networkId: notes.text(null, 'network_id', network_id),
    isTracked: notes.boolean(null, 'tracked', tracked),
    lastAuthenticatedResultsAt: notes.instant(null, 'last_authenticated_results', last_authenticated_results),
    lastUnauthenticatedResultsAt: notes.instant(null, 'last_unauthenticated_results', last_unauthenticated_results),
  }
  return { asset: { ...read, extra: notes.extra }, notes }
}
