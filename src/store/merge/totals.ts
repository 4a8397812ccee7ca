import { findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'
import type { Connection } from '../database.ts'

const counted = findingStates.flatMap(state =>
  severities.map(severity => ({ state, severity, column: `${state}_${severity}` })),
)
const columns = counted.map(count => count.column)
const kept = [...columns, 'ended', 'out_of_scope']

const lockAssets = 'select from asset where asset_id = any($1::bigint[]) order by asset_id for no key update'

const recount = `
insert into asset_total as t (asset_id, source_id, ${columns.join(', ')}, ended, out_of_scope)
select asset_id, $2::integer,
       ${counted
         .map(
           ({ state, severity }) =>
             `count(*) filter (where state = '${state}' and severity = '${severity}' and ended_at is null)`,
         )
         .join(',\n       ')},
       count(*) filter (where ended_at is not null),
       count(*) filter (where end_cause = 'out_of_scope')
from finding
where asset_id = any($1::bigint[])
group by asset_id
on conflict (asset_id) do update
set ${kept.map(column => `${column} = excluded.${column}`).join(', ')}
-- most assets of a full sync were only seen again
where (${kept.map(column => `t.${column}`).join(', ')})
      is distinct from (${kept.map(column => `excluded.${column}`).join(', ')})`

/**
 * Counts the findings of some assets again. The assets are locked first, in order, so that of two chunks with findings of
 * one asset the second counts what the first wrote.
 */
export async function recountAssets(
  connection: Connection,
  sourceId: number,
  assetIds: Iterable<number>,
): Promise<void> {
  const ids = [...assetIds].sort((a, b) => a - b)
  if (ids.length === 0) return
  await connection.query(lockAssets, [ids])
  await connection.query(recount, [ids, sourceId])
}
