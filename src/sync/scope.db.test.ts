import { afterEach, describe, expect, test } from 'vitest'
import {
  countAssets,
  differencesFrom,
  endedByCause,
  readScope,
  setScope,
  truthWithin,
} from '../../test/scope/scoped.ts'
import { type Mirror, openMirror, readMirror, tester, truthOf } from '../../test/support/mirror.ts'
import { heldCompliance } from '../../test/support/services.ts'
import { unrestricted } from '../store/access.ts'
import { loadComplianceStatistics } from '../store/queries/compliance-statistics.ts'
import { loadDailyStatistics } from '../store/queries/daily-statistics.ts'
import { loadFindingStatisticsThen } from '../store/queries/finding-statistics-then.ts'
import type { Moment } from '../store/queries/moment.ts'
import { verifyStore } from '../store/verify/verify.ts'

// A source that is limited to a part of what it has: what is outside is marked, and never called gone, fixed or withdrawn.

let mirror: Mirror
afterEach(() => mirror.close())

const production = { tags: [{ key: 'Environment', value: 'Production' }] }
const worst = { severities: ['critical', 'high'] } as const

/** Readings are told apart by the tenant's clock, which stands still by itself. */
function sync(request: Parameters<Mirror['sync']>[0] = {}) {
  mirror.simulator.control.advance({ hours: 0.01 })
  return mirror.sync({ streams: ['assets', 'findings'], ...request })
}

async function expectSound(): Promise<void> {
  const verdict = await verifyStore(mirror, { actor: tester, programVersion: 'test' })
  expect(verdict.damages).toEqual([])
}

async function expectNothingEndedFalsely(): Promise<void> {
  expect(await countAssets(mirror.database)).toMatchObject({ aged_out: 0 })
  expect(Object.keys(await endedByCause(mirror.database)).filter(cause => cause !== 'out_of_scope')).toEqual([])
  const { rows } = await mirror.database.query("select from finding_event where kind = 'fixed' and cause <> 'source'")
  expect(rows).toEqual([])
}

const within = (scope: object) => differencesFrom(mirror.database, truthWithin(mirror.simulator, readScope(scope)))

/** The filters of each export that was asked for, by stream. */
async function asked(runId: number): Promise<{ stream: string; filters: Record<string, unknown> }[]> {
  const { rows } = await mirror.database.query<{ stream: string; filters: Record<string, unknown> }>(
    "select stream, coalesce(asked -> 'filters', '{}') as filters from export_job where run_id = $1 and stream <> 'plugins' order by export_job_id",
    [runId],
  )
  return rows
}

const scopes = [
  { name: 'one tag', scope: production },
  { name: 'severities', scope: worst },
  { name: 'the default network', scope: { networks: ['00000000-0000-0000-0000-000000000000'] } },
]
for (const { name, scope } of scopes) {
  test(`narrowed to ${name} the rest is out of scope, none of it gone; widened again all is back`, async () => {
    mirror = await openMirror({ findings: 500, assets: 50 })
    await sync()
    await setScope(mirror, scope)
    const narrowed = await sync({ kind: 'delta' })
    expect(narrowed).toMatchObject({ status: 'completed' })
    expect(narrowed.notes.join('\n')).toContain('The scope of the source is now')
    expect(await within(scope)).toEqual({})
    expect((await endedByCause(mirror.database)).out_of_scope).toBeGreaterThan(100)
    await expectNothingEndedFalsely()
    await expectSound()
    await setScope(mirror, {})
    const widened = await sync({ kind: 'delta' })
    expect(widened.notes.join('\n')).toContain('Everything within it is read')
    expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
    expect(await endedByCause(mirror.database)).toEqual({})
    expect(await countAssets(mirror.database)).toMatchObject({ out_of_scope: 0 })
    await expectNothingEndedFalsely()
    await expectSound()
  })
}

