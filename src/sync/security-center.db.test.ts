import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tester } from '../../test/support/mirror.ts'
import { mirrorLines, openScMirror, type ScMirror, truthLines } from '../../test/support/security-center.ts'
import type { Fault } from '../simulator/faults.ts'

// A Security Center over real HTTP into a real database: what we hold equals what it holds.

const analysis = { method: 'POST', path: '/rest/analysis' }
const small = { assets: 30, findings: 600 }

let mirror: ScMirror
const count = async (condition: string): Promise<number> => {
  const { rows } = await mirror.database.query<{ n: number }>(`select count(*)::int as n from ${condition}`)
  return rows[0]?.n ?? 0
}
const isEqual = async () => expect(await mirrorLines(mirror.database)).toEqual(truthLines(mirror.simulator))

/** All of them in one run: whatever passes by itself costs nothing. */
const passing: readonly Fault[] = [
  { on: { ...analysis, nth: 3 }, do: { kind: 'status', status: 429, retryAfter: 0 } },
  { on: { ...analysis, nth: 5, times: 2 }, do: { kind: 'status', status: 503 } },
  { on: { ...analysis, nth: 8 }, do: { kind: 'database_locked' } },
  { on: { ...analysis, nth: 10, times: 2 }, do: { kind: 'truncate', afterBytes: 3000 } },
  { on: { ...analysis, nth: 13 }, do: { kind: 'reset', when: 'mid' } },
  { on: { ...analysis, nth: 15 }, do: { kind: 'reset' } },
  { on: { ...analysis, nth: 17 }, do: { kind: 'body', body: 'html' } },
  { on: { ...analysis, nth: 19 }, do: { kind: 'body', body: 'empty' } },
  { on: analysis, do: { kind: 'wrong_counts' } },
]

describe('read with keys', () => {
  beforeAll(async () => {
    mirror = await openScMirror({ ...small, faults: passing })
  }, 60_000)
  afterAll(() => mirror.close())

  test('a first sync through everything that passes, with wrong counts on every page, equals the truth', async () => {
    expect(await mirror.sync()).toMatchObject({ status: 'completed', error_code: null })
    await isEqual()
    const struck = mirror.simulator.control.requests().requests.flatMap(({ fault }) => fault ?? [])
    expect(new Set(struck)).toEqual(new Set(passing.map(fault => fault.do.kind)))
  })

  test('a second one writes nothing', async () => {
    mirror.simulator.control.clearFaults()
    const again = await mirror.sync()
    for (const stream of ['assets', 'findings', 'plugins', 'networks', 'scans']) {
      expect(again.streams[stream]).toMatchObject({ status: 'completed', inserted: 0, changed: 0, rejected: 0 })
    }
    await isEqual()
  })

  test('a total that is too small passes no row over', async () => {
    const { control } = mirror.simulator
    control.addFaults({ on: { ...analysis, nth: 'every' }, do: { kind: 'wrong_counts', total: 1 } })
    const run = await mirror.sync()
    control.clearFaults()
    expect(run).toMatchObject({ status: 'completed', error_code: null })
    expect(run.streams.findings?.unchanged).toBeGreaterThanOrEqual(truthLines(mirror.simulator).length)
    expect(await count('finding where unconfirmed_at is not null')).toBe(0)
    await isEqual()
  })

  test('what is fixed is what it says went away', async () => {
    const { control } = mirror.simulator
    control.advance({ hours: 1 })
    const { changed } = control.edit('fix-finding', { count: 3 })
    await mirror.sync({ kind: 'delta' })
    expect(changed).toHaveLength(3)
    expect(await count("finding_event where kind = 'fixed' and not is_reconstructed")).toBeGreaterThanOrEqual(3)
    const held = new Set(await mirrorLines(mirror.database))
    expect(truthLines(mirror.simulator).filter(line => !held.has(line))).toEqual([])
  })

  test('a host without open findings is there as long as the list of hosts has it', async () => {
    const { control } = mirror.simulator
    const host = [...control.truthFindings()].find(row => row.state === 'OPEN')!.asset_uuid
    expect(control.edit('fix-finding', { asset_uuid: host, count: 1000 }).changed.length).toBeGreaterThan(0)
    await mirror.sync()
    expect(await count("asset where status <> 'live'")).toBe(0)
    await isEqual()
  })

  test('what moves while it is paged is read again, and is not called whole before it stood still', async () => {
    const { control } = mirror.simulator
    const stirring = setInterval(() => control.edit('create-asset', { findings: 1 }), 25)
    try {
      const run = await mirror.sync({ streams: ['networks', 'assets', 'findings'] })
      expect(run).toMatchObject({ status: 'partial', error_code: 'source_moved' })
      expect(await count(`sweep where run_id = ${run.runId}`)).toBe(0)
    } finally {
      clearInterval(stirring)
    }
    expect(await mirror.sync()).toMatchObject({ status: 'completed' })
    await isEqual()
  })

  test('a repository that the user sees no more is for a person to decide', async () => {
    const before = await mirrorLines(mirror.database)
    mirror.simulator.hideRepositories(2)
    const run = await mirror.sync()
    mirror.simulator.hideRepositories()
    expect(run.notes.join(' ')).toContain('the key no longer sees: Agents')
    expect(await count(`sweep where run_id = ${run.runId} and status = 'held'`)).toBe(1)
    expect(await mirrorLines(mirror.database)).toEqual(before)
  })

  test('nothing at all after a full sync is an alarm, not an end', async () => {
    const before = await mirrorLines(mirror.database)
    mirror.simulator.control.edit('empty')
    expect(await mirror.sync()).toMatchObject({ status: 'partial', error_code: 'empty_answer' })
    expect(await mirrorLines(mirror.database)).toEqual(before)
  })

  test('another server at the address is refused, and so are keys that were revoked', async () => {
    mirror.simulator.replaceServer()
    expect(await mirror.sync()).toMatchObject({ status: 'failed', error_code: 'other_source' })
    mirror.simulator.control.revokeKeys()
    expect(await mirror.sync()).toMatchObject({ status: 'failed', error_code: 'bad_credentials' })
  })
})

