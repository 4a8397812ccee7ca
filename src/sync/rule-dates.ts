import type { Clock } from '../platform/clock.ts'
import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { followRuleDates } from '../store/groups/regroup.ts'
import { startMinuteLoop } from './minute-loop.ts'

/** Follows rules that begin or end with a day, soon after it has begun; for servers. */
export function startRuleDates(deps: {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}): () => Promise<void> {
  const { database, clock, log } = deps
  return startMinuteLoop(clock, async () => {
    try {
      const changed = await followRuleDates(database, clock.now())
      if (changed > 0) log.info({ assets: changed }, 'rules of a new day were followed')
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the rules of the day could not be followed')
    }
  })
}
