import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunView, SyncSnapshot } from '../contract/sync.ts'
import { type Clock, systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { createRunFeed } from './run-feed.ts'
import { startTestServer, type TestServer } from './test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

interface Told {
  readonly id: string
  readonly event: string
  readonly data: ReturnType<typeof JSON.parse>
}

/** Follows events until told to stop; each is checked against the contract. */
async function follow(query = '', headers: Record<string, string> = {}) {
  const abort = new AbortController()
  const response = await server.fetch(`/api/tenable/events${query}`, { headers, signal: abort.signal })
  const told: Told[] = []
  const comments: string[] = []
  const reading = (async () => {
    let rest = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\n\n')
      rest = parts.pop()!
      for (const part of parts) {
        const fields = new Map(part.split('\n').map(line => [line.split(':')[0], line.slice(line.indexOf(':') + 2)]))
        if (!fields.has('event')) comments.push(part)
        else {
          const data = JSON.parse(fields.get('data')!)
          const schema = fields.get('event') === 'snapshot' ? SyncSnapshot : RunView
          expect(schema.safeParse(data).error?.issues).toBeUndefined()
          told.push({ id: fields.get('id')!, event: fields.get('event')!, data })
        }
      }
    }
  })().catch(() => undefined)
  return {
    response,
    told,
    comments,
    stop: async () => {
      abort.abort()
      await reading
    },
  }
}

const startRun = async (sourceId: number) => {
  const { rows } = await server.db.database.query<{ run_id: number }>(
    `insert into run (source_id, kind, trigger, streams, status, started_at)
     values ($1, 'full', 'api', '{assets}', 'running', now()) returning run_id`,
    [sourceId],
  )
  return rows[0]!.run_id
}
const progress = (runId: number, received: number) =>
  server.db.database.query(
    `with job as (
       insert into export_job (run_id, stream, export_id, asked, read_at) values ($1, 'assets', 'x', '{}', now())
       on conflict (run_id, stream, export_id) do update set reason = null returning export_job_id, run_id
     ), stream as (
       insert into run_stream (run_id, stream, status) select run_id, 'assets', 'reading' from job on conflict do nothing
     )
     insert into export_chunk (export_job_id, part_id, detail, status, received) select export_job_id, '1', '{}', 'done', $2 from job
     on conflict (export_job_id, part_id) do update set received = excluded.received`,
    [runId, received],
  )
const endRun = (runId: number) =>
  server.db.database.query(`update run set status = 'completed', finished_at = now() where run_id = $1`, [runId])
const ofRun = (told: readonly Told[], runId: number) => told.filter(one => one.event === 'run' && one.data.id === runId)

test('first the whole, then each run whose rows changed, then its end', async () => {
  const listener = await follow()
  expect(listener.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(listener.response.headers.get('cache-control')).toContain('no-store')
  await expect.poll(() => listener.told[0]?.event).toBe('snapshot')
  expect(listener.told[0]!.data.jobs.map((job: { id: number }) => job.id)).toEqual([3, 2])
  expect(listener.comments[0]).toContain('retry:')

  const runId = await startRun(1)
  await progress(runId, 10)
  await expect.poll(() => ofRun(listener.told, runId).at(-1)?.data.processed).toBe(10)
  await progress(runId, 25)
  await expect.poll(() => ofRun(listener.told, runId).at(-1)?.data.processed).toBe(25)
  const count = listener.told.length
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(listener.told.length, 'nothing changed, so nothing is told').toBe(count)
  await endRun(runId)
  await expect.poll(() => ofRun(listener.told, runId).at(-1)?.data.status).toBe('completed')
  await listener.stop()
})

test('who comes back is told what it missed, once', async () => {
  const listener = await follow()
  const runId = await startRun(1)
  await progress(runId, 1)
  await expect.poll(() => ofRun(listener.told, runId).at(-1)?.data.processed).toBe(1)
  const last = listener.told.at(-1)!.id
  // Somebody else still listens, so that the poller goes on.
  const other = await follow()
  await listener.stop()
  await progress(runId, 2)
  await expect.poll(() => ofRun(other.told, runId).at(-1)?.data.processed).toBe(2)
  await endRun(runId)
  await expect.poll(() => ofRun(other.told, runId).at(-1)?.data.status).toBe('completed')

  const back = await follow('', { 'last-event-id': last })
  await expect.poll(() => ofRun(back.told, runId).at(-1)?.data.status).toBe('completed')
  expect(back.told.some(one => one.event === 'snapshot')).toBe(false)
  const missed = other.told.filter(one => one.event === 'run').map(one => one.id)
  expect(back.told.map(one => one.id)).toEqual(missed.slice(-back.told.length))
  await back.stop()
  await other.stop()
})

test('who comes back with an id that says nothing here gets the whole', async () => {
  for (const id of ['', 'nonsense', 'abc-1', '999999999-5']) {
    const listener = await follow('', { 'last-event-id': id })
    await expect.poll(() => listener.told[0]?.event).toBe('snapshot')
    await listener.stop()
  }
})

test('only of the sources asked for', async () => {
  const listener = await follow('?source_id=2')
  await expect.poll(() => listener.told[0]?.event).toBe('snapshot')
  expect(listener.told[0]!.data.jobs.map((job: { id: number }) => job.id)).toEqual([3])
  const mine = await startRun(2)
  const other = await startRun(1)
  await expect.poll(() => ofRun(listener.told, mine).length).toBeGreaterThan(0)
  expect(ofRun(listener.told, other)).toEqual([])
  await endRun(mine)
  await endRun(other)
  await listener.stop()
})

test('one poller for all listeners, and none without', async () => {
  let waits = 0
  let waiting = 0
  const clock: Clock = {
    now: () => new Date(),
    sleep: async (ms, signal) => {
      waits += 1
      waiting += 1
      await systemClock.sleep(ms, signal).finally(() => {
        waiting -= 1
      })
    },
  }
  const feed = createRunFeed({ database: server.db.database, clock, log: silentLog, pollMs: 20 })
  const settled = () => new Promise(resolve => setTimeout(resolve, 200))
  await settled()
  expect(waits).toBe(0)
  const unlisten = [await feed.listen(() => undefined), await feed.listen(() => undefined)]
  await expect.poll(() => waits).toBeGreaterThan(3)
  expect(waiting).toBeLessThanOrEqual(1)
  for (const end of unlisten) end()
  await settled()
  const before = waits
  await settled()
  expect([waits, waiting]).toEqual([before, 0])
  const end = await feed.listen(() => undefined)
  await expect.poll(() => waits).toBeGreaterThan(before)
  end()
  feed.stop()
})
