import { afterEach, expect, test } from 'vitest'
import { differencesFrom, endedByCause, readScope, setScope, truthWithin } from '../../test/scope/scoped.ts'
import { type Mirror, openMirror, readMirror, readRun, tester, truthOf } from '../../test/support/mirror.ts'
import { verifyStore } from '../store/verify/verify.ts'
import { targetOfAssets } from './refresh.ts'

// A few rows at once: some assets, or one plugin, beside whatever else reads the source.

let mirror: Mirror
afterEach(() => mirror.close())

const chunks = '/vulns/export/*/chunks/*'

/** A mirror that is equal to its tenant. */
async function openSynced(options: Parameters<typeof openMirror>[0] = {}): Promise<void> {
  mirror = await openMirror({ findings: 500, assets: 50, ...options })
  await sync()
}

function sync(request: Parameters<Mirror['sync']>[0] = {}) {
  mirror.simulator.control.advance({ hours: 0.01 })
  return mirror.sync({ streams: ['assets', 'findings'], ...request })
}

async function refreshAssets(...names: string[]) {
  mirror.simulator.control.advance({ hours: 0.01 })
  const target = await targetOfAssets(mirror.database, names)
  return mirror.engine.requestRefresh({ ...target, streams: ['assets', 'findings'], trigger: 'api' }, tester)
}

async function refreshPlugin(pluginId: number) {
  mirror.simulator.control.advance({ hours: 0.01 })
  const target = { plugin_ids: [pluginId] }
  return mirror.engine.requestRefresh(
    { sourceId: mirror.sourceId, target, streams: ['findings'], trigger: 'api' },
    tester,
  )
}

async function ended(queued: { runId: number }) {
  await mirror.engine.waitForRun(queued.runId)
  return readRun(mirror.database, queued.runId)
}

/** Live, tracked hosts with open findings. */
function hosts(): string[] {
  const open = new Set(
    [...mirror.simulator.control.truthFindings()].filter(row => row.state === 'OPEN').map(row => row.asset_uuid),
  )
  return [...mirror.simulator.control.truthAssets()]
    .filter(
      asset => asset.status === 'live' && asset.tracked && asset.types.includes('host') && open.has(asset.asset_uuid),
    )
    .map(asset => asset.asset_uuid)
}

const findingsOf = (uuid: string) =>
  [...mirror.simulator.control.truthFindings()].filter(row => row.asset_uuid === uuid)

async function mirroredFindings(uuid: string): Promise<string[]> {
  const { rows } = await mirror.database.query<{ line: string }>(
    `select concat_ws('|', plugin_id, port, protocol, upper(state), severity) as line
     from finding f join asset a using (asset_id) where a.native_id = $1 order by 1`,
    [uuid],
  )
  return rows.map(row => row.line)
}

const truthLines = (uuid: string) =>
  findingsOf(uuid)
    .map(row => [row.plugin_id, row.port, row.protocol.toLowerCase(), row.state, row.severity].join('|'))
    .sort()

async function watermarks(): Promise<unknown> {
  const { rows } = await mirror.database.query(
    'select stream, max(watermark_at) as at from run_stream where watermark_at is not null group by stream order by 1',
  )
  return rows
}

const eventCount = async () =>
  (await mirror.database.query<{ n: number }>('select count(*)::int as n from finding_event')).rows[0]!.n

async function expectSound(): Promise<void> {
  expect((await verifyStore(mirror, { actor: tester, programVersion: 'test' })).damages).toEqual([])
}

test('one asset is as the source has it, at once; the others wait for the next sync', async () => {
  await openSynced()
  const [asset, other] = hosts()
  for (const uuid of [asset!, other!]) {
    mirror.simulator.control.edit('fix-finding', { asset_uuid: uuid, count: 1 })
    mirror.simulator.control.edit('add-finding', { asset_uuid: uuid })
    mirror.simulator.control.edit('rename-asset', { asset_uuid: uuid })
  }
  const before = await watermarks()
  const run = await ended(await refreshAssets(asset!))
  expect(run).toMatchObject({ status: 'completed', notes: [] })
  expect(await mirroredFindings(asset!)).toEqual(truthLines(asset!))
  expect(await mirroredFindings(other!)).not.toEqual(truthLines(other!))
  expect(await watermarks()).toEqual(before)
  const { rows } = await mirror.database.query<{ kind: string; target: unknown }>(
    'select kind, target from run where run_id = $1',
    [run.runId],
  )
  expect(rows[0]).toEqual({ kind: 'targeted', target: { asset_ids: [expect.any(Number)] } })
  await sync({ kind: 'delta' })
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  await expectSound()
})

test('one plugin is as the source has it on every asset, in every state', async () => {
  await openSynced()
  const pluginId = findingsOf(hosts()[0]!)[0]!.plugin_id
  const everywhere = [...mirror.simulator.control.truthFindings()].filter(row => row.plugin_id === pluginId).length
  mirror.simulator.control.edit('fix-finding', { plugin_id: pluginId })
  const run = await ended(await refreshPlugin(pluginId))
  expect(run).toMatchObject({ status: 'completed', streams: { findings: { received: everywhere } } })
  const { rows } = await mirror.database.query<{ state: string; n: number }>(
    'select state, count(*)::int as n from finding where plugin_id = $1 group by 1',
    [pluginId],
  )
  const truth = [...mirror.simulator.control.truthFindings()].filter(row => row.plugin_id === pluginId)
  expect(Object.fromEntries(rows.map(row => [row.state.toUpperCase(), row.n]))).toEqual(
    Object.fromEntries([...Map.groupBy(truth, row => row.state)].map(([state, of]) => [state, of.length])),
  )
  await expectSound()
})

