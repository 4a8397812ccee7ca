import type { Connection } from '../database.ts'
import { assetSteps, changesOfSteps } from './asset-steps.ts'
import { assetEventColumns, findingEventColumns, listed, settledDay, standingKinds } from './daily-steps.ts'
import { noteDueAssets } from './device-due.ts'
import { isFresh, versions } from './fresh-events.ts'
import { notePluginChanges } from './plugin-changes.ts'

/** Of the touched findings all events, twice: as they are now, and as they were before this transaction. */
const findingEvents = `
select v.sign, ${findingEventColumns('e')}
from touched t
join finding_event e using (asset_id, plugin_id, port, protocol, instance)
join ${versions} on v.sign = 1 or not ${isFresh('e')}
where e.asset_id = any($2::bigint[])`

const assetEvents = `
select v.sign, ${assetEventColumns('e')}
from asset_event e
join ${versions} on v.sign = 1 or not ${isFresh('e')}
where e.asset_id = any($2::bigint[]) and e.kind in (${listed(standingKinds)})`

// Most assets of a part were only seen again: their events need not be read.
const selectChanged = `
select e.asset_id
from finding_event e
where e.asset_id = any($1::bigint[]) and ${isFresh('e')}
union
select e.asset_id
from asset_event e
where e.asset_id = any($1::bigint[]) and ${isFresh('e')} and e.kind in (${listed(standingKinds)})
order by asset_id`

const noteSteps = `
insert into asset_step_change (source_id, asset_id, steps)
with touched as (
  select e.asset_id, e.plugin_id, e.port, e.protocol, e.instance
  from finding_event e
  where e.asset_id = any($2::bigint[]) and ${isFresh('e')}
  union
  select e.asset_id, e.plugin_id, e.port, e.protocol, e.instance
  from finding_event e
  where e.asset_id in (select f.asset_id from asset_event f
                       where f.asset_id = any($2::bigint[]) and ${isFresh('f')} and f.kind in (${listed(standingKinds)}))
)
select $1::integer, s.asset_id, s.steps
from (${assetSteps(findingEvents, assetEvents, settledDay)}) as s`

const noteDays = `
insert into daily_change (source_id, day, standing, severity, state, findings)
${changesOfSteps(`
  select unnest(n.steps) as step
  from asset_step_change n
  where n.asset_id = any($2::bigint[]) and n.source_id = $1 and n.xmin = pg_current_xact_id()::xid`)}`

/**
 * Notes what the events that this transaction wrote change in the totals of days and of plugins. Call it at the
 * transaction's end, when the assets are locked, so that nobody else tells of them meanwhile. In a first load it is not
 * needed: the totals are made whole at its end.
 */
export async function noteChanges(connection: Connection, sourceId: number, assetIds: Iterable<number>): Promise<void> {
  const ids = [...assetIds]
  if (ids.length === 0) return
  // The events of so few assets are looked up; joined with each other they are best hashed.
  await connection.query('set local enable_hashjoin = on; set local enable_seqscan = off')
  const { rows } = await connection.query<{ asset_id: number }>(selectChanged, [ids])
  if (rows.length === 0) return
  const changed = rows.map(row => row.asset_id)
  await connection.query(noteSteps, [sourceId, changed])
  await connection.query(noteDays, [sourceId, changed])
  await notePluginChanges(connection, sourceId, changed)
  await noteDueAssets(connection, sourceId, changed)
}
