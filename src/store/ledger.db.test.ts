import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { aFinding } from '../../test/support/make.ts'
import { startMergeRun } from '../../test/support/merging.ts'
import * as ledger from './ledger.ts'
import { claimPart } from './part-claims.ts'
import { findWatermarks } from './reading-window.ts'

let db: TestDatabase
let sourceId: number
let otherId: number

beforeAll(async () => {
  db = await createTestDatabase()
  const { rows: sources } = await db.database.query<{ source_id: number }>(
    `insert into source (tenant_id, name, kind, base_url)
     values (1, 'one', 'tenable-vm', 'https://example.org'), (1, 'other', 'tenable-vm', 'https://example.org')
     returning source_id`,
  )
  sourceId = sources[0]!.source_id
  otherId = sources[1]!.source_id
})
afterAll(() => db.drop())
beforeEach(() =>
  db.database.query('truncate run, run_stream, export_job, export_chunk, finding, asset, asset_total cascade'),
)

const queue = (id = sourceId) =>
  ledger.queueRun(db.database, { sourceId: id, kind: 'full', trigger: 'cli', streams: ['assets', 'findings'] })

/** A run that somebody works on. */
async function heldRun(owner = 'me'): Promise<{ runId: number; fence: number }> {
  const { runId } = await queue()
  return { runId, fence: (await ledger.claimRun(db.database, runId, 0, owner))! }
}

/** Takes a part, as the holder of its run does. */
async function claim(exportJobId: number, partId: string): Promise<number | undefined> {
  const [run] = await rows('select fence from run join export_job using (run_id) where export_job_id = $1', [
    exportJobId,
  ])
  return claimPart(db.database, { exportJobId, partId, fence: Number(run?.fence) }, 'me')
}

async function rows(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await db.database.query<Record<string, unknown>>(text, values)).rows
}

describe('the queue', () => {
  test('a source has one run at a time; whoever asks again gets that one', async () => {
    const first = await queue()
    expect(first.created).toBe(true)
    expect(await queue()).toEqual({ runId: first.runId, created: false })
    await ledger.claimRun(db.database, first.runId, 0, 'me')
    expect(await queue()).toEqual({ runId: first.runId, created: false })
    expect((await queue(otherId)).created).toBe(true)
  })

  test('many who ask at once get one run', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => queue()))
    expect(new Set(answers.map(answer => answer.runId)).size).toBe(1)
    expect(answers.filter(answer => answer.created)).toHaveLength(1)
  })

  test('after the end of a run the next one is new', async () => {
    const { runId, fence } = await heldRun()
    await ledger.finishRun(db.database, runId, fence, 'completed', null)
    const next = await queue()
    expect(next.created).toBe(true)
    expect(next.runId).toBeGreaterThan(runId)
  })

  test('open runs are those that have not ended, oldest first', async () => {
    const { runId, fence } = await heldRun()
    await ledger.finishRun(db.database, runId, fence, 'failed', { code: 'x', message: 'y' })
    const running = await heldRun()
    const pending = await queue(otherId)
    expect((await ledger.findOpenRuns(db.database)).map(run => [run.run_id, run.status])).toEqual([
      [running.runId, 'running'],
      [pending.runId, 'pending'],
    ])
  })
})

