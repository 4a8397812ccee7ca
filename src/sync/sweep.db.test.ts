import { afterEach, expect, test } from 'vitest'
import { type Mirror, openMirror, readMirror, tester, truthOf } from '../../test/support/mirror.ts'
import { unrestricted } from '../store/access.ts'
import { loadStatusReport } from '../store/queries/status-report.ts'
import { getSweep } from '../store/queries/sweeps.ts'
import { applySweep } from '../store/sweep/apply.ts'
import { type ClaimedSweep, claimConfirmed, confirmSweep, countSwept } from '../store/sweep/confirmed.ts'
import { findSweep } from '../store/sweep/plan.ts'
import { decideSweep } from './sweep.ts'

// What a tenant no longer shows ends with a cause, never as fixed, and only after a complete full run.

/** What a sweep rests on; the rest of the tenant would only take time. */
const core = { streams: ['assets', 'findings'] } as const

let mirror: Mirror
afterEach(() => mirror.close())

async function ended(): Promise<Record<string, number>> {
  const { rows } = await mirror.database.query<{ cause: string; findings: number }>(
    'select end_cause as cause, count(*)::int as findings from finding where ended_at is not null group by 1',
  )
  return Object.fromEntries(rows.map(row => [row.cause, row.findings]))
}

/** Some open findings of the tenant, by key. */
function openFindings(count: number) {
  const keys = []
  for (const { asset_uuid, plugin_id, port, protocol, state } of mirror.simulator.control.truthFindings()) {
    if (state === 'OPEN' && keys.length < count) keys.push({ asset_uuid, plugin_id, port, protocol })
  }
  return keys
}

async function lastSweep(): Promise<Record<string, unknown> | undefined> {
  return (await mirror.database.query<Record<string, unknown>>('select * from sweep order by run_id desc limit 1'))
    .rows[0]
}

async function closedFalsely(): Promise<number> {
  const { rows } = await mirror.database.query<{ n: number }>(
    "select count(*)::int as n from finding_event where kind = 'fixed' and cause <> 'source'",
  )
  return rows[0]!.n
}

test('a finding that vanished from a live asset is unconfirmed, then withdrawn, and returns when it is seen again', async () => {
  mirror = await openMirror({ findings: 900, assets: 40 })
  await mirror.sync(core)
  const changed = openFindings(3)
  for (const finding of changed) mirror.simulator.control.edit('remove-finding', finding)
  await mirror.sync(core)
  expect(await ended()).toEqual({})
  expect(await lastSweep()).toMatchObject({ status: 'applied', findings_unconfirmed: 3, findings_withdrawn: 0 })
  await mirror.sync({ ...core, kind: 'delta' })
  expect(await ended()).toEqual({})
  await mirror.sync(core)
  expect(await ended()).toEqual({ withdrawn: 3 })
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  for (const finding of changed) mirror.simulator.control.edit('restore-finding', finding)
  await mirror.sync(core)
  expect(await ended()).toEqual({})
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  expect(await closedFalsely()).toBe(0)
})

test('one full run that misses a finding does not end it when the next one meets it', async () => {
  mirror = await openMirror({ findings: 900, assets: 40 })
  await mirror.sync(core)
  const finding = openFindings(1)[0]!
  mirror.simulator.control.edit('remove-finding', finding)
  await mirror.sync(core)
  mirror.simulator.control.edit('restore-finding', finding)
  await mirror.sync(core)
  await mirror.sync(core)
  expect(await ended()).toEqual({})
  const { rows } = await mirror.database.query('select from finding where unconfirmed_at is not null')
  expect(rows).toEqual([])
})

test('findings of deleted, terminated and aged-out assets end as asset_gone; the assets keep their own status', async () => {
  mirror = await openMirror({ findings: 2000, assets: 80 })
  await mirror.sync(core)
  const before = await mirror.database.query<{ status: string; n: number }>(
    'select status, count(*)::int as n from asset group by 1',
  )
  mirror.simulator.control.edit('delete-asset', { count: 1 })
  mirror.simulator.control.edit('terminate-asset', { count: 1 })
  mirror.simulator.control.edit('age-out-asset', { count: 1 })
  await mirror.sync(core)
  const after = await mirror.database.query<{ status: string; n: number }>(
    'select status, count(*)::int as n from asset group by 1',
  )
  const count = (rows: typeof after.rows, status: string) => rows.find(row => row.status === status)?.n ?? 0
  for (const status of ['deleted', 'terminated', 'aged_out']) {
    expect(count(after.rows, status) - count(before.rows, status)).toBe(1)
  }
  expect(Object.keys(await ended())).toEqual(['asset_gone'])
  await dropFixedOfGone()
  expect((await readMirror(mirror.database)).findings).toEqual(truthOf(mirror.simulator).findings)
  expect(await closedFalsely()).toBe(0)
})

