import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { unrestricted } from '../access.ts'
import { recordAudit } from '../audit.ts'
import { loadSyncStatistics } from './freshness.ts'
import { listQualityIssues, listRejected } from './record-lists.ts'
import { getRun } from './run-detail.ts'
import { listRuns, loadCurrentRuns } from './run-list.ts'
import { getRunLog } from './run-log.ts'
import { insertSampleEstate } from './sample-estate.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
})
afterAll(() => db.drop())

describe('runs', () => {
  test('counts are the sum of the chunks; parts are those of the exports that stand', async () => {
    const run = await getRun(unrestricted(db.database), 1)
    expect(run).toMatchObject({
      source: 'Cloud',
      status: 'completed',
      processed: 840,
      duration_ms: 299_000,
      counts: { received: 840, inserted: 828, changed: 5, unchanged: 6, rejected: 1, bytes: 12_100 },
      rejected: 7,
      quality_issues: 5,
    })
    expect(run.streams.map(stream => [stream.stream, stream.parts_done, stream.parts_total])).toEqual([
      ['plugins', 0, 1],
      ['assets', 2, 2],
      ['findings', 2, 3],
    ])
    expect(run.exports.map(job => [job.export_id, job.chunks.length])).toEqual([
      ['e-1', 2],
      ['e-2', 2],
    ])
  })

  test('parts of an export that was asked again are not counted twice', async () => {
    await db.database.query(
      `insert into export_job (run_id, stream, export_id, asked, read_at) values (2, 'findings', 'e-4', '{}', now())`,
    )
    await db.database.query(
      `insert into export_chunk (export_job_id, part_id, detail, status, received)
       select export_job_id, p, '{}', 'done', 10 from export_job, unnest(array['1', '2']) p where export_id = 'e-4'`,
    )
    const [findings] = (await getRun(unrestricted(db.database), 2)).streams.filter(
      stream => stream.stream === 'findings',
    )
    expect(findings).toMatchObject({ parts_done: 2, parts_failed: 0, counts: { received: 20 } })
  })

  test('are listed newest first, page by page, filtered', async () => {
    const first = await listRuns(unrestricted(db.database), { filter: {}, limit: 2 })
    expect(first.items.map(run => run.id)).toEqual([3, 2])
    expect(first.total).toBe(3)
    const second = await listRuns(unrestricted(db.database), {
      filter: {},
      limit: 2,
      cursor: first.next_cursor ?? undefined,
    })
    expect(second.items.map(run => run.id)).toEqual([1])
    expect(second.next_cursor).toBeNull()
    const failed = await listRuns(unrestricted(db.database), {
      filter: { status: ['failed', 'partial'], source_id: [2] },
      limit: 9,
    })
    expect(failed.items.map(run => run.id)).toEqual([3])
  })

  test('a stream that the run never came to is pending while it runs and skipped after it', async () => {
    expect((await getRun(unrestricted(db.database), 3)).streams.map(stream => [stream.stream, stream.status])).toEqual([
      ['assets', 'failed'],
      ['findings', 'skipped'],
    ])
  })

  test('the log tells what happened in order, who asked for it too', async () => {
    await recordAudit(db.database, {
      actor: { kind: 'cli', name: 'somebody' },
      action: 'run.requested',
      subject: 'run:1',
    })
    const log = await getRunLog(unrestricted(db.database), 1)
    const events = log.items.map(entry => entry.event)
    expect(events[0]).toBe('run_queued')
    expect(events.filter(event => event === 'part_done')).toHaveLength(4)
    expect(events.filter(event => event === 'record_rejected')).toHaveLength(7)
    expect(events).toContain('run.requested')
    const times = log.items.map(entry => Date.parse(entry.at))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(log.is_truncated).toBe(false)
    const failed = await getRunLog(unrestricted(db.database), 3)
    expect(failed.items.at(-1)).toMatchObject({
      event: 'run_failed',
      level: 'error',
      message: 'The key may not export.',
    })
  })

  test('none such is said so', async () => {
    for (const ask of [getRun, getRunLog]) {
      await expect(ask(unrestricted(db.database), 99)).rejects.toMatchObject({ code: 'job_not_found' })
    }
  })

  test('current ones are those that go on, and the last of each source', async () => {
    expect((await loadCurrentRuns(unrestricted(db.database))).map(run => run.id)).toEqual([3, 2])
    expect((await loadCurrentRuns(unrestricted(db.database), [1])).map(run => run.id)).toEqual([2])
    const { rows } = await db.database.query<{ run_id: number }>(
      `insert into run (source_id, kind, trigger, streams, status, started_at)
       values (1, 'full', 'api', '{assets}', 'running', now()) returning run_id`,
    )
    const statistics = await loadSyncStatistics(unrestricted(db.database), new Date())
    expect(statistics).toMatchObject({
      is_running: true,
      is_stale: true,
      runs: { completed: 1, partial: 1, running: 1 },
    })
    expect(statistics.active.map(run => run.id)).toEqual([rows[0]!.run_id])
    expect(statistics.sources[0]).toMatchObject({ source: 'Cloud', as_of: '2026-11-20T05:57:00Z' })
    expect(statistics.sources[1]).toMatchObject({ source: 'Lab', as_of: null, stale_after: null, is_stale: true })
  })
})

describe('records', () => {
  test('rejected ones are listed newest first with their raw text', async () => {
    const first = await listRejected(unrestricted(db.database), { filter: {}, limit: 5 })
    expect(first.items.map(record => record.raw)).toEqual(['7', '6', '5', '4', '3'])
    const rest = await listRejected(unrestricted(db.database), {
      filter: {},
      limit: 5,
      cursor: first.next_cursor ?? undefined,
    })
    expect(rest.items.map(record => record.raw)).toEqual(['2', '1'])
    const found = await listRejected(unrestricted(db.database), {
      filter: { q: 'NUMBER 3', run_id: [1], stream: ['assets'] },
      limit: 5,
    })
    expect(found.items).toHaveLength(1)
    expect((await listRejected(unrestricted(db.database), { filter: { q: '%' }, limit: 5 })).total).toBe(0)
  })

  test('odd ones are listed with what is odd', async () => {
    const issues = await listQualityIssues(unrestricted(db.database), { filter: { source_id: [1] }, limit: 2 })
    expect(issues).toMatchObject({
      total: 5,
      items: [{ record: 'finding 5', source: 'Cloud' }, { record: 'finding 4' }],
    })
  })
})
