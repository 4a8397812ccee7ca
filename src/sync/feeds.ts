import { basename } from 'node:path'
import { type FeedBytes, type FetchOptions, fetchFeed, openFeed } from '../connectors/feeds/index.ts'
import type { FeedKind } from '../domain/feed.ts'
import type { Clock } from '../platform/clock.ts'
import { settings } from '../platform/config.ts'
import { codeOf, messageOf } from '../platform/errors.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { type FeedLoad, loadFeed } from '../store/feeds/load.ts'
import { feedValidators, recordFetched, recordFetchFailure } from '../store/feeds/state.ts'

export interface FeedSettings {
  /** Fetched from by itself and when no other address is given. */
  readonly urls: Readonly<Record<FeedKind, string>>
  readonly fetch: FetchOptions
}

/**
 * From where their makers publish them.
 * @param version ours, as in package.json
 */
export function usualFeeds(version: string): FeedSettings {
  const urls = { epss: settings.epssUrl.fallback, kev: settings.kevUrl.fallback }
  const fetch = { proxyUrl: undefined, caPem: undefined, allowPrivate: false, userAgent: `Tenfold/${version}` }
  return { urls, fetch }
}

export interface FeedDeps {
  readonly database: Database
  readonly clock: Clock
  readonly settings: FeedSettings
}

export interface FeedChoice {
  readonly kind: FeedKind
  /** The day, for a file that does not say it. */
  readonly scoreOn?: string | undefined
  readonly acceptShrunk?: boolean | undefined
}

/** The address says that it has nothing new. */
export type FeedResult = FeedLoad | { readonly kind: FeedKind; readonly outcome: 'not_modified' }

/** A slow server may take its time, not for ever. */
const fetchAtMostMs = 10 * 60_000

/**
 * Loads a feed from bytes: a file, an upload.
 * @param name of the file, which may say the day, and which is written down
 * @throws SourceError `bad_feed`
 * @throws ConfigError `feed_date_needed`, `feed_from_the_future`, `feed_shrunk`
 */
export async function loadFeedBytes(
  { database, clock }: Pick<FeedDeps, 'database' | 'clock'>,
  choice: FeedChoice,
  bytes: FeedBytes,
  name: string,
  actor: Actor,
): Promise<FeedLoad> {
  const feed = await openFeed(choice.kind, bytes, { name, scoreOn: choice.scoreOn })
  const origin = basename(name).slice(0, 500)
  return loadFeed(database, { ...feed, origin, acceptShrunk: choice.acceptShrunk }, clock.now(), actor)
}

/**
 * Loads a feed from an address; how it went is in the state of the feed.
 * @param url the configured one when left out
 * @throws what `fetchFeed` and `loadFeedBytes` throw
 */
export async function loadFeedUrl(
  deps: FeedDeps,
  choice: FeedChoice,
  url: string | undefined,
  actor: Actor,
  signal: AbortSignal,
): Promise<FeedResult> {
  const { database, clock, settings } = deps
  const address = url ?? settings.urls[choice.kind]
  try {
    return await fetchAndLoad(deps, choice, address, actor, signal)
  } catch (error) {
    await recordFetchFailure(database, choice.kind, clock.now(), { code: codeOf(error), message: messageOf(error) })
    throw error
  }
}

async function fetchAndLoad(
  { database, clock, settings }: FeedDeps,
  choice: FeedChoice,
  address: string,
  actor: Actor,
  signal: AbortSignal,
): Promise<FeedResult> {
  const { kind, scoreOn, acceptShrunk } = choice
  const known = await feedValidators(database, kind)
  // Another address may have the same mark for another content.
  const before = known.url === address ? known : undefined
  const limited = AbortSignal.any([signal, AbortSignal.timeout(fetchAtMostMs)])
  const use: Parameters<typeof fetchFeed<FeedResult>>[3] = async fetched => {
    if (fetched.kind === 'unchanged') {
      await recordFetched(database, kind, clock.now(), undefined)
      return { kind, outcome: 'not_modified' }
    }
    const { url, bytes, etag, lastModified } = fetched
    const feed = await openFeed(kind, bytes, { name: url, scoreOn, lastModified: lastModified ?? undefined })
    // What stands after the path may be a key.
    const origin = new URL(address).origin + new URL(address).pathname
    const loaded = await loadFeed(database, { ...feed, origin, acceptShrunk }, clock.now(), actor)
    await recordFetched(database, kind, clock.now(), { url: address, etag, lastModified })
    return loaded
  }
  return fetchFeed(address, before, settings.fetch, use, limited)
}