/** Fixed findings of assets that are gone stay as they were: the truth no longer shows them. */
async function dropFixedOfGone(): Promise<void> {
  await mirror.database.query(
    `delete from finding f using asset a where a.asset_id = f.asset_id and a.status <> 'live' and f.state = 'fixed'`,
  )
}

test('too much at once is held for a person, who may reject it or confirm it', async () => {
  mirror = await openMirror({ findings: 2000, assets: 80 })
  await mirror.sync(core)
  mirror.simulator.control.edit('age-out-asset', { count: 40 })
  const run = await mirror.sync(core)
  expect(run.notes.join()).toContain('tenfold sweep confirm')
  expect(await ended()).toEqual({})
  expect(await lastSweep()).toMatchObject({ status: 'held', assets_aged_out: 40 })
  const told = await mirror.database.query(`select run_id, subject from outbox where topic = 'sweep.held'`)
  expect(told.rows).toEqual([{ run_id: run.runId, subject: expect.objectContaining({ assets_aged_out: 40 }) }])
  await decideSweep(mirror.database, run.runId, 'reject', tester)
  expect(await ended()).toEqual({})
  const again = await mirror.sync(core)
  await decideSweep(mirror.database, again.runId, 'confirm', tester)
  for (const decision of ['confirm', 'reject'] as const) {
    await expect(decideSweep(mirror.database, again.runId, decision, tester)).rejects.toMatchObject({
      code: 'sweep_not_held',
    })
  }
  await expectApplied(again.runId)
  expect(Object.keys(await ended())).toEqual(['asset_gone'])
  expect(await agedOut()).toBe(40)
  await expect(decideSweep(mirror.database, again.runId, 'reject', tester)).rejects.toMatchObject({
    code: 'sweep_not_held',
  })
})

/** A confirmed sweep is carried out by the engine, in its own time. */
async function expectApplied(runId: number): Promise<void> {
  await expect
    .poll(async () => (await findSweep(mirror.database, runId))?.status, { timeout: 30_000, interval: 100 })
    .toBe('applied')
}

/** Confirms a sweep for a process elsewhere, which is alive as long as the test says. */
async function confirmFor(owner: string, runId: number): Promise<ClaimedSweep> {
  await mirror.database.query(
    "insert into worker (owner, role, threads, heartbeat_at) values ($1, 'worker', 1, now() + interval '1 hour')",
    [owner],
  )
  return mirror.database.transaction(async connection => {
    expect(await confirmSweep(connection, runId, 'test')).toBe(true)
    return (await claimConfirmed(connection, owner, []))!
  })
}

async function falls(owner: string): Promise<void> {
  await mirror.database.query("update worker set heartbeat_at = now() - interval '1 hour' where owner = $1", [owner])
}

async function eventsOfEnding(): Promise<readonly { findings: number; events: number }[]> {
  const { rows } = await mirror.database.query<{ findings: number; events: number }>(
    `select count(distinct (asset_id, plugin_id, port, protocol, instance))::int as findings, count(*)::int as events
     from finding_event where kind = 'ended'`,
  )
  return rows
}

test('a confirmed sweep whose process dies in the middle is carried out to its end by another, once', async () => {
  mirror = await openMirror({ findings: 900, assets: 450, outputBytes: 40 })
  await mirror.sync(core)
  mirror.simulator.control.edit('age-out-asset', { count: 260 })
  const { runId } = await mirror.sync(core)
  const sweep = await confirmFor('elsewhere/1/life', runId)
  const abort = new AbortController()
  const dies = applySweep(
    mirror.database,
    sweep.run_id,
    sweep.source_id,
    async (connection, assets) => {
      await countSwept(connection, runId, 'elsewhere/1/life', assets)
      abort.abort()
    },
    abort.signal,
  )
  await expect(dies).rejects.toThrow()
  expect(await getSweep(unrestricted(mirror.database), runId)).toMatchObject({
    status: 'confirmed',
    progress: { assets_done: 200, assets: 260 },
  })
  expect(await agedOut()).toBe(200)
  await falls('elsewhere/1/life')
  await expectApplied(runId)
  expect(await getSweep(unrestricted(mirror.database), runId)).toMatchObject({
    decided_by: 'test',
    applied_at: expect.any(String),
    progress: { assets_done: 260, assets: 260 },
    error: null,
  })
  expect(await agedOut()).toBe(260)
  const [told] = await eventsOfEnding()
  expect(told?.events).toBe(told?.findings)
  const late = mirror.database.transaction(connection => countSwept(connection, runId, 'elsewhere/1/life', 1))
  await expect(late).rejects.toMatchObject({ code: 'fenced' })
})

