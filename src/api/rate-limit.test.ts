import type { FastifyReply } from 'fastify'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../platform/clock.ts'
import { createRateLimits } from './rate-limit.ts'

function bench(settings: { perMinute: number; burst: number }, atMost?: number) {
  let nowMs = Date.UTC(2026, 10, 24)
  const clock = { now: () => new Date(nowMs) } as Clock
  const limits = createRateLimits(settings, clock, atMost)
  const call = (caller: string) => {
    const headers: Record<string, string> = {}
    const reply = {
      headers: (more: object) => Object.assign(headers, more),
      header: (name: string, value: string) => Object.assign(headers, { [name]: value }),
    } as unknown as FastifyReply
    try {
      limits.count(caller, reply)
      return { ok: true, headers }
    } catch (error) {
      return { ok: false, headers, error }
    }
  }
  return {
    call,
    passMs: (ms: number) => {
      nowMs += ms
    },
  }
}
const times = (n: number) => Array.from({ length: n })

describe('how often one may call', () => {
  test('the burst at once, then one each time a token has come back', () => {
    const { call, passMs } = bench({ perMinute: 60, burst: 3 })
    expect(times(5).map(() => call('a').ok)).toEqual([true, true, true, false, false])
    passMs(999)
    expect(call('a').ok).toBe(false)
    passMs(1)
    expect([call('a').ok, call('a').ok]).toEqual([true, false])
    passMs(3_600_000)
    expect(times(4).map(() => call('a').ok)).toEqual([true, true, true, false])
  })

  test('each caller by themselves', () => {
    const { call } = bench({ perMinute: 60, burst: 1 })
    expect([call('a').ok, call('b').ok, call('a').ok]).toEqual([true, true, false])
  })

  test('what is left is said with every answer, and how long to wait with a refusal', () => {
    const { call } = bench({ perMinute: 30, burst: 2 })
    expect(call('a').headers).toEqual({
      'ratelimit-limit': '2',
      'ratelimit-remaining': '1',
      'ratelimit-reset': '2',
    })
    call('a')
    expect(call('a')).toMatchObject({
      error: { code: 'too_many_requests' },
      headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '4', 'retry-after': '2' },
    })
  })

  test('as often as they like when there is no limit', () => {
    const { call } = bench({ perMinute: 0, burst: 1 })
    expect(times(100).every(() => call('a').ok)).toBe(true)
    expect(call('a').headers).toEqual({})
  })

  test('a clock that was put back gives nothing', () => {
    const { call, passMs } = bench({ perMinute: 60, burst: 1 })
    call('a')
    passMs(-3_600_000)
    expect(call('a').ok).toBe(false)
    passMs(1_000)
    expect(call('a').ok).toBe(true)
  })

  test('of many callers only so many are remembered, and those who are quiet are forgotten first', () => {
    const { call, passMs } = bench({ perMinute: 60, burst: 2 }, 3)
    for (const caller of ['a', 'b', 'c']) call(caller)
    passMs(60_000)
    for (const caller of ['b', 'b', 'b']) call(caller)
    for (const caller of ['d', 'e', 'f']) call(caller)
    expect(times(3).filter(() => call('f').ok)).toHaveLength(1)
  })
})
