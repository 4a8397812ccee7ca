import { randomUUID } from 'node:crypto'
import type { Json } from '../domain/json.ts'
import type { Queryable } from './database.ts'

// What became of calls that carried a key. A call claims its key before it does anything and writes its answer when it has
// done it; between the two it keeps the claim fresh, so that one whose server died is told from one that goes on.

/** How long an answer is kept. */
export const keptHours = 24
/** A claim that was not refreshed for so long belongs to nobody any more. */
export const claimSeconds = 60

export interface IdempotentCall {
  readonly userId: number
  readonly keyHash: Buffer
  readonly operation: string
  readonly requestHash: Buffer
}

export interface EarlierCall {
  readonly operation: string
  readonly isSameRequest: boolean
  /** `lost`: its server died over it, and nobody knows whether it was done. */
  readonly state: 'working' | 'lost' | 'answered'
  readonly status: number | null
  /** Null when it is not kept. */
  readonly answer: Json
}

/** The id of our claim; or the call that has the key already. */
export type Claim = { readonly claimId: string } | { readonly earlier: EarlierCall }

export async function claimKey(queryable: Queryable, call: IdempotentCall): Promise<Claim> {
  const claimId = randomUUID()
  const values = [call.userId, call.keyHash, call.operation, call.requestHash, claimId, claimSeconds, keptHours]
  const claimed = await queryable.query(
    `insert into idempotency_key as k
       (user_id, key_hash, operation, request_hash, claim_id, claimed_until, expires_at)
     values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), now() + make_interval(hours => $7))
     on conflict (user_id, key_hash) do update
       set operation = excluded.operation, request_hash = excluded.request_hash, claim_id = excluded.claim_id,
           claimed_until = excluded.claimed_until, status = null, answer = null, created_at = now(),
           expires_at = excluded.expires_at
       where k.expires_at <= now()`,
    values,
  )
  if (claimed.rowCount === 1) return { claimId }
  const { rows } = await queryable.query<EarlierCall>(
    `select operation, request_hash = $3 as "isSameRequest", status, answer,
            case when status is not null then 'answered' when claimed_until > now() then 'working' else 'lost' end as state
     from idempotency_key
     where user_id = $1 and key_hash = $2`,
    [call.userId, call.keyHash, call.requestHash],
  )
  // Given up by the call that had it a moment ago: the next try gets it.
  const earlier = rows[0] ?? {
    operation: call.operation,
    isSameRequest: true,
    state: 'working',
    status: null,
    answer: null,
  }
  return { earlier }
}

/** While the call goes on. */
export async function refreshClaim(queryable: Queryable, claimId: string): Promise<void> {
  await queryable.query(
    'update idempotency_key set claimed_until = now() + make_interval(secs => $2) where claim_id = $1 and status is null',
    [claimId, claimSeconds],
  )
}

/** @param answer undefined for one that must not be kept */
export async function keepAnswer(
  queryable: Queryable,
  claimId: string,
  status: number,
  answer: Json | undefined,
): Promise<void> {
  await queryable.query('update idempotency_key set status = $2, answer = $3 where claim_id = $1', [
    claimId,
    status,
    answer === undefined ? null : JSON.stringify(answer),
  ])
}

/** Nothing was done: the key may be used again. */
export async function giveUpClaim(queryable: Queryable, claimId: string): Promise<void> {
  await queryable.query('delete from idempotency_key where claim_id = $1 and status is null', [claimId])
}

/** Those past their day. */
export async function forgetOldKeys(queryable: Queryable): Promise<number> {
  return (await queryable.query('delete from idempotency_key where expires_at <= now()')).rowCount ?? 0
}
