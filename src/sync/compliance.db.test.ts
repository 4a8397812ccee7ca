import { afterEach, expect, test } from 'vitest'
import { truthOf as findingsTruthOf, type Mirror, openMirror, readMirror, tester } from '../../test/support/mirror.ts'
import { heldCompliance } from '../../test/support/services.ts'

// Compliance results of a tenant over real HTTP, faults and all, into a real database.

let mirror: Mirror
afterEach(() => mirror.close())

const small = { findings: 600, assets: 60 }
const streams = ['assets', 'findings', 'compliance'] as const
/** Nothing is scanned, and no asset goes. */
const quiet = { reached: 0, assetsDeleted: 0, assetsTerminated: 0, assetsAgedOut: 0, assetsCreated: 0 }
const only = { streams: ['compliance'] } as const

function truth() {
  const { total, checksum } = mirror.simulator.control.truth().compliance
  return { total, checksum }
}

const held = () => heldCompliance(mirror.database)

async function events() {
  const { rows } = await mirror.database.query<{ kind: string; state: string; before: string; cause: string }>(
    'select kind, state, before, cause from compliance_event order by event_id',
  )
  return rows
}

async function count(condition: string): Promise<number> {
  const { rows } = await mirror.database.query<{ n: number }>(
    `select count(*) as n from compliance_result where ${condition}`,
  )
  return rows[0]!.n
}

test('results equal the truth by count and content, and a second run writes nothing', async () => {
  mirror = await openMirror(small)
  const first = await mirror.sync({ streams })
  const { total } = truth()
  expect(total).toBeGreaterThan(100)
  expect(first).toMatchObject({
    status: 'completed',
    streams: { compliance: { status: 'completed', received: total, inserted: total, rejected: 0 } },
  })
  expect(await held()).toEqual(truth())
  const before = await mirror.database.query('select * from compliance_check order by check_id')
  const again = await mirror.sync({ streams })
  expect(again.streams.compliance).toMatchObject({ inserted: 0, changed: 0, unchanged: total })
  expect(await held()).toEqual(truth())
  expect((await mirror.database.query('select * from compliance_check order by check_id')).rows).toEqual(before.rows)
  expect(await events()).toEqual([])
  expect((await mirror.database.query('select from run_compliance_seen')).rows).toEqual([])
})

test('a delta sees only what changed, with an event for each change of the outcome', async () => {
  mirror = await openMirror(small)
  await mirror.sync({ streams })
  mirror.simulator.control.advance({ hours: 3, pace: quiet })
  const { changed } = mirror.simulator.control.edit('flip-compliance', { count: 5 })
  const run = await mirror.sync({ ...only, kind: 'delta' })
  expect(run.streams.compliance).toMatchObject({ inserted: 0, changed: changed.length })
  expect(run.streams.compliance!.received).toBeLessThan(truth().total)
  expect(await held()).toEqual(truth())
  const told = await events()
  expect(told).toHaveLength(5)
  for (const { kind, state, before, cause } of told) {
    expect([kind, cause]).toEqual(['changed', 'source'])
    expect([before, state].sort()).toEqual(['failed', 'passed'])
  }
  const outbox = await mirror.database.query("select from outbox where topic = 'compliance.failed'")
  expect(outbox.rows).toHaveLength(told.filter(({ state }) => state === 'failed').length)
  const asked = await mirror.database.query<{ asked: { filters: object } }>(
    "select asked from export_job where stream = 'compliance' order by export_job_id desc limit 1",
  )
  expect(asked.rows[0]?.asked.filters).toEqual({ indexed_at: expect.any(Number) })
})