test('a full run waits for what was confirmed before, which leaves alone what the run has met again', async () => {
  mirror = await openMirror({ findings: 900, assets: 40 })
  await mirror.sync(core)
  const missing = openFindings(120)
  for (const finding of missing) mirror.simulator.control.edit('remove-finding', finding)
  await mirror.sync(core)
  const { runId } = await mirror.sync(core)
  expect(await lastSweep()).toMatchObject({ status: 'held', findings_withdrawn: 120 })
  for (const finding of missing.slice(0, 50)) mirror.simulator.control.edit('restore-finding', finding)
  await confirmFor('elsewhere/1/life', runId)
  const next = mirror.sync(core)
  await expect
    .poll(
      async () =>
        (await mirror.database.query("select from run_stream where run_id > $1 and status = 'completed'", [runId])).rows
          .length,
      { timeout: 30_000, interval: 50 },
    )
    .toBe(2)
  expect(await ended()).toEqual({})
  await falls('elsewhere/1/life')
  expect(await next).toMatchObject({ status: 'completed' })
  expect(await findSweep(mirror.database, runId)).toMatchObject({ status: 'applied' })
  expect(await lastSweep()).toMatchObject({ status: 'applied', findings_withdrawn: 0, findings_unconfirmed: 0 })
  expect(await ended()).toEqual({ withdrawn: 70 })
  expect(await eventsOfEnding()).toEqual([{ findings: 70, events: 70 }])
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
})

test('of several who decide at once one does, and it is wholly done', async () => {
  mirror = await openMirror({ findings: 2000, assets: 80 })
  await mirror.sync(core)
  mirror.simulator.control.edit('age-out-asset', { count: 40 })
  const run = await mirror.sync(core)
  const engines = [mirror.engine, await mirror.anotherEngine()]
  const decisions = await Promise.allSettled(
    (['confirm', 'reject', 'confirm', 'reject'] as const).map((decision, n) =>
      engines[n % 2]!.decideSweep(run.runId, decision, tester),
    ),
  )
  expect(decisions.filter(decision => decision.status === 'fulfilled')).toHaveLength(1)
  for (const decision of decisions) {
    if (decision.status === 'rejected') expect(decision.reason).toMatchObject({ code: 'sweep_not_held' })
  }
  if ((await findSweep(mirror.database, run.runId))?.status !== 'rejected') await expectApplied(run.runId)
  const { rows } = await mirror.database.query<{ status: string; gone: number; decisions: number }>(
    `select status, (select count(*)::int from asset where status = 'aged_out' and run_id = $1) as gone,
            (select count(*)::int from audit_event where action like 'sweep.%') as decisions
     from sweep where run_id = $1`,
    [run.runId],
  )
  expect(rows[0]).toEqual({ status: rows[0]!.status, gone: rows[0]!.status === 'applied' ? 40 : 0, decisions: 1 })
})

test('a key that sees less ends nothing, however often it reads, and the run says why', async () => {
  mirror = await openMirror({ findings: 900, assets: 40 })
  await mirror.sync(core)
  mirror.simulator.control.setRole(16, 0.9)
  for (const time of [1, 2, 3]) {
    const run = await mirror.sync(core)
    expect(run.notes.join()).toContain("the key's role is 16 where it was 64")
    expect({ time, ...(await lastSweep()) }).toMatchObject({ time, status: 'held' })
    expect(await ended()).toEqual({})
    expect(await agedOut()).toBe(agedOutBefore)
  }
  mirror.simulator.control.setRole(64)
  await mirror.sync(core)
  expect(await lastSweep()).toMatchObject({ status: 'applied', assets_aged_out: 0, findings_withdrawn: 0 })
})

