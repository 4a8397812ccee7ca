// How much of a source is kept though it is outside the scope?

import type { ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { allOf } from './conditions.ts'
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
