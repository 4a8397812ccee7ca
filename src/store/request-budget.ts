import type { Queryable } from './database.ts'

// One token bucket for each key, on the clock of the database: all processes that use the key draw from it.

export interface BudgetTerms {
  readonly keyHash: string
  readonly perMinute: number
  readonly burst: number
}

export interface Permits {
  readonly granted: number
  /** How long to wait before asking again is worth it; 0 when something was granted. */
  readonly waitMs: number
}

const isPaused = 'coalesce(b.paused_until > now(), false)'
const present = `least($4::float8, b.tokens + greatest(0, extract(epoch from now() - b.counted_at)) * $3::float8 / 60)`
const share = `case when ${isPaused} then 0 else least($2::float8, greatest(0, floor(${present}))) end`

/*
 * One statement on one row: those who ask at once take turns, and each sees what the one before has left. What has come in
 * since it was last counted is added first, up to the burst.
 */
const take = `
insert into request_budget as b (key_hash, tokens, granted, counted_at)
values ($1, $4::float8 - least($2::float8, $4::float8), least($2::float8, $4::float8), now())
on conflict (key_hash) do update
set tokens = ${present} - ${share}, granted = ${share}, counted_at = greatest(b.counted_at, now())
returning granted, tokens, (extract(epoch from paused_until - now()) * 1000)::float8 as paused_ms`

/**
 * Takes up to so many permits.
 * @returns none while the source has asked everybody with this key to wait
 */
export async function takePermits(database: Queryable, terms: BudgetTerms, wanted: number): Promise<Permits> {
  const { keyHash, perMinute, burst } = terms
  const { rows } = await database.query<{ granted: number; tokens: number; paused_ms: number | null }>(take, [
    keyHash,
    wanted,
    perMinute,
    burst,
  ])
  const { granted, tokens, paused_ms } = rows[0]!
  if (granted > 0) return { granted, waitMs: 0 }
  if (paused_ms !== null && paused_ms > 0) return { granted, waitMs: paused_ms }
  return { granted, waitMs: ((1 - tokens) * 60_000) / perMinute }
}

/** Makes everybody with this key wait; a shorter wait does not shorten a longer one. */
export async function pausePermits(database: Queryable, keyHash: string, ms: number): Promise<void> {
  await database.query(
    `insert into request_budget as b (key_hash, tokens, granted, counted_at, paused_until)
     values ($1, 1, 0, now(), now() + make_interval(secs => $2::float8 / 1000))
     on conflict (key_hash) do update
     set paused_until = greatest(b.paused_until, excluded.paused_until), tokens = least(b.tokens, 1),
         counted_at = now()`,
    [keyHash, ms],
  )
}
