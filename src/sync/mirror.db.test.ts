import { afterEach, expect, test } from 'vitest'
import { type Mirror, openMirror, readMirror, readRun, tester, truthOf } from '../../test/support/mirror.ts'

// A tenant over real HTTP, faults and all, into a real database: what we hold equals what the tenant holds.

/** Parts are merged side by side. */
const atOnce = { workers: 2 }

let mirror: Mirror
afterEach(() => mirror.close())

test('a full sync equals the truth, and a second one writes nothing', async () => {
  mirror = await openMirror({}, {}, atOnce)
  const first = await mirror.sync()
  expect(first).toMatchObject({ status: 'completed', error_code: null })
  const truth = truthOf(mirror.simulator)
  expect(await readMirror(mirror.database)).toEqual(truth)
  expect(first.streams.findings).toMatchObject({
    received: truth.findings.total,
    inserted: truth.findings.total,
    rejected: 0,
  })
  expect(first.streams.assets).toMatchObject({ received: truth.assets.total, inserted: truth.assets.total })
  const again = await mirror.sync()
  expect(again.status).toBe('completed')
  expect(again.streams.findings).toMatchObject({ inserted: 0, changed: 0, unchanged: truth.findings.total })
  expect(again.streams.assets).toMatchObject({ inserted: 0, changed: 0, unchanged: truth.assets.total })
  expect(again.streams.plugins).toMatchObject({ inserted: 0, changed: 0 })
  expect(await readMirror(mirror.database)).toEqual(truth)
})

test('a run that is broken off as a stream is completed goes on without asking for the export anew', async () => {
  mirror = await openMirror({}, {}, atOnce)
  // As when the database goes away at just that moment; a sequence remembers what was rolled back.
  await mirror.database.query('create sequence broken_off')
  await mirror.database.query(
    `create function break_off() returns trigger language plpgsql as
       $$ begin if nextval('broken_off') = 1 then raise exception 'gone' using errcode = '57P01'; end if; return new; end $$`,
  )
  await mirror.database.query(
    `create trigger break_off before update on run_stream for each row
     when (new.stream = 'findings' and new.status = 'completed') execute function break_off()`,
  )
  expect(await mirror.sync()).toMatchObject({ status: 'completed', error_code: null })
  const asked = mirror.simulator.control
    .requests()
    .requests.filter(({ method, path }) => method === 'POST' && path === '/vulns/export')
  expect(asked).toHaveLength(1)
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
})

test('the recorded tenant arrives whole: 344 findings, 100 assets', async () => {
  mirror = await openMirror({ replay: 'test/fixtures/tenable-vm' }, {}, atOnce)
  const run = await mirror.sync()
  expect(run.status).toBe('completed')
  expect(run.streams.findings).toMatchObject({ received: 344, inserted: 344, rejected: 0 })
  // Three exports of the older version, and the recording answers each with the same hundred.
  expect(run.streams.assets).toMatchObject({ inserted: 100, changed: 0, rejected: 0 })
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
})

test('a tenant that lived on is equal again after each further sync, full or delta', async () => {
  mirror = await openMirror({}, {}, atOnce)
  await mirror.sync()
  for (const kind of ['delta', 'full', 'delta'] as const) {
    mirror.simulator.control.advance({ days: 2 })
    const run = await mirror.sync({ kind })
    expect(run.status).toBe('completed')
    const held = await mirror.database.query<{ line: string }>(
      'select count(*)::int as n from finding f join asset a using (asset_id) where not a.is_provisional and a.status = $1',
      ['live'],
    )
    expect(held.rows[0]).toBeDefined()
  }
  const missing = await missingFromMirror(mirror)
  expect(missing).toEqual([])
})

