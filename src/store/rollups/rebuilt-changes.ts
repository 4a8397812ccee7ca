import type { Connection } from '../database.ts'
import { assetSteps, changesOfSteps } from './asset-steps.ts'
import { assetEventColumns, findingEventColumns, listed, standingKinds } from './daily-steps.ts'

// Bounds the memory of one statement, however many findings there are.
const eventsAtOnce = 200_000

type StepTable = 'asset_steps' | 'rebuilt_steps'

const ranges = `
select min(asset_id) as first, max(asset_id) as last
from (select asset_id, (sum(events) over (order by asset_id) - 1)::bigint / $2 as range
      from (select asset_id, count(*) as events from finding_event where source_id = $1 group by asset_id) as assets
     ) as ranged
group by range
order by range`

const stepsOfRange = assetSteps(
  `select 1 as sign, ${findingEventColumns('e')}
   from finding_event e
   where e.source_id = $1 and e.asset_id between $2 and $3`,
  `select 1 as sign, ${assetEventColumns('e')}
   from asset_event e
   where e.asset_id between $2 and $3 and e.kind in (${listed(standingKinds)})`,
)

const insertSteps = (table: StepTable) => `
insert into ${table} (asset_id, source_id, steps)
select s.asset_id, $1::integer, s.steps
from (${stepsOfRange}) as s`

/** What all events of a source, from the first, make of the days of each of its assets, into a table that has none of them. */
export async function rebuildAssetSteps(connection: Connection, sourceId: number, table: StepTable): Promise<void> {
  await connection.query("set local work_mem = '64MB'")
  // A first load or a restore ends before autovacuum has looked: for a table it thinks empty the planner takes nested
  // loops, a hundred times slower.
  await connection.query('analyze finding_event, asset_event')
  const { rows } = await connection.query<{ first: number; last: number }>(ranges, [sourceId, eventsAtOnce])
  for (const { first, last } of rows) {
    await connection.query(insertSteps(table), [sourceId, first, last])
  }
}

/** What the days of the assets add up to, in the days of their source. */
export async function sumAssetSteps(
  connection: Connection,
  sourceId: number,
  from: StepTable,
  into: 'daily_change' | 'rebuilt_change',
): Promise<void> {
  await connection.query(
    `insert into ${into} (source_id, day, standing, severity, state, findings)
${changesOfSteps(`select unnest(k.steps) as step from ${from} k where k.source_id = $1`)}`,
    [sourceId],
  )
}
