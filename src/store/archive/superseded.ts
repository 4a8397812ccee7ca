import { endKinds, listed, severityKinds, standingKinds, stateKinds } from '../rollups/daily-steps.ts'

// Which events may leave without any answer about the time after them changing.
//
// What a finding was at an instant is what was told last of each kind of thing: its state, its severity, its modification,
// its end. An event is superseded when another telling of the same kind came after it and both had happened, and were
// told, before the horizon: no instant from the horizon on can choose it. The last telling of each kind stays, so that
// history goes on from it; the latest opening, fix and resurfacing by the vendor's date stay too, because answers name
// those dates. docs/decisions/0019-archive.md says more.

const findingKey = 'asset_id, plugin_id, port, protocol, instance'
const happened = 'coalesce(happened_at, recorded_at)'
const lastOf = (kinds: readonly string[]) => `max(told) filter (where kind in (${listed(kinds)})) over finding`

/** Superseded events of findings; `$1` is the horizon. */
export const supersededFindingEvents = `
select asset_id, recorded_at, event_id, recorded_at as dated_at
from (
  select *, ${lastOf(['opened'])} as last_opened, ${lastOf(stateKinds)} as last_state,
         ${lastOf(severityKinds)} as last_severity, ${lastOf(['opened', 'modification'])} as last_modification,
         ${lastOf(endKinds)} as last_end
  from (
    select ${findingKey}, recorded_at, event_id, kind,
           row_number() over (partition by ${findingKey} order by recorded_at, event_id) as told,
           row_number() over (partition by ${findingKey}, kind
                              order by ${happened} desc, recorded_at desc, event_id desc) as from_latest
    from finding_event
    where recorded_at < $1::timestamptz and ${happened} < $1::timestamptz and isfinite(${happened})
  ) as e
  window finding as (partition by ${findingKey})
) as judged
where case kind
        when 'opened' then told < last_opened and from_latest > 1
        when 'fixed' then told < last_state and from_latest > 1
        when 'resurfaced' then told < last_state and from_latest > 1
        when 'severity' then told < last_severity
        when 'modification' then told < last_modification
        else told < last_end
      end`

/** Superseded events of assets; the first telling of an asset stays, for it holds for what came before it. */
export const supersededAssetEvents = `
select asset_id, recorded_at, event_id, recorded_at as dated_at
from (
  select asset_id, recorded_at, event_id, kind,
         row_number() over (partition by asset_id, case when kind in (${listed(standingKinds)}) then 'standing' else kind end
                            order by recorded_at desc, event_id desc) as from_last
  from asset_event
  where recorded_at < $1::timestamptz and ${happened} < $1::timestamptz and isfinite(${happened})
) as e
where from_last > 1 and kind <> 'appeared'`
