import type { AssetStatus } from '../../domain/asset.ts'
import type { CloudProvider } from '../../domain/cloud-provider.ts'
import type { Criticality } from '../../domain/criticality.ts'
import type { AssignedCriticality } from '../../domain/group-rule.ts'
import { severities } from '../../domain/severity.ts'
import { sql } from '../database.ts'
import { cloudProvider, criticality, type Fragment, isCountedAsset } from './conditions.ts'
import type { SeverityCounts } from './severity-counts.ts'

/** Enough of an asset to name it and link to it. */
export interface AssetRef {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly status: AssetStatus
  readonly source_id: number
  readonly source: string
}

export interface TagView {
  readonly key: string
  readonly value: string
  readonly uuid: string | null
  readonly added_by: string | null
  readonly added_at: string | null
}

/** An asset as lists and exports show it. */
export interface AssetView extends AssetRef {
  readonly is_provisional: boolean
  readonly is_licensed: boolean | null
  readonly is_tracked: boolean | null
  readonly is_counted: boolean
  readonly out_of_scope_at: string | null
  readonly has_agent: boolean | null
  readonly types: string[]
  readonly hostnames: string[]
  readonly fqdns: string[]
  readonly ipv4s: string[]
  readonly ipv6s: string[]
  readonly operating_systems: string[]
  readonly cloud_provider: CloudProvider
  readonly network_id: string | null
  readonly network_name: string | null
  readonly acr_score: number | null
  readonly criticality: Criticality
  readonly exposure_score: number | null
  /** By rule or by a person, as the two after it. */
  readonly owner: string | null
  readonly assigned_criticality: AssignedCriticality | null
  readonly groups: string[]
  readonly open: SeverityCounts
  readonly tags: TagView[]
  readonly first_seen: string | null
  readonly last_seen: string | null
  readonly last_scan_at: string | null
  readonly updated_at: string
}

export const assetRefColumns = sql`
a.asset_id as id, a.native_id as uuid, a.name, a.status, a.source_id, s.name as source`

/** Over `asset a` and `assetJoins`. */
export const assetColumns = sql`
${assetRefColumns}, a.is_provisional, a.is_licensed, a.is_tracked, ${isCountedAsset} as is_counted, a.out_of_scope_at, a.has_agent, a.types,
a.hostnames, a.fqdns, a.ipv4s, a.ipv6s, a.operating_systems, ${cloudProvider} as cloud_provider, a.network_id,
a.network_name, a.acr_score, ${criticality} as criticality, a.exposure_score, ag.owner,
ag.criticality as assigned_criticality, coalesce(ag.group_names, '{}') as groups, ${countsOf('open', 'reopened')} as open,
a.first_seen, a.last_seen, a.last_scan_at, a.changed_at as updated_at,
coalesce(
  (select jsonb_agg(jsonb_build_object('key', g.tag_key, 'value', g.tag_value, 'uuid', g.tag_uuid, 'added_by', g.added_by,
                                       'added_at', ${jsonInstant(sql`g.added_at`)})
                    order by g.tag_key, g.tag_value)
   from asset_tag g
   where g.asset_id = a.asset_id), '[]') as tags`

/** An asset without findings has no row of counts, one that no rule meets none of groups. */
export const assetJoins = sql`
join source s on s.source_id = a.source_id
left join asset_total t on t.asset_id = a.asset_id
left join asset_group ag on ag.asset_id = a.asset_id`

/** `{info, low, …}` over `asset_total t`: the sum of the states named. */
export function countsOf(...states: readonly ('open' | 'reopened' | 'fixed')[]): Fragment {
  const members = severities.map(severity => {
    const sum = states.map(state => `t.${state}_${severity}`).join(' + ')
    return `'${severity}', coalesce(${sum}, 0)`
  })
  return sql.raw(`jsonb_build_object(${members.join(', ')})`)
}

/** An instant inside of JSON, spelt as the driver spells it elsewhere. */
export function jsonInstant(expression: Fragment): Fragment {
  return sql`to_char(${expression} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
}
