// From events to what they add to and take from the totals of a day and all after it: the one place that says how.
//
// Of all that was told of a finding, the latest telling wins from its date on; apart for its state, its severity and
// whether it has ended, since a telling of one says nothing of the others. docs/decisions/0009-two-clocks.md says why.

/** Events that say which state a finding is in; what else they carry is as it was told then. */
export const stateKinds = ['opened', 'fixed', 'resurfaced'] as const
/** Events that say which severity a finding has. */
export const severityKinds = ['opened', 'severity'] as const
/** Events that say whether a finding has ended. */
export const endKinds = ['ended', 'returned'] as const
/** Events that say what the default count makes of an asset's findings. */
export const standingKinds = ['appeared', 'status', 'licence', 'tracking'] as const

/** For a statement: a list of texts. */
export const listed = (texts: readonly string[]) => texts.map(text => `'${text}'`).join(', ')

const states = `array['open', 'reopened', 'fixed']`
const severities = `array['info', 'low', 'medium', 'high', 'critical']`
const standings = `array['gone', 'unlicensed', 'untracked', 'counted']`

const key = 'asset_id, plugin_id, port, protocol, instance'

/** Columns that the events of `dailySteps` have, beside `sign`. */
export const findingEventColumns = (alias: string) =>
  `${alias}.asset_id, ${alias}.plugin_id, ${alias}.port, ${alias}.protocol, ${alias}.instance, ${alias}.recorded_at,
       ${alias}.event_id, history_day(${alias}.happened_at, ${alias}.recorded_at) as day, ${alias}.kind, ${alias}.state,
       ${alias}.severity`
/** The first that was told of an asset holds for whatever came before, too. */
export const assetEventColumns = (alias: string) =>
  `${alias}.asset_id, ${alias}.recorded_at, ${alias}.event_id,
       case when ${alias}.kind = 'appeared' then '-infinity' else history_day(${alias}.happened_at, ${alias}.recorded_at) end
         as day,
       array_position(${standings}, asset_standing(${alias}.status, ${alias}.is_licensed, ${alias}.is_tracked)) as standing`

/**
 * A query for (day, standing, severity, state, findings).
 * @param findingEvents a query for `sign` and `findingEventColumns`; all events of each finding in it. Findings of sign
 *   -1 are taken away, of +1 added
 * @param assetEvents likewise a query for `sign` and `assetEventColumns`, of the assets that the findings are on
 */
export function dailySteps(findingEvents: string, assetEvents: string): string {
  return `
with finding_told as (
  select *, row_number() over (partition by sign, ${key} order by recorded_at, event_id) * 8 as told
  from (${findingEvents}) as e
), finding_day as (
  -- what had been told last, of what had happened by the end of the day: its place in the list of values
  select sign, ${key}, day, min(told) filter (where kind = 'opened') over told_by_then is not null as is_there,
         lead(day, 1, 'infinity') over (partition by sign, ${key} order by day) as until,
         (max(told + array_position(${states}, state)) filter (where kind in (${listed(stateKinds)}))
            over told_by_then % 8)::integer as state,
         (max(told + array_position(${severities}, severity)) filter (where kind in (${listed(severityKinds)}))
            over told_by_then % 8)::integer as severity,
         coalesce(max(told + case kind when 'ended' then 1 else 0 end) filter (where kind in (${listed(endKinds)}))
                    over told_by_then % 8, 0) = 1 as is_ended
  from finding_told
  window told_by_then as (partition by sign, ${key} order by day)
), asset_told as (
  select *, row_number() over (partition by sign, asset_id order by recorded_at, event_id) * 8 as told
  from (${assetEvents}) as e
), asset_day as (
  select sign, asset_id, day,
         lead(day, 1, 'infinity') over (partition by sign, asset_id order by day) as until,
         (max(told + standing) over (partition by sign, asset_id order by day) % 8)::integer as standing
  from asset_told
), piece as (
  select f.sign, greatest(f.day, a.day) as day, least(f.until, a.until) as until,
         case when f.is_ended then 'ended' else (${standings})[a.standing] end as standing,
         (${severities})[f.severity] as severity, (${states})[f.state] as state
  from finding_day f
  join asset_day a on a.sign = f.sign and a.asset_id = f.asset_id and a.day < f.until and f.day < a.until
  where f.day < f.until and a.day < a.until and f.is_there
), step as (
  select day, standing, severity, state, sign as findings from piece
  union all
  select until, standing, severity, state, -sign from piece where until < 'infinity'
)
select day, standing, severity, state, sum(findings) as findings
from step
group by day, standing, severity, state
having sum(findings) <> 0`
}
