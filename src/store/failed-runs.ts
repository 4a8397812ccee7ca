import type { Queryable } from './database.ts'

/**
 * Of each source that can be read, the broadest run since an instant that failed, or left a stream unread, and that no
 * later run has made up for: a complete one of its kind, a full one, or one that is under way. One that is partial only for
 * records that cannot be read would be so again.
 */
export async function listUnmadeUp(
  database: Queryable,
  since: Date,
): Promise<readonly { readonly run_id: number; readonly source_id: number }[]> {
  const { rows } = await database.query<{ run_id: number; source_id: number }>(
    `select distinct on (r.source_id) r.run_id, r.source_id
     from run r
     join source s using (source_id)
     where (r.status = 'failed'
            or r.status = 'partial' and exists (select from run_stream t
                                                where t.run_id = r.run_id and t.status in ('failed', 'incomplete')))
       and r.kind in ('full', 'delta') and r.created_at >= $1
       and s.removed_at is null and s.is_enabled and s.credentials is not null
       and not exists (select from run later
                       where later.source_id = r.source_id and later.run_id > r.run_id
                         and (later.status = 'completed' and later.kind in ('full', r.kind)
                                and later.streams @> r.streams
                              or later.status in ('pending', 'running')))
     order by r.source_id, (r.kind = 'full') desc, cardinality(r.streams) desc, r.run_id desc`,
    [since.toISOString()],
  )
  return rows
}
