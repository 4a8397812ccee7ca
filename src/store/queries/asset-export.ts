// Every asset that a filter chooses: all of them unless the filter says otherwise.

import type { AssetStatus } from '../../domain/asset.ts'
import type { CloudProvider } from '../../domain/cloud-provider.ts'
import type { Criticality } from '../../domain/criticality.ts'
import type { AssignedCriticality } from '../../domain/group-rule.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, assetConditions, cloudProvider, criticality, isCountedAsset } from './conditions.ts'
import { type StreamOptions, streamRows } from './export-rows.ts'
import { type AssetFilter, everything } from './filters.ts'

export interface AssetExportRow {
  readonly source: string
  readonly asset_uuid: string
  readonly asset_id: number
  readonly name: string
  readonly status: AssetStatus
  readonly is_provisional: boolean
  readonly is_licensed: boolean | null
  readonly is_tracked: boolean | null
  readonly is_counted: boolean
  readonly types: readonly string[]
  readonly hostnames: readonly string[]
  readonly fqdns: readonly string[]
  readonly ipv4s: readonly string[]
  readonly ipv6s: readonly string[]
  readonly mac_addresses: readonly string[]
  readonly netbios_names: readonly string[]
  readonly operating_systems: readonly string[]
  readonly has_agent: boolean | null
  readonly agent_uuid: string | null
  readonly cloud_provider: CloudProvider
  readonly network_id: string | null
  readonly network_name: string | null
  readonly acr_score: number | null
  readonly criticality: Criticality
  readonly exposure_score: number | null
  /** By rule or by a person, as the two after it. */
  readonly owner: string | null
  readonly assigned_criticality: AssignedCriticality | null
  readonly groups: readonly string[]
  /** `Key:Value` */
  readonly tags: readonly string[]
  readonly open_critical: number
  readonly open_high: number
  readonly open_medium: number
  readonly open_low: number
  readonly open_info: number
  readonly first_seen: string | null
  readonly last_seen: string | null
  readonly last_scan_at: string | null
  readonly last_authenticated_scan_at: string | null
  readonly created_at: string | null
  readonly updated_at: string | null
  readonly deleted_at: string | null
  readonly terminated_at: string | null
}

const own = [
  'is_provisional',
  'is_licensed',
  'is_tracked',
  'types',
  'hostnames',
  'fqdns',
  'ipv4s',
  'ipv6s',
  'mac_addresses',
  'netbios_names',
  'operating_systems',
  'has_agent',
  'agent_uuid',
  'network_id',
  'network_name',
  'acr_score',
  'exposure_score',
  'first_seen',
  'last_seen',
  'last_scan_at',
  'last_authenticated_scan_at',
  'created_at',
  'updated_at',
  'deleted_at',
  'terminated_at',
] as const satisfies readonly (keyof AssetExportRow)[]

/** In the order of the file's columns. */
export const assetExportColumns = [
  'source',
  'asset_uuid',
  'asset_id',
  'name',
  'status',
  'is_provisional',
  'is_licensed',
  'is_tracked',
  'is_counted',
  'types',
  'hostnames',
  'fqdns',
  'ipv4s',
  'ipv6s',
  'mac_addresses',
  'netbios_names',
  'operating_systems',
  'has_agent',
  'agent_uuid',
  'cloud_provider',
  'network_id',
  'network_name',
  'acr_score',
  'criticality',
  'exposure_score',
  'owner',
  'assigned_criticality',
  'groups',
  'tags',
  'open_critical',
  'open_high',
  'open_medium',
  'open_low',
  'open_info',
  'first_seen',
  'last_seen',
  'last_scan_at',
  'last_authenticated_scan_at',
  'created_at',
  'updated_at',
  'deleted_at',
  'terminated_at',
] as const satisfies readonly (keyof AssetExportRow)[]

export interface AssetExportOptions extends StreamOptions {
  /** Every row when left out. */
  readonly filter?: AssetFilter
}

const openCounts = ['critical', 'high', 'medium', 'low', 'info'].map(
  severity => `coalesce(t.open_${severity} + t.reopened_${severity}, 0) as open_${severity}`,
)

/** Batches of rows, ordered by the vendor's id. */
export async function* exportAssets(
  database: ScopedDatabase,
  options: AssetExportOptions = {},
): AsyncGenerator<AssetExportRow[], void, undefined> {
  const filter = options.filter ?? everything
  const query = sql`
select s.name as source, a.native_id as asset_uuid, a.asset_id, a.name, a.status, ${isCountedAsset} as is_counted,
       ${cloudProvider} as cloud_provider, ${criticality} as criticality,
       ag.owner, ag.criticality as assigned_criticality, coalesce(ag.group_names, '{}') as groups,
       ${sql.raw(own.map(column => `a.${column}`).join(', '))}, ${sql.raw(openCounts.join(', '))},
       array(select g.tag_key || ':' || g.tag_value
             from asset_tag g
             where g.asset_id = a.asset_id
             order by g.tag_key, g.tag_value) as tags
from asset a
join source s on s.source_id = a.source_id
left join asset_total t on t.asset_id = a.asset_id
left join asset_group ag on ag.asset_id = a.asset_id
where ${allOf(assetConditions(database.access, filter))}
order by a.native_id, a.asset_id`
  yield* streamRows<AssetExportRow>(database, query.compile(database.kysely), options)
}
