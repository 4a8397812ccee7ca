import { afterEach, expect, inject, test } from 'vitest'
import { quickLimits } from '../../test/support/mirror.ts'
import { type Customer, WorkerPool } from './worker-pool.ts'

let pool: WorkerPool
afterEach(async () => {
  delete process.env.TENFOLD_TEST_HOLDING_PART
  await pool.close()
})

test('a thread that a part holds for ever is ended, and another one reads on', async () => {
  process.env.TENFOLD_TEST_HOLDING_PART = 'endless'
  pool = new WorkerPool({
    size: 1,
    // Long enough to start in, on a busy machine.
    silenceMs: 8_000,
    entry: new URL('../../test/faults/caught-worker.fixture.ts', import.meta.url),
    setup: { connectionString: inject('postgres'), applicationName: 'tenfold test', logLevel: 'silent' },
  })
  const customer: Customer = {
    runId: 0,
    source: {
      kind: 'tenable-vm',
      baseUrl: 'http://127.0.0.1:9',
      accessKey: 'a',
      secretKey: 'b',
      limits: quickLimits,
    },
    limiter: { acquire: () => Promise.resolve(), pause: () => undefined },
  }
  const read = (partId: string) =>
    pool.run(customer, {
      task: {
        part: { stream: 'findings', exportId: 'e', partId, readAt: '2026-01-01T00:00:00Z', detail: {} },
        context: {
          runId: 0,
          fence: 0,
          sourceId: 0,
          sourceRank: 0,
          isFirstLoad: false,
          isFull: false,
          exportJobId: 0,
          exportId: 'e',
          partId,
          readAt: '2026-01-01T00:00:00Z',
          unseenBefore: null,
          isBeside: false,
        },
      },
      priority: 1,
      signal: new AbortController().signal,
      claim: () => Promise.resolve(1),
    })
  const [held, next] = await Promise.allSettled([read('endless'), read('other')])
  expect(held).toMatchObject({ status: 'rejected', reason: { code: 'worker_lost' } })
  // It was begun: what it was refused for is that there is no such database to write to.
  expect(next).toMatchObject({ status: 'rejected', reason: { code: expect.not.stringMatching('worker_lost') } })
}, 60_000)
