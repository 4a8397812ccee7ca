import { afterEach, beforeEach, expect, test } from 'vitest'
import { assetEventKinds, findingEventKinds, pluginEventKinds } from './events.ts'
import { type FindingEvent, type Simulator, startSimulator } from './index.ts'
import { everything, type NaiveClient, naiveClient } from './naive-client.ts'

let simulator: Simulator
let client: NaiveClient

beforeEach(async () => {
  simulator = await startSimulator({ jobPace: { queuedPolls: 0, chunksPerPoll: 1000 } })
  client = naiveClient(simulator)
})
afterEach(() => simulator.stop())

const deliberate = ['asset_emptied', 'asset_restored', 'finding_removed', 'finding_restored']

test('a few weeks of life hold every kind of event', () => {
  simulator.control.advance({ days: 21 })
  const kinds = new Set(simulator.control.events().map(event => event.kind))
  const all = [...findingEventKinds, ...assetEventKinds, ...pluginEventKinds].filter(kind => !deliberate.includes(kind))
  expect([...kinds].sort()).toEqual(all.sort())
})

test('events come in order, and never before what they tell happened', () => {
  simulator.control.advance({ days: 10 })
  const events = simulator.control.events()
  events.forEach((event, n) => {
    expect(event.seq).toBe(n + 1)
    expect(event.happened_at <= event.at).toBe(true)
  })
  expect(
    events.some(
      event => event.kind === 'asset_scanned' && Date.parse(event.at) - Date.parse(event.happened_at) > 5 * 3_600_000,
    ),
  ).toBe(true)
})

test('replaying the events over the state at the start gives the state at the end', () => {
  const key = (row: { asset_uuid: string; plugin_id: number; port: number; protocol: string }) =>
    `${row.asset_uuid} ${row.plugin_id} ${row.port} ${row.protocol}`
  const state = new Map([...simulator.control.truthFindings()].map(row => [key(row), `${row.state} ${row.severity}`]))
  simulator.control.advance({ days: 12 })
  const gone = new Set<string>()
  for (const event of simulator.control.events()) {
    if (event.kind.startsWith('finding_')) {
      const finding = event as FindingEvent
      state.set(key(finding), `${finding.state} ${finding.severity}`)
    } else if (
      ['asset_deleted', 'asset_terminated', 'asset_aged_out', 'asset_superseded'].includes(event.kind) &&
      'asset_uuid' in event
    )
      gone.add(event.asset_uuid)
  }
  for (const known of state.keys()) if (gone.has(known.slice(0, 36))) state.delete(known)
  const end = new Map([...simulator.control.truthFindings()].map(row => [key(row), `${row.state} ${row.severity}`]))
  expect(state).toEqual(end)
})

test('a finding keeps its first date whatever happens to it', () => {
  const key = (row: { asset_uuid: string; plugin_id: number; port: number; protocol: string }) =>
    `${row.asset_uuid} ${row.plugin_id} ${row.port} ${row.protocol}`
  const before = new Map([...simulator.control.truthFindings()].map(row => [key(row), row]))
  simulator.control.advance({ days: 20 })
  for (const row of simulator.control.truthFindings()) {
    const known = before.get(key(row))
    if (known === undefined) continue
    expect(row.first_found).toBe(known.first_found)
    expect(row.last_found >= known.last_found).toBe(true)
    if (row.state === known.state && row.state !== 'OPEN') expect(row.last_fixed! >= known.last_fixed!).toBe(true)
  }
})

test('one long step and many short ones may differ, but each is repeatable', async () => {
  const again = await startSimulator({ jobPace: { queuedPolls: 0, chunksPerPoll: 1000 } })
  for (let n = 0; n < 5; n++) {
    simulator.control.advance({ hours: 7 })
    again.control.advance({ hours: 7 })
  }
  expect(again.control.truth()).toEqual(simulator.control.truth())
  await again.stop()
})

test('a delta by indexed_at brings exactly what life touched', async () => {
  const since = Math.floor(Date.parse(simulator.control.now()) / 1000)
  simulator.control.advance({ days: 2 })
  const touched = new Set<string>()
  for (const event of simulator.control.events())
    if (event.kind.startsWith('finding_'))
      touched.add(`${(event as FindingEvent).asset_uuid} ${(event as FindingEvent).plugin_id}`)
  const { rows } = await client.exported<{ asset: { uuid: string }; plugin: { id: number }; indexed: string }>(
    'vulns',
    {
      include_unlicensed: true,
      filters: { indexed_at: since, state: everything.filters.state },
    },
  )
  const total = simulator.control.truth().findings.total
  expect(rows.length).toBeGreaterThan(touched.size / 2)
  expect(rows.length).toBeLessThan(total)
  expect(rows.every(row => Date.parse(row.indexed) >= since * 1000)).toBe(true)
})