const chunkPath = '/compliance/export/*/chunks/*'
const post = { method: 'POST', path: '/compliance/export', times: 1 } as const
const passingFaults = [
  { name: '429 on a chunk', on: { path: chunkPath, times: 2 }, do: { kind: 'status', status: 429, retryAfter: 0 } },
  { name: 'a reset inside a chunk', on: { path: chunkPath, times: 2 }, do: { kind: 'reset', when: 'mid' } },
  { name: 'a truncated chunk', on: { path: chunkPath, times: 2 }, do: { kind: 'truncate' } },
  { name: 'an export that ends in ERROR', on: post, do: { kind: 'job_error', availableChunks: 1 } },
  { name: 'a failed chunk', on: post, do: { kind: 'chunk_failed', cancelsRest: true } },
  { name: 'an expired chunk', on: { path: chunkPath, times: 1 }, do: { kind: 'expired' } },
  { name: 'a record twice', on: { path: chunkPath, times: 1 }, do: { kind: 'duplicate_element' } },
  { name: '429 on the export', on: post, do: { kind: 'status', status: 429, retryAfter: 0 } },
] as const

test('after faults of chunks and jobs the results are equal all the same', async () => {
  mirror = await openMirror(small)
  await mirror.sync({ streams })
  for (const { name, ...fault } of passingFaults) {
    // Something to read that was not there before.
    mirror.simulator.control.advance({ hours: 2, pace: quiet })
    mirror.simulator.control.edit('flip-compliance', { count: 40 })
    mirror.simulator.control.addFaults(fault)
    const run = await mirror.sync(only)
    expect([name, run.status, run.streams.compliance?.rejected]).toEqual([name, 'completed', 0])
    expect([name, await held()]).toEqual([name, truth()])
  }
}, 120_000)

test('a filter lost on the way is noticed, and asked for by its other name', async () => {
  mirror = await openMirror(small)
  await mirror.sync({ streams })
  mirror.simulator.control.advance({ hours: 2, pace: quiet })
  const { changed } = mirror.simulator.control.edit('flip-compliance', { count: 4 })
  mirror.simulator.control.addFaults({ on: post, do: { kind: 'drop_filter', filter: 'indexed_at' } })
  const run = await mirror.sync({ ...only, kind: 'delta' })
  expect(run.notes.join(' ')).toMatch(/indexed_at.*was given up for.*since/)
  expect(run.streams.compliance).toMatchObject({ status: 'completed', changed: changed.length })
  expect(run.streams.compliance!.received).toBeLessThan(truth().total)
  expect(await held()).toEqual(truth())
})

test('a key that may not export compliance has it skipped, with the role that would do; assets and findings are equal', async () => {
  mirror = await openMirror({
    ...small,
    faults: [{ on: { path: '/compliance/export', nth: 'every' }, do: { kind: 'forbidden' } }],
  })
  const run = await mirror.sync({ streams })
  expect(run).toMatchObject({ status: 'completed', streams: { compliance: { status: 'skipped' } } })
  expect(run.notes.join(' ')).toMatch(/compliance: .*Basic \[16\] role/)
  expect(await readMirror(mirror.database)).toEqual(findingsTruthOf(mirror.simulator))
})

test('records that cannot be read are kept aside, nothing is ended, and the rest is there', async () => {
  const fault = { on: { path: chunkPath, times: 1 }, do: { kind: 'malformed_element', shape: 'empty-object' } } as const
  mirror = await openMirror(small)
  await mirror.sync({ streams })
  mirror.simulator.control.addFaults(fault)
  const run = await mirror.sync(only)
  expect(run).toMatchObject({ status: 'partial', error_code: 'records_rejected' })
  expect(run.streams.compliance?.rejected).toBe(1)
  expect(run.notes.join(' ')).toMatch(/compliance: nothing was ended/)
  expect(await held()).toEqual(truth())
  expect(await count('missed_runs > 0')).toBe(0)
})

