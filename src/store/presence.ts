import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Queryable } from './database.ts'
import { locks } from './locks.ts'

// A server that works on this database holds this lock in a session of its own; how ever the server ends, the lock goes
// with it. Shared, for there may be several.

const againAfterMs = 1000

/** Says that a server works on this database, until the answer is called. */
export async function announceServer(database: Database): Promise<() => Promise<void>> {
  const stopping = new AbortController()
  let release = await hold(database, lost)
  let restoring: Promise<void> | undefined

  /** The database was restarted: says it again as soon as it answers. */
  function lost(): void {
    restoring ??= restore().finally(() => {
      restoring = undefined
    })
  }

  async function restore(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await delay(againAfterMs, undefined, { signal: stopping.signal })
        release = await hold(database, lost)
        return
      } catch {
        // Aborted, or not yet back: the loop looks again.
      }
    }
  }

  return async () => {
    stopping.abort()
    await restoring
    release()
  }
}

/** Whether a server works on this database: then it takes up the runs that others queue. */
export async function isServerPresent(database: Queryable): Promise<boolean> {
  const { rows } = await database.query<{ present: boolean }>(
    `select exists (
       select from pg_locks
       where locktype = 'advisory'
         and database = (select oid from pg_database where datname = current_database())
         and classid = 0
         and objid = $1
         and granted
     ) as present`,
    [locks.server],
  )
  return rows[0]?.present ?? false
}

async function hold(database: Database, onLost: () => void): Promise<() => void> {
  const connection = await database.pool.connect()
  let isOver = false
  const end = () => {
    if (isOver) return false
    isOver = true
    // Closed, not given back: the lock must not stay with a session that others use.
    connection.release(true)
    return true
  }
  connection.on('error', () => {
    if (end()) onLost()
  })
  try {
    await connection.query('select pg_advisory_lock_shared($1)', [locks.server])
  } catch (thrown) {
    end()
    throw thrown
  }
  return () => {
    end()
  }
}
