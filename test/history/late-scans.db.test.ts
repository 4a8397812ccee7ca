import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scan } from '../../src/simulator/nessus/index.ts'
import { fullTerms } from '../../src/simulator/nessus/index.ts'
import type { NessusPlugin } from '../../src/simulator/nessus/plugins.ts'
import { Random } from '../../src/simulator/random.ts'
import { unrestricted } from '../../src/store/access.ts'
import { loadChanges } from '../../src/store/queries/changes.ts'
import { loadDailyStatistics } from '../../src/store/queries/daily-statistics.ts'
import { getFindingThen } from '../../src/store/queries/finding-detail-then.ts'
import { getFindingHistory } from '../../src/store/queries/finding-history.ts'
import { listFindingsThen } from '../../src/store/queries/finding-list-then.ts'
import { loadFindingStatisticsThen } from '../../src/store/queries/finding-statistics-then.ts'
import { rebuildDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import { runCheck } from '../../src/store/verify/check.ts'
import { historyChecks } from '../../src/store/verify/history-checks.ts'
import { type NessusMirror, nessusMirrorLines, nessusTruthLines, openNessusMirror } from '../support/nessus.ts'
import { foldEvents, readEvents } from './event-fold.ts'

// Several scans look at the same machines, and some of their runs are read after later ones. What is heard late is told of
// the day it happened on; what we had said before of any day is said again when it is asked what was known then.

let mirror: NessusMirror
let scans: readonly Scan[]

beforeAll(async () => {
  mirror = await openNessusMirror({ machines: 4, weaknesses: 40, exportPolls: 0 })
  const { world, control } = mirror.simulator
  const terms = { ...fullTerms, targets: [0, 1, 2, 3] }
  world.scans.splice(0)
  scans = ['First', 'Second', 'Third'].map(name => world.addScan(name, terms))
  for (const scan of scans) world.run(scan)
  control.advance({ hours: 3 })
  expect(await mirror.sync()).toMatchObject({ status: 'completed' })
}, 60_000)
afterAll(() => mirror.close())

const database = () => unrestricted(mirror.database)
const isEqual = async () => expect(await nessusMirrorLines(mirror.database)).toEqual(nessusTruthLines(mirror.simulator))

async function sync(request?: { readonly kind: 'delta' }): Promise<void> {
  expect(await mirror.sync(request)).toMatchObject({ status: 'completed', error_code: null, error_message: null })
}

async function now(): Promise<string> {
  const { rows } = await mirror.database.query<{ at: string }>('select clock_timestamp() as at')
  return rows[0]!.at
}

/** A scan runs, and is not shown yet. */
function runLate(scan: Scan): string {
  scan.isHidden = true
  const run = mirror.simulator.world.run(scan)
  return new Date(run.hosts[0]!.startedAt).toISOString()
}

function run(scan: Scan): string {
  return new Date(mirror.simulator.world.run(scan).hosts[0]!.startedAt).toISOString()
}

function showAll(): void {
  for (const scan of scans) scan.isHidden = false
}

/** Something that the first machine has, and whose id it is here. */
async function someFinding() {
  const machine = mirror.simulator.world.machines[0]!
  const [key, weakness] = [...machine.weaknesses][0]!
  const { rows } = await mirror.database.query<{ id: string }>(
    `select concat_ws('.', f.asset_id, f.plugin_id, f.port, f.protocol) as id
     from finding f join asset a using (asset_id)
     where $1 = any(a.ipv4s) and f.plugin_id = $2 and f.port = $3`,
    [machine.ip, weakness.plugin.id, weakness.port],
  )
  return {
    id: rows[0]!.id,
    gone: () => machine.weaknesses.delete(key),
    back: () => machine.weaknesses.set(key, weakness),
  }
}

const later = (instant: string, minutes: number) => new Date(Date.parse(instant) + minutes * 60_000).toISOString()

test('fixed since an earlier scan, as is heard later: both clocks answer, and it is one fix', async () => {
  const { world, control } = mirror.simulator
  const [first, second] = scans as [Scan, Scan, Scan]
  const { id, gone } = await someFinding()
  gone()
  control.advance({ days: 1 })
  const earlier = runLate(first)
  control.advance({ days: 2 })
  const late = run(second)
  await sync()
  const then = await now()
  const between = later(earlier, 60 * 24)
  const at = async (asOf: string, knownAt?: string) => {
    const { state, last_fixed } = await getFindingThen(database(), id, { asOf, knownAt })
    return `${state} ${last_fixed === null ? '' : new Date(last_fixed).toISOString()}`.trim()
  }
  expect([await at(between), await at(later(late, 1))]).toEqual(['open', `fixed ${late}`])
  const changes = async (knownAt?: string) => {
    const { counts, mttr } = await loadChanges(database(), {
      from: later(earlier, -60),
      to: control.now(),
      known_at: knownAt,
      limit: 10,
    })
    return [counts.fixed, mttr.fixes]
  }
  expect(await changes()).toEqual([1, 1])

  showAll()
  control.advance({ hours: 1 })
  await sync()
  await isEqual()
  // What we said before is still what we said.
  expect([await at(between, then), await at(later(late, 1), then)]).toEqual(['open', `fixed ${late}`])
  expect([await at(between), await at(later(late, 1))]).toEqual([`fixed ${earlier}`, `fixed ${earlier}`])
  expect(await at(later(earlier, -1))).toBe('open')
  expect(await changes()).toEqual([1, 1])
  expect(await changes(then)).toEqual([1, 1])
  const { rows } = await mirror.database.query<{ at: string }>(
    "select happened_at as at from finding_event where kind = 'fixed' order by recorded_at",
  )
  expect(rows.map(row => new Date(row.at).toISOString())).toEqual([late, earlier])
  expect(world.scans.length).toBe(3)
})

test('back between two fixes, as is heard later, is a return and another fix', async () => {
  const { control } = mirror.simulator
  const [first, second, third] = scans as [Scan, Scan, Scan]
  const { id, gone, back } = await someFinding()
  gone()
  control.advance({ days: 1 })
  const once = run(first)
  control.advance({ days: 1 })
  back()
  const seen = runLate(second)
  control.advance({ days: 1 })
  gone()
  const twice = run(first)
  await sync()
  const then = await now()
  showAll()
  control.advance({ hours: 1 })
  await sync()
  await isEqual()
  const stateAt = async (asOf: string, knownAt?: string) =>
    (await getFindingThen(database(), id, { asOf, knownAt })).state
  const days = [later(once, -1), later(once, 1), later(seen, 60), later(twice, 1)]
  expect(await Promise.all(days.map(day => stateAt(day, then)))).toEqual(['open', 'fixed', 'fixed', 'fixed'])
  expect(await Promise.all(days.map(day => stateAt(day)))).toEqual(['open', 'fixed', 'reopened', 'fixed'])
  expect(third.runs.length).toBe(1)
})

/** Something that the first machine has not had yet, and whose id it will be. */
async function somethingNew(isWanted: (plugin: NessusPlugin) => boolean = () => true) {
  const [machine, ...others] = mirror.simulator.world.machines
  const { weaknesses } = machine!
  const known = new Set([...weaknesses.values()].map(one => one.plugin.id))
  const { rows: held } = await mirror.database.query<{ asset_id: number; plugin_id: number }>(
    'select asset_id, plugin_id from finding join asset using (asset_id) where $1 = any(ipv4s)',
    [machine!.ip],
  )
  for (const row of held) known.add(row.plugin_id)
  const [key, weakness] = others
    .flatMap(other => [...other.weaknesses])
    .find(([key, { plugin }]) => !known.has(plugin.id) && !weaknesses.has(key) && isWanted(plugin))!
  return {
    id: `${held[0]!.asset_id}.${weakness.plugin.id}.${weakness.port}.${weakness.protocol ?? 'tcp'}`,
    come: () => weaknesses.set(key, weakness),
    gone: () => weaknesses.delete(key),
  }
}

test('seen first by an earlier scan, as is heard later: it was there since then, opened once, and no day after it is told otherwise', async () => {
  const { control } = mirror.simulator
  const [first, second, third] = scans as [Scan, Scan, Scan]
  const { id, come, gone } = await somethingNew()
  control.advance({ days: 1 })
  come()
  const earliest = runLate(third)
  control.advance({ days: 1 })
  const earlier = runLate(first)
  control.advance({ days: 2 })
  const seen = run(second)
  control.advance({ days: 1 })
  gone()
  const fixed = run(second)
  await sync()
  const then = await now()

  const at = async (asOf: string, knownAt?: string) =>
    getFindingThen(database(), id, { asOf, knownAt }).then(
      ({ state, last_fixed }) => (last_fixed === null ? state : `${state} ${new Date(last_fixed).toISOString()}`),
      (error: { code: string }) => error.code,
    )
  // A machine is seen some minutes after its scan began to look at it.
  const days = [later(earliest, -1), later(earliest, 60), later(earlier, 60), later(seen, 60), later(fixed, 1)]
  const each = (knownAt?: string) => Promise.all(days.map(day => at(day, knownAt)))
  const changes = async (from: string, knownAt?: string) => {
    const assetId = Number(id.split('.')[0])
    const period = { from, to: control.now(), asset_id: [assetId], known_at: knownAt, limit: 100 }
    const { counts, mttr, items } = await loadChanges(database(), period)
    const own = items.filter(one => one.finding_id === id).map(one => one.change)
    return { opened: counts.opened, fixed: counts.fixed, days: Math.round(mttr.mean_days ?? 0), own }
  }
  const once = { opened: 1, fixed: 1, own: ['fixed', 'opened'] }
  const saidThen = ['finding_not_then', 'finding_not_then', 'finding_not_then', 'open', `fixed ${fixed}`]
  expect(await each()).toEqual(saidThen)
  expect(await changes(later(earliest, -1))).toEqual({ ...once, days: 1 })

  const told = async (opened: readonly string[], days: number) => {
    control.advance({ hours: 1 })
    await sync()
    // What we said before is still what we said.
    expect(await each(then)).toEqual(saidThen)
    expect(await changes(later(earliest, -1), then)).toEqual({ ...once, days: 1 })
    expect(await each()).toEqual([...opened, 'open', `fixed ${fixed}`])
    expect(await changes(later(earliest, -1))).toEqual({ ...once, days })
    expect(await changes(later(seen, -1))).toEqual({ opened: 0, fixed: 1, days, own: ['fixed'] })
    const { first_found } = await getFindingThen(database(), id, {})
    const { items } = await getFindingHistory(database(), id)
    expect(items[0]).toMatchObject({ kind: 'opened', happened_at: first_found, is_reconstructed: false })
    expect(await rebuildDailyTotals(mirror.database)).toBe(0)
    for (const check of historyChecks) expect(await runCheck(mirror.database, check)).toBeUndefined()
  }
  first.isHidden = false
  await told(['finding_not_then', 'finding_not_then', 'open'], 3)
  third.isHidden = false
  await told(['finding_not_then', 'open', 'open'], 4)
  await isEqual()
}, 60_000)

test('an opening that is moved by the runs of a scan read late is told to people once', async () => {
  const { control } = mirror.simulator
  const [, second, third] = scans as [Scan, Scan, Scan]
  const { id, come } = await somethingNew(plugin => plugin.severity >= 3)
  control.advance({ days: 1 })
  await sync()
  come()
  // All of it within the hour that a delta looks back.
  runLate(third)
  control.advance({ hours: 0.2 })
  run(second)
  control.advance({ hours: 0.2 })
  await sync({ kind: 'delta' })
  runLate(third)
  showAll()
  control.advance({ hours: 0.2 })
  await sync({ kind: 'delta' })
  await isEqual()
  const [assetId, pluginId] = id.split('.')
  const { items } = await getFindingHistory(database(), id)
  expect(items.map(item => item.kind)).toEqual(['opened', 'opened'])
  const { rows } = await mirror.database.query(
    "select from outbox where topic = 'finding.opened' and subject ->> 'asset_id' = $1 and subject ->> 'plugin_id' = $2",
    [assetId, pluginId],
  )
  expect(rows.length).toBe(1)
})

test('whatever is heard late: what was said of any day can be said again, and totals are those of the rows', async () => {
  const { world, control } = mirror.simulator
  const random = new Random(11)
  const said: { readonly knownAt: string; readonly asOf: string; readonly answer: unknown }[] = []
  const days: string[] = []
  const answer = async (asOf: string, knownAt?: string) => {
    const moment = { asOf, knownAt }
    const { items } = await listFindingsThen(
      database(),
      { filter: { include: ['all'] }, sort: '-severity', limit: 500 },
      moment,
    )
    const { total, by_state } = await loadFindingStatisticsThen(database(), {}, moment)
    return { total, by_state, rows: items.map(row => `${row.finding_id} ${row.state} ${row.last_fixed}`).toSorted() }
  }
  for (let round = 0; round < 4; round++) {
    for (let n = 0; n < 3; n++) {
      control.advance({ hours: 5 + random.below(20) })
      world.change({ gone: 3, come: 2 })
      const scan = scans[random.below(scans.length)]!
      if (random.below(2) === 0) runLate(scan)
      else run(scan)
    }
    if (round % 2 === 1) showAll()
    // One that is shown: an empty list would be an alarm.
    scans[2]!.isHidden = false
    await sync()
    days.push(control.now())
    const knownAt = await now()
    for (const asOf of days.slice(-3)) said.push({ knownAt, asOf, answer: await answer(asOf) })
  }
  showAll()
  await sync()
  for (const { knownAt, asOf, answer: before } of said) expect(await answer(asOf, knownAt)).toEqual(before)
  const stored = await readEvents(mirror.database)
  const from = days[0]!.slice(0, 10)
  const { items } = await loadDailyStatistics(database(), { from, to: control.now().slice(0, 10) })
  expect(items.length).toBeGreaterThan(3)
  for (const { day, total } of items) {
    const was = foldEvents(stored, Date.parse(`${day}T23:59:59.999Z`) * 1000 + 999, Number.POSITIVE_INFINITY)
    expect([day, total]).toEqual([day, was.filter(one => one.state !== 'fixed' && one.endCause === null).length])
  }
  expect(await rebuildDailyTotals(mirror.database)).toBe(0)
  for (const check of historyChecks) expect(await runCheck(mirror.database, check)).toBeUndefined()
  const { counts } = await loadChanges(database(), { from: '2000-01-01T00:00:00Z', to: control.now(), limit: 1 })
  const { rows: openings } = await mirror.database.query<{ findings: number; told: number; moved: number }>(
    `select count(*)::int as findings, count(*) filter (where first_found = opened_at)::int as told,
            count(*) filter (where openings > 1)::int as moved
     from finding
     join (select asset_id, plugin_id, port, protocol, instance, min(happened_at) as opened_at, count(*) as openings
           from finding_event where kind = 'opened' group by 1, 2, 3, 4, 5) as e using (asset_id, plugin_id, port, protocol, instance)`,
  )
  const { findings, told, moved } = openings[0]!
  expect([told, counts.opened]).toEqual([findings, findings])
  expect(moved).toBeGreaterThan(0)
  const { rows } = await mirror.database.query<{ n: number }>(
    `select count(*)::int as n from finding_event e
     where exists (select from finding_event l where (l.asset_id, l.plugin_id, l.port, l.protocol, l.instance)
                     = (e.asset_id, e.plugin_id, e.port, e.protocol, e.instance) and l.kind = 'fixed' and e.kind = 'fixed'
                     and l.recorded_at > e.recorded_at and l.happened_at < e.happened_at)`,
  )
  expect(rows[0]!.n).toBeGreaterThan(0)
}, 60_000)
