import type { Connection } from '../database.ts'
import { assetEventColumns, dailySteps, findingEventColumns, listed, settledDay, standingKinds } from './daily-steps.ts'

// Bounds the memory of one statement, however many findings there are.
const eventsAtOnce = 200_000

const ranges = `
select min(asset_id) as first, max(asset_id) as last
from (select asset_id, (sum(events) over (order by asset_id) - 1)::bigint / $2 as range
      from (select asset_id, count(*) as events from finding_event where source_id = $1 group by asset_id) as assets
     ) as ranged
group by range
order by range`

const insertSteps = (table: string) => `
insert into ${table} (source_id, day, standing, severity, state, findings)
select $1::integer, ${settledDay('step.day')}, step.standing, step.severity, step.state, step.findings
from (${dailySteps(
  `select 1 as sign, ${findingEventColumns('e')}
   from finding_event e
   where e.source_id = $1 and e.asset_id between $2 and $3`,
  `select 1 as sign, ${assetEventColumns('e')}
   from asset_event e
   where e.asset_id between $2 and $3 and e.kind in (${listed(standingKinds)})`,
)}) as step`

/** What all events of a source, from the first, add to and take from the totals of days. */
export async function rebuiltChanges(
  connection: Connection,
  sourceId: number,
  table: 'daily_change' | 'rebuilt_change' = 'daily_change',
): Promise<void> {
  await connection.query("set local work_mem = '64MB'")
  // A first load or a restore ends before autovacuum has looked: for a table it thinks empty the planner takes nested
  // loops, a hundred times slower.
  await connection.query('analyze finding_event, asset_event')
  const { rows } = await connection.query<{ first: number; last: number }>(ranges, [sourceId, eventsAtOnce])
  for (const { first, last } of rows) await connection.query(insertSteps(table), [sourceId, first, last])
}