describe('read with a name and a password', () => {
  beforeAll(async () => {
    mirror = await openScMirror({ ...small, auth: 'password' })
  }, 60_000)
  afterAll(() => mirror.close())

  test('a session that ends in the middle is opened again, and an engine that dies between pages is replaced', async () => {
    const { control } = mirror.simulator
    control.addFaults(
      { on: { ...analysis, nth: 12 }, do: { kind: 'session_expired' } },
      { on: analysis, do: { kind: 'drip', bytes: 20_000, everyMs: 15 } },
    )
    const { runId } = await mirror.engine.requestRun(
      { sourceId: mirror.sourceId, kind: 'full', trigger: 'cli' },
      tester,
    )
    await until(async () => (await count("export_chunk where status = 'done'")) > 0)
    await mirror.engine.stop()
    control.clearFaults()
    await mirror.database.query("update run set heartbeat_at = now() - interval '1 minute'")
    const other = await mirror.anotherEngine()
    expect(await other.waitForRun(runId)).toBe('completed')
    await isEqual()
    // One for each thread that plans or reads, of two engines, and some of them once more.
    expect(mirror.simulator.logins()).toBeLessThanOrEqual(10)
  })
})

describe('that lived on', () => {
  beforeAll(async () => {
    mirror = await openScMirror({ ...small, version: '5.20.0' })
    await mirror.sync()
  }, 60_000)
  afterAll(() => mirror.close())

  test('an upgrade changes the names of hosts, and not which hosts they are', async () => {
    const ids = () => mirror.database.query('select asset_id from asset order by asset_id').then(({ rows }) => rows)
    const before = await ids()
    mirror.simulator.control.advance({ hours: 0.1 })
    mirror.simulator.upgrade('6.4.0')
    expect(await mirror.sync()).toMatchObject({ status: 'completed' })
    expect(await ids()).toEqual(before)
    expect(await count("finding_event where kind = 'opened' and not is_reconstructed")).toBe(0)
    await isEqual()
  })

  test('it is equal again after each further sync, full or delta', async () => {
    for (const kind of ['delta', 'full'] as const) {
      mirror.simulator.control.advance({ days: 1.5 })
      expect(await mirror.sync({ kind })).toMatchObject({ status: 'completed' })
      const held = new Set(await mirrorLines(mirror.database))
      // Risk rules are told by a full run alone.
      const told = truthLines(mirror.simulator).filter(line => kind === 'full' || / none /.test(line))
      expect(told.filter(line => !held.has(line))).toEqual([])
    }
    // What was not met twice is ended.
    await mirror.sync()
    await isEqual()
  })
})

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error('it did not come true within 20 s')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
