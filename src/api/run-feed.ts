import type { RunView, SyncEvent } from '../contract/sync.ts'
import type { Clock } from '../platform/clock.ts'
import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { unrestricted } from '../store/access.ts'
import type { Database } from '../store/database.ts'
import { loadCurrentRuns } from '../store/queries/run-list.ts'

export interface FeedMessage {
  /** Where a listener that comes back may go on from. */
  readonly id: string
  readonly event: SyncEvent
}

export type FeedListener = (message: FeedMessage) => void

/**
 * Tells listeners what changes in the ledger's rows. One poller for all of them, at most once a second, and none while
 * nobody listens.
 */
export interface RunFeed {
  /**
   * @param after the id of the last message the listener had; what came since is told again if it is still known
   * @returns ends the listening
   */
  listen(listener: FeedListener, after?: string): Promise<() => void>
  /** The runs as they are now. */
  snapshot(): Promise<FeedMessage>
  stop(): void
}

export interface RunFeedDeps {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly pollMs?: number
}

const rememberedMessages = 1_000

export function createRunFeed({ database, clock, log, pollMs = 1_000 }: RunFeedDeps): RunFeed {
  // An id of another process, or of an earlier start of this one, says nothing here.
  const epoch = clock.now().getTime().toString(36)
  // Listeners are told what is theirs by whoever listens for them.
  const everything = unrestricted(database)
  const listeners = new Set<FeedListener>()
  const recent: { readonly number: number; readonly message: FeedMessage }[] = []
  const told = new Map<number, string>()
  let number = 0
  let polling: AbortController | null = null

  const idOf = (of: number) => `${epoch}-${of}`

  const poll = async () => {
    const runs = await loadCurrentRuns(everything)
    for (const run of runs.toReversed()) {
      const text = fingerprint(run)
      if (told.get(run.id) === text) continue
      told.set(run.id, text)
      number += 1
      const message: FeedMessage = { id: idOf(number), event: { event: 'run', data: run } }
      recent.push({ number, message })
      if (recent.length > rememberedMessages) recent.shift()
      for (const listener of listeners) listener(message)
    }
    const current = new Set(runs.map(run => run.id))
    for (const id of told.keys()) if (!current.has(id)) told.delete(id)
  }

  const follow = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        await clock.sleep(pollMs, signal)
        await poll()
      } catch (error) {
        // The database comes back or it does not: who listens keeps what it has, and readiness says the rest.
        if (!signal.aborted) log.warn({ error: messageOf(error) }, 'progress could not be read')
      }
    }
  }

  const snapshot = async (): Promise<FeedMessage> => {
    const at = number
    const jobs = [...(await loadCurrentRuns(everything))]
    return { id: idOf(at), event: { event: 'snapshot', data: { at: clock.now().toISOString(), jobs } } }
  }

  /** What a listener missed; undefined when it cannot be told any more. */
  const since = (after: string | undefined): FeedMessage[] | undefined => {
    const match = /^([0-9a-z]+)-(\d+)$/.exec(after ?? '')
    if (match?.[1] !== epoch) return undefined
    const last = Number(match[2])
    const oldest = recent[0]?.number ?? number + 1
    if (last > number || last < oldest - 1) return undefined
    return recent.filter(one => one.number > last).map(one => one.message)
  }

  return {
    async listen(listener, after) {
      if (polling === null) {
        polling = new AbortController()
        void follow(polling.signal)
      }
      listeners.add(listener)
      // What was missed is read at once, so that nothing can be told between it and what follows.
      const missed = since(after)
      if (missed) for (const message of missed) listener(message)
      else listener(await snapshot())
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        polling?.abort()
        polling = null
      }
    },
    snapshot,
    stop() {
      listeners.clear()
      polling?.abort()
      polling = null
    },
  }
}

/** The time a run has taken grows by itself and is no news. */
function fingerprint(run: RunView): string {
  return JSON.stringify({ ...run, duration_ms: null })
}
