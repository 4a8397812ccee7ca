import { listed, standingKinds } from '../rollups/daily-steps.ts'
import type { Check } from './check.ts'
import { findingName } from './row-checks.ts'

// The last event of each finding and asset must say what its row says: what was true on a day is told by the events alone.

const key = 'asset_id, plugin_id, port, protocol, instance'

const lastEvents = `
select distinct on (${key}) ${key}, kind, state, severity, severity_modification
from finding_event
order by ${key}, recorded_at desc, event_id desc`

const lastAssetEvents = `
select distinct on (asset_id) asset_id, status, is_licensed, is_tracked
from asset_event
where kind in (${listed(standingKinds)})
order by asset_id, recorded_at desc, event_id desc`

export const historyChecks: readonly Check[] = [
  {
    name: 'event_without_finding',
    about: 'findings that have events and no row',
    sql: `select ${findingName('e')}
      from (select distinct ${key} from finding_event) e
      left join finding f using (${key})
      where f.row_hash is null`,
  },
  {
    name: 'finding_without_event',
    about: 'findings without any event',
    sql: `select ${findingName('f')}
      from finding f
      where not exists (
        select from finding_event e
        where e.asset_id = f.asset_id and e.plugin_id = f.plugin_id and e.port = f.port and e.protocol = f.protocol
          and e.instance = f.instance)`,
  },
  {
    name: 'last_event_differs',
    about: 'findings whose last event says another state, severity or modification',
    sql: `select ${findingName('f')}
      from finding f
      join (${lastEvents}) e using (${key})
      where (e.state, e.severity, e.severity_modification) is distinct from (f.state, f.severity, f.severity_modification)`,
  },
  {
    name: 'end_differs',
    about: 'findings that ended without an event, or have an end that was taken back',
    sql: `select ${findingName('f')}
      from finding f
      join (${lastEvents}) e using (${key})
      where (e.kind = 'ended') <> (f.ended_at is not null)`,
  },
  {
    name: 'asset_event_without_asset',
    about: 'assets that have events and no row',
    sql: `select e.asset_id::text
      from (select distinct asset_id from asset_event) e
      where not exists (select from asset a where a.asset_id = e.asset_id)`,
  },
  {
    name: 'asset_without_event',
    about: 'assets without any event',
    sql: `select a.asset_id::text
      from asset a
      where not exists (select from asset_event e where e.asset_id = a.asset_id)`,
  },
  {
    name: 'last_asset_event_differs',
    about: 'assets whose last event says another status, or counts them otherwise',
    sql: `select a.asset_id::text
      from asset a
      join (${lastAssetEvents}) e using (asset_id)
      where e.status <> a.status
         or asset_standing(e.status, e.is_licensed, e.is_tracked)
            <> asset_standing(a.status, a.is_licensed, a.is_tracked)`,
  },
  {
    name: 'asset_scope_differs',
    about: 'assets whose last event says otherwise whether they are within the scope of their source',
    sql: `select a.asset_id::text
      from asset a
      left join (
        select distinct on (asset_id) asset_id, after ->> 'in_scope' as in_scope
        from asset_event
        where kind = 'scope'
        order by asset_id, recorded_at desc, event_id desc
      ) e using (asset_id)
      where (coalesce(e.in_scope, 'true') = 'true') <> (a.out_of_scope_at is null)`,
  },
]
