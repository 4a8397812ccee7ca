// How complete and fresh is each field of a source, day by day?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
import { ofWholeSources } from './scope.ts'

export interface QualityDay {
  readonly day: string
  readonly rows: number
  readonly filled: number
  readonly newest_at: string | null
  readonly mean_age_hours: number | null
}

export interface QualityField {
  readonly source_id: number
  readonly source: string
  readonly subject: 'asset' | 'finding'
  readonly field: string
  readonly days: QualityDay[]
}

export interface QualityRequest {
  readonly source_id?: readonly number[] | undefined
  /** Days back from today, UTC. */
  readonly days: number
}

/** Of each field its days, the oldest first; a day without a look at the rows is left out. */
export async function loadDataQuality(
  database: ScopedDatabase,
  { source_id, days }: QualityRequest,
): Promise<QualityField[]> {
  const conditions = [
    sql`s.removed_at is null`,
    sql`q.day > (now() at time zone 'utc')::date - ${days}::integer`,
    ...ofWholeSources(database.access, 'q.source_id'),
    ...(source_id ? [sql`q.source_id = any(${source_id}::integer[])`] : []),
  ]
  const { rows } = await sql<QualityField>`
select q.source_id, s.name as source, q.subject, q.field,
       jsonb_agg(jsonb_build_object(
         'day', q.day, 'rows', q.row_count, 'filled', q.filled_count,
         'newest_at', to_char(q.newest_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
         'mean_age_hours', round((q.mean_age_seconds / 3600)::numeric, 2)) order by q.day) as days
from data_quality_day q
join source s using (source_id)
where ${allOf(conditions)}
group by q.source_id, s.name, q.subject, q.field
order by q.source_id, q.subject, q.field`.execute(database.kysely)
  return rows
}
