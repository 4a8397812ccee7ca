import { type ScopedDatabase, sourcesWithin } from '../access.ts'
import { sql } from '../database.ts'

/**
 * Up to when the mirrored data is known complete: of each source the last complete run that read findings, and of
 * those the oldest. Null before the first.
 */
export async function loadAsOf(database: ScopedDatabase, sourceIds?: readonly number[]): Promise<string | null> {
  const ids = sourcesWithin(database.access, sourceIds) ?? null
  const { rows } = await sql<{ as_of: string | null }>`
-- files are as old as people let them be: they say how far the whole is known where nothing else does
select coalesce(min(complete.as_of) filter (where s.kind <> 'files'), min(complete.as_of)) as as_of
from source s
cross join lateral (
  select coalesce(
           (select min(rs.watermark_at)
            from run_stream rs
            where rs.run_id = r.run_id and rs.stream in ('assets', 'findings')),
           r.started_at) as as_of
  from run r
  where r.source_id = s.source_id and r.status = 'completed' and 'findings' = any(r.streams) and r.kind <> 'targeted'
  order by r.run_id desc
  limit 1
) as complete
where s.removed_at is null
  and (${ids}::integer[] is null or s.source_id = any(${ids}::integer[]))`.execute(database.kysely)
  return rows[0]?.as_of ?? null
}