test('a scope is asked of the source in every export, and kept with the run', async () => {
  mirror = await openMirror({ findings: 300, assets: 50 })
  const networks = mirror.simulator.control.truthAssets()
  const ids = [...new Set([...networks].map(asset => asset.network_id))].sort().slice(0, 2)
  await setScope(mirror, { ...production, ...worst, networks: ids })
  const run = await sync()
  expect(run.status).toBe('completed')
  const findings = (await asked(run.runId)).filter(({ stream }) => stream === 'findings')
  expect(findings.map(({ filters }) => filters.network_id)).toEqual(ids)
  for (const { filters } of findings) {
    expect(filters).toMatchObject({ 'tag.Environment': ['Production'], severity: ['high', 'critical'], since: 1 })
  }
  const assets = (await asked(run.runId)).filter(({ stream }) => stream === 'assets')
  expect(assets.map(({ filters }) => [filters.network_id, filters['tag.Environment']])).toEqual(
    ids.flatMap(id => Array.from({ length: 3 }, () => [id, ['Production']])),
  )
  const { rows } = await mirror.database.query<{ scope: unknown }>('select scope from run where run_id = $1', [
    run.runId,
  ])
  expect(rows[0]?.scope).toEqual({ ...production, networks: ids, severities: ['high', 'critical'] })
  expect(await within({ ...production, ...worst, networks: ids })).toEqual({})
})

test('a scope that is lost on the way ends nothing', async () => {
  mirror = await openMirror({ findings: 300, assets: 50 })
  await sync()
  await setScope(mirror, { networks: ['00000000-0000-0000-0000-000000000000'] })
  mirror.simulator.control.addFaults({
    on: { method: 'POST', path: '/vulns/export', nth: 'every' },
    do: { kind: 'drop_filter', filter: 'network_id' },
  })
  const run = await sync()
  expect(run).toMatchObject({ status: 'partial', error_code: 'filter_lost' })
  expect(await endedByCause(mirror.database)).toEqual({})
  expect(await countAssets(mirror.database)).toMatchObject({ out_of_scope: 0 })
})

test('nothing at all under a mistyped tag is an alarm, and marks nothing', async () => {
  mirror = await openMirror({ findings: 300, assets: 50 })
  await sync()
  await setScope(mirror, { tags: [{ key: 'Environment', value: 'Prodution' }] })
  const run = await sync()
  expect(run).toMatchObject({ status: 'failed', error_code: 'empty_answer' })
  expect(run.error_message).toContain('the tags and networks of the scope')
  expect(await endedByCause(mirror.database)).toEqual({})
  const problems = (await mirror.engine.checkSource(mirror.sourceId, new AbortController().signal)).scopeProblems
  expect(problems).toEqual(['The scope names the tag Environment:Prodution, which the source does not have.'])
})

