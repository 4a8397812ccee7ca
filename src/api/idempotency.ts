import { createHash, createHmac } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RouteSpec } from '../contract/routes.ts'
import { idempotencyHeader, takesIdempotencyKey } from '../contract/server-wide.ts'
import type { Json } from '../domain/json.ts'
import { messageOf, TenfoldError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import {
  claimKey,
  claimSeconds,
  type EarlierCall,
  giveUpClaim,
  keepAnswer,
  refreshClaim,
} from '../store/idempotency.ts'

export interface Answered {
  readonly status: number
  readonly body: unknown
}

export interface OnceDeps {
  readonly database: Database
  readonly log: Log
}

interface KeyedCall {
  readonly route: RouteSpec
  readonly userId: number
  readonly key: string
  /** What was asked, whatever spaces and order it was written with. */
  readonly asked: string
}

const asked = new WeakMap<FastifyRequest, string>()

/** Before the request is understood: what is relative to now would be another request a moment later. */
export function noteWhatIsAsked(route: RouteSpec, request: FastifyRequest): void {
  if (request.headers[idempotencyHeader] === undefined || !takesIdempotencyKey(route)) return
  asked.set(request, `${request.url}\n${canonical(request.body)}`)
}

/** The call when it carries a key; undefined: it is done as often as it is made. */
export function keyedCallOf(
  route: RouteSpec,
  request: FastifyRequest,
  userId: number | undefined,
): KeyedCall | undefined {
  const key = request.headers[idempotencyHeader]
  const what = asked.get(request)
  if (typeof key !== 'string' || what === undefined || userId === undefined) return undefined
  return { route, userId, key, asked: what }
}

/**
 * Does it, or answers as the first call with this key was answered.
 * @throws TenfoldError 409 `idempotency_key_busy` (with Retry-After), `idempotency_outcome_unknown`,
 *   `idempotency_answer_not_kept`; 422 `idempotency_key_reused`; whatever `work` throws, and then nothing is kept
 */
export async function doOnce(
  { database, log }: OnceDeps,
  call: KeyedCall,
  reply: FastifyReply,
  work: () => Promise<Answered>,
): Promise<Answered> {
  const { operationId } = call.route
  const claim = await claimKey(database, {
    userId: call.userId,
    keyHash: createHash('sha256').update(call.key).digest(),
    operation: operationId,
    requestHash: createHmac('sha256', call.key).update(`${operationId}\n${call.asked}`).digest(),
  })
  if ('earlier' in claim) return answerAgain(claim.earlier, operationId, reply)
  const { claimId } = claim
  const refreshing = setInterval(
    () => {
      void refreshClaim(database, claimId).catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, 'the claim of an idempotency key could not be refreshed')
      })
    },
    (claimSeconds * 1_000) / 3,
  )
  try {
    const answer = await work()
    await keepAnswer(database, claimId, answer.status, call.route.answersSecret ? undefined : (answer.body as Json))
    return answer
  } catch (thrown) {
    // A claim that stays behind ends by itself; what was thrown matters more.
    await giveUpClaim(database, claimId).catch(() => undefined)
    throw thrown
  } finally {
    clearInterval(refreshing)
  }
}

function answerAgain(earlier: EarlierCall, operationId: string, reply: FastifyReply): Answered {
  if (!earlier.isSameRequest || earlier.operation !== operationId) {
    throw new TenfoldError(
      'idempotency_key_reused',
      `The Idempotency-Key came with another request before (${earlier.operation}). Take a new key for each thing that is to be made.`,
    )
  }
  if (earlier.state === 'working') {
    reply.header('retry-after', '1')
    throw new TenfoldError(
      'idempotency_key_busy',
      'The first call with this Idempotency-Key is still going on. Repeat the call in a moment for its answer.',
    )
  }
  if (earlier.state === 'lost') {
    throw new TenfoldError(
      'idempotency_outcome_unknown',
      'The server stopped in the middle of the first call with this Idempotency-Key. See whether it was done; if not, call with a new key.',
    )
  }
  if (earlier.answer === null) {
    throw new TenfoldError(
      'idempotency_answer_not_kept',
      'It was done by the first call with this Idempotency-Key. Its answer held a secret, which is shown once and kept nowhere: if it is lost, take back what was made and make another with a new key.',
    )
  }
  reply.header('idempotency-replayed', 'true')
  return { status: earlier.status ?? 200, body: earlier.answer }
}

/** JSON with the keys of every object in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}
