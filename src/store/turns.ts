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

/**
 * Goes alone, in a transaction that begins when it is our turn: what it tells is then dated after whatever was told in the
 * turns before, and of two tellings the later is known. Nothing may have been written in the transaction until now.
 */
export async function beginInTurn(connection: Queryable, sourceId: number): Promise<void> {
  const ofSource = [locks.rowsOfSource, sourceId]
  await connection.query('rollback')
  // Kept over the beginning; a lock of a transaction would be gone with the one that waited for it.
  await connection.query('select pg_advisory_lock($1::integer, $2::integer)', ofSource)
  try {
    await connection.query('begin')
    await connection.query('select pg_advisory_xact_lock($1::integer, $2::integer)', ofSource)
  } finally {
    await connection.query('select pg_advisory_unlock($1::integer, $2::integer)', ofSource)
  }
}
