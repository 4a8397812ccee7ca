// How much of a source is kept, or was, though it is outside the scope?

import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'
import { allOf, type Fragment } from './conditions.ts'
import { visible } from './scope.ts'

export interface OutOfScope {
  readonly assets: number
  readonly findings: number
}

export async function countOutOfScope(database: ScopedDatabase, sourceId: number): Promise<OutOfScope> {
  const { rows } = await sql<OutOfScope>`
select (select count(*) from asset a
        where a.source_id = ${sourceId} and a.out_of_scope_at is not null and ${allOf(visible(database.access, 'a'))})::float8 as assets,
       (select coalesce(sum(out_of_scope), 0) from asset_total t
        where t.source_id = ${sourceId} and ${allOf(visible(database.access, 't'))})::float8 as findings`.execute(
    database.kysely,
  )
  return rows[0]!
}

/**
 * Findings outside the scope at the end of each of some days: those of now, without what left the scope later and with what
 * came back. Nothing for days before the horizon, whose later events may be in the archive.
 */
export async function countOutOfScopeThen(
  database: ScopedDatabase,
  days: readonly string[],
  sourceIds: readonly number[] | undefined,
  settledBefore: string | null,
): Promise<ReadonlyMap<string, number>> {
  const told = days.filter(day => settledBefore === null || day >= settledBefore)
  if (told.length === 0) return new Map()
  const ids = sourcesWithin(database.access, sourceIds)
  const within = (alias: string): Fragment =>
    allOf([
      ...visible(database.access, alias),
      ...(ids ? [sql`${sql.ref(`${alias}.source_id`)} = any(${ids}::integer[])`] : []),
    ])
  const { rows } = await sql<{ day: string; findings: number }>`
with change as materialized (
  select history_day(e.happened_at, e.recorded_at) as day,
         sum(case when e.kind = 'ended' then 1 else -1 end) as findings
  from finding_event e
  where (e.cause = 'out_of_scope' or e.before ->> 'end_cause' = 'out_of_scope') and e.kind in ('ended', 'returned')
    and ${within('e')}
  group by 1
)
select d.day::text as day,
       ((select coalesce(sum(t.out_of_scope), 0) from asset_total t where t.out_of_scope > 0 and ${within('t')})
        - coalesce((select sum(c.findings) from change c where c.day > d.day), 0))::float8 as findings
from unnest(${told}::date[]) as d (day)`.execute(database.kysely)
  return new Map(rows.map(row => [row.day, row.findings]))
}
