// Every finding as it was at a moment: those that no event has touched since as they are now, the others from their events.

import { sql } from '../database.ts'
import { assetColumns } from '../merge/asset-columns.ts'
import type { Fragment } from './conditions.ts'
import type { FindingFilter } from './filters.ts'
import { changesStanding, isStanding, isTold, key, laterConditions, type Moment, stateThen } from './moment.ts'

/** Common table expressions, and how to select from them and from `finding f` and `asset a`: together every finding once. */
export interface FindingsThen {
  /** Among them `later_finding`, the keys of findings with events since, and `later_asset`, assets that count otherwise since. */
  readonly tables: Fragment
  /** For findings that are now as they were then, on assets that are: their indexes and statistics hold. */
  readonly isUnchanged: Fragment
  /** In place of `finding f`: those that are now as they were then, on assets that count otherwise since. */
  readonly ofLaterAssets: Fragment
  /** In place of `finding f`: all others. */
  readonly changed: Fragment
  /** In place of `asset a`, beside the last two. */
  readonly assets: Fragment
}

/** What both kinds of findings have; a reader of either can expect no other column. */
const columns = [
  ...['asset_id', 'plugin_id', 'port', 'protocol', 'instance', 'source_id', 'native_id', 'service'],
  ...['default_severity', 'first_found', 'last_found'],
] as const
const columnsThen = [
  ...['state', 'severity', 'severity_modification', 'last_fixed', 'resurfaced_date', 'ended_at', 'end_cause'],
  'changed_at',
] as const

export const findingColumnsThen: Fragment = sql.raw([...columns, ...columnsThen].map(name => `f.${name}`).join(', '))

/** @param filter what of it names findings directly keeps the events to be read few */
export function findingsThen(
  moment: Moment,
  filter: Pick<FindingFilter, 'asset_id' | 'plugin_id' | 'source_id'> = {},
): FindingsThen {
  const narrow = (alias: string) => sql`
  ${filter.source_id ? sql`and ${sql.ref(`${alias}.source_id`)} = any(${filter.source_id}::integer[])` : sql``}
  ${filter.asset_id ? sql`and ${sql.ref(`${alias}.asset_id`)} = any(${filter.asset_id}::bigint[])` : sql``}
  ${filter.plugin_id ? sql`and ${sql.ref(`${alias}.plugin_id`)} = any(${filter.plugin_id}::integer[])` : sql``}`
  return {
    tables: sql`
later_asset as materialized (
  ${eitherOf(laterConditions(moment, 'e').map(later => sql`select distinct e.asset_id from asset_event e where ${later} and ${changesStanding('e')}`))}
), asset_then as materialized (
  -- the first that was told of an asset holds for what came before, too
  select distinct on (e.asset_id) e.asset_id, e.status, e.is_licensed, e.is_tracked
  from later_asset
  join asset_event e using (asset_id)
  where ${isStanding('e')} and (e.kind = 'appeared' or (${isTold(moment, 'e')}))
  order by e.asset_id, e.recorded_at desc, e.event_id desc
), later_finding as materialized (
  ${eitherOf(laterConditions(moment, 'e').map(later => sql`select distinct ${key} from finding_event e where ${later} ${narrow('e')}`))}
), finding_then as materialized (
  select ${key}, ${stateThen}
  from later_finding
  join finding_event e using (${key})
  where ${isTold(moment, 'e')}
  group by ${key}
), later_standing as materialized (
  select ${sql.raw([...columns, ...columnsThen].map(name => `n.${name}`).join(', '))}
  from later_asset
  join finding n using (asset_id)
  where ${hasNoLaterEvent(moment, 'n')} ${narrow('n')}
)`,
    isUnchanged: sql`${hasNoLaterEvent(moment, 'f')}
-- hashed once, which a join for each row would not be
and (f.asset_id in (select l.asset_id from later_asset l)) is not true`,
    ofLaterAssets: sql`later_standing as f`,
    changed: sql`(
  select ${sql.raw([...columns.map(name => `n.${name}`), ...columnsThen.map(name => `t.${name}`)].join(', '))}
  from finding_then t
  join finding n using (${key})
  where t.is_there
) as f`,
    assets: sql`(
  select ${sql.raw(assetColumnsNow)},
         case when t.asset_id is null then n.status else t.status end as status,
         case when t.asset_id is null then n.is_licensed else t.is_licensed end as is_licensed,
         case when t.asset_id is null then n.is_tracked else t.is_tracked end as is_tracked
  from asset n
  left join asset_then t on t.asset_id = n.asset_id
) as a`,
  }
}

/** Looked up by finding_event_finding_idx for each row that is asked for: as a join it would be made for every finding there is. */
function hasNoLaterEvent(moment: Moment, alias: string): Fragment {
  const of = (column: string) => sql.ref(`${alias}.${column}`)
  return sql`not exists (
  select from finding_event e
  where e.asset_id = ${of('asset_id')} and e.plugin_id = ${of('plugin_id')} and e.port = ${of('port')}
    and e.protocol = ${of('protocol')} and e.instance = ${of('instance')} and (${sql.join(laterConditions(moment, 'e'), sql` or `)})
  offset 0)`
}

const assetColumnsNow = [
  ...['asset_id', 'source_id', 'is_provisional', 'changed_at'],
  ...assetColumns.filter(name => name !== 'status' && name !== 'is_licensed'),
]
  .map(name => `n.${name}`)
  .join(', ')

function eitherOf(queries: readonly Fragment[]): Fragment {
  return sql.join(queries, sql` union `)
}

/** One finding as it was, from its events; no row when it was not there yet. */
export function oneFindingThen(moment: Moment, at: Fragment): Fragment {
  return sql`
select * from (
  select ${stateThen}
  from finding_event e
  where ${at} and ${isTold(moment, 'e')}
) as t
where t.is_there`
}