describe('a run and who holds it', () => {
  test('of many who claim it one holds it', async () => {
    const { runId } = await queue()
    const fences = await Promise.all(['a', 'b', 'c', 'd'].map(owner => ledger.claimRun(db.database, runId, 0, owner)))
    expect(fences.filter(fence => fence !== undefined)).toEqual([1])
    expect(await ledger.findRun(db.database, runId)).toMatchObject({ status: 'running', fence: 1 })
  })

  test('who takes it over raises the fence; the older holder beats, ends and merges no more', async () => {
    const run = await startMergeRun(db.database, 'one')
    const taken = await ledger.claimRun(db.database, run.runId, run.fence, 'another')
    expect(taken).toBe(run.fence + 1)
    expect(await ledger.beat(db.database, run.runId, run.fence)).toEqual({ isHeld: false, isCancelled: false })
    expect(await ledger.finishRun(db.database, run.runId, run.fence, 'completed', null)).toBe(false)
    await expect(run.merge('findings', [aFinding()])).rejects.toMatchObject({ code: 'fenced' })
    expect(await rows('select from finding')).toEqual([])
    expect(await ledger.beat(db.database, run.runId, taken!)).toEqual({ isHeld: true, isCancelled: false })
    expect(await ledger.claimRun(db.database, run.runId, run.fence, 'the first again')).toBeUndefined()
  })

  test('a beat is the holder’s sign of life', async () => {
    const { runId, fence } = await heldRun()
    await db.database.query("update run set heartbeat_at = now() - interval '1 hour'")
    expect((await ledger.findRun(db.database, runId))?.heartbeat_age_ms).toBeGreaterThan(3_599_000)
    await ledger.beat(db.database, runId, fence)
    expect((await ledger.findRun(db.database, runId))?.heartbeat_age_ms).toBeLessThan(60_000)
  })

  test('a take-over keeps when the run began', async () => {
    const { runId, fence } = await heldRun()
    const [before] = await rows('select started_at from run')
    await ledger.claimRun(db.database, runId, fence, 'another')
    expect(await rows('select started_at, owner from run')).toEqual([{ ...before, owner: 'another' }])
  })

  test('an ended run cannot be claimed, beaten or ended again', async () => {
    const { runId, fence } = await heldRun()
    expect(
      await ledger.finishRun(db.database, runId, fence, 'failed', { code: 'forbidden', message: 'no right' }),
    ).toBe(true)
    expect(await ledger.claimRun(db.database, runId, fence, 'me')).toBeUndefined()
    expect(await ledger.beat(db.database, runId, fence)).toEqual({ isHeld: false, isCancelled: false })
    expect(await ledger.finishRun(db.database, runId, fence, 'completed', null)).toBe(false)
    expect(await rows('select status, error_code, error_message, heartbeat_at from run')).toEqual([
      { status: 'failed', error_code: 'forbidden', error_message: 'no right', heartbeat_at: null },
    ])
  })
})

describe('cancelling', () => {
  test('a pending run ends at once', async () => {
    const { runId } = await queue()
    expect(await ledger.requestCancel(db.database, runId)).toBe(true)
    const [run] = await rows('select status, finished_at from run')
    expect(run?.status).toBe('cancelled')
    expect(run?.finished_at).not.toBeNull()
    expect(await ledger.claimRun(db.database, runId, 0, 'me')).toBeUndefined()
  })

  test('a running one is told at the next beat, and goes on telling', async () => {
    const { runId, fence } = await heldRun()
    expect(await ledger.requestCancel(db.database, runId)).toBe(true)
    const [first] = await rows('select status, cancel_requested_at, finished_at from run')
    expect(first).toMatchObject({ status: 'running', finished_at: null })
    await ledger.requestCancel(db.database, runId)
    expect(await rows('select cancel_requested_at from run')).toEqual([
      { cancel_requested_at: first?.cancel_requested_at },
    ])
    expect(await ledger.beat(db.database, runId, fence)).toEqual({ isHeld: true, isCancelled: true })
    // Whoever takes the run over is told too.
    const taken = await ledger.claimRun(db.database, runId, fence, 'another')
    expect(await ledger.beat(db.database, runId, taken!)).toEqual({ isHeld: true, isCancelled: true })
  })

  test('an ended one has nothing to cancel', async () => {
    const { runId, fence } = await heldRun()
    await ledger.finishRun(db.database, runId, fence, 'completed', null)
    expect(await ledger.requestCancel(db.database, runId)).toBe(false)
    expect(await rows('select status, cancel_requested_at from run')).toEqual([
      { status: 'completed', cancel_requested_at: null },
    ])
  })
})

const exportNamed = (exportId: string, facts: Partial<ledger.NewExport> = {}): ledger.NewExport => ({
  exportId,
  asked: { since: 1 },
  echoed: null,
  notes: [],
  readAt: '2026-02-01T00:00:00Z',
  ...facts,
})

