import { type IdentityFacts, type IdentityRecord, identityRecord } from '../../domain/identity/index.ts'
import type { Queryable } from '../database.ts'

// What assets say of themselves, as the matcher takes it.

/** A record as it is stored. */
export type StoredRecord = Omit<IdentityRecord, 'firstSeen' | 'lastSeen'> & {
  readonly firstSeen: number | null
  readonly lastSeen: number | null
}

interface FactsRow {
  readonly asset_id: number
  readonly source_id: number
  readonly tenable_uuid: string | null
  readonly agent_uuid: string | null
  readonly cloud_instances: string[]
  readonly bios_uuid: string | null
  readonly serial_number: string | null
  readonly mac_addresses: string[]
  readonly fqdns: string[]
  readonly hostnames: string[]
  readonly netbios_names: string[]
  readonly addresses: string[]
  readonly network_id: string | null
  readonly operating_systems: string[]
  readonly first_seen: string | null
  readonly last_seen: string | null
}

/** Of those that take part; an asset that its source gives a new id at every scan is nobody's machine for long. */
export async function loadFacts(queryable: Queryable, assetIds: readonly number[]): Promise<StoredRecord[]> {
  const { rows } = await queryable.query<FactsRow & Record<string, unknown>>(
    `select a.asset_id, a.source_id,
            case s.kind when 'tenable-vm' then a.native_id
                        when 'files' then substring(a.native_id from '^uuid:(.+)') end as tenable_uuid,
            a.agent_uuid, a.bios_uuid, a.serial_number, a.mac_addresses, a.fqdns, a.hostnames, a.netbios_names,
            a.ipv4s || a.ipv6s as addresses,
            nullif(a.network_id, '00000000-0000-0000-0000-000000000000') as network_id, a.operating_systems,
            array_remove(array['aws:' || a.aws_ec2_instance_id, 'azure:' || a.azure_vm_id, 'gcp:' || a.gcp_instance_id], null)
              as cloud_instances,
            a.first_seen, a.last_seen
     from asset a
     join source s using (source_id)
     where a.asset_id = any($1) and a.is_tracked is not false
     order by a.asset_id`,
    [assetIds],
  )
  return rows.map(row => storedRecord(factsOf(row)))
}

function factsOf(row: FactsRow): IdentityFacts {
  return {
    assetId: row.asset_id,
    sourceId: row.source_id,
    tenableUuid: tenableUuidOf(row),
    agentUuid: row.agent_uuid,
    cloudInstances: row.cloud_instances,
    biosUuid: row.bios_uuid,
    serialNumber: row.serial_number,
    macAddresses: row.mac_addresses,
    fqdns: row.fqdns,
    hostnames: row.hostnames,
    netbiosNames: row.netbios_names,
    addresses: row.addresses,
    networkId: row.network_id,
    operatingSystems: row.operating_systems,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
  }
}

/**
 * A file goes by the strongest id that it has: in exports of Tenable VM that is VM's own. Where it is that of the firmware or
 * the agent it is weighed as such, and not twice.
 */
function tenableUuidOf({ tenable_uuid, bios_uuid, agent_uuid }: FactsRow): string | null {
  const isOther = [bios_uuid, agent_uuid].some(id => id !== null && digitsOf(id) === digitsOf(tenable_uuid ?? ''))
  return isOther ? null : tenable_uuid
}

const digitsOf = (uuid: string) => uuid.toLowerCase().replace(/[^0-9a-f]/g, '')

function storedRecord(facts: IdentityFacts): StoredRecord {
  const record = identityRecord(facts)
  return {
    ...record,
    firstSeen: Number.isFinite(record.firstSeen) ? record.firstSeen : null,
    lastSeen: Number.isFinite(record.lastSeen) ? record.lastSeen : null,
  }
}

export function recordOf(stored: StoredRecord): IdentityRecord {
  return {
    ...stored,
    firstSeen: stored.firstSeen ?? Number.NEGATIVE_INFINITY,
    lastSeen: stored.lastSeen ?? Number.POSITIVE_INFINITY,
  }
}
