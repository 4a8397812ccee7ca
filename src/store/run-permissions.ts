import type { Queryable } from './database.ts'

// What the key of a run may see: what it does not show is not gone.

/** Remembers the role of the key that a run reads with. */
export async function recordPermissions(database: Queryable, runId: number, permissions: number | null): Promise<void> {
  await database.query('update run set permissions = $2 where run_id = $1', [runId, permissions])
}

/**
 * The role of a run's key, and that of the last run whose endings were carried out, else of the first reading of all;
 * null where it is not known or there is none. A run that ended nothing because its key saw less is no measure.
 */
export async function permissionsOf(
  database: Queryable,
  runId: number,
  sourceId: number,
): Promise<{ readonly now: number | null; readonly before: number | null }> {
  const { rows } = await database.query<{ now: number | null; before: number | null }>(
    `with swept as (
       select p.permissions from run p join sweep w using (run_id)
       where p.source_id = $2 and p.run_id < $1 and w.status in ('applied', 'confirmed')
       order by p.run_id desc limit 1
     ), first as (
       select p.permissions from run p join run_stream s using (run_id)
       where p.source_id = $2 and p.run_id < $1 and p.kind <> 'targeted'
         and s.stream = 'findings' and s.status = 'completed'
       order by p.run_id limit 1
     )
     select r.permissions as now,
            case when exists (select from swept) then (select permissions from swept)
                 else (select permissions from first) end as before
     from run r where r.run_id = $1`,
    [runId, sourceId],
  )
  return rows[0] ?? { now: null, before: null }
}
