import { findingStates } from '../../domain/finding.ts'
import {
  assetEventColumns,
  countedStanding,
  dailyPieces,
  findingEventColumns,
  listed,
  settledDay,
  severityWord,
  standingKinds,
  stateWord,
} from './daily-steps.ts'
import { presenceKinds } from './device-due.ts'

// From events to what each machine adds to the estate on a day and all after it: the one place that says how.
//
// A machine is there while one of its records is of the default count. Of a finding that several of its records have, one
// counts: the worst of those that are open, or of the fixed ones when none is. The others are repeated; what the estate has
// is what its sources have without them.

const key = 'device_id, plugin_id, port, protocol, instance'
const fixed = findingStates.indexOf('fixed') + 1
const reopened = findingStates.indexOf('reopened') + 1

const findingEvents = `
select 1 as sign, m.device_id, ${findingEventColumns('e')}
from member m
join finding_event e on e.asset_id = m.asset_id`

const assetEvents = `
select 1 as sign, ${assetEventColumns('e')}
from asset_event e
where e.asset_id in (select asset_id from member) and e.kind in (${listed(standingKinds)})`

/**
 * Which machines are there, and of how many records: a query for (device_id, day, measure, severity, state, amount).
 * @param member a query for (device_id, asset_id): the records of the machines
 */
export function machineSteps(member: string): string {
  return `
with member as materialized (${member}),
presence_told as (
  select m.device_id, e.asset_id, history_day(e.happened_at, e.recorded_at) as day, e.kind,
         row_number() over (partition by e.asset_id order by e.recorded_at, e.event_id) * 2 as told,
         case when e.kind = 'scope' then (e.after ->> 'in_scope' = 'false')::integer
              else (asset_standing(e.status, e.is_licensed, e.is_tracked) = 'counted')::integer end as value
  from member m
  join asset_event e using (asset_id)
  where e.kind in (${listed(presenceKinds)})
), presence as (
  select distinct device_id, asset_id, day,
         coalesce(max(told + value) filter (where kind <> 'scope') over told_by_then % 2, 0) = 1
           and coalesce(max(told + value) filter (where kind = 'scope') over told_by_then % 2, 0) = 0 as is_counted
  from presence_told
  window told_by_then as (partition by asset_id order by day)
), turn as (
  select device_id, day, is_counted::integer - lag(is_counted::integer, 1, 0) over (partition by asset_id order by day) as records
  from presence
), machine_day as (
  select device_id, day, sum(sum(records)) over (partition by device_id order by day) as records
  from turn
  where records <> 0
  group by device_id, day
), machine_step as (
  select device_id, day, records - lag(records, 1, 0) over own as records,
         (records > 0)::integer - lag((records > 0)::integer, 1, 0) over own as devices,
         (records > 1)::integer - lag((records > 1)::integer, 1, 0) over own as shared
  from machine_day
  window own as (partition by device_id order by day)
), step as (
  select device_id, day, 'devices' as measure, devices as amount from machine_step
  union all
  select device_id, day, 'records', records from machine_step
  union all
  select device_id, day, 'shared', shared from machine_step
)
select device_id, ${settledDay('day')} as day, measure, '' as severity, '' as state, sum(amount)::integer as amount
from step
group by 1, 2, 3
having sum(amount) <> 0`
}

/**
 * Which findings are repeated: likewise.
 *
 * What is told of one finding is gathered before it is compared: nobody knows beforehand how much comes out of the pieces,
 * and a join of them with themselves is planned as if it were one, which takes the square of their number.
 * @param member of machines of several records; the others have nothing twice, and their findings need not be read
 */
export function repeatedSteps(member: string): string {
  return `
with member as materialized (${member}), ${dailyPieces(findingEvents, assetEvents, ['device_id', 'plugin_id', 'port', 'protocol', 'instance'])}, told_of_several as (
  select device_id, array_agg(day) as days, array_agg(until) as untils, array_agg(severity) as severities,
         array_agg(state) as states, array_agg(asset_id) as assets
  from piece
  where standing = ${countedStanding}
  group by ${key}
  having min(asset_id) <> max(asset_id)
), repeated_piece as (
  select t.device_id, turning.day, turning.next_day, witness.severity, witness.state
  from told_of_several t
  cross join lateral (
    select day, lead(day, 1, 'infinity') over (order by day) as next_day
    from (select unnest(t.days) as day
          union
          select until from unnest(t.untils) as u (until) where until < 'infinity') as d
  ) as turning
  cross join lateral (
    select severity, state,
           row_number() over (order by state = ${fixed}, severity desc, (state = ${reopened}) desc, asset_id) as place
    from unnest(t.days, t.untils, t.severities, t.states, t.assets) as w (day, until, severity, state, asset_id)
    where w.day <= turning.day and turning.day < w.until
  ) as witness
  where witness.place > 1
), repeated as (
  select device_id, day, severity, state, 1 as amount from repeated_piece
  union all
  select device_id, next_day, severity, state, -1 from repeated_piece where next_day < 'infinity'
)
select device_id, ${settledDay('day')} as day, 'repeated' as measure, ${severityWord} as severity, ${stateWord} as state,
       sum(amount)::integer as amount
from repeated
group by device_id, 2, severity, state
having sum(amount) <> 0`
}
