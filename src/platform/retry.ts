import type { Clock } from './clock.ts'
import { CancelledError } from './errors.ts'

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number
  /** The first wait at most; it doubles with each attempt. */
  readonly delayMs: number
  readonly maxDelayMs?: number
}

export interface RetryDeps {
  readonly clock: Clock
  readonly random?: () => number
}

/** What to do about a failed attempt: give up, or try again after at least `atLeastMs`. */
export type RetryDecision =
  | { readonly again: false }
  | { readonly again: true; readonly atLeastMs?: number | undefined }

/**
 * Tries until it works, the decision says no, or the attempts are used up; then the last error passes through.
 * @param attempt gets its own number, counted from 1
 */
export async function retrying<T>(
  { clock, random = Math.random }: RetryDeps,
  policy: RetryPolicy,
  attempt: (number: number) => Promise<T>,
  decide: (thrown: unknown, number: number) => RetryDecision | Promise<RetryDecision>,
  signal: AbortSignal,
): Promise<T> {
  for (let number = 1; ; number++) {
    signal.throwIfAborted()
    try {
      return await attempt(number)
    } catch (thrown) {
      if (thrown instanceof CancelledError || signal.aborted || number >= policy.maxAttempts) throw thrown
      const decision = await decide(thrown, number)
      if (!decision.again) throw thrown
      await clock.sleep(Math.max(decision.atLeastMs ?? 0, backoffMs(policy, number, random)), signal)
    }
  }
}

/** Exponential back-off with full jitter: a random wait up to the doubling limit, so that clients spread out. */
export function backoffMs(policy: RetryPolicy, attempt: number, random: () => number = Math.random): number {
  const limit = Math.min(policy.maxDelayMs ?? 60_000, policy.delayMs * 2 ** (attempt - 1))
  return Math.round(random() * limit)
}

/** `Retry-After` in milliseconds: seconds (also fractional) or an HTTP date. */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, longestWaitMs)
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - now.getTime()), longestWaitMs)
}

/** Nobody means more than an hour; a header that says so is wrong. */
const longestWaitMs = 3_600_000
