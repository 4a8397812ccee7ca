// Every row that a filter chooses, in one snapshot, a batch at a time.

import type { CompiledQuery } from 'kysely'
import type { ScopedDatabase } from '../access.ts'
import type { Connection } from '../database.ts'

const batchRows = 2_000

export interface StreamOptions {
  /** Rows at a time; memory is bounded by one batch, here and in the server. */
  readonly batchSize?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a statement through a cursor of the server, in a transaction of its own: every row is as of the same instant,
 * however slowly the reader takes them. Ends the transaction when the reader leaves early, too.
 */
export async function* streamRows<R>(
  database: ScopedDatabase,
  query: CompiledQuery,
  options: StreamOptions = {},
): AsyncGenerator<R[], void, undefined> {
  const size = options.batchSize ?? batchRows
  const connection = await database.pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('begin transaction isolation level repeatable read, read only')
    await connection.query(`declare rows no scroll cursor for ${query.sql}`, [...query.parameters])
    for (;;) {
      options.signal?.throwIfAborted()
      const { rows } = await connection.query(`fetch forward ${size} from rows`)
      if (rows.length > 0) yield rows as R[]
      if (rows.length < size) return
    }
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    await end(connection, broken)
  }
}

async function end(connection: Connection, broken: Error | undefined): Promise<void> {
  try {
    // Nothing was written; a rollback also closes the cursor.
    await connection.query('rollback')
    connection.release()
  } catch (error) {
    connection.release(broken ?? (error as Error))
  }
}
