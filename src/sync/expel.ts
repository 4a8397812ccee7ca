import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { endSessionsOf } from '../store/workers.ts'
import { life, lifeOf } from './owner.ts'

/** Ends the sessions of a process that is silent, so that nobody waits for the locks of what it was merging. */
export async function expel(database: Database, log: Log, owner: string): Promise<void> {
  if (lifeOf(owner) === life) return
  try {
    const sessions = await endSessionsOf(database, lifeOf(owner))
    if (sessions > 0) log.warn({ owner, sessions }, 'the sessions of a silent process were ended')
  } catch (error) {
    // Not allowed to: its locks go when the server notices by itself.
    log.warn({ owner, error: messageOf(error) }, 'the sessions of a silent process could not be ended')
  }
}
