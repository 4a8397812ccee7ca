import type { FeedKind } from '../../domain/feed.ts'
import type { Queryable } from '../database.ts'

// When each feed was looked at, and how that went.

export interface FeedValidators {
  readonly url: string | null
  readonly etag: string | null
  readonly lastModified: string | null
}

/** What an address answered when it was last taken. */
export async function feedValidators(queryable: Queryable, kind: FeedKind): Promise<FeedValidators> {
  const { rows } = await queryable.query<FeedValidators & Record<string, unknown>>(
    'select url, etag, last_modified as "lastModified" from feed_state where kind = $1',
    [kind],
  )
  return rows[0] ?? { url: null, etag: null, lastModified: null }
}

/** The address was asked, and what it has is here. */
export async function recordFetched(
  queryable: Queryable,
  kind: FeedKind,
  now: Date,
  validators: FeedValidators | undefined,
): Promise<void> {
  await queryable.query(
    `update feed_state
     set checked_at = $2, error_code = null, error_message = null,
         url = case when $3 then $4 else url end, etag = case when $3 then $5 else etag end,
         last_modified = case when $3 then $6 else last_modified end
     where kind = $1`,
    [
      ...[kind, now.toISOString(), validators !== undefined],
      ...[validators?.url ?? null, validators?.etag ?? null, validators?.lastModified ?? null],
    ],
  )
}

export async function recordFetchFailure(
  queryable: Queryable,
  kind: FeedKind,
  now: Date,
  error: { readonly code: string; readonly message: string },
): Promise<void> {
  await queryable.query('update feed_state set checked_at = $2, error_code = $3, error_message = $4 where kind = $1', [
    kind,
    now.toISOString(),
    error.code,
    error.message,
  ])
}

/** Feeds that are due, for us alone: whoever asks next finds them moved on. A time too far ahead was set by a wrong clock. */
export async function takeDueFeeds(queryable: Queryable, now: Date, intervalHours: number): Promise<FeedKind[]> {
  const { rows } = await queryable.query<{ kind: FeedKind }>(
    `update feed_state
     set next_at = $1::timestamptz + make_interval(secs => $2::double precision * 3600)
     where next_at is null or next_at <= $1::timestamptz
        or next_at > $1::timestamptz + make_interval(secs => $2::double precision * 3600)
     returning kind`,
    [now.toISOString(), intervalHours],
  )
  return rows.map(row => row.kind)
}

/** Sooner than the interval says, after a failure. */
export async function retryFeedAt(queryable: Queryable, kind: FeedKind, at: Date): Promise<void> {
  await queryable.query('update feed_state set next_at = least(next_at, $2) where kind = $1', [kind, at.toISOString()])
}
