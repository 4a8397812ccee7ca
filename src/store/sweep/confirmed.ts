import { StoreError } from '../../platform/errors.ts'
import type { Connection, Database, Queryable } from '../database.ts'

// Sweeps that a person confirmed: a queue in the ledger, one at a time for each process, taken up again when it dies.

export interface ClaimedSweep {
  readonly run_id: number
  readonly source_id: number
}

/** Says that a held sweep is to be carried out. False when it is not held (any more). */
export async function confirmSweep(database: Queryable, runId: number, decidedBy: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `update sweep set status = 'confirmed', decided_at = clock_timestamp(), decided_by = $2
     where run_id = $1 and status = 'held'`,
    [runId, decidedBy],
  )
  return rowCount === 1
}

/** Who carries out sweeps now, and how long ago each gave a sign of life; null when it is not known at all. */
export async function sweepOwners(
  database: Queryable,
): Promise<readonly { readonly owner: string; readonly heartbeat_age_ms: number | null }[]> {
  const { rows } = await database.query<{ owner: string; heartbeat_age_ms: number | null }>(
    `select s.owner, (extract(epoch from clock_timestamp() - max(w.heartbeat_at)) * 1000)::float8 as heartbeat_age_ms
     from sweep s
     left join worker w using (owner)
     where s.status = 'confirmed' and s.owner is not null
     group by s.owner`,
  )
  return rows
}

/**
 * Takes the one that waits longest.
 * @param gone processes whose sweeps are free again; also the caller itself, which has none in hand
 */
export async function claimConfirmed(
  database: Queryable,
  owner: string,
  gone: readonly string[],
): Promise<ClaimedSweep | undefined> {
  const { rows } = await database.query<ClaimedSweep & Record<string, unknown>>(
    `update sweep s
     set owner = $1, assets_done = 0, error_message = null,
         assets_to_do = (select count(*)
                         from (select asset_id from sweep_asset where run_id = s.run_id
                               union
                               select asset_id from sweep_finding where run_id = s.run_id) planned)
     where s.run_id = (select run_id from sweep
                       where status = 'confirmed' and (owner is null or owner = any ($2::text[]))
                       order by decided_at
                       limit 1
                       for update skip locked)
     returning s.run_id, s.source_id`,
    [owner, gone],
  )
  return rows[0]
}

/**
 * Counts what was done, in the transaction that does it.
 * @throws StoreError `fenced` when another process carries it out by now, or nobody
 */
export async function countSwept(connection: Connection, runId: number, owner: string, assets: number): Promise<void> {
  const { rowCount } = await connection.query(
    `update sweep set assets_done = assets_done + $3 where run_id = $1 and owner = $2 and status = 'confirmed'`,
    [runId, owner, assets],
  )
  if (rowCount === 0) throw new StoreError('fenced', `The sweep of run ${runId} was taken over or has ended.`)
}

/** Lets go of one that was not carried out to its end; whoever looks next takes it up. */
export async function releaseSweep(
  database: Queryable,
  runId: number,
  owner: string,
  errorMessage: string | null,
): Promise<void> {
  await database.query(
    `update sweep set owner = null, error_message = $3 where run_id = $1 and owner = $2 and status = 'confirmed'`,
    [runId, owner, errorMessage],
  )
}

/** The oldest sweep of a source that is confirmed and not carried out. */
export async function findConfirmed(
  database: Database,
  sourceId: number,
): Promise<{ readonly run_id: number; readonly error_message: string | null } | undefined> {
  const { rows } = await database.query<{ run_id: number; error_message: string | null }>(
    `select run_id, error_message from sweep where source_id = $1 and status = 'confirmed' order by run_id limit 1`,
    [sourceId],
  )
  return rows[0]
}
