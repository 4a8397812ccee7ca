// How much of a source is kept though it is outside the scope?

import { type Database, sql } from '../database.ts'

export interface OutOfScope {
  readonly assets: number
  readonly findings: number
}

export async function countOutOfScope(database: Database, sourceId: number): Promise<OutOfScope> {
  const { rows } = await sql<OutOfScope>`
select (select count(*) from asset where source_id = ${sourceId} and out_of_scope_at is not null)::float8 as assets,
       (select coalesce(sum(out_of_scope), 0) from asset_total where source_id = ${sourceId})::float8 as findings`.execute(
    database.kysely,
  )
  return rows[0]!
}