describe('under a scope that stays', () => {
  /** Hosts with the tag that have open findings. */
  const tagged = () =>
    [...mirror.simulator.control.truthAssets()].filter(
      asset =>
        asset.tracked &&
        asset.status === 'live' &&
        asset.types.includes('host') &&
        asset.tags.includes('Environment:Production'),
    )
  const statusOf = async (uuid: string) => {
    const { rows } = await mirror.database.query<{ status: string; outside: boolean; causes: string[] }>(
      `select status, out_of_scope_at is not null as outside,
              array(select distinct end_cause from finding f
                    where f.asset_id = a.asset_id and f.state <> 'fixed' and end_cause is not null) as causes
       from asset a where native_id = $1`,
      [uuid],
    )
    return rows[0]
  }

  test('an asset is deleted, aged out or moved outside, each by its own name', async () => {
    mirror = await openMirror({ findings: 800, assets: 80 })
    await setScope(mirror, production)
    await sync()
    const [deleted, aged, retagged] = tagged()
    mirror.simulator.control.edit('delete-asset', { asset_uuid: deleted!.asset_uuid })
    mirror.simulator.control.edit('age-out-asset', { asset_uuid: aged!.asset_uuid })
    mirror.simulator.control.edit('tag-asset', { asset_uuid: retagged!.asset_uuid, tag: 4 })
    const run = await sync()
    expect(run.status).toBe('completed')
    expect(await statusOf(deleted!.asset_uuid)).toEqual({ status: 'deleted', outside: false, causes: ['asset_gone'] })
    expect(await statusOf(aged!.asset_uuid)).toEqual({ status: 'aged_out', outside: false, causes: ['asset_gone'] })
    expect(await statusOf(retagged!.asset_uuid)).toEqual({ status: 'live', outside: true, causes: ['out_of_scope'] })
    expect(await within(production)).toEqual({})
    await expectSound()
  })

  test('one that really goes while it is outside is aged out when the scope is widened, and not before', async () => {
    mirror = await openMirror({ findings: 500, assets: 50 })
    await sync()
    const outside = [...mirror.simulator.control.truthAssets()].find(
      asset => asset.tracked && asset.status === 'live' && !asset.tags.includes('Environment:Production'),
    )!
    await setScope(mirror, production)
    await sync()
    mirror.simulator.control.edit('age-out-asset', { asset_uuid: outside.asset_uuid })
    await sync()
    expect(await statusOf(outside.asset_uuid)).toMatchObject({ status: 'live', outside: true })
    await setScope(mirror, {})
    await sync()
    await sync()
    expect(await statusOf(outside.asset_uuid)).toMatchObject({ status: 'aged_out' })
    expect(await within({})).toEqual({})
    await expectSound()
  })

  test('a finding that is recast out of the severities is first unconfirmed, then out of scope, never withdrawn', async () => {
    mirror = await openMirror({ findings: 500, assets: 40 })
    await setScope(mirror, worst)
    await sync()
    const { asset_uuid, plugin_id, port, protocol } = [...mirror.simulator.control.truthFindings()].find(
      row => row.state === 'OPEN' && row.severity === 'critical' && row.asset_tracked,
    )!
    mirror.simulator.control.edit('recast-finding', { asset_uuid, plugin_id, port, protocol, severity: 'low' })
    await sync()
    expect(await endedByCause(mirror.database)).toEqual({})
    await sync()
    expect(await endedByCause(mirror.database)).toEqual({ out_of_scope: 1 })
    expect(await within(worst)).toEqual({})
    await setScope(mirror, {})
    await sync()
    expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  })

  test('a change of it while a run goes on is for the next run', async () => {
    mirror = await openMirror({ findings: 500, assets: 50 })
    await sync()
    mirror.simulator.control.addFaults({
      on: { path: '/vulns/export/*/chunks/*', nth: 'every' },
      do: { kind: 'drip', bytes: 20_000, everyMs: 40 },
    })
    const queued = await mirror.engine.requestRun({ sourceId: mirror.sourceId, kind: 'full', trigger: 'cli' }, tester)
    for (;;) {
      const { rows } = await mirror.database.query('select from export_job where run_id = $1 and stream = $2', [
        queued.runId,
        'findings',
      ])
      if (rows.length > 0) break
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await setScope(mirror, production)
    expect(await mirror.engine.waitForRun(queued.runId)).toBe('completed')
    mirror.simulator.control.clearFaults()
    expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
    expect(await endedByCause(mirror.database)).toEqual({})
    expect((await sync({ kind: 'delta' })).notes.join()).toContain('The scope of the source is now')
    expect(await within(production)).toEqual({})
  })
})

test('how much was outside the scope is told of any day and instant, and of what was known then', async () => {
  mirror = await openMirror({ findings: 300, assets: 50 })
  await sync()
  mirror.simulator.control.advance({ days: 2, pace: unscanned })
  await setScope(mirror, production)
  const narrowed = await sync()
  const outside = (await endedByCause(mirror.database)).out_of_scope!
  expect(outside).toBeGreaterThan(50)
  const knownAt = await instantOf('clock_timestamp()')
  mirror.simulator.control.advance({ days: 2, pace: unscanned })
  await setScope(mirror, {})
  await sync()
  const day = await dayOf(narrowed.runId)
  const from = new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10)
  const reader = unrestricted(mirror.database)
  const days = await loadDailyStatistics(reader, { from })
  expect(days.items.map(item => item.left_out.out_of_scope)).toEqual([0, outside, outside, 0])
  const then = async (moment: Moment) => (await loadFindingStatisticsThen(reader, {}, moment)).left_out.out_of_scope
  expect(await then({ asOf: `${day}T23:59:59.999999Z` })).toBe(outside)
  expect(await then({ asOf: `${from}T23:59:59.999999Z` })).toBe(0)
  const noon = new Date(Date.parse(day) + 1.5 * 86_400_000).toISOString()
  expect(await then({ asOf: noon })).toBe(outside)
  expect(await then({ knownAt })).toBe(outside)
  expect(await then({ asOf: await instantOf("now() + interval '1 hour'") })).toBe(0)
})

