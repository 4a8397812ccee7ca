import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { openMirror } from '../../test/support/mirror.ts'
import type { Clock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { unrestricted } from '../store/access.ts'
import { loadSyncStatistics } from '../store/queries/freshness.ts'
import { loadSourceCalls } from '../store/queries/source-calls.ts'
import { addSourceCalls } from '../store/source-calls.ts'
import { CallCounter } from './call-counter.ts'

let db: TestDatabase
let now = new Date()
const clock: Clock = {
  now: () => now,
  sleep: (_ms, signal) => new Promise(resolve => signal?.addEventListener('abort', () => resolve())),
}
beforeAll(async () => {
  db = await createTestDatabase()
  await db.database.query(
    `insert into source (tenant_id, name, kind, base_url) values (1, 'Cloud', 'tenable-vm', 'https://cloud.tenable.com')`,
  )
})
afterAll(() => db.drop())
beforeEach(async () => {
  now = new Date('2026-11-24T15:59:00Z')
  await db.database.query('truncate source_call')
})

const counter = () => new CallCounter({ database: db.database, clock, log: silentLog, allowedPerMinute: 100 })
const call = (ms: number, status: number | null = 200, error: string | null = null) => ({
  ms,
  status,
  error,
  bytes: 10,
})

test('calls are counted by the hour, by several engines together, and written down at the end', async () => {
  const [one, other] = [counter(), counter()]
  for (const each of [one, other]) each.start()
  one.count(1, call(200), 'source')
  one.count(1, call(400), 'source')
  one.count(1, call(60_000), 'rows')
  one.count(1, call(50, 429, 'rate_limited'), 'source')
  other.count(1, call(6_000), 'source')
  other.count(1, call(10, null, 'unreachable'), 'source')
  other.count(1, call(10, null, 'cancelled'), 'source')
  now = new Date('2026-11-24T16:00:00Z')
  other.count(1, call(100), 'source')
  await Promise.all([one.stop(), other.stop()])
  const [source] = await loadSourceCalls(unrestricted(db.database), now)
  expect(source).toEqual({
    source_id: 1,
    source: 'Cloud',
    is_slow: true,
    is_refusing: true,
    hours: [
      {
        hour: '2026-11-24T15:00:00Z',
        calls: 7,
        failed: 2,
        refused: 1,
        slow: 1,
        average_ms: 1112,
        median_ms: 50,
        longest_ms: 6000,
        bytes: 70,
        utilisation: 0.0012,
      },
      expect.objectContaining({ hour: '2026-11-24T16:00:00Z', calls: 1, slow: 0, average_ms: 100 }),
    ],
  })
  expect((await loadSyncStatistics(unrestricted(db.database), now)).calls).toEqual([source])
})

test('what is older than a day is not shown, and stays', async () => {
  const days = [0, 2, 91]
  const counted = {
    calls: 1,
    failed: 0,
    refused: 0,
    timed: 0,
    slow: 0,
    totalMs: 0,
    longestMs: 0,
    bytes: 0,
    latencies: [],
  }
  await addSourceCalls(
    db.database,
    days.map(ago => ({
      sourceId: 1,
      hour: new Date(Date.now() - ago * 86_400_000),
      allowedPerMinute: 100,
      ...counted,
    })),
  )
  const [source] = await loadSourceCalls(unrestricted(db.database), new Date())
  expect(source).toMatchObject({ is_slow: false, is_refusing: false, hours: [{ calls: 1, average_ms: null }] })
  expect((await db.database.query('select from source_call')).rows).toHaveLength(3)
})

test('a run’s calls are counted, those of its workers too', async () => {
  const mirror = await openMirror({ assets: 20, findings: 300 })
  try {
    await mirror.sync()
    await mirror.engine.stop()
    const [source] = await loadSourceCalls(unrestricted(mirror.database), new Date())
    const chunks = await mirror.database.query('select from export_chunk')
    const calls = source!.hours.reduce((sum, hour) => sum + hour.calls, 0)
    expect(calls).toBeGreaterThan(chunks.rows.length)
    expect(source!.hours.reduce((sum, hour) => sum + hour.bytes, 0)).toBeGreaterThan(1000)
  } finally {
    await mirror.close()
  }
})
