// How many assets are there, of what kind, and what does the count leave out?

import type { AssetStatus } from '../../domain/asset.ts'
import type { CloudProvider } from '../../domain/cloud-provider.ts'
import { severities } from '../../domain/severity.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { loadAsOf } from './as-of.ts'
import { allOf, assetConditions, cloudProvider, countingConditions, leavesOutOutside } from './conditions.ts'
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

const openFlags = severities.map(severity => `t.open_${severity} + t.reopened_${severity} > 0 as has_${severity}`)
const withOpen = severities.map(severity => `'${severity}', count(*) filter (where has_${severity})`)

export async function loadAssetStatistics(database: ScopedDatabase, filter: AssetFilter): Promise<AssetStatistics> {
  const counts = sql<Counted>`
with matching as materialized (
  select a.asset_id, a.status, a.types, a.operating_systems[1] as operating_system, a.network_id, a.network_name,
         coalesce(a.has_agent, false) as has_agent, a.is_provisional, a.is_licensed is false as is_unlicensed,
         a.is_tracked is false as is_untracked, a.out_of_scope_at is not null as is_outside, ${cloudProvider} as cloud,
         ${allOf([...countingConditions(filter), ...(leavesOutOutside(filter) ? [sql`a.out_of_scope_at is null`] : [])])}
           as is_counted, ${sql.raw(openFlags.join(', '))}
  from asset a
  left join asset_total t on t.asset_id = a.asset_id
  where ${allOf(assetConditions(database.access, { ...filter, include: ['all'] }))}
),
counted as (
  select * from matching where is_counted
),
totals as (
  select count(*) as total, count(*) filter (where has_agent) as with_agent,
         count(*) filter (where is_provisional) as provisional,
         jsonb_build_object('aws', count(*) filter (where cloud = 'aws'),
                            'azure', count(*) filter (where cloud = 'azure'),
                            'gcp', count(*) filter (where cloud = 'gcp'),
                            'on_premise', count(*) filter (where cloud = 'on_premise')) as by_cloud,
         jsonb_build_object(${sql.raw(withOpen.join(', '))}) as with_open
  from counted
),
whole as (
  select jsonb_build_object('live', count(*) filter (where status = 'live'),
                            'deleted', count(*) filter (where status = 'deleted'),
                            'terminated', count(*) filter (where status = 'terminated'),
                            'aged_out', count(*) filter (where status = 'aged_out')) as by_status,
         jsonb_build_object('unlicensed', count(*) filter (where is_left_out and not is_outside and is_unlicensed),
                            'untracked', count(*) filter (where is_left_out and not is_outside and is_untracked
                                                            and not is_unlicensed),
                            'out_of_scope', count(*) filter (where is_left_out and is_outside))
           as left_out
  from (select *, not is_counted and status = 'live' as is_left_out from matching) as judged
)
select totals.*, whole.*,
       (select coalesce(jsonb_agg(jsonb_build_object('type', type, 'count', count) order by count desc, type), '[]')
        from (select type, sum(count)::float8 as count
              from (select types, count(*) as count from counted group by types) as sets, unnest(types) as listed (type)
              group by type) as types) as by_type,
       (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'count', count) order by count desc, name), '[]')
        from (select operating_system as name, count(*) as count
              from counted
              where operating_system is not null
              group by operating_system
              order by count(*) desc, operating_system
              limit 20) as systems) as by_operating_system,
       (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'count', count) order by count desc, id), '[]')
        from (select network_id as id, max(network_name) as name, count(*) as count
              from counted
              group by network_id
              order by count(*) desc, network_id
              limit 100) as networks) as by_network
from totals, whole`.execute(database.kysely)
  const [{ rows }, as_of, last_sync_at] = await Promise.all([
    counts,
    loadAsOf(database, filter.source_id),
    loadLastSyncAt(database, filter.source_id),
  ])
  return { as_of, level: 'source', ...rows[0]!, last_sync_at }
}
