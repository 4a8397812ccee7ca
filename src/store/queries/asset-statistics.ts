// How many assets are there, of what kind, and what does the count leave out?

import type { AssetStatus } from '../../domain/asset.ts'
import type { CloudProvider } from '../../domain/cloud-provider.ts'
import { severities } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import {
  allOf,
  assetConditions,
  cloudProvider,
  countingConditions,
  type Fragment,
  leavesOutOutside,
} from './conditions.ts'
import type { AssetFilter } from './filters.ts'
import { loadLastSyncAt } from './freshness.ts'
import type { SeverityCounts } from './severity-counts.ts'

export interface LeftOutAssets {
  readonly unlicensed: number
  readonly untracked: number
  readonly out_of_scope: number
}

export interface AssetStatistics {
  readonly as_of: string | null
  readonly level: 'source'
  readonly total: number
  readonly by_status: Readonly<Record<AssetStatus, number>>
  readonly by_type: { readonly type: string; readonly count: number }[]
  readonly by_cloud: Readonly<Record<CloudProvider, number>>
  readonly by_operating_system: { readonly name: string; readonly count: number }[]
  readonly by_network: { readonly id: string | null; readonly name: string | null; readonly count: number }[]
  readonly with_agent: number
  readonly provisional: number
  readonly with_open: SeverityCounts
  readonly left_out: LeftOutAssets
  readonly last_sync_at: string | null
}

type Counted = Omit<AssetStatistics, 'as_of' | 'level' | 'last_sync_at'>

const flags = severities.map(severity => `has_${severity}`)
const openFlags = severities.map(severity => `t.open_${severity} + t.reopened_${severity} > 0 as has_${severity}`)
/** How many assets, of rows that each stand for several. */
const those = (condition: Fragment) => sql`coalesce(sum(assets) filter (where ${condition}), 0)::bigint`

export async function loadAssetStatistics(database: ScopedDatabase, filter: AssetFilter): Promise<AssetStatistics> {
  const counts = sql<Counted>`
with matching as materialized (
  -- alike in all that is counted: mostly there are few kinds, and each count below adds up these
  select status, types, operating_system, network_id, network_name, has_agent, is_provisional, is_unlicensed, is_untracked,
         is_outside, cloud, is_counted, ${sql.raw(flags.join(', '))}, count(*) as assets
  from (
    select a.status, a.types, a.operating_systems[1] as operating_system, a.network_id, a.network_name,
           coalesce(a.has_agent, false) as has_agent, a.is_provisional, a.is_licensed is false as is_unlicensed,
           a.is_tracked is false as is_untracked, a.out_of_scope_at is not null as is_outside, ${cloudProvider} as cloud,
           ${allOf([...countingConditions(filter), ...(leavesOutOutside(filter) ? [sql`a.out_of_scope_at is null`] : [])])}
             as is_counted, ${sql.raw(openFlags.join(', '))}
    from asset a
    left join asset_total t on t.asset_id = a.asset_id
    where ${allOf(assetConditions(database.access, { ...filter, include: ['all'] }))}
  ) as each
  group by status, types, operating_system, network_id, network_name, has_agent, is_provisional, is_unlicensed, is_untracked,
           is_outside, cloud, is_counted, ${sql.raw(flags.join(', '))}
),
counted as (
  select * from matching where is_counted
),
totals as (
  select ${those(sql`true`)} as total, ${those(sql`has_agent`)} as with_agent, ${those(sql`is_provisional`)} as provisional,
         jsonb_build_object('aws', ${those(sql`cloud = 'aws'`)},
                            'azure', ${those(sql`cloud = 'azure'`)},
                            'gcp', ${those(sql`cloud = 'gcp'`)},
                            'on_premise', ${those(sql`cloud = 'on_premise'`)}) as by_cloud,
         jsonb_build_object(${sql.join(severities.map(severity => sql`${sql.lit(severity)}, ${those(sql.ref(`has_${severity}`))}`))})
           as with_open
  from counted
),
whole as (
  select jsonb_build_object('live', ${those(sql`status = 'live'`)},
                            'deleted', ${those(sql`status = 'deleted'`)},
                            'terminated', ${those(sql`status = 'terminated'`)},
                            'aged_out', ${those(sql`status = 'aged_out'`)}) as by_status,
         jsonb_build_object('unlicensed', ${those(sql`is_left_out and not is_outside and is_unlicensed`)},
                            'untracked', ${those(sql`is_left_out and not is_outside and is_untracked and not is_unlicensed`)},
                            'out_of_scope', ${those(sql`is_left_out and is_outside`)})
           as left_out
  from (select *, not is_counted and status = 'live' as is_left_out from matching) as judged
)
select totals.*, whole.*,
       (select coalesce(jsonb_agg(jsonb_build_object('type', type, 'count', count) order by count desc, type), '[]')
        from (select type, sum(count)::float8 as count
              from (select types, sum(assets) as count from counted group by types) as sets, unnest(types) as listed (type)
              group by type) as types) as by_type,
       (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'count', count) order by count desc, name), '[]')
        from (select operating_system as name, sum(assets) as count
              from counted
              where operating_system is not null
              group by operating_system
              order by sum(assets) desc, operating_system
              limit 20) as systems) as by_operating_system,
       (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'count', count) order by count desc, id), '[]')
        from (select network_id as id, max(network_name) as name, sum(assets) as count
              from counted
              group by network_id
              order by sum(assets) desc, network_id
              limit 100) as networks) as by_network
from totals, whole`.execute(database.kysely)
  const [{ rows }, as_of, last_sync_at] = await Promise.all([
    counts,
    loadAsOf(database, filter.source_id),
    loadLastSyncAt(database, filter.source_id),
  ])
  return { as_of, level: 'source', ...rows[0]!, last_sync_at }
}
