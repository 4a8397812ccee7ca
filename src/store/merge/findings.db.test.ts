import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { aFinding, anObservedAsset, aPlugin } from '../../../test/support/make.ts'
import { type MergeRun, startMergeRun } from '../../../test/support/merging.ts'
import { type Finding, findingStates, severityModifications } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'

let db: TestDatabase
let run: MergeRun

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  await db.database.query(
    'truncate finding, finding_output, finding_event, asset_total, asset, asset_alias, plugin, outbox',
  )
  run = await startMergeRun(db.database)
})

async function events(): Promise<string[]> {
  const { rows } = await db.database.query<{ text: string }>(
    `select concat_ws(' ', kind, state, severity, to_char(happened_at at time zone 'utc', 'MM-DD'),
                      case when is_reconstructed then 'reconstructed' end) as text
     from finding_event order by recorded_at, event_id`,
  )
  return rows.map(row => row.text)
}

async function dump(): Promise<unknown> {
  const { rows } = await db.database.query(
    `select f.asset_id, f.plugin_id, f.port, f.protocol, state, severity, severity_modification, first_found, last_found,
            last_fixed, resurfaced_date, vendor_version_at, row_hash::text, o.output, o.extra
     from finding f left join finding_output o using (asset_id, plugin_id, port, protocol, instance)
     order by 1, 2, 3, 4`,
  )
  return rows
}

test('a new finding is one row, one event, and counted', async () => {
  const merged = await run.merge('findings', [aFinding({ output: 'tab\tback\\slash\nline \\N' })])
  expect(merged.counts).toMatchObject({ received: 1, inserted: 1, changed: 0, unchanged: 0, rejected: 0 })
  expect(await events()).toEqual(['opened open high 01-01'])
  const total = await db.database.query('select open_high, fixed_high, ended from asset_total')
  expect(total.rows).toEqual([{ open_high: 1, fixed_high: 0, ended: 0 }])
  const output = await db.database.query('select output from finding_output')
  expect(output.rows).toEqual([{ output: 'tab\tback\\slash\nline \\N' }])
})

test('a replay writes nothing', async () => {
  const rows = [aFinding({ output: 'a' }), aFinding({ pluginId: 2, extra: { new: [1] } })]
  await run.merge('findings', rows)
  const before = await db.database.query('select xmin::text, ctid::text from finding order by plugin_id')
  const again = await run.merge('findings', rows, { readAt: '2026-02-02T00:00:00Z' })
  expect(again.counts).toMatchObject({ received: 2, inserted: 0, changed: 0, unchanged: 2 })
  const after = await db.database.query('select xmin::text, ctid::text from finding order by plugin_id')
  expect(after.rows).toEqual(before.rows)
  expect(await events()).toHaveLength(2)
})

test('a finding of an unknown asset and plugin makes provisional ones', async () => {
  await run.merge('findings', [
    aFinding({ asset: anObservedAsset({ nativeId: 'nobody', hostname: 'web-1', isTracked: false }) }),
  ])
  const asset = await db.database.query('select native_id, name, is_provisional, is_tracked, ipv4s from asset')
  expect(asset.rows).toEqual([
    { native_id: 'nobody', name: 'web-1', is_provisional: true, is_tracked: false, ipv4s: ['10.0.0.1'] },
  ])
  const plugin = await db.database.query('select plugin_id, name from plugin')
  expect(plugin.rows).toEqual([{ plugin_id: 19506, name: 'Nessus Scan Information' }])
})

test('an older version never beats a newer one, whenever it was read', async () => {
  await run.merge('findings', [
    aFinding({ state: 'fixed', lastFixed: '2026-01-05T00:00:00Z', indexedAt: '2026-01-05T00:00:00Z' }),
  ])
  const older = aFinding({ state: 'open', indexedAt: '2026-01-02T00:00:00Z', output: 'old' })
  const merged = await run.merge('findings', [older], { readAt: '2026-03-01T00:00:00Z' })
  expect(merged.counts).toMatchObject({ changed: 0, unchanged: 1 })
  expect(await dump()).toMatchObject([{ state: 'fixed', output: null }])
})

test('without versions the later read wins', async () => {
  const row = { indexedAt: null }
  await run.merge('findings', [aFinding({ ...row, severity: 'low' })], { readAt: '2026-02-02T00:00:00Z' })
  await run.merge('findings', [aFinding({ ...row, severity: 'high' })], { readAt: '2026-02-01T00:00:00Z' })
  expect(await dump()).toMatchObject([{ severity: 'low' }])
  await run.merge('findings', [aFinding({ ...row, severity: 'medium' })], { readAt: '2026-02-03T00:00:00Z' })
  expect(await dump()).toMatchObject([{ severity: 'medium' }])
})