test('where nothing changed nothing is written, and nothing ever ends', async () => {
  await openSynced()
  const [asset] = hosts()
  const before = { rows: await readMirror(mirror.database), events: await eventCount() }
  const quiet = await ended(await refreshAssets(asset!))
  expect(quiet.streams.findings).toMatchObject({ inserted: 0, changed: 0 })
  expect(quiet.streams.findings!.received).toBeGreaterThan(0)
  for (const row of findingsOf(asset!)) {
    const { asset_uuid, plugin_id, port, protocol } = row
    mirror.simulator.control.edit('remove-finding', { asset_uuid, plugin_id, port, protocol })
  }
  const run = await ended(await refreshAssets(asset!))
  expect(run.status).toBe('completed')
  expect(run.notes.join()).toContain('The source shows no finding at')
  expect(await endedByCause(mirror.database)).toEqual({})
  expect({ rows: await readMirror(mirror.database), events: await eventCount() }).toEqual(before)
})

test('a refresh does not wait for a sync that is under way, and neither undoes what the other wrote', async () => {
  await openSynced()
  const [asset] = hosts()
  mirror.simulator.control.addFaults({
    on: { path: chunks, times: 1 },
    do: { kind: 'drip', bytes: 4_000, everyMs: 60 },
  })
  const full = await mirror.engine.requestRun({ sourceId: mirror.sourceId, kind: 'full', trigger: 'cli' }, tester)
  for (;;) {
    const { rows } = await mirror.database.query(
      "select from export_chunk join export_job j using (export_job_id) where j.run_id = $1 and j.stream = 'findings'",
      [full.runId],
    )
    if (rows.length > 0) break
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  // Newer than the export of the sync, which cannot meet any of it.
  mirror.simulator.control.advance({ hours: 0.01 })
  mirror.simulator.control.edit('add-finding', { asset_uuid: asset! })
  const created = mirror.simulator.control.edit('create-asset', { kind: 'linux-server', findings: 5 }).changed[0]!
  const queued = await refreshAssets(asset!)
  expect(queued.message).toContain(`It does not wait for run ${full.runId} (full)`)
  expect((await ended(queued)).status).toBe('completed')
  const during = (
    await mirror.database.query<{ status: string }>('select status from run where run_id = $1', [full.runId])
  ).rows[0]
  expect(await mirror.engine.waitForRun(full.runId)).toBe('completed')
  expect(during?.status).toBe('running')
  expect(await mirroredFindings(asset!)).toEqual(truthLines(asset!))
  const { rows } = await mirror.database.query<{ status: string }>('select status from asset where native_id = $1', [
    created.asset_uuid,
  ])
  expect(rows).toEqual([{ status: 'live' }])
  const { rows: marked } = await mirror.database.query('select from finding where unconfirmed_at is not null')
  expect(marked).toEqual([])
  await sync()
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  await expectSound()
})

test('a refresh within a scope reads nothing outside it', async () => {
  mirror = await openMirror({ findings: 500, assets: 50 })
  const scope = { severities: ['critical', 'high'] } as const
  await setScope(mirror, scope)
  await sync()
  for (const uuid of hosts().slice(0, 3)) expect((await ended(await refreshAssets(uuid))).status).toBe('completed')
  const truth = truthWithin(mirror.simulator, readScope(scope))
  expect(await differencesFrom(mirror.database, truth)).toEqual({})
})

test('refreshes of a source take turns; one that waits stands for all who ask for the same', async () => {
  await openSynced()
  const [first, second] = hosts()
  await mirror.engine.stop()
  const one = await refreshAssets(first!)
  const two = await refreshAssets(second!)
  expect(two.message).toContain('1 asked for earlier goes first')
  expect(await refreshAssets(second!)).toMatchObject({ runId: two.runId, created: false })
  const plugins = Array.from({ length: 18 }, (_, n) => refreshPlugin(10_000 + n))
  await Promise.all(plugins)
  await expect(refreshPlugin(9_999)).rejects.toMatchObject({ code: 'too_many_refreshes' })
  const engine = await mirror.anotherEngine()
  for (const { runId } of [one, two]) expect(await engine.waitForRun(runId)).toBe('completed')
  const { rows } = await mirror.database.query<{ is_after: boolean }>(
    'select b.started_at >= a.finished_at as is_after from run a, run b where a.run_id = $1 and b.run_id = $2',
    [one.runId, two.runId],
  )
  expect(rows).toEqual([{ is_after: true }])
  await engine.stopAll(tester)
})

test('a source that was never read to its end is refused a refresh, and so is what nobody knows', async () => {
  mirror = await openMirror({ findings: 300, assets: 30 })
  await expect(refreshPlugin(19_506)).rejects.toMatchObject({ code: 'never_complete' })
  await expect(refreshAssets('no-such-asset')).rejects.toMatchObject({ code: 'asset_not_found' })
  await sync()
  const many = hosts().concat(hosts()).slice(0, 26)
  if (many.length === 26) await expect(refreshAssets(...many)).rejects.toMatchObject({ code: 'too_many_assets' })
  // Web applications have no address that findings could be asked for by.
  await mirror.database.query("update asset set ipv4s = '{}', observed = observed - 'ipv4' where native_id = $1", [
    hosts()[0],
  ])
  const { sourceId, target } = await targetOfAssets(mirror.database, [hosts()[0]!])
  const findings = { sourceId, target, streams: ['findings'], trigger: 'api' } as const
  await expect(mirror.engine.requestRefresh(findings, tester)).rejects.toMatchObject({ code: 'no_address' })
  const run = await ended(await refreshAssets(hosts()[0]!))
  expect(run.status).toBe('completed')
  expect(run.notes.join()).toContain('it has no IPv4 address')
})
