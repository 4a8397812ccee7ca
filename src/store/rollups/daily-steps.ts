import { findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'

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

// Values are numbers until they are summed: their places in these lists, from 1.
export const standings = ['counted', 'unlicensed', 'untracked', 'gone', 'ended']
const arrayOf = (values: readonly string[]) => `array[${listed(values)}]`
const placeIn = (values: readonly string[], value: string) => `array_position(${arrayOf(values)}, ${value})`

const key = 'asset_id, plugin_id, port, protocol, instance'

/**
 * The day on which a change counts. Days before the horizon of the archive are settled: what is told of them later counts
 * from the horizon on, because what it would be counted against is not here.
 */
export const settledDay = (day: string) => `greatest(${day}, ((select history_horizon()) at time zone 'utc')::date)`

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
       array_position(${arrayOf(standings)}, asset_standing(${alias}.status, ${alias}.is_licensed, ${alias}.is_tracked)) as standing`

/**
 * A query for (day, standing, severity, state, findings).
 * @param findingEvents a query for `sign` and `findingEventColumns`; all events of each finding in it. Findings of sign
 *   -1 are taken away, of +1 added
 * @param assetEvents likewise a query for `sign` and `assetEventColumns`, of the assets that the findings are on
 */
export function dailySteps(findingEvents: string, assetEvents: string): string {
  return `
with ${dailyPieces(findingEvents, assetEvents, [])}, step as (
  select day, standing, severity, state, sign as findings from piece
  union all
  select until, standing, severity, state, -sign from piece where until < 'infinity'
), summed as (
  select day, standing, severity, state, sum(findings) as findings
  from step
  group by day, standing, severity, state
  having sum(findings) <> 0
)
select day, ${standingWord} as standing, ${severityWord} as severity, ${stateWord} as state, findings
from summed`
}

/** The words of numbers as `piece` has them. */
export const severityWord = `(${arrayOf(severities)})[severity]`
export const stateWord = `(${arrayOf(findingStates)})[state]`
export const standingWord = `(${arrayOf(standings)})[standing]`
/** The standing of what the default count counts, as `piece` has it. */
export const countedStanding = standings.indexOf('counted') + 1

/**
 * Queries to follow `with`, the last of them `piece`: from which day until which a finding stood so, each value by its place
 * in its list.
 * @param also columns that the pieces have too, beside `asset_id`: of the finding's key, or of its events where a finding
 * has the same in all of them; more columns are more to hold
 */
export function dailyPieces(
  findingEvents: string,
  assetEvents: string,
  also: readonly ('device_id' | 'plugin_id' | 'port' | 'protocol' | 'instance')[],
): string {
  const own = also.map(column => `, ${column}`).join('')
  const ofFinding = ['asset_id', ...also].map(column => `, f.${column}`).join('')
  return `finding_told as materialized (
  select *, row_number() over (partition by sign, ${key} order by recorded_at, event_id) * 8 as told,
         count(*) over (partition by sign, ${key}) as events
  from (${findingEvents}) as e
), finding_day as (
  -- most findings were opened once and never heard of again
  select sign, asset_id${own}, day, 'infinity'::date as until, kind = 'opened' as is_there, ${placeIn(findingStates, 'state')} as state,
         ${placeIn(severities, 'severity')} as severity, false as is_ended
  from finding_told
  where events = 1
  union all
  -- what had been told last, of what had happened by the end of the day: its place in the list of values
  select sign, asset_id${own}, day,
         lead(day, 1, 'infinity') over (partition by sign, ${key} order by day),
         min(told) filter (where kind = 'opened') over told_by_then is not null,
         (max(told + ${placeIn(findingStates, 'state')}) filter (where kind in (${listed(stateKinds)}))
            over told_by_then % 8)::integer,
         (max(told + ${placeIn(severities, 'severity')}) filter (where kind in (${listed(severityKinds)}))
            over told_by_then % 8)::integer,
         coalesce(max(told + case kind when 'ended' then 1 else 0 end) filter (where kind in (${listed(endKinds)}))
                    over told_by_then % 8, 0) = 1
  from finding_told
  where events > 1
  window told_by_then as (partition by sign, ${key} order by day)
), asset_told as (
  select *, row_number() over (partition by sign, asset_id order by recorded_at, event_id) * 8 as told
  from (${assetEvents}) as e
), asset_day as materialized (
  -- not once for each finding, should there be more of these than is planned for
  select sign, asset_id, day,
         lead(day, 1, 'infinity') over (partition by sign, asset_id order by day) as until,
         (max(told + standing) over (partition by sign, asset_id order by day) % 8)::integer as standing
  from asset_told
), piece as (
  select f.sign${ofFinding}, greatest(f.day, a.day) as day, least(f.until, a.until) as until,
         case when f.is_ended then ${standings.indexOf('ended') + 1} else a.standing end as standing, f.severity, f.state
  from finding_day f
  join asset_day a on a.sign = f.sign and a.asset_id = f.asset_id and a.day < f.until and f.day < a.until
  where f.day < f.until and a.day < a.until and f.is_there
)`
}