test('what a key that sees less shows is the measure once a person has confirmed its sweep', async () => {
  mirror = await openMirror({ findings: 900, assets: 40 })
  await mirror.sync(core)
  mirror.simulator.control.setRole(16, 0.9)
  const { runId } = await mirror.sync(core)
  await decideSweep(mirror.database, runId, 'confirm', tester)
  await expectApplied(runId)
  expect(await agedOut()).toBeGreaterThan(agedOutBefore)
  expect((await mirror.sync(core)).notes.join()).not.toContain("the key's role is")
  expect(await lastSweep()).toMatchObject({ status: 'applied' })
})

// The simulator's assets that aged out before the first reading were never told of.
const agedOutBefore = 0

async function agedOut(): Promise<number> {
  const { rows } = await mirror.database.query<{ n: number }>(
    "select count(*)::int as n from asset where status = 'aged_out'",
  )
  return rows[0]!.n
}

test('an incomplete run ends nothing', async () => {
  mirror = await openMirror({ findings: 900, assets: 40 })
  await mirror.sync(core)
  mirror.simulator.control.edit('age-out-asset', { count: 2 })
  mirror.simulator.control.addFaults({
    on: { method: 'POST', path: '/vulns/export', nth: 'every' },
    do: { kind: 'job_error', availableChunks: 1 },
  })
  expect((await mirror.sync(core)).status).toBe('partial')
  expect(await ended()).toEqual({})
  expect(await lastSweep()).toBeUndefined()
})

test('an asset that lost its licence ends nothing: it is left out of the default count, and shown beside it', async () => {
  mirror = await openMirror({ findings: 2000, assets: 80 })
  await mirror.sync(core)
  const before = await loadStatusReport(unrestricted(mirror.database), new Date())
  const { changed } = mirror.simulator.control.edit('unlicense-asset', { count: 2 })
  expect(changed).toHaveLength(2)
  await mirror.sync(core)
  await mirror.sync(core)
  expect(await ended()).toEqual({})
  const after = await loadStatusReport(unrestricted(mirror.database), new Date())
  expect(after.assets.live).toBe(before.assets.live - 2)
  expect(after.leftOut.assets.unlicensed).toBe(before.leftOut.assets.unlicensed + 2)
  expect(after.leftOut.findings.unlicensed).toBeGreaterThan(before.leftOut.findings.unlicensed)
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
})

test('a run that is taken up when it was nearly closed sweeps nothing anew, the first one nothing at all', async () => {
  // So small that the guard would let everything go.
  mirror = await openMirror({ findings: 120, assets: 12 })
  for (const which of ['the first', 'the second', 'the third']) {
    const run = await mirror.sync(core)
    const swept = await lastSweep()
    // As a process leaves it that dies after all was read and what the sweep needs was forgotten.
    await mirror.database.query(
      `update run set status = 'running', finished_at = null, owner = 'nowhere/1/gone', heartbeat_at = now() - interval '1 hour'
       where run_id = $1`,
      [run.runId],
    )
    expect(await mirror.engine.waitForRun(run.runId)).toBe('completed')
    expect({ which, sweep: await lastSweep() }).toEqual({ which, sweep: swept })
    expect(await ended()).toEqual({})
    expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  }
})

test('an untracked machine that its next scan names anew is superseded', async () => {
  mirror = await openMirror({ findings: 3000, assets: 250 })
  await mirror.sync(core)
  mirror.simulator.control.advance({ days: 1 })
  mirror.simulator.control.edit('supersede-asset', { count: 1 })
  await mirror.sync(core)
  await mirror.sync(core)
  expect((await ended()).superseded).toBeGreaterThan(0)
  expect(await closedFalsely()).toBe(0)
})

test('a tenant that lives for weeks is equal after each pair of full runs', async () => {
  mirror = await openMirror({ findings: 1500, assets: 60 })
  await mirror.sync(core)
  for (let week = 1; week <= 2; week++) {
    mirror.simulator.control.advance({ days: 4 })
    await mirror.sync(core)
    await mirror.sync(core)
    expect({ week, open: await countOpen() }).toEqual({ week, open: openInTruth() })
  }
})

async function countOpen(): Promise<number> {
  const { rows } = await mirror.database.query<{ n: number }>(
    "select count(*)::int as n from finding where state <> 'fixed' and ended_at is null",
  )
  return rows[0]!.n
}

function openInTruth(): number {
  const { OPEN, REOPENED } = mirror.simulator.control.truth().findings.state
  return OPEN + REOPENED
}