test('a quiet stretch changes nothing but what is asked for', () => {
  const before = simulator.control.truth().findings
  const quiet = {
    assetsUnlicensed: 0,
    found: 0,
    fixed: 0,
    resurfaced: 0,
    recast: 0,
    accepted: 0,
    assetsCreated: 0,
    assetsDeleted: 0,
    assetsTerminated: 0,
    assetsAgedOut: 0,
    reached: 0,
  }
  simulator.control.advance({ days: 5, pace: quiet })
  expect(simulator.control.truth().findings).toEqual(before)
})

test('with a real clock the estate lives by itself', async () => {
  const real = await startSimulator({ assets: 60, findings: 600, clock: 'real' })
  expect(Math.abs(Date.parse(real.control.now()) - Date.now())).toBeLessThan(5000)
  real.control.advance({ days: 3 })
  expect(real.control.eventCount()).toBeGreaterThan(0)
  await real.stop()
})

const edits = [
  { name: 'fix-finding', field: 'FIXED', by: 1 },
  { name: 'resurface-finding', field: 'REOPENED', by: 1 },
  { name: 'add-finding', field: 'OPEN', by: 1 },
] as const
for (const { name, field, by } of edits) {
  test(`${name} moves ${field} by ${by} and names what it changed`, () => {
    const before = simulator.control.truth().findings.state[field]
    const { changed } = simulator.control.edit(name)
    expect(changed).toEqual([
      {
        asset_uuid: expect.any(String),
        plugin_id: expect.any(Number),
        port: expect.any(Number),
        protocol: expect.any(String),
      },
    ])
    expect(simulator.control.truth().findings.state[field]).toBe(before + by)
  })
}

test('edits can name their finding, or ask for many', () => {
  const { changed } = simulator.control.edit('fix-finding', { count: 10 })
  expect(changed).toHaveLength(10)
  expect(simulator.control.edit('resurface-finding', { ...changed[3] }).changed).toEqual([changed[3]])
  const row = [...simulator.control.truthFindings()].find(
    known =>
      known.asset_uuid === changed[3]!.asset_uuid &&
      known.plugin_id === changed[3]!.plugin_id &&
      known.port === changed[3]!.port &&
      known.protocol === changed[3]!.protocol,
  )
  expect(row).toMatchObject({
    state: 'REOPENED',
    last_fixed: simulator.control.now(),
    resurfaced_date: simulator.control.now(),
  })
})

test('what vanished or went can come back as it was', () => {
  const { control } = simulator
  const before = control.truth()
  const { changed } = control.edit('remove-finding', { count: 4 })
  for (const target of changed) expect(control.edit('restore-finding', { ...target }).changed).toEqual([target])
  const { changed: deleted } = control.edit('delete-asset')
  control.edit('restore-asset', { ...deleted[0] })
  const { changed: gone } = control.edit('age-out-asset')
  expect(control.truth().findings.total).toBeLessThan(before.findings.total)
  control.edit('restore-asset', { ...gone[0] })
  const after = control.truth()
  expect([after.assets.checksum, after.findings.checksum]).toEqual([before.assets.checksum, before.findings.checksum])
})

test('more edits than assets touch assets again', () => {
  expect(simulator.control.edit('fix-finding', { count: 500 }).changed).toHaveLength(500)
})

test('a finding can vanish without a word, a recast moves severity alone, a lifted rule moves it back', () => {
  const { total } = simulator.control.truth().findings
  simulator.control.edit('remove-finding', { count: 3 })
  expect(simulator.control.truth().findings.total).toBe(total - 3)
  const [target] = simulator.control.edit('recast-finding', { severity: 'critical' }).changed
  const find = () =>
    [...simulator.control.truthFindings()].find(
      row =>
        row.asset_uuid === target!.asset_uuid &&
        row.plugin_id === target!.plugin_id &&
        row.port === target!.port &&
        row.protocol === target!.protocol,
    )!
  expect(find()).toMatchObject({ severity: 'critical', severity_modification_type: 'RECASTED' })
  simulator.control.edit('lift-rule', { ...target })
  expect(find()).toMatchObject({ severity_modification_type: 'NONE' })
})

test('a launched scan runs as it is polled, and brings new results when it completes', async () => {
  const statuses: string[] = []
  await client.post('/scans/20/launch', {})
  for (let n = 0; n < 4; n++) statuses.push((await client.get<{ status: string }>('/scans/20/latest-status')).status)
  expect(statuses).toEqual(['running', 'publishing', 'completed', 'completed'])
  expect(simulator.control.events().some(event => event.kind === 'asset_scanned')).toBe(true)
})

test('a scan can be paused, resumed and stopped, each only where it may', async () => {
  const call = async (verb: string) => (await client.call('POST', `/scans/20/${verb}`)).status
  expect(await call('pause')).toBe(409)
  expect(await call('launch')).toBe(200)
  await client.get('/scans/20/latest-status')
  expect(await call('pause')).toBe(200)
  await client.get('/scans/20/latest-status')
  expect(await call('resume')).toBe(200)
  expect(await call('stop')).toBe(200)
  await client.get('/scans/20/latest-status')
  expect(await client.get('/scans/20/latest-status')).toEqual({ status: 'stopped' })
})