describe('exports and their parts', () => {
  test('an export is written down once; what the source understood is added', async () => {
    const { runId } = await heldRun()
    const id = await ledger.recordExport(db.database, runId, 'findings', exportNamed('e'))
    const again = await ledger.recordExport(db.database, runId, 'findings', exportNamed('e', { echoed: { since: 1 } }))
    expect(again).toBe(id)
    await ledger.recordExport(db.database, runId, 'findings', exportNamed('e'))
    expect(await rows('select asked, echoed from export_job')).toEqual([{ asked: { since: 1 }, echoed: { since: 1 } }])
    expect(await ledger.listExports(db.database, runId, 'findings')).toMatchObject([
      { export_job_id: id, export_id: 'e', status: 'open', read_at: '2026-02-01T00:00:00Z' },
    ])
    expect(await ledger.listExports(db.database, runId, 'assets')).toEqual([])
  })

  test('an export that was given up and is taken up again is open', async () => {
    const { runId } = await heldRun()
    const id = await ledger.recordExport(db.database, runId, 'findings', exportNamed('e'))
    expect(await ledger.listOpenExports(db.database, runId)).toHaveLength(1)
    await ledger.endExport(db.database, id, 'expired', 'older than a day')
    expect(await ledger.listOpenExports(db.database, runId)).toEqual([])
    await ledger.recordExport(db.database, runId, 'findings', exportNamed('e'))
    expect(await rows('select status, reason, finished_at from export_job')).toEqual([
      { status: 'open', reason: null, finished_at: null },
    ])
  })

  test('a crash resumes from the parts that are not done', async () => {
    const run = await startMergeRun(db.database, 'one')
    await run.merge('findings', [aFinding()])
    const [job] = await ledger.listExports(db.database, run.runId, 'findings')
    const exportJobId = job!.export_job_id
    // One was being read when it crashed, one never was.
    expect(await ledger.recordPart(db.database, exportJobId, 'half', {})).toBe(0)
    await claim(exportJobId, 'half')
    expect(await ledger.recordPart(db.database, exportJobId, 'next', {})).toBe(0)
    const offered = []
    for (const part of ['1', 'half', 'next']) {
      if ((await ledger.recordPart(db.database, exportJobId, part, {})) !== undefined) offered.push(part)
    }
    expect(offered).toEqual(['half', 'next'])
    expect(await rows('select part_id, status, attempts from export_chunk order by part_id')).toEqual([
      { part_id: '1', status: 'done', attempts: 0 },
      { part_id: 'half', status: 'available', attempts: 1 },
      { part_id: 'next', status: 'available', attempts: 0 },
    ])
    expect(await ledger.partCounts(db.database, exportJobId, '1')).toMatchObject({
      received: 1,
      inserted: 1,
      bytes: 100,
    })
    expect(await ledger.partCounts(db.database, exportJobId, 'half')).toMatchObject({ received: 0 })
  })

  test('a part that is done stays done, whatever comes late', async () => {
    const run = await startMergeRun(db.database, 'one')
    await run.merge('findings', [aFinding()])
    const [job] = await ledger.listExports(db.database, run.runId, 'findings')
    const exportJobId = job!.export_job_id
    expect(await claim(exportJobId, '1')).toBeUndefined()
    await ledger.failPart(db.database, exportJobId, '1', 'failed', { code: 'late', message: 'late' })
    await ledger.recordUnmadeParts(db.database, exportJobId, ['1', '2'], 'cancelled')
    expect(await rows('select part_id, status, error_code from export_chunk order by part_id')).toEqual([
      { part_id: '1', status: 'done', error_code: null },
      { part_id: '2', status: 'cancelled', error_code: 'not_made_by_source' },
    ])
  })

  test('a part that failed tells why, and may be tried again', async () => {
    const { runId } = await heldRun()
    const id = await ledger.recordExport(db.database, runId, 'findings', exportNamed('e'))
    await ledger.recordPart(db.database, id, '1', { chunk: 1 })
    await claim(id, '1')
    await ledger.failPart(db.database, id, '1', 'available', { code: 'ECONNRESET', message: 'reset' })
    expect(await rows('select status, attempts, error_code, finished_at from export_chunk')).toEqual([
      { status: 'available', attempts: 1, error_code: 'ECONNRESET', finished_at: null },
    ])
    await claim(id, '1')
    await ledger.failPart(db.database, id, '1', 'failed', { code: 'gone', message: 'gone' })
    const [part] = await rows('select status, attempts, finished_at from export_chunk')
    expect(part).toMatchObject({ status: 'failed', attempts: 2 })
    expect(part?.finished_at).not.toBeNull()
  })
})

