import type { StreamName } from '../domain/batch.ts'
import type { JsonObject } from '../domain/json.ts'
import { presentScope, readScope, type SourceScope } from '../domain/scope.ts'
import type { Queryable } from './database.ts'

// Which part of its source each run asked for, so that what one run did not meet is not taken for gone by the next.

/** Writes down the scope that a run reads, once for all its lives: a change of the source meanwhile is for the next run. */
export async function settleScope(database: Queryable, runId: number, scope: SourceScope): Promise<SourceScope> {
  const { rows } = await database.query<{ scope: JsonObject }>(
    'update run set scope = coalesce(scope, $2) where run_id = $1 returning scope',
    [runId, JSON.stringify(presentScope(scope))],
  )
  return readScope(rows[0]?.scope ?? {})
}

/**
 * The scope under which each of some streams was last read to its end before this run, of those that ever were. One that
 * the source refuses is settled, too: it would be asked for whole for ever.
 */
export async function lastScopes(
  database: Queryable,
  sourceId: number,
  runId: number,
  streams: readonly StreamName[],
): Promise<ReadonlyMap<StreamName, SourceScope>> {
  const { rows } = await database.query<{ stream: StreamName; scope: JsonObject }>(
    `select distinct on (s.stream) s.stream, coalesce(r.scope, '{}') as scope
     from run_stream s join run r using (run_id)
     where r.source_id = $1 and s.stream = any($3::text[]) and s.status in ('completed', 'skipped') and r.kind <> 'targeted'
       and r.run_id < $2
     order by s.stream, r.run_id desc`,
    [sourceId, runId, streams],
  )
  return new Map(rows.map(row => [row.stream, readScope(row.scope)]))
}

/** Makes a delta read everything instead. */
export async function makeFull(database: Queryable, runId: number): Promise<void> {
  await database.query("update run set kind = 'full' where run_id = $1 and kind = 'delta'", [runId])
}
