import { codeOf, messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Actor } from '../store/audit.ts'
import { retryFeedAt, takeDueFeeds } from '../store/feeds/state.ts'
import { type FeedDeps, loadFeedUrl } from './feeds.ts'
import { startMinuteLoop } from './minute-loop.ts'

export interface FeedScheduleDeps extends FeedDeps {
  readonly log: Log
  readonly intervalHours: number
}

/** After a failure: the interval may be a day, and the network back in an hour. */
const retryMs = 3_600_000

const actor: Actor = { kind: 'schedule', name: 'feeds' }

/** Fetches the feeds that are due. Several servers may do so over one database: each is fetched once. */
export function startFeedSchedule(deps: FeedScheduleDeps): () => Promise<void> {
  return startMinuteLoop(deps.clock, signal => fetchDueFeeds(deps, signal))
}

/** One that fails does not hold up the other, and is tried again sooner. */
export async function fetchDueFeeds(deps: FeedScheduleDeps, signal: AbortSignal): Promise<void> {
  const { database, clock, log, intervalHours } = deps
  try {
    for (const kind of await takeDueFeeds(database, clock.now(), intervalHours)) {
      try {
        const { outcome } = await loadFeedUrl(deps, { kind }, undefined, actor, signal)
        log.info({ feed: kind, outcome }, 'a feed was fetched')
      } catch (error) {
        log.warn({ feed: kind, code: codeOf(error), error: messageOf(error) }, 'a feed could not be fetched')
        await retryFeedAt(database, kind, new Date(clock.now().getTime() + retryMs))
      }
    }
  } catch (error) {
    log.error({ error: messageOf(error) }, 'could not look for feeds that are due')
  }
}
