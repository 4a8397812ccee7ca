import { expect, test } from 'vitest'
import { SleeplessClock } from '../../test/support/clocks.ts'
import { systemClock } from './clock.ts'
import { CancelledError } from './errors.ts'
import { createTokenBucket } from './limiter.ts'

const never = new AbortController().signal

test('a burst starts at once, the rest at the rate', async () => {
  const clock = new SleeplessClock()
  const limiter = createTokenBucket({ perMinute: 60, burst: 3, clock })
  const startedAt: number[] = []
  for (let i = 0; i < 6; i++) {
    await limiter.acquire(never)
    startedAt.push(clock.now().getTime())
  }
  const first = startedAt[0]!
  expect(startedAt.map(at => at - first)).toEqual([0, 0, 0, 1000, 2000, 3000])
})

test('permits are given in the order they were asked for', async () => {
  const limiter = createTokenBucket({ perMinute: 6000, burst: 1, clock: systemClock })
  const order: number[] = []
  await Promise.all(
    [1, 2, 3, 4].map(async n => {
      await limiter.acquire(never)
      order.push(n)
    }),
  )
  expect(order).toEqual([1, 2, 3, 4])
})

test('a pause holds everybody, and afterwards they go one by one', async () => {
  const clock = new SleeplessClock()
  const limiter = createTokenBucket({ perMinute: 60, burst: 10, clock })
  const start = clock.now().getTime()
  limiter.pause(30_000)
  await limiter.acquire(never)
  expect(clock.now().getTime() - start).toBe(30_000)
})

test('a shorter pause does not shorten a longer one', async () => {
  const clock = new SleeplessClock()
  const limiter = createTokenBucket({ perMinute: 60, burst: 10, clock })
  const start = clock.now().getTime()
  limiter.pause(30_000)
  limiter.pause(1_000)
  await limiter.acquire(never)
  expect(clock.now().getTime() - start).toBe(30_000)
})

test('who gives up waiting leaves the queue, and the others go on', async () => {
  const limiter = createTokenBucket({ perMinute: 1200, burst: 1, clock: systemClock })
  await limiter.acquire(never)
  const abort = new AbortController()
  const quitter = limiter.acquire(abort.signal)
  const patient = limiter.acquire(never)
  abort.abort()
  await expect(quitter).rejects.toBeInstanceOf(CancelledError)
  await patient
})

test('nobody left waiting, nothing left running; a later one is served again', async () => {
  const limiter = createTokenBucket({ perMinute: 600, burst: 1, clock: systemClock })
  await limiter.acquire(never)
  const abort = new AbortController()
  const quitter = limiter.acquire(abort.signal)
  abort.abort()
  await expect(quitter).rejects.toBeInstanceOf(CancelledError)
  await limiter.acquire(never)
})

test('an aborted signal is refused at once', async () => {
  const limiter = createTokenBucket({ perMinute: 600, burst: 1, clock: systemClock })
  await expect(limiter.acquire(AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError)
})
