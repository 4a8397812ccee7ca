import { ConfigError } from '../../platform/errors.ts'
import type { Connection, Database } from '../database.ts'
import { locks } from '../locks.ts'

/**
 * A connection of its own, on which alone the store is being kept: archives, restores and cleanups take turns. However
 * the work ends, the lock and the temporary tables go with the connection.
 * @throws ConfigError `maintenance_busy`
 */
export async function inMaintenance<T>(database: Database, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await database.pool.connect()
  // The pool hears of a connection that breaks while nobody waits for it; the next statement says it to us.
  connection.on('error', () => undefined)
  try {
    const { rows } = await connection.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
      locks.maintenance,
    ])
    if (!rows[0]?.held)
      throw new ConfigError(
        'maintenance_busy',
        'Another archive, restore or cleanup is at work on this database. Wait until it has ended; GET /api/maintenance shows it.',
      )
    try {
      return await work(connection)
    } finally {
      // The server notices a closed connection only after a moment, in which the next one would be told to wait. When the
      // connection broke, its lock is gone with it.
      await connection.query('select pg_advisory_unlock($1)', [locks.maintenance]).catch(() => undefined)
    }
  } finally {
    connection.release(true)
  }
}

/** Commits when the work resolves, on a connection that is ours for longer. */
export async function transactionOn<T>(connection: Connection, work: () => Promise<T>, mode = ''): Promise<T> {
  await connection.query(`begin ${mode}`)
  try {
    const result = await work()
    await connection.query('commit')
    return result
  } catch (thrown) {
    await connection.query('rollback').catch(() => undefined)
    throw thrown
  }
}
