// What was in the mirror at a moment of the past, under the default count?

import type { AssetStatus } from '../../domain/asset.ts'
import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
import type { FindingStatisticsThen } from './finding-statistics-then.ts'
import { loadFindingStatisticsThen } from './finding-statistics-then.ts'
import { type HistoryNote, isStanding, isTold, type Moment, refuseArchived } from './moment.ts'
import { visible } from './scope.ts'

/** What `tenfold status --as-of --json` prints. */
export interface StatusThen {
  readonly history: HistoryNote
  /** `live` is the default count; the others are every asset of that status. */
  readonly assets: Readonly<Record<AssetStatus, number>>
  readonly findings: {
    readonly total: number
    readonly state: FindingStatisticsThen['by_state']
    /** Of the open and reopened ones. */
    readonly severity: FindingStatisticsThen['by_severity']
  }
  readonly leftOut: {
    readonly assets: { readonly unlicensed: number; readonly untracked: number; readonly out_of_scope: number }
    readonly findings: FindingStatisticsThen['left_out']
  }
}

export async function loadStatusThen(database: ScopedDatabase, moment: Moment): Promise<StatusThen> {
  await refuseArchived(database, moment)
  const [assets, findings] = await Promise.all([
    loadAssetsThen(database, moment),
    loadFindingStatisticsThen(database, {}, moment),
  ])
  const { counted, unlicensed, untracked, out_of_scope, ...statuses } = assets
  return {
    history: findings.history,
    assets: { live: counted, ...statuses },
    findings: { total: findings.total, state: findings.by_state, severity: findings.by_severity },
    leftOut: { assets: { unlicensed, untracked, out_of_scope }, findings: findings.left_out },
  }
}

type AssetsThen = Readonly<
  Record<Exclude<AssetStatus, 'live'> | 'counted' | 'unlicensed' | 'untracked' | 'out_of_scope', number>
>

async function loadAssetsThen(database: ScopedDatabase, moment: Moment): Promise<AssetsThen> {
  const { rows } = await sql<AssetsThen>`
with asset_then as (
  select distinct on (e.asset_id) e.asset_id, e.status, asset_standing(e.status, e.is_licensed, e.is_tracked) as standing
  from asset_event e
  where ${isStanding('e')} and ${isTold(moment, 'e')} and ${allOf(visible(database.access, 'e'))}
  order by e.asset_id, e.recorded_at desc, e.event_id desc
), scope_then as (
  select distinct on (e.asset_id) e.asset_id, e.after ->> 'in_scope' = 'false' as is_outside
  from asset_event e
  where e.kind = 'scope' and ${isTold(moment, 'e')}
  order by e.asset_id, e.recorded_at desc, e.event_id desc
)
select count(*) filter (where standing = 'counted' and is_outside is not true) as counted,
       count(*) filter (where standing = 'unlicensed' and is_outside is not true) as unlicensed,
       count(*) filter (where standing = 'untracked' and is_outside is not true) as untracked,
       count(*) filter (where status = 'live' and is_outside) as out_of_scope,
       count(*) filter (where status = 'deleted') as deleted,
       count(*) filter (where status = 'terminated') as terminated,
       count(*) filter (where status = 'aged_out') as aged_out
from asset_then
left join scope_then using (asset_id)`.execute(database.kysely)
  return rows[0]!
}