const later = '2026-01-10T00:00:00Z'
const histories = [
  {
    name: 'fixed',
    next: aFinding({ state: 'fixed', lastFixed: '2026-01-09T00:00:00Z', indexedAt: later }),
    events: ['fixed fixed high 01-09'],
  },
  {
    name: 'fixed and found again between two readings',
    next: aFinding({
      state: 'reopened',
      lastFixed: '2026-01-05T00:00:00Z',
      resurfacedAt: '2026-01-08T00:00:00Z',
      indexedAt: later,
    }),
    events: ['fixed fixed high 01-05 reconstructed', 'resurfaced reopened high 01-08'],
  },
  { name: 'seen again', next: aFinding({ lastFound: later, scanUuid: 'next', indexedAt: later }), events: [] },
  {
    name: 'recast',
    next: aFinding({ severity: 'low', severityModification: 'recasted', indexedAt: later }),
    events: ['severity open low 01-10', 'modification open low 01-10'],
  },
  {
    name: 'accepted',
    next: aFinding({ severityModification: 'accepted', indexedAt: later }),
    events: ['modification open high 01-10'],
  },
] satisfies { name: string; next: Finding; events: string[] }[]

for (const history of histories) {
  test(`history of an open finding: ${history.name}`, async () => {
    await run.merge('findings', [aFinding()])
    const merged = await run.merge('findings', [history.next], { readAt: '2026-02-02T00:00:00Z' })
    expect(merged.counts).toMatchObject({ changed: 1, inserted: 0 })
    expect((await events()).slice(1)).toEqual(history.events)
    const before = await db.database.query(
      "select before->>'state' as state from finding_event where before is not null",
    )
    for (const row of before.rows) expect(row).toEqual({ state: 'open' })
  })
}

test('the first load tells the history that the dates tell, and says it is reconstructed', async () => {
  const reopened = aFinding({
    state: 'reopened',
    lastFixed: '2026-01-03T00:00:00Z',
    resurfacedAt: '2026-01-04T00:00:00Z',
  })
  await run.merge('findings', [reopened], { isFirstLoad: true })
  expect(await events()).toEqual([
    'opened open high 01-01 reconstructed',
    'fixed fixed high 01-03 reconstructed',
    'resurfaced reopened high 01-04 reconstructed',
  ])
  expect((await db.database.query('select from outbox')).rows).toHaveLength(0)
})

test('an ended finding that the source shows again returns, with an event', async () => {
  await run.merge('findings', [aFinding()])
  const endedAt = '2026-02-01T12:00:00Z'
  await db.database.query("update finding set ended_at = $1, end_cause = 'withdrawn'", [endedAt])
  const older = await run.merge('findings', [aFinding({ indexedAt: later })], { readAt: '2026-02-01T11:00:00Z' })
  expect(older.counts, 'a later reading did not meet it').toMatchObject({ changed: 0, unchanged: 1 })
  const merged = await run.merge('findings', [aFinding()], { readAt: '2026-02-02T00:00:00Z' })
  expect(merged.counts).toMatchObject({ changed: 1 })
  expect((await events()).at(-1)).toBe('returned open high 02-02')
  expect((await db.database.query('select ended_at from finding')).rows).toEqual([{ ended_at: null }])
})

test('what somebody may want to hear of is in the outbox, once', async () => {
  await run.merge('findings', [aFinding({ severity: 'critical' }), aFinding({ pluginId: 2, severity: 'info' })])
  const { rows } = await db.database.query("select topic, subject->>'plugin_id' as plugin from outbox")
  expect(rows).toEqual([{ topic: 'finding.opened', plugin: '19506' }])
})

test('a severity that is raised to critical is in the outbox, and so is the fix of a critical finding; others are not', async () => {
  await run.merge('findings', [aFinding({ severity: 'high' }), aFinding({ pluginId: 2, severity: 'low' })])
  await db.database.query('truncate outbox')
  const second = [
    aFinding({ severity: 'critical', indexedAt: later }),
    aFinding({ pluginId: 2, severity: 'medium', indexedAt: later }),
  ]
  await run.merge('findings', second, { readAt: '2026-02-02T00:00:00Z' })
  const third = { indexedAt: '2026-02-03T00:00:00Z', state: 'fixed', lastFixed: '2026-02-02T12:00:00Z' } as const
  const fixed = [aFinding({ severity: 'critical', ...third }), aFinding({ pluginId: 2, severity: 'medium', ...third })]
  await run.merge('findings', fixed, { readAt: '2026-02-03T01:00:00Z' })
  const { rows } = await db.database.query(
    "select topic, subject ->> 'plugin_id' as plugin, subject ->> 'severity_before' as before from outbox order by outbox_id",
  )
  expect(rows).toEqual([
    { topic: 'finding.worsened', plugin: '19506', before: 'high' },
    { topic: 'finding.fixed', plugin: '19506', before: null },
  ])
})