describe('streams', () => {
  test('are opened once and keep what they reached', async () => {
    const { runId } = await heldRun()
    await ledger.openStreams(db.database, runId, ['assets', 'findings'])
    await ledger.updateStream(db.database, runId, 'assets', {
      status: 'completed',
      watermarkAt: '2026-02-01T00:00:00Z',
    })
    const again = await ledger.openStreams(db.database, runId, ['assets', 'findings'])
    expect(new Map(again.map(stream => [stream.stream, stream.status]))).toEqual(
      new Map([
        ['assets', 'completed'],
        ['findings', 'pending'],
      ]),
    )
  })

  test('an update leaves what it does not name; a new status takes the old error away', async () => {
    const { runId } = await heldRun()
    await ledger.openStreams(db.database, runId, ['findings'])
    const error = { code: 'export_failed', message: 'm' }
    await ledger.updateStream(db.database, runId, 'findings', { status: 'failed', partsTotal: 7, error })
    await ledger.updateStream(db.database, runId, 'findings', { vendorStatus: 'PROCESSING' })
    expect(await rows('select status, parts_total, vendor_status, error_code from run_stream')).toEqual([
      { status: 'failed', parts_total: 7, vendor_status: 'PROCESSING', error_code: 'export_failed' },
    ])
    await ledger.updateStream(db.database, runId, 'findings', { status: 'reading' })
    expect(await rows('select status, error_code, error_message from run_stream')).toEqual([
      { status: 'reading', error_code: null, error_message: null },
    ])
  })

  test('a watermark is that of the last complete reading of a stream of the source', async () => {
    for (const [day, status] of [
      [1, 'completed'],
      [2, 'completed'],
      [3, 'incomplete'],
    ] as const) {
      const { runId, fence } = await heldRun()
      await ledger.openStreams(db.database, runId, ['assets', 'findings'])
      const watermarkAt = `2026-02-0${day}T00:00:00Z`
      await ledger.updateStream(db.database, runId, 'findings', { status, watermarkAt })
      await ledger.finishRun(db.database, runId, fence, 'partial', null)
    }
    expect(await findWatermarks(db.database, sourceId)).toEqual(
      new Map([['findings', { at: '2026-02-02T00:00:00Z', clockOffsetMs: null }]]),
    )
    expect(await findWatermarks(db.database, otherId)).toEqual(new Map())
    expect(await ledger.hasCompleteFindings(db.database, sourceId)).toBe(true)
    expect(await ledger.hasCompleteFindings(db.database, otherId)).toBe(false)
  })
})

test('a note is made once', async () => {
  const { runId } = await heldRun()
  for (const note of ['a', 'b', 'a']) await ledger.addNote(db.database, runId, note)
  expect(await rows('select notes from run')).toEqual([{ notes: ['a', 'b'] }])
})

test('a source knows whether it has rows of a stream', async () => {
  const run = await startMergeRun(db.database, 'one')
  const has = async (id: number) =>
    Promise.all((['assets', 'findings'] as const).map(stream => ledger.hasRows(db.database, id, stream)))
  expect(await ledger.isFindingEmpty(db.database)).toBe(true)
  await run.merge('findings', [aFinding()])
  // the asset is provisional: no asset was read
  expect(await has(sourceId)).toEqual([false, true])
  expect(await has(otherId)).toEqual([false, false])
  expect(await ledger.isFindingEmpty(db.database)).toBe(false)
})

describe('partitions of history', () => {
  const partitions = () =>
    rows(`select c.relname as name from pg_inherits join pg_class c on c.oid = inhrelid
          where inhparent = 'finding_event'::regclass order by 1`)
  const monthName = (offset: number) =>
    rows(
      `select 'finding_event_' || to_char(date_trunc('month', now() at time zone 'utc') + $1::integer * interval '1 month', 'YYYY_MM') as name`,
      [offset],
    )
  const event = (at: string) =>
    db.database.query(
      `insert into finding_event (asset_id, recorded_at, plugin_id, port, source_id, protocol, kind, state, severity,
                                  severity_modification, cause)
       select 1, ${at}, 1, 0, 1, 'tcp', 'opened', 'open', 'high', 'none', 'source'`,
    )
  const thisMonth = `date_trunc('month', now() at time zone 'utc') at time zone 'utc'`

  beforeEach(async () => {
    for (const { name } of await partitions()) {
      if (name !== 'finding_event_default') await db.database.query(`drop table ${name}`)
    }
    await db.database.query('truncate finding_event')
  })

  test('there is one for this month and one for the next, made once by many', async () => {
    await Promise.all(Array.from({ length: 4 }, () => ledger.ensureEventPartitions(db.database)))
    await ledger.ensureEventPartitions(db.database)
    expect(await partitions()).toEqual([
      ...(await monthName(0)),
      ...(await monthName(1)),
      { name: 'finding_event_default' },
    ])
  })

  test('an event lies in its month from the first instant to the last, and elsewhere beyond', async () => {
    await ledger.ensureEventPartitions(db.database)
    await event(thisMonth)
    await event(`${thisMonth} + interval '1 month' - interval '1 microsecond'`)
    await event(`${thisMonth} + interval '1 month'`)
    await event(`${thisMonth} + interval '2 months'`)
    await event(`${thisMonth} - interval '1 microsecond'`)
    expect(await rows('select tableoid::regclass::text as name from finding_event order by recorded_at')).toEqual([
      { name: 'finding_event_default' },
      ...(await monthName(0)),
      ...(await monthName(0)),
      ...(await monthName(1)),
      { name: 'finding_event_default' },
    ])
  })

  test('a month whose events lie elsewhere already stays there, and stops no run', async () => {
    await event('now()')
    await ledger.ensureEventPartitions(db.database)
    expect(await partitions()).toEqual([...(await monthName(1)), { name: 'finding_event_default' }])
    await event('now()')
    expect(await rows('select from finding_event')).toHaveLength(2)
  })
})
