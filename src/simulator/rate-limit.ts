import type { RateLimit } from './index.ts'

/** Counts requests in a sliding minute of the machine's clock. */
export function createRateLimiter(limit: RateLimit | undefined) {
  const taken: number[] = []
  return {
    /** Takes one request; gives the seconds to wait when there are none left. */
    take: (): number | undefined => {
      if (limit === undefined) return undefined
      const now = Date.now()
      while (taken.length > 0 && taken[0]! <= now - 60_000) taken.shift()
      if (taken.length < limit.requestsPerMinute) {
        taken.push(now)
        return undefined
      }
      return limit.retryAfter ?? Math.max(Math.ceil((taken[0]! + 60_000 - now) / 1000), 1)
    },
  }
}
