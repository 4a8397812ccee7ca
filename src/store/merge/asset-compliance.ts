import type { Connection } from '../database.ts'

/**
 * What asset_compliance should be. Each result counts from the day of its first sighting with the outcome it had then, which
 * is what its first event says was before, or what it has now; each event takes one outcome away and gives another, an end
 * takes the last one away.
 * @param ofAssets a condition on the column `asset_id`
 */
export const countedCompliance = (ofAssets: string) => `
with event as (
  select asset_id, check_id, event_id, kind, state, before, (coalesce(happened_at, recorded_at) at time zone 'utc')::date as day
  from compliance_event
  where ${ofAssets}
), first as (
  select distinct on (asset_id, check_id) asset_id, check_id, before from event order by asset_id, check_id, event_id
), step as (
  select r.asset_id, r.check_id, (coalesce(r.first_seen, r.recorded_at) at time zone 'utc')::date as day,
         coalesce(f.before, r.state) as state, 1 as results
  from (select * from compliance_result where ${ofAssets}) r
  left join first f using (asset_id, check_id)
  union all
  select asset_id, check_id, day, before, -1 from event where kind <> 'returned' and before is not null
  union all
  select asset_id, check_id, day, state, 1 from event where kind <> 'ended'
)
select s.asset_id, c.audit_file, s.day, s.state, a.source_id, sum(s.results)::integer as results
from step s
join compliance_check c using (check_id)
join asset a using (asset_id)
group by s.asset_id, c.audit_file, s.day, s.state, a.source_id
having sum(s.results) <> 0`

const lockAssets = 'select from asset where asset_id = any($1::bigint[]) order by asset_id for no key update'

/**
 * Counts the compliance results of some assets again. The assets are locked first, in order, so that of two chunks with
 * results of one asset the second counts what the first wrote.
 */
export async function recountCompliance(connection: Connection, assetIds: Iterable<number>): Promise<void> {
  const ids = [...assetIds].sort((a, b) => a - b)
  if (ids.length === 0) return
  await connection.query(lockAssets, [ids])
  // Merging looks rows up one by one; the steps of so many assets are best hashed.
  await connection.query('set local enable_hashjoin = on')
  await connection.query('delete from asset_compliance where asset_id = any($1::bigint[])', [ids])
  await connection.query(
    `insert into asset_compliance (asset_id, audit_file, day, state, source_id, results)
     ${countedCompliance('asset_id = any($1::bigint[])')}`,
    [ids],
  )
}
