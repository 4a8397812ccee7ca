import type { JsonObject } from './json.ts'

// Feeds of scores: what others publish about CVEs, day by day.

export const feedKinds = ['epss', 'kev'] as const
/** EPSS: how likely a CVE is exploited. KEV: CISA's catalogue of those that are. */
export type FeedKind = (typeof feedKinds)[number]

export const feedOutcomes = ['current', 'history', 'superseded'] as const
/** What became of a feed that was loaded: the newest there is; of a day before that; older than another of its day. */
export type FeedOutcome = (typeof feedOutcomes)[number]

export const scoreOrigins = ['feed', 'vendor'] as const
export type ScoreOrigin = (typeof scoreOrigins)[number]

/** What a feed says of one CVE: of EPSS the first two, of KEV the others. */
export interface FeedEntry {
  readonly cve: string
  /** 0 to 1 */
  readonly epss: number | null
  /** 0 to 1 */
  readonly percentile: number | null
  /** A day, `2025-03-14`. */
  readonly addedOn: string | null
  readonly dueOn: string | null
  readonly isRansomware: boolean | null
  /** Names and texts of the catalogue. */
  readonly detail: JsonObject | null
}

/** What a feed says of itself. */
export interface FeedHeader {
  readonly kind: FeedKind
  readonly version: string | null
  /** The day in UTC that it speaks for. */
  readonly scoreOn: string
  /** ISO 8601 */
  readonly releasedAt: string
}

/** A CVE as its authority writes it: no more leading zeros than four digits need. */
export const cvePattern = /^CVE-\d{4}-(?:\d{4}|[1-9]\d{4,9})$/
