import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { systemClock } from '../platform/clock.ts'
import { CancelledError } from '../platform/errors.ts'
import { silentLog } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import { budgetKey, SharedLimiter } from './shared-limiter.ts'

// Limiters of several processes, each with connections of its own, over one row of the database.

let db: TestDatabase
let keys = 0
const open: SharedLimiter[] = []
beforeAll(async () => {
  db = await createTestDatabase()
})
afterEach(() => Promise.all(open.splice(0).map(limiter => limiter.stop())))
afterAll(() => db.drop())

const never = new AbortController().signal

function limiters(count: number, perMinute: number, burst: number, database: Database = db.database) {
  const terms = { keyHash: budgetKey('https://cloud.tenable.com', `key ${++keys}`), perMinute, burst }
  const made = Array.from(
    { length: count },
    () => new SharedLimiter({ database, clock: systemClock, log: silentLog }, terms),
  )
  open.push(...made)
  return made
}

test('several processes with one key stay together below its rate, and each gets its share', async () => {
  const [one, other] = limiters(2, 600, 5)
  const from = performance.now()
  const order: string[] = []
  const take = (limiter: SharedLimiter, name: string) =>
    Array.from({ length: 15 }, () => limiter.acquire(never).then(() => order.push(name)))
  await Promise.all([...take(one!, 'one'), ...take(other!, 'other')])
  // 30 requests: 5 at once, the others at ten a second.
  expect(performance.now() - from).toBeGreaterThan(2_400)
  const half = order.slice(0, 20)
  expect(half.filter(name => name === 'one').length).toBeGreaterThanOrEqual(4)
  expect(half.filter(name => name === 'other').length).toBeGreaterThanOrEqual(4)
}, 30_000)

test('a quick source costs one statement for many requests', async () => {
  let statements = 0
  const counting: Database = {
    ...db.database,
    query: (text, values) => {
      statements += 1
      return db.database.query(text, values)
    },
  }
  const [limiter] = limiters(1, 60_000, 1_000, counting)
  for (let i = 0; i < 400; i++) await limiter!.acquire(never)
  expect(statements).toBeLessThanOrEqual(3)
})

test('when the source asks one process to wait, the others wait too', async () => {
  const [one, other] = limiters(2, 60_000, 4)
  await one!.acquire(never)
  one!.pause(1_200)
  const from = performance.now()
  await new Promise(resolve => setTimeout(resolve, 50))
  await Promise.all([one!.acquire(never), other!.acquire(never)])
  expect(performance.now() - from).toBeGreaterThan(1_150)
})

test('another key has a budget of its own', async () => {
  const [busy] = limiters(1, 60, 1)
  const [free] = limiters(1, 60, 1)
  await busy!.acquire(never)
  const from = performance.now()
  await free!.acquire(never)
  expect(performance.now() - from).toBeLessThan(900)
})

test('who is cancelled while waiting leaves the queue', async () => {
  const [limiter] = limiters(1, 60, 1)
  await limiter!.acquire(never)
  const stop = new AbortController()
  const waiting = limiter!.acquire(stop.signal)
  stop.abort()
  await expect(waiting).rejects.toBeInstanceOf(CancelledError)
})