async function instantOf(expression: string): Promise<string> {
  const { rows } = await mirror.database.query<{ at: string }>(
    `select to_char((${expression}) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  )
  return rows[0]!.at
}

test('compliance results outside the scope end as that and are told; widened again all of them return, and nobody is told', async () => {
  mirror = await openMirror({ findings: 300, assets: 50 })
  const streams = ['assets', 'findings', 'compliance'] as const
  await sync({ streams })
  const whole = await heldCompliance(mirror.database)
  const outboxed = async () =>
    (await mirror.database.query("select from outbox where topic like 'compliance.%'")).rows.length
  mirror.simulator.control.advance({ days: 2, pace: unscanned })
  await setScope(mirror, production)
  const narrowed = await sync({ streams, kind: 'delta' })
  expect(narrowed.notes.join('\n')).toContain('compliance: nothing was ended: the source is limited to a scope.')
  const inside = new Set(truthWithin(mirror.simulator, readScope(production)).assets)
  const results = await complianceByAsset()
  expect(results.map(({ uuid, cause }) => [uuid, cause])).toEqual(
    results.map(({ uuid }) => [uuid, inside.has(uuid) ? null : 'out_of_scope']),
  )
  const outside = results.filter(({ cause }) => cause === 'out_of_scope').length
  expect(outside).toBeGreaterThan(20)
  expect(outside).toBeLessThan(results.length)
  expect(await complianceEvents()).toEqual([{ kind: 'ended', cause: 'out_of_scope', n: outside }])
  await expectSound()

  mirror.simulator.control.advance({ days: 2, pace: unscanned })
  await setScope(mirror, {})
  // The first reading of everything fails for compliance: the next one must read all of it, too.
  mirror.simulator.control.addFaults({
    on: { method: 'POST', path: '/compliance/export', nth: 'every' },
    do: { kind: 'job_error', availableChunks: 0 },
  })
  expect(await sync({ streams, kind: 'delta' })).toMatchObject({ status: 'partial' })
  mirror.simulator.control.clearFaults()
  expect(await sync({ streams, kind: 'delta' })).toMatchObject({ status: 'completed' })
  expect(await heldCompliance(mirror.database)).toEqual(whole)
  expect(await complianceEvents()).toEqual([
    { kind: 'ended', cause: 'out_of_scope', n: outside },
    { kind: 'returned', cause: 'source', n: outside },
  ])
  expect(await outboxed()).toBe(0)
  // On the days when it was narrow only what was inside counts; before and after, all of it.
  expect(await resultsByDay(await dayOf(narrowed.runId))).toEqual([
    results.length,
    results.length - outside,
    results.length - outside,
    results.length,
  ])
  expect(await sync({ streams, kind: 'delta' })).toMatchObject({ status: 'completed', notes: [] })
  await expectSound()
})

/** Nothing is scanned, and no asset goes. */
const unscanned = { reached: 0, assetsDeleted: 0, assetsTerminated: 0, assetsAgedOut: 0, assetsCreated: 0 }

async function dayOf(runId: number): Promise<string> {
  const { rows } = await mirror.database.query<{ day: string }>(
    `select to_char(max(watermark_at) at time zone 'utc', 'YYYY-MM-DD') as day from run_stream where run_id = $1`,
    [runId],
  )
  return rows[0]!.day
}

/** Results at the end of the day before one, of that day and of the two after it. */
async function resultsByDay(day: string): Promise<readonly number[]> {
  const at = (days: number) => new Date(Date.parse(day) + days * 86_400_000)
  const from = at(-1).toISOString().slice(0, 10)
  const { days } = await loadComplianceStatistics(unrestricted(mirror.database), {
    filter: { include: ['all'] },
    from,
    now: at(2),
  })
  return days.map(({ counts }) => Object.values(counts).reduce((sum, count) => sum + count, 0))
}

async function complianceByAsset() {
  const { rows } = await mirror.database.query<{ uuid: string; cause: string | null }>(
    'select a.native_id as uuid, r.end_cause as cause from compliance_result r join asset a using (asset_id) order by 1, 2',
  )
  return rows
}

async function complianceEvents() {
  const { rows } = await mirror.database.query<{ kind: string; cause: string; n: number }>(
    'select kind, cause, count(*)::int as n from compliance_event group by 1, 2 order by 1',
  )
  return rows
}

test('what widening brings is no news: it is told as having been there, and nobody is told of it', async () => {
  mirror = await openMirror({ findings: 500, assets: 50 })
  await setScope(mirror, production)
  await sync()
  await setScope(mirror, {})
  await sync()
  const { rows } = await mirror.database.query<{ topic: string }>('select topic from outbox')
  expect(rows).toEqual([])
  const told = await mirror.database.query<{ n: number }>(
    "select count(*)::int as n from finding_event where kind = 'opened' and not is_reconstructed",
  )
  expect(told.rows[0]?.n).toBe(0)
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
})