test('a result that is missing is unconfirmed, ends after two complete full runs, and comes back with an event', async () => {
  mirror = await openMirror(small)
  await mirror.sync({ streams })
  const { changed } = mirror.simulator.control.edit('remove-compliance', { count: 3 })
  await mirror.sync({ ...only, kind: 'delta' })
  expect(await count('unconfirmed_at is not null')).toBe(0)
  await mirror.sync(only)
  expect(await count('unconfirmed_at is not null and ended_at is null')).toBe(changed.length)
  await mirror.sync(only)
  expect(await count("end_cause = 'withdrawn' and unconfirmed_at is null")).toBe(changed.length)
  expect(await held()).toEqual(truth())
  const target = changed[0]!
  mirror.simulator.control.advance({ hours: 1, pace: quiet })
  mirror.simulator.control.edit('restore-compliance', { asset_uuid: target.asset_uuid!, check: target.check! })
  await mirror.sync(only)
  expect(await held()).toEqual(truth())
  expect((await events()).map(({ kind, cause }) => `${kind} ${cause}`).sort()).toEqual([
    ...['ended withdrawn', 'ended withdrawn', 'ended withdrawn', 'returned source'],
  ])
})

test('many missing results wait for four complete full runs; those of an asset that is gone end with it', async () => {
  mirror = await openMirror(small)
  await mirror.sync({ streams })
  const { total } = truth()
  const [asset] = (
    await mirror.database.query<{ uuid: string }>(
      'select distinct a.native_id as uuid from compliance_result join asset a using (asset_id) order by 1 limit 1',
    )
  ).rows
  mirror.simulator.control.edit('delete-asset', { asset_uuid: asset!.uuid })
  const many = Math.ceil(total / 5)
  mirror.simulator.control.edit('remove-compliance', { count: many })
  await mirror.sync({ streams: ['assets'], kind: 'delta' })
  for (const ended of [0, 0, 0, many]) {
    const run = await mirror.sync(only)
    expect(await count("end_cause = 'withdrawn'")).toBe(ended)
    expect(await count("end_cause = 'asset_gone'")).toBe(14)
    if (ended === 0) expect(run.notes.join(' ')).toContain(`${many} results were not met`)
  }
  expect(await held()).toEqual(truth())
})

test('nothing at all after a full read is an alarm, not an end', async () => {
  mirror = await openMirror(small)
  await mirror.sync({ streams })
  mirror.simulator.control.edit('remove-compliance', { count: 10_000 })
  const run = await mirror.sync(only)
  expect(run).toMatchObject({ error_code: 'empty_answer', streams: { compliance: { status: 'incomplete' } } })
  expect(await count('missed_runs > 0 or ended_at is not null')).toBe(0)
})

test('a run whose engine stopped between two chunks is taken up by another and reads each chunk once', async () => {
  mirror = await openMirror(
    { ...small, assets: 400, findings: 800, jobPace: { queuedPolls: 1, chunksPerPoll: 1 } },
    { pollDelayMs: { firstMs: 60, maxMs: 60 }, complianceResultsPerChunk: 300 },
  )
  await mirror.sync({ streams: ['assets', 'findings'] })
  const { runId } = await mirror.engine.requestRun(
    { sourceId: mirror.sourceId, kind: 'full', trigger: 'cli', streams: ['compliance'] },
    tester,
  )
  await until(async () => (await partsDone(runId)) > 0)
  await mirror.engine.stop()
  const done = await partsDone(runId)
  await mirror.database.query("update run set heartbeat_at = now() - interval '1 minute'")
  const other = await mirror.anotherEngine()
  expect(await other.waitForRun(runId)).toBe('completed')
  expect(await partsDone(runId)).toBeGreaterThan(done)
  expect(await held()).toEqual(truth())
  const { requests } = mirror.simulator.control.requests()
  const posts = requests.filter(({ method, path }) => method === 'POST' && path === '/compliance/export')
  expect(posts).toHaveLength(1)
})

async function partsDone(runId: number): Promise<number> {
  const { rows } = await mirror.database.query<{ n: number }>(
    "select count(*) as n from export_chunk join export_job using (export_job_id) where run_id = $1 and export_chunk.status = 'done'",
    [runId],
  )
  return rows[0]!.n
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it did not come true within 30 s')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
