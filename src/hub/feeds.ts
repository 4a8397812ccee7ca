import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { systemClock } from '../platform/clock.ts'
import type { Config } from '../platform/config.ts'
import { ConfigError, messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { type CveScores, type FeedView, getCveScores, listFeeds } from '../store/queries/feeds.ts'
import { startFeedSchedule } from '../sync/feed-schedule.ts'
import {
  type FeedChoice,
  type FeedResult,
  type FeedSettings,
  loadFeedBytes,
  loadFeedUrl,
  usualFeeds,
} from '../sync/feeds.ts'

/** Scores of CVEs that others publish. */
export interface Feeds {
  readonly settings: FeedSettings
  /** A server fetches them by itself. */
  readonly isOn: boolean
  list(): Promise<FeedView[]>
  cve(cve: string, on?: string): Promise<CveScores>
  /** @throws ConfigError `bad_feed_file`, and what `loadFeedBytes` throws */
  loadFile(choice: FeedChoice, file: string, actor: Actor): Promise<FeedResult>
  /** @param from the configured address, and as settings allow, when left out */
  loadUrl(
    choice: FeedChoice,
    from: { readonly url?: string | undefined; readonly allowPrivate?: boolean | undefined },
    actor: Actor,
    signal: AbortSignal,
  ): Promise<FeedResult>
  /** For servers; answers what stops it. */
  startSchedule(): () => Promise<void>
}

export interface FeedRoom {
  readonly database: Database
  readonly config: Config
  readonly log: Log
  readonly version: string
  /** The certificate authority to trust, in PEM form. */
  readonly caPem: string | undefined
}

export function feedsOf({ database, config, log, version, caPem }: FeedRoom): Feeds {
  const { proxyUrl, feedsAllowPrivate: allowPrivate } = config
  const settings: FeedSettings = {
    urls: { epss: config.epssUrl, kev: config.kevUrl },
    fetch: { ...usualFeeds(version).fetch, proxyUrl, caPem, allowPrivate },
  }
  const deps = { database, clock: systemClock, settings }
  return {
    settings,
    isOn: config.feedsEnabled,
    list: () => listFeeds(database),
    cve: (cve, on) => getCveScores(database, cve, on),
    loadFile: async (choice, file, actor) => {
      await refuseNoFile(file)
      return loadFeedBytes(deps, choice, createReadStream(file), file, actor)
    },
    loadUrl: (choice, from, actor, signal) => {
      const fetch = from.allowPrivate ? { ...settings.fetch, allowPrivate: true } : settings.fetch
      return loadFeedUrl({ ...deps, settings: { ...settings, fetch } }, choice, from.url, actor, signal)
    },
    startSchedule: () => startFeedSchedule({ ...deps, log, intervalHours: config.feedIntervalHours }),
  }
}

async function refuseNoFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new ConfigError('bad_feed_file', `${file} cannot be read: ${messageOf(cause)}.`, { cause })
  })
  if (!found.isFile()) throw new ConfigError('bad_feed_file', `${file} is not a file.`)
}
