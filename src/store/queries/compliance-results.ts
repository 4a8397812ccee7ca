import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'
import { happened } from './moment.ts'

/**
 * What audits found, with the check and the asset, as `r`, `c`, `a` and `s`: as it is, or as it was at an instant. Of the
 * past it is the outcome that is told; which assets count, and what a check says, is as it is now.
 * @param way `single`: few rows will be taken, in an order; `whole`: all of them are counted
 */
export function complianceTables(asOf: string | undefined, way: 'single' | 'whole' = 'single'): Fragment {
  // How many results a past instant leaves cannot be estimated, and few of them would have each asset looked up by itself.
  const assets = asOf !== undefined && way === 'whole' ? sql`(select * from asset offset 0)` : sql`asset`
  return sql`
from ${complianceResults(asOf, way)} r
join compliance_check c on c.check_id = r.check_id
join ${assets} a on a.asset_id = r.asset_id
join source s on s.source_id = r.source_id`
}

/** The results alone, for `from` and `join`. */
export function complianceResults(asOf: string | undefined, way: 'single' | 'whole' = 'single'): Fragment {
  return asOf === undefined ? sql`compliance_result` : resultsThen(asOf, way)
}

/*
 * The first event after the instant says what was until then. Without one it is as now, but for results that were not
 * there yet. Values of a result that has changed since are of its later outcome, and not told.
 */
function resultsThen(asOf: string, way: 'single' | 'whole'): Fragment {
  const later = sql`
select e.asset_id, e.check_id, e.event_id, e.kind, coalesce(e.before, e.state) as state
from compliance_event e
where ${happened('e')} > ${asOf}::timestamptz`
  const next =
    way === 'single'
      ? sql`left join lateral (${later} and e.asset_id = x.asset_id and e.check_id = x.check_id order by e.event_id limit 1) n on true`
      : sql`left join (select distinct on (l.asset_id, l.check_id) l.* from (${later}) l
           order by l.asset_id, l.check_id, l.event_id) n on n.asset_id = x.asset_id and n.check_id = x.check_id`
  const endBefore = (column: Fragment) => sql`
(select ${column} from compliance_event e
 where e.asset_id = x.asset_id and e.check_id = x.check_id and e.kind = 'ended' and ${happened('e')} <= ${asOf}::timestamptz
 order by e.event_id desc limit 1)`
  const unchanged = sql`n.event_id is null`
  return sql`(
  select x.asset_id, x.check_id, x.source_id, x.first_seen, x.last_seen, x.last_fixed, x.last_observed, x.recorded_at,
         x.changed_at, case when ${unchanged} then x.state else n.state end as state,
         case when ${unchanged} then x.vendor_state end as vendor_state,
         case when ${unchanged} then x.actual_value end as actual_value, x.expected_value,
         case when ${unchanged} then x.check_error end as check_error, x.description,
         case when ${unchanged} then x.ended_at
              when n.kind = 'returned' then coalesce(${endBefore(happened('e'))}, x.first_seen) end as ended_at,
         case when ${unchanged} then x.end_cause
              when n.kind = 'returned' then coalesce(${endBefore(sql`e.cause`)}, 'withdrawn') end as end_cause,
         case when ${unchanged} then x.unconfirmed_at end as unconfirmed_at
  from compliance_result x
  ${next}
  where coalesce(x.first_seen, x.recorded_at) <= ${asOf}::timestamptz
)`
}
