import { hashOf } from '../../platform/random-token.ts'
import type { Queryable } from '../database.ts'

// Guessing is made slow: for one name, whether somebody has it or not, and from one address. The wait grows and ends by
// itself; nobody is locked out for good.

interface Patience {
  /** Wrong ones in a row before there is a wait. */
  readonly free: number
}

const patience = { account: { free: 5 }, address: { free: 30 } } as const satisfies Record<string, Patience>
const longestWaitSeconds = 900
/** After so long without a failure the count begins again. */
const forgottenAfter = "interval '1 day'"

export type FailureSubject = { readonly kind: keyof typeof patience; readonly name: string }

/**
 * Counts an attempt before it is tried, so that many at once are counted too.
 * @returns seconds to wait when it may not be tried now; it is not counted then
 */
export async function countAttempt(queryable: Queryable, subject: FailureSubject): Promise<number | undefined> {
  const { rows } = await queryable.query<{ wait: number }>(
    `insert into sign_in_failure as f (subject_hash, failures)
     values ($1, 1)
     on conflict (subject_hash) do update
     set failures = case when f.last_failed_at < now() - ${forgottenAfter} then 1 else f.failures + 1 end,
         last_failed_at = now(),
         blocked_until = case when f.last_failed_at < now() - ${forgottenAfter} or f.failures + 1 < $2 then null
                              else now() + make_interval(secs => least($3, 10 * 2 ^ least(f.failures + 1 - $2, 20))) end
       where f.blocked_until is null or f.blocked_until <= now()
     returning 0 as wait`,
    [keyOf(subject), patience[subject.kind].free, longestWaitSeconds],
  )
  if (rows[0]) return undefined
  const blocked = await queryable.query<{ wait: number }>(
    `select greatest(1, ceil(extract(epoch from blocked_until - now())))::integer as wait
     from sign_in_failure
     where subject_hash = $1`,
    [keyOf(subject)],
  )
  return blocked.rows[0]?.wait ?? 1
}

/** The attempt was right: for the name the count begins again, for the address it is taken back. */
export async function forgiveAttempt(queryable: Queryable, subject: FailureSubject): Promise<void> {
  if (subject.kind === 'account') {
    await queryable.query('delete from sign_in_failure where subject_hash = $1', [keyOf(subject)])
    return
  }
  await queryable.query(
    `update sign_in_failure set failures = greatest(failures - 1, 0), blocked_until = null where subject_hash = $1`,
    [keyOf(subject)],
  )
  await queryable.query(`delete from sign_in_failure where last_failed_at < now() - ${forgottenAfter}`)
}

function keyOf({ kind, name }: FailureSubject): Buffer {
  return hashOf(`${kind}:${name.trim().toLowerCase()}`)
}
