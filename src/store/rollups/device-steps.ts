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
const isFixed = `state = ${findingStates.indexOf('fixed') + 1}`
const isReopened = `state = ${findingStates.indexOf('reopened') + 1}`

const findingEvents = `
select 1 as sign, ${findingEventColumns('e')}
from finding_event e
where e.asset_id in (select asset_id from member)`

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
 * @param member of machines of several records; the others have nothing twice, and their findings need not be read
 */
export function repeatedSteps(member: string): string {
  return `
with member as materialized (${member}), ${dailyPieces(findingEvents, assetEvents, ['plugin_id', 'port', 'protocol', 'instance'])}, told_of_several as (
  select *
  from (select m.device_id, p.*, min(p.asset_id) over own <> max(p.asset_id) over own as is_of_several
        from piece p
        join member m using (asset_id)
        where p.standing = ${countedStanding}
        window own as (partition by ${key})) as p
  where is_of_several
), turning as (
  select ${key}, day, lead(day, 1, 'infinity') over (partition by ${key} order by day) as next_day
  from (select ${key}, day from told_of_several
        union
        select ${key}, until from told_of_several where until < 'infinity') as t
), witness as (
  select device_id, t.day, t.next_day, w.severity, w.state,
         row_number() over (partition by ${key}, t.day
                            order by w.${isFixed}, w.severity desc, w.${isReopened} desc, w.asset_id) as place
  from turning t
  join told_of_several w using (${key})
  where w.day <= t.day and t.day < w.until
), repeated as (
  select device_id, day, severity, state, 1 as amount from witness where place > 1
  union all
  select device_id, next_day, severity, state, -1 from witness where place > 1 and next_day < 'infinity'
)
select device_id, ${settledDay('day')} as day, 'repeated' as measure, ${severityWord} as severity, ${stateWord} as state,
       sum(amount)::integer as amount
from repeated
group by device_id, 2, severity, state
having sum(amount) <> 0`
}
