import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type NessusMirror, nessusMirrorLines, nessusTruthLines, openNessusMirror } from '../../test/support/nessus.ts'
import type { Scan } from '../simulator/nessus/index.ts'

// A Nessus scanner over real HTTP into a real database: what we hold is what its scans have seen, and nothing is closed that
// they did not look for.

const small = { machines: 10, weaknesses: 90 } as const

let mirror: NessusMirror
const count = async (condition: string): Promise<number> => {
  const { rows } = await mirror.database.query<{ n: number }>(`select count(*)::int as n from ${condition}`)
  return rows[0]?.n ?? 0
}
const isEqual = async () => expect(await nessusMirrorLines(mirror.database)).toEqual(nessusTruthLines(mirror.simulator))
const scanNamed = (name: string): Scan => mirror.simulator.world.scans.find(scan => scan.name === name)!
const inside = () => scanNamed('Inside & out')
const outside = () => scanNamed('From outside')
const fixedEvents = () => count("finding_event where kind = 'fixed' and cause = 'not_seen'")

describe('exported with keys', () => {
  beforeAll(async () => {
    mirror = await openNessusMirror(small)
  }, 60_000)
  afterAll(() => mirror.close())

  test('a first sync equals the truth, and a second one writes nothing', async () => {
    // Longer ago than what a delta asks for once more.
    mirror.simulator.control.advance({ hours: 2 })
    expect(await mirror.sync()).toMatchObject({ status: 'completed', error_code: null })
    await isEqual()
    expect(await count('asset where is_provisional')).toBe(0)
    expect(await count("scan_run where details_at is not null and policy = 'Advanced Scan'")).toBe(2)
    const again = await mirror.sync()
    for (const stream of ['scans', 'findings']) {
      expect(again.streams[stream]).toMatchObject({ status: 'completed', inserted: 0, changed: 0, rejected: 0 })
    }
    await isEqual()
  })

  test('a scanner that forgets an export while it makes it is asked again; its run is not passed over', async () => {
    const { world, control } = mirror.simulator
    control.advance({ hours: 2 })
    world.change({ gone: 2, come: 3 })
    world.run(inside())
    for (const path of ['/tokens/*/status', '/scans/*/export/*/status'])
      control.addFaults({ on: { path, nth: 1 }, do: { kind: 'expired' } })
    expect(await mirror.sync({ kind: 'delta' })).toMatchObject({ status: 'completed', error_code: null })
    await isEqual()
  })

  test('what a scan looked for again and did not see is fixed; a delta reads only scans that ran', async () => {
    const { world, control } = mirror.simulator
    control.advance({ hours: 5 })
    world.change({ gone: 12, come: 6 })
    world.run(inside())
    control.clearRequests()
    expect(await mirror.sync({ kind: 'delta' })).toMatchObject({ status: 'completed' })
    await isEqual()
    expect(await fixedEvents()).toBeGreaterThan(3)
    const { counts } = control.requests()
    expect(Object.keys(counts).filter(path => path.endsWith('/export'))).toEqual([`POST /scans/${inside().id}/export`])
  })

  test('what comes back is reopened', async () => {
    const { world, control } = mirror.simulator
    const machine = world.machines[0]!
    const [key, weakness] = [...machine.weaknesses].find(([, { plugin }]) => plugin.isLocal)!
    machine.weaknesses.delete(key)
    world.run(inside())
    await mirror.sync({ kind: 'delta' })
    machine.weaknesses.set(key, weakness)
    control.advance({ hours: 2 })
    world.run(inside())
    await mirror.sync({ kind: 'delta' })
    await isEqual()
    expect(await count(`finding where state = 'reopened' and plugin_id = ${weakness.plugin.id}`)).toBe(1)
  })

  test.each([
    ['the login failed', { loginFails: true }, {}],
    ['it was cancelled', { status: 'canceled' }, {}],
    ['the machines did not answer', { skips: [0, 1, 2, 3, 4, 5, 6] }, {}],
    ['fewer ports were scanned', {}, { ports: '22,80' }],
    ['families were switched off', {}, { families: ['Settings', 'General'] }],
    ['it looked less closely', {}, { isThorough: true }],
  ] as const)('nothing is closed beyond what was looked for, when %s', async (_name, options, terms) => {
    const { world, control } = mirror.simulator
    const scan = inside()
    const before = scan.terms
    world.change({ gone: 8 })
    control.advance({ hours: 3 })
    scan.terms = { ...before, ...terms }
    world.run(scan, options)
    scan.terms = before
    expect(await mirror.sync({ kind: 'delta' })).toMatchObject({ status: 'completed' })
    await isEqual()
  })

  test('several runs since the last time are read in their order', async () => {
    const { world, control } = mirror.simulator
    for (let n = 0; n < 3; n++) {
      control.advance({ hours: 1 })
      world.change({ gone: 4, come: 3 })
      world.run(n === 1 ? outside() : inside())
    }
    await mirror.sync({ kind: 'delta' })
    await isEqual()
    // A full run reads the last of each: it knows no less.
    await mirror.sync()
    await isEqual()
  })

  test('a full run reads what ran since the last time, too, and not only the last of each scan', async () => {
    const { world, control } = mirror.simulator
    for (let n = 0; n < 2; n++) {
      control.advance({ hours: 3 })
      world.change({ gone: 4, come: 3 })
      world.run(inside())
    }
    await mirror.sync()
    await isEqual()
  })

  test('machines that a scan does not meet any more stay; those of a scan that is gone are for a person', async () => {
    const { world, control } = mirror.simulator
    world.machines[0]!.isUp = false
    control.advance({ hours: 1 })
    world.run(inside())
    await mirror.sync()
    expect(await count("asset where status <> 'live'")).toBe(0)
    world.deleteScan(outside().id)
    const run = await mirror.sync()
    expect(run).toMatchObject({ status: 'completed' })
    expect(run.notes.join(' ')).toContain('From outside')
    expect(await count(`sweep where run_id = ${run.runId} and status = 'held'`)).toBe(1)
    expect(await count("asset where status <> 'live'")).toBe(0)
    expect(await count('finding where ended_at is not null')).toBe(0)
  })

  test('no scans at all are an alarm', async () => {
    const { world } = mirror.simulator
    const before = await nessusMirrorLines(mirror.database)
    for (const scan of world.scans) scan.isHidden = true
    expect(await mirror.sync()).toMatchObject({ error_code: 'empty_answer' })
    for (const scan of world.scans) scan.isHidden = false
    expect(await nessusMirrorLines(mirror.database)).toEqual(before)
  })

  test('another scanner at the address is refused, and so are keys that were replaced', async () => {
    mirror.simulator.replaceServer()
    expect(await mirror.sync()).toMatchObject({ status: 'failed', error_code: 'other_source' })
    mirror.simulator.control.revokeKeys()
    expect(await mirror.sync()).toMatchObject({ status: 'failed', error_code: 'bad_credentials' })
  })
})

