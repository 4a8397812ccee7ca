// Which feeds of scores are there, and what did they say of a CVE on a day?

import { type FeedKind, type FeedOutcome, feedKinds } from '../../domain/feed.ts'
import type { JsonObject } from '../../domain/json.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { Database } from '../database.ts'

export interface FeedLoadView {
  readonly feed_load_id: number
  readonly kind: FeedKind
  readonly score_on: string
  readonly released_at: string
  readonly version: string | null
  readonly outcome: FeedOutcome
  readonly entries: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly plugins_changed: number
  readonly bytes: number
  readonly sha256: string
  readonly origin: string
  readonly loaded_at: string
  readonly loaded_by: string
}

export interface FeedView {
  readonly kind: FeedKind
  /** null: none was ever loaded. */
  readonly score_on: string | null
  readonly version: string | null
  readonly entries: number
  readonly days_loaded: number
  readonly first_score_on: string | null
  readonly checked_at: string | null
  readonly next_at: string | null
  readonly error_code: string | null
  readonly error_message: string | null
  readonly latest: FeedLoadView | null
}

const loadColumns = [
  ...['feed_load_id', 'kind', 'released_at', 'version', 'outcome', 'entries', 'added', 'changed', 'removed'],
  ...['plugins_changed', 'bytes', 'sha256', 'origin', 'loaded_at', 'loaded_by'],
]

export async function listFeeds(database: Database): Promise<FeedView[]> {
  const [states, loads] = await Promise.all([
    database.query<Omit<FeedView, 'latest'> & { readonly feed_load_id: number | null }>(
      `select k.kind, s.score_on::text, l.version, s.feed_load_id, s.checked_at, s.next_at, s.error_code, s.error_message,
              (select count(*) from score_feed f where f.kind = k.kind and f.valid_to is null) as entries,
              (select count(distinct d.score_on) from feed_load d where d.kind = k.kind) as days_loaded,
              (select min(d.score_on) from feed_load d where d.kind = k.kind)::text as first_score_on
       from unnest($1::text[]) as k (kind)
       left join feed_state s using (kind)
       left join feed_load l using (feed_load_id)
       order by k.kind`,
      [feedKinds],
    ),
    database.query<FeedLoadView & Record<string, unknown>>(
      `select ${loadColumns.map(name => `l.${name}`).join(', ')}, l.score_on::text
       from feed_state s
       join feed_load l using (feed_load_id)`,
    ),
  ])
  return states.rows.map(({ feed_load_id, ...state }) => ({
    ...state,
    latest: loads.rows.find(load => load.feed_load_id === feed_load_id) ?? null,
  }))
}

export interface ScoreSpan {
  readonly kind: FeedKind
  readonly valid_from: string
  /** The first day on which it no longer held; null: it holds now. */
  readonly valid_to: string | null
  readonly epss: number | null
  readonly percentile: number | null
  readonly added_on: string | null
  readonly due_on: string | null
  readonly is_ransomware: boolean | null
  readonly detail: JsonObject | null
}

export interface CveScores {
  readonly cve: string
  /** The day that was asked about; null: all there are. */
  readonly on: string | null
  /** The last day of EPSS and KEV that was loaded by then: what is said is of that day. */
  readonly epss_on: string | null
  readonly kev_on: string | null
  readonly items: ScoreSpan[]
}

/**
 * @param on only what held on this day
 * @throws NotFoundError `cve_not_found` when no feed ever named it
 */
export async function getCveScores(database: Database, cve: string, on?: string): Promise<CveScores> {
  const wanted = cve.trim().toUpperCase()
  const [spans, days] = await Promise.all([
    database.query<ScoreSpan & Record<string, unknown>>(
      `select kind, valid_from::text, valid_to::text, epss, percentile, added_on::text, due_on::text, is_ransomware, detail
       from score_feed
       where cve = $1 and kind in ('epss', 'kev')
       order by kind, valid_from`,
      [wanted],
    ),
    database.query<{ epss_on: string | null; kev_on: string | null }>(
      `select (max(score_on) filter (where kind = 'epss'))::text as epss_on,
              (max(score_on) filter (where kind = 'kev'))::text as kev_on
       from feed_load
       where $1::date is null or score_on <= $1::date`,
      [on ?? null],
    ),
  ])
  if (spans.rows.length === 0) {
    throw new NotFoundError('cve_not_found', `No feed that was loaded names ${wanted}.`, { context: { cve: wanted } })
  }
  const held = ({ valid_from, valid_to }: ScoreSpan) =>
    on === undefined || (valid_from <= on && (valid_to === null || valid_to > on))
  return { cve: wanted, on: on ?? null, ...days.rows[0]!, items: spans.rows.filter(held) }
}