test('an output that went away is gone', async () => {
  await run.merge('findings', [aFinding({ output: 'text' })])
  await run.merge('findings', [aFinding({ indexedAt: later })], { readAt: '2026-02-02T00:00:00Z' })
  expect((await db.database.query('select from finding_output')).rows).toHaveLength(0)
})

test('a part of a run that was taken over changes nothing', async () => {
  await expect(run.merge('findings', [aFinding()], { fence: run.fence - 1 })).rejects.toMatchObject({ code: 'fenced' })
  await db.database.query('update run set fence = fence + 1 where run_id = $1', [run.runId])
  await expect(run.merge('findings', [aFinding()])).rejects.toMatchObject({ code: 'fenced' })
  expect(await dump()).toEqual([])
})

test('rejected records and quality issues are kept and counted', async () => {
  const merged = await run.merge('findings', [aFinding()], {
    rejected: [{ reason: 'not an object', raw: '"<script>"' }],
    issues: [{ field: 'port', problem: 'not a number', record: 'x' }],
  })
  expect(merged.counts).toMatchObject({ received: 2, rejected: 1, inserted: 1 })
  expect((await db.database.query('select reason, raw from rejected_record')).rows).toEqual([
    { reason: 'not an object', raw: '"<script>"' },
  ])
  expect((await db.database.query('select field from quality_issue')).rows).toEqual([{ field: 'port' }])
})

const day = (n: number) => `2026-01-${String(n).padStart(2, '0')}T00:00:00.000Z`
const version = fc
  .record({
    asset: fc.integer({ min: 1, max: 3 }),
    plugin: fc.integer({ min: 1, max: 3 }),
    port: fc.constantFrom(0, 443),
    state: fc.constantFrom(...findingStates),
    severity: fc.constantFrom(...severities),
    modification: fc.constantFrom(...severityModifications),
    indexed: fc.integer({ min: 1, max: 28 }),
    fixed: fc.option(fc.integer({ min: 1, max: 28 })),
    resurfaced: fc.option(fc.integer({ min: 1, max: 28 })),
    output: fc.option(fc.constantFrom('a', 'b\tc', '\\')),
  })
  .map(v =>
    aFinding({
      asset: anObservedAsset({ nativeId: `asset-${v.asset}` }),
      plugin: aPlugin({ pluginId: v.plugin }),
      port: v.port,
      state: v.state,
      severity: v.severity,
      severityModification: v.modification,
      indexedAt: day(v.indexed),
      lastFound: day(v.indexed),
      lastFixed: v.fixed === null ? null : day(v.fixed),
      resurfacedAt: v.resurfaced === null ? null : day(v.resurfaced),
      output: v.output,
    }),
  )

test('any order, any cut into parts and any repetition leave the same rows; history ends in the state', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(version, { minLength: 1, maxLength: 25 }).chain(rows =>
        fc.record({
          rows: fc.constant(rows),
          other: fc.shuffledSubarray(rows, { minLength: rows.length }),
          cut: fc.integer({ min: 1, max: 9 }),
          first: fc.boolean(),
        }),
      ),
      async ({ rows, other, cut, first }) => {
        const outcomes: unknown[] = []
        for (const [order, size] of [
          [rows, rows.length],
          [other, cut],
          [[...other, ...rows], cut],
        ] as const) {
          await db.database.query('truncate finding, finding_output, finding_event, asset_total, asset')
          const each = await startMergeRun(db.database)
          for (let from = 0; from < order.length; from += size) {
            await each.merge('findings', order.slice(from, from + size), { isFirstLoad: first })
          }
          outcomes.push(await dump())
          await historyEndsInState()
          await totalsEqualRows()
        }
        expect(outcomes[1]).toEqual(outcomes[0])
        expect(outcomes[2]).toEqual(outcomes[0])
      },
    ),
    { numRuns: 25 },
  )
})

async function historyEndsInState(): Promise<void> {
  const { rows } = await db.database.query(
    `select f.asset_id, f.plugin_id, f.port, f.state, e.state as last
     from finding f
     left join lateral (select state, severity from finding_event e
                        where e.asset_id = f.asset_id and e.plugin_id = f.plugin_id and e.port = f.port
                        order by recorded_at desc, event_id desc limit 1) e on true
     where (f.state, f.severity) is distinct from (e.state, e.severity)`,
  )
  expect(rows).toEqual([])
}

async function totalsEqualRows(): Promise<void> {
  const { rows } = await db.database.query(
    `select (select count(*) from finding) as rows,
            (select sum(open_info + open_low + open_medium + open_high + open_critical + reopened_info + reopened_low
              + reopened_medium + reopened_high + reopened_critical + fixed_info + fixed_low + fixed_medium + fixed_high
              + fixed_critical + ended)::bigint from asset_total) as totals`,
  )
  expect(rows[0]?.totals).toBe(rows[0]?.rows)
}
