import type { Queryable } from './database.ts'
import { locks } from './locks.ts'

/**
 * Keeps apart, until the transaction ends, those who write rows of one source and would read what the other is about to
 * write. Parts of the one run of a source go together: they hold different rows. A part of a targeted run, and a sweep, go
 * alone: they may hold the same rows as anybody.
 */
export async function takeTurn(connection: Queryable, sourceId: number, how: 'together' | 'alone'): Promise<void> {
  const lock = how === 'together' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock'
  await connection.query(`select ${lock}($1::integer, $2::integer)`, [locks.rowsOfSource, sourceId])
}
