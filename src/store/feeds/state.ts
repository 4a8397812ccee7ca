import { type FeedKind, feedKinds } from '../../domain/feed.ts'
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
    `insert into feed_state as s (kind, checked_at, url, etag, last_modified) values ($1, $2, $4, $5, $6)
     on conflict (kind) do update
     set checked_at = excluded.checked_at, error_code = null, error_message = null,
         url = case when $3 then excluded.url else s.url end, etag = case when $3 then excluded.etag else s.etag end,
         last_modified = case when $3 then excluded.last_modified else s.last_modified end`,
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
  await queryable.query(
    `insert into feed_state (kind, checked_at, error_code, error_message) values ($1, $2, $3, $4)
     on conflict (kind) do update
     set checked_at = excluded.checked_at, error_code = excluded.error_code, error_message = excluded.error_message`,
    [kind, now.toISOString(), error.code, error.message],
  )
}

/** Feeds that are due, for us alone: whoever asks next finds them moved on. A time too far ahead was set by a wrong clock. */
export async function takeDueFeeds(queryable: Queryable, now: Date, intervalHours: number): Promise<FeedKind[]> {
  const { rows } = await queryable.query<{ kind: FeedKind }>(
    `insert into feed_state as s (kind, next_at)
     select kind, $1::timestamptz + make_interval(secs => $2::double precision * 3600)
     from unnest($3::text[]) as k (kind)
     on conflict (kind) do update
     set next_at = excluded.next_at
     where s.next_at is null or s.next_at <= $1::timestamptz or s.next_at > excluded.next_at
     returning kind`,
    [now.toISOString(), intervalHours, feedKinds],
  )
  return rows.map(row => row.kind)
}

/** Sooner than the interval says, after a failure. */
export async function retryFeedAt(queryable: Queryable, kind: FeedKind, at: Date): Promise<void> {
  await queryable.query('update feed_state set next_at = least(next_at, $2) where kind = $1', [kind, at.toISOString()])
}
