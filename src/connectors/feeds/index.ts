import type { FeedEntry, FeedHeader, FeedKind } from '../../domain/feed.ts'
import { ConfigError } from '../../platform/errors.ts'
import { badFeed, type FeedBytes, FeedContent, type FeedLimits } from './content.ts'
import { readEpss } from './epss.ts'
import { readKev } from './kev.ts'

export type { FeedBytes, FeedLimits } from './content.ts'
export { type FetchedFeed, type FetchOptions, fetchFeed } from './fetch.ts'

/** What a file says of itself, and what it holds; it may say of no day when it was made. */
export interface ReadFeed {
  readonly version: string | null
  readonly scoreOn?: string
  readonly releasedAt?: string
  /** The day of its newest entry, where it says nothing else. */
  readonly newestEntryOn?: string
  readonly entries: AsyncIterable<readonly FeedEntry[]>
}

export interface FeedHints {
  /** The name of the file, or the address. */
  readonly name?: string | undefined
  /** The day that a person says. */
  readonly scoreOn?: string | undefined
  /** When the server says that it changed. */
  readonly lastModified?: string | undefined
  readonly limits?: FeedLimits | undefined
}

/** A feed that is being read: its header is known, its entries come. */
export interface OpenFeed {
  readonly header: FeedHeader
  /** May throw `bad_feed` at any of them: take them into one transaction. */
  readonly entries: AsyncIterable<readonly FeedEntry[]>
  /** Of the bytes as they came, once all entries were read. */
  readonly digest: () => { readonly sha256: string; readonly bytes: number }
}

/**
 * Begins to read a feed, packed or not.
 * @throws SourceError `bad_feed`
 * @throws ConfigError `feed_date_needed` when nothing says which day it is of
 */
export async function openFeed(kind: FeedKind, bytes: FeedBytes, hints: FeedHints = {}): Promise<OpenFeed> {
  const content = new FeedContent(bytes, hints.limits)
  const read = await (kind === 'epss' ? readEpss : readKev)(content.pieces())
  const scoreOn = dayOf(kind, read, hints)
  const releasedAt = read.releasedAt ?? `${scoreOn}T00:00:00.000Z`
  return {
    header: { kind, version: read.version, scoreOn, releasedAt },
    entries: read.entries,
    digest: () => ({ sha256: content.sha256(), bytes: content.bytes }),
  }
}

function dayOf(kind: FeedKind, read: ReadFeed, hints: FeedHints): string {
  if (read.scoreOn !== undefined) {
    if (hints.scoreOn !== undefined && hints.scoreOn !== read.scoreOn) {
      throw badFeed(null, `it says that it is of ${read.scoreOn}, not of ${hints.scoreOn}.`)
    }
    return read.scoreOn
  }
  const ofName = /(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)/.exec(hints.name ?? '')?.[1]
  const day = hints.scoreOn ?? realDay(ofName) ?? dayOfHeader(hints.lastModified) ?? read.newestEntryOn
  if (day !== undefined) return day
  throw new ConfigError(
    'feed_date_needed',
    `Nothing says which day this ${kind.toUpperCase()} file is of: it has no comment with the date, nor a date in its name. Give the day with it (--date 2025-03-14, ?date=2025-03-14).`,
  )
}

function realDay(text: string | undefined): string | undefined {
  return text !== undefined && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) ? text : undefined
}

function dayOfHeader(text: string | undefined): string | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : new Date(at).toISOString().slice(0, 10)
}