/** Findings of the truth that we lack or hold differently. Rows the tenant no longer shows are the sweep's to end. */
async function missingFromMirror({ simulator, database }: Mirror): Promise<string[]> {
  const key = (...parts: unknown[]) => parts.join('|').toLowerCase()
  const { rows } = await database.query<Record<string, string>>(
    'select a.native_id, f.plugin_id, f.port, f.protocol, f.state, f.severity from finding f join asset a using (asset_id)',
  )
  const held = new Set(rows.map(r => key(r.native_id, r.plugin_id, r.port, r.protocol, r.state, r.severity)))
  return [...simulator.control.truthFindings()]
    .map(f => key(f.asset_uuid, f.plugin_id, f.port, f.protocol, f.state, f.severity))
    .filter(line => !held.has(line))
}

// What goes wrong on the way is in test/faults, a table of cases.

test('nothing at all after a full sync is an alarm, not an end', async () => {
  mirror = await openMirror({ findings: 300, assets: 20 }, {}, atOnce)
  await mirror.sync()
  const before = await readMirror(mirror.database)
  mirror.simulator.control.edit('empty')
  const run = await mirror.sync()
  expect(run).toMatchObject({ status: 'partial', error_code: 'empty_answer' })
  expect(run.streams.findings).toMatchObject({ status: 'incomplete', received: 0 })
  expect(await readMirror(mirror.database)).toEqual(before)
})

test('a cancelled run cancels the jobs of the tenant too, and can be followed by a complete one', async () => {
  mirror = await openMirror({ jobPace: { queuedPolls: 100_000 } }, {}, atOnce)
  const { runId } = await mirror.engine.requestRun({ sourceId: mirror.sourceId, kind: 'full', trigger: 'cli' }, tester)
  const asked = "select from export_job where run_id = $1 and stream in ('assets', 'findings')"
  await until(async () => (await mirror.database.query(asked, [runId])).rows.length >= 2)
  expect(await mirror.engine.cancelRun(runId, tester)).toBe(true)
  expect(await mirror.engine.waitForRun(runId)).toBe('cancelled')
  const paths = Object.keys(mirror.simulator.control.requests().counts).join(' ')
  expect(paths).toContain('cancel')
  expect(await mirror.engine.cancelRun(runId, tester)).toBe(false)
  const jobs = await mirror.database.query('select distinct status from export_job where run_id = $1', [runId])
  expect(jobs.rows).toEqual([{ status: 'cancelled' }])
})

test('a run whose engine stopped is taken up by another, from its ledger', async () => {
  mirror = await openMirror(
    { jobPace: { queuedPolls: 1, chunksPerPoll: 1 } },
    { pollDelayMs: { firstMs: 60, maxMs: 60 } },
    atOnce,
  )
  const { runId } = await mirror.engine.requestRun({ sourceId: mirror.sourceId, kind: 'full', trigger: 'cli' }, tester)
  await until(
    async () => (await mirror.database.query("select from export_chunk where status = 'done'")).rows.length > 0,
  )
  await mirror.engine.stop()
  await mirror.database.query("update run set heartbeat_at = now() - interval '1 minute'")
  const other = await mirror.anotherEngine()
  expect(await other.waitForRun(runId)).toBe('completed')
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  const posts = mirror.simulator.control
    .requests()
    .requests.filter(r => r.method === 'POST' && r.path === '/vulns/export')
  expect(posts).toHaveLength(1)
  expect((await readRun(mirror.database, runId)).status).toBe('completed')
})

test('a source has one run at a time, and every start and end is in the audit', async () => {
  mirror = await openMirror({ findings: 300, assets: 20 }, {}, atOnce)
  const request = { sourceId: mirror.sourceId, kind: 'full', trigger: 'cli' } as const
  const [a, b] = await Promise.all([
    mirror.engine.requestRun(request, tester),
    mirror.engine.requestRun(request, tester),
  ])
  expect(a.runId).toBe(b.runId)
  expect([a.created, b.created].sort()).toEqual([false, true])
  await mirror.engine.waitForRun(a.runId)
  const { rows } = await mirror.database.query<{ action: string }>('select action from audit_event order by audit_id')
  expect(rows.map(row => row.action)).toEqual(['source.created', 'run.requested', 'run.ended'])
})

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it did not come true within 20 s')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