describe('with a name and a password, of an old version that starts anew', () => {
  beforeAll(async () => {
    mirror = await openNessusMirror({ ...small, auth: 'password', usesFileIds: true, tellsFeatures: false })
  }, 60_000)
  afterAll(() => mirror.close())

  test('no scans at all, for which it says null, are no fault while there were none before', async () => {
    const { scans } = mirror.simulator.world
    for (const scan of scans) scan.isHidden = true
    expect(await mirror.sync()).toMatchObject({ status: 'completed', error_code: null })
    for (const scan of scans) scan.isHidden = false
  })

  test('it is waited for, sessions are opened again, and files are asked for by their number', async () => {
    const { simulator } = mirror
    simulator.restart(3)
    simulator.control.addFaults({ on: { path: '/scans/*/export/*/download', nth: 1 }, do: { kind: 'session_expired' } })
    expect(await mirror.sync()).toMatchObject({ status: 'completed', error_code: null })
    await isEqual()
    expect(simulator.logins()).toBeLessThanOrEqual(6)
  })

  test('a file that was cleared away is asked for again', async () => {
    mirror.simulator.control.addFaults({ on: { path: '/scans/*/export/*/download', nth: 2 }, do: { kind: 'expired' } })
    expect(await mirror.sync()).toMatchObject({ status: 'completed', error_code: null })
    await isEqual()
  })
})

describe('of a trial, which exports nothing', () => {
  beforeAll(async () => {
    mirror = await openNessusMirror({
      machines: 5,
      weaknesses: 30,
      licence: 'trial',
      exportRefusal: 412,
      losesRefusedBodies: true,
    })
  }, 60_000)
  afterAll(() => mirror.close())

  test('machines and plugins are read one by one, and what is closed is what was looked for', async () => {
    const run = await mirror.sync()
    expect(run).toMatchObject({ status: 'completed', error_code: null })
    expect(run.notes.join(' ')).toContain('does not allow exports')
    const names = (lines: readonly string[]) => lines.map(line => line.replace(/^\S+ /, ''))
    expect(names(await nessusMirrorLines(mirror.database)).sort()).toEqual(
      names(nessusTruthLines(mirror.simulator)).sort(),
    )
    mirror.simulator.world.change({ gone: 6 })
    mirror.simulator.world.run(inside())
    await mirror.sync({ kind: 'delta' })
    expect(names(await nessusMirrorLines(mirror.database)).sort()).toEqual(
      names(nessusTruthLines(mirror.simulator)).sort(),
    )
    expect(await fixedEvents()).toBeGreaterThan(0)
  })

  test('the test of the connection says what the licence does not allow', async () => {
    const { engine, sourceId } = mirror
    const report = await engine.checkSource(sourceId, AbortSignal.timeout(10_000))
    expect(report).toMatchObject({ ok: true, user: { name: 'tenfold', role: 'System Administrator' } })
    const outcomes = Object.fromEntries(report.rights.map(({ right, outcome }) => [right, outcome]))
    expect(outcomes).toEqual({
      'scans and their results': 'granted',
      exports: 'not_offered',
      'launching scans': 'not_offered',
    })
  })
})
