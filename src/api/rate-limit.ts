import type { FastifyReply } from 'fastify'
import type { Clock } from '../platform/clock.ts'
import { TenfoldError } from '../platform/errors.ts'

/** How often one caller may call the API; each process counts by itself. */
export interface RateLimitSettings {
  /** Calls a minute in the long run; 0 for no limit. */
  readonly perMinute: number
  /** Calls that may come at once after a quiet time. */
  readonly burst: number
}

/** A screen makes some twenty calls when it opens, and one every few seconds afterwards. */
export const usualRateLimit: RateLimitSettings = { perMinute: 3_000, burst: 600 }

export interface RateLimits {
  /**
   * Counts one call of a caller, and says on the answer what is left.
   * @throws TenfoldError `too_many_requests`, with Retry-After on the answer
   */
  count(caller: string, reply: FastifyReply): void
}

interface Bucket {
  tokens: number
  countedAt: number
}

/** Callers remembered at most. Whoever was quiet long enough to have everything again needs no memory. */
const callersAtMost = 10_000

export function createRateLimits(
  { perMinute, burst }: RateLimitSettings,
  clock: Clock,
  atMost = callersAtMost,
): RateLimits {
  const buckets = new Map<string, Bucket>()
  const perMs = perMinute / 60_000

  const bucketOf = (caller: string, now: number): Bucket => {
    const known = buckets.get(caller)
    const bucket = known ?? { tokens: burst, countedAt: now }
    // A clock that was put back gives nothing and takes nothing.
    bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.countedAt) * perMs)
    bucket.countedAt = now
    if (!known) remember(caller, bucket, now)
    return bucket
  }

  const remember = (caller: string, bucket: Bucket, now: number) => {
    if (buckets.size >= atMost) {
      for (const [name, one] of buckets) {
        if (one.tokens + (now - one.countedAt) * perMs >= burst) buckets.delete(name)
      }
      // Everybody is busy: the one who was first seen longest ago begins anew.
      const [oldest] = buckets.keys()
      if (buckets.size >= atMost && oldest !== undefined) buckets.delete(oldest)
    }
    buckets.set(caller, bucket)
  }

  return {
    count(caller, reply) {
      if (perMinute === 0) return
      const bucket = bucketOf(caller, clock.now().getTime())
      const isAllowed = bucket.tokens >= 1
      if (isAllowed) bucket.tokens -= 1
      const secondsUntil = (tokens: number) => Math.max(0, Math.ceil((tokens - bucket.tokens) / perMs / 1_000))
      reply.headers({
        'ratelimit-limit': String(burst),
        'ratelimit-remaining': String(Math.floor(bucket.tokens)),
        'ratelimit-reset': String(secondsUntil(burst)),
      })
      if (isAllowed) return
      const wait = Math.max(1, secondsUntil(1))
      reply.header('retry-after', String(wait))
      throw new TenfoldError(
        'too_many_requests',
        `More than ${burst} calls at once, or ${perMinute} a minute. Try again in ${wait} s, and ask for more with each call.`,
      )
    },
  }
}
