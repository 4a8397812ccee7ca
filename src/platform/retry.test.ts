import { describe, expect, test } from 'vitest'
import { SleeplessClock } from '../../test/support/clocks.ts'
import { backoffMs, parseRetryAfter, retrying } from './retry.ts'

const never = new AbortController().signal
const policy = { maxAttempts: 4, delayMs: 100, maxDelayMs: 1000 }

describe('Retry-After', () => {
  const now = new Date('2026-01-01T00:00:00Z')
  const cases = [
    { name: 'seconds', header: '30', ms: 30_000 },
    { name: 'a fraction of a second', header: '0.5', ms: 500 },
    { name: 'a date', header: 'Thu, 01 Jan 2026 00:00:10 GMT', ms: 10_000 },
    { name: 'a date that has passed', header: 'Wed, 31 Dec 2025 00:00:00 GMT', ms: 0 },
    { name: 'nothing', header: undefined, ms: undefined },
    { name: 'rubbish', header: 'soon', ms: undefined },
    { name: 'a year is a mistake', header: '31536000', ms: 3_600_000 },
  ]
  for (const { name, header, ms } of cases) test(name, () => expect(parseRetryAfter(header, now)).toBe(ms))
})

test('waits double up to a limit, and are spread out', () => {
  expect([1, 2, 3, 4, 5, 6].map(attempt => backoffMs(policy, attempt, () => 1))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ])
  expect(backoffMs(policy, 4, () => 0)).toBe(0)
})

test('the last error passes through when the attempts are used up', async () => {
  const clock = new SleeplessClock()
  const attempts: number[] = []
  const work = retrying(
    { clock, random: () => 1 },
    policy,
    number => {
      attempts.push(number)
      return Promise.reject(new Error(`attempt ${number}`))
    },
    () => ({ again: true }),
    never,
  )
  await expect(work).rejects.toThrow('attempt 4')
  expect(attempts).toEqual([1, 2, 3, 4])
  expect(clock.slept).toEqual([100, 200, 400])
})

test('what the remote asked for is the least wait', async () => {
  const clock = new SleeplessClock()
  let attempt = 0
  const work = retrying(
    { clock, random: () => 1 },
    policy,
    () => {
      attempt += 1
      return attempt === 1 ? Promise.reject(new Error('busy')) : Promise.resolve('done')
    },
    () => ({ again: true, atLeastMs: 30_000 }),
    never,
  )
  expect(await work).toBe('done')
  expect(clock.slept).toEqual([30_000])
})

test('a hopeless error is not tried again', async () => {
  const clock = new SleeplessClock()
  const work = retrying(
    { clock },
    policy,
    () => Promise.reject(new Error('no')),
    () => ({ again: false }),
    never,
  )
  await expect(work).rejects.toThrow('no')
  expect(clock.slept).toEqual([])
})

test('an abort ends the waiting', async () => {
  const abort = new AbortController()
  const clock = new SleeplessClock()
  const work = retrying(
    { clock },
    policy,
    () => {
      abort.abort()
      return Promise.reject(new Error('no'))
    },
    () => ({ again: true }),
    abort.signal,
  )
  await expect(work).rejects.toThrow('no')
  expect(clock.slept).toEqual([])
})
