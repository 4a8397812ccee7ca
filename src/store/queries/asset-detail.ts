// What is known of one asset?

import { cloudFields, thirdPartyFields } from '../../domain/asset.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { type AssetView, assetColumns, assetJoins, countsOf } from './asset-view.ts'
import { allOf, type Fragment } from './conditions.ts'
import { visible } from './scope.ts'
import type { SeverityCounts } from './severity-counts.ts'

export interface InterfaceView {
  readonly name: string
  readonly is_virtual: boolean | null
  readonly is_aliased: boolean | null
  readonly ipv4s: string[]
  readonly ipv6s: string[]
  readonly fqdns: string[]
  readonly mac_addresses: string[]
}

const plainColumns = [
  'is_public',
  'has_plugin_results',
  'mac_addresses',
  'netbios_names',
  'netbios_workgroup',
  'system_types',
  'device_type',
  'agent_names',
  'agent_uuid',
  'agent_days_since_active',
  'ssh_fingerprints',
  'tpm_ids',
  'qualys_asset_ids',
  'qualys_host_ids',
  'symantec_hardware_keys',
  'bios_uuid',
  'serial_number',
  'created_at',
  'deleted_at',
  'deleted_by',
  'terminated_at',
  'terminated_by',
  'first_scan_at',
  'last_authenticated_scan_at',
  'last_licensed_scan_at',
  'last_authentication_attempt_at',
  'last_authentication_success_at',
  'last_authentication_status',
  'last_authenticated_results_at',
  'last_unauthenticated_results_at',
  'last_scan_id',
  'last_schedule_id',
  'last_scan_target',
  'sightings',
  'open_ports',
  'custom_attributes',
  'resource_tags',
  'ratings',
  'observed',
  'extra',
  'run_id',
  'read_at',
  'recorded_at',
] as const

export interface AssetDetail extends AssetView {
  readonly aliases: string[]
  readonly device: { readonly id: number; readonly records: number } | null
  readonly is_public: boolean | null
  readonly has_plugin_results: boolean | null
  readonly mac_addresses: string[]
  readonly netbios_names: string[]
  readonly netbios_workgroup: string | null
  readonly system_types: string[]
  readonly device_type: string | null
  readonly agent_names: string[]
  readonly agent_uuid: string | null
  readonly agent_days_since_active: number | null
  readonly ssh_fingerprints: string[]
  readonly tpm_ids: string[]
  readonly qualys_asset_ids: string[]
  readonly qualys_host_ids: string[]
  readonly symantec_hardware_keys: string[]
  readonly bios_uuid: string | null
  readonly serial_number: string | null
  readonly cloud: Readonly<Record<string, string>>
  readonly third_party: Readonly<Record<string, string>>
  readonly reopened: SeverityCounts
  readonly fixed: SeverityCounts
  readonly ended: number
  readonly created_at: string | null
  readonly vendor_updated_at: string | null
  readonly deleted_at: string | null
  readonly deleted_by: string | null
  readonly terminated_at: string | null
  readonly terminated_by: string | null
  readonly first_scan_at: string | null
  readonly last_authenticated_scan_at: string | null
  readonly last_licensed_scan_at: string | null
  readonly last_authentication_attempt_at: string | null
  readonly last_authentication_success_at: string | null
  readonly last_authentication_status: string | null
  readonly last_authenticated_results_at: string | null
  readonly last_unauthenticated_results_at: string | null
  readonly last_scan_id: string | null
  readonly last_schedule_id: string | null
  readonly last_scan_target: string | null
  readonly interfaces: InterfaceView[]
  readonly software: string[]
  readonly sightings: Json
  readonly open_ports: Json
  readonly custom_attributes: Json
  readonly resource_tags: Json
  readonly ratings: Json
  readonly observed: JsonObject | null
  readonly extra: JsonObject | null
  readonly run_id: number
  readonly read_at: string | null
  readonly recorded_at: string
}

/**
 * @param id our id, or any id the source has used for it
 * @throws NotFoundError `asset_not_found`
 */
export async function getAsset(database: ScopedDatabase, id: string): Promise<AssetDetail> {
  const { rows } = await sql<AssetDetail>`
select ${assetColumns}, ${sql.raw(plainColumns.map(column => `a.${column}`).join(', '))},
       a.updated_at as vendor_updated_at,
       ${known(cloudFields)} as cloud,
       ${known(thirdPartyFields)} as third_party,
       ${countsOf('reopened')} as reopened,
       ${countsOf('fixed')} as fixed,
       coalesce(t.ended, 0) as ended,
       array(select l.native_id from asset_alias l where l.asset_id = a.asset_id order by l.created_at, l.native_id)
         as aliases,
       (select jsonb_build_object('id', m.device_id, 'records',
                 (select count(*) from device_asset o join asset r using (asset_id)
                  where o.device_id = m.device_id and ${allOf(visible(database.access, 'r'))}))
        from device_asset m
        where m.asset_id = a.asset_id) as device,
       array(select w.cpe from asset_software w where w.asset_id = a.asset_id order by w.cpe) as software,
       coalesce(
         (select jsonb_agg(jsonb_build_object('name', i.name, 'is_virtual', i.is_virtual, 'is_aliased', i.is_aliased,
                                              'ipv4s', i.ipv4s, 'ipv6s', i.ipv6s, 'fqdns', i.fqdns,
                                              'mac_addresses', i.mac_addresses)
                           order by i.interface_number)
          from asset_interface i
          where i.asset_id = a.asset_id), '[]') as interfaces
from asset a
${assetJoins}
where a.asset_id = ${await getAssetId(database, id)}`.execute(database.kysely)
  if (!rows[0]) throw assetNotFound(id)
  return rows[0]
}

/** @throws NotFoundError `asset_not_found` */
export async function getAssetId(database: ScopedDatabase, id: string): Promise<number> {
  const mayBeSeen = allOf(visible(database.access, 'a'))
  if (/^\d{1,15}$/.test(id)) {
    const ours = await sql<{ asset_id: number }>`
select a.asset_id from asset a where a.asset_id = ${Number(id)} and ${mayBeSeen}`.execute(database.kysely)
    if (ours.rows[0]) return ours.rows[0].asset_id
  }
  // By the index of each source: native ids are unique within one only.
  const { rows } = await sql<{ asset_id: number }>`
select l.asset_id
from source s
join asset_alias l on l.source_id = s.source_id and l.native_id = any(${[id, id.toLowerCase()]}::text[])
join asset a on a.asset_id = l.asset_id
where ${mayBeSeen}
order by l.native_id = ${id} desc, l.source_id
limit 1`.execute(database.kysely)
  if (!rows[0]) throw assetNotFound(id)
  return rows[0].asset_id
}

/** `{column: value}` of the columns that are not null. */
function known(columns: readonly string[]): Fragment {
  return sql.raw(`jsonb_strip_nulls(jsonb_build_object(${columns.map(name => `'${name}', a.${name}`).join(', ')}))`)
}

function assetNotFound(id: string): NotFoundError {
  return new NotFoundError('asset_not_found', `There is no asset ${id}. Use our id or the vendor's.`, {
    context: { asset: id },
  })
}
