import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findingStates } from '../../src/domain/finding.ts'
import { severities } from '../../src/domain/severity.ts'
import { unrestricted } from '../../src/store/access.ts'
import { correlateAll } from '../../src/store/identity/correlate.ts'
import { decide, mergeDevices, splitDevice, undoDecision } from '../../src/store/identity/decisions.ts'
import { recountEstate } from '../../src/store/identity/recount.ts'
import { type DayOfEstate, loadEstateDays } from '../../src/store/queries/estate-days.ts'
import { loadEstateStatistics } from '../../src/store/queries/estate-statistics.ts'
import { rollUpDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { aFinding, anAsset, anObservedAsset, aPlugin } from '../support/make.ts'
import { type MergeRun, startMergeRun } from '../support/merging.ts'
import { foldEvents, readEvents, type Stored, type Was } from './event-fold.ts'

// Whatever two sources tell, and however their records are joined and parted: every day of the estate is what a plain fold
// of all events makes of today's devices.

let db: TestDatabase
let runs: readonly MergeRun[]
const actor = { kind: 'cli', name: 'tester' } as const

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

async function clear(): Promise<void> {
  await db.database.query(
    `truncate finding, finding_output, finding_event, asset_total, asset, asset_alias, asset_tag, asset_event, plugin, outbox,
              daily_total, daily_span, daily_change, device, device_asset, device_evidence, device_decision, device_due,
              device_change, estate_change, asset_identity, asset_identifier, identity_state, export_job, run cascade`,
  )
  runs = [await startMergeRun(db.database, 'one'), await startMergeRun(db.database, 'two')]
}

const dayOfMonth = (n: number) => `2026-03-${String(n).padStart(2, '0')}`
const date = fc.integer({ min: 1, max: 20 }).map(day => `${dayOfMonth(day)}T09:00:00Z`)
const source = fc.nat(1)

const finding = fc.record({
  asset: fc.integer({ min: 1, max: 3 }),
  plugin: fc.integer({ min: 1, max: 2 }),
  state: fc.constantFrom(...findingStates),
  severity: fc.constantFrom(...severities.slice(2)),
  first: date,
  last: date,
  fixed: fc.option(date, { freq: 4 }),
  indexed: date,
  tracked: fc.constantFrom(true, true, true, true, false),
})
const asset = fc.record({
  asset: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom('live' as const, 'live' as const, 'deleted' as const),
  licensed: fc.constantFrom(true, true, false),
  created: date,
  updated: date,
})
const pick = fc.record({ one: fc.nat(20), other: fc.nat(20) })
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('findings' as const),
      source,
      rows: fc.array(finding, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('assets' as const),
      source,
      rows: fc.array(asset, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('split' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('undo' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('run ends' as const), source }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function tell(one: Step, place: number): Promise<void> {
  const readAt = `${dayOfMonth(Math.min(28, place + 8))}T12:00:00Z`
  switch (one.do) {
    case 'findings':
      await runs[one.source]!.merge(
        'findings',
        one.rows.map(row =>
          aFinding({
            asset: anObservedAsset({ nativeId: `asset-${row.asset}`, isTracked: row.tracked }),
            plugin: aPlugin({ pluginId: row.plugin }),
            state: row.state,
            severity: row.severity,
            firstFound: row.first,
            lastFound: row.last,
            lastFixed: row.fixed,
            indexedAt: row.indexed,
          }),
        ),
        { readAt, isFirstLoad: place === 0 },
      )
      return
    case 'assets':
      await runs[one.source]!.merge(
        'assets',
        one.rows.map(row =>
          anAsset({
            nativeId: `asset-${row.asset}`,
            status: row.status,
            isLicensed: row.licensed,
            createdAt: row.created,
            updatedAt: row.updated,
            deletedAt: row.status === 'deleted' ? row.updated : null,
          }),
        ),
        { readAt },
      )
      return
    case 'run ends':
      await endRun(one.source)
      return
    default:
      await act(one)
  }
}

async function endRun(index: number): Promise<void> {
  await rollUpDailyTotals(db.database, runs[index]!.sourceId)
  await correlateAll(db.database)
}

/** What a person does to two of the records there are; what cannot be done is not done. */
async function act(one: Extract<Step, { pick: unknown }>): Promise<void> {
  const { rows } = await db.database.query<{ asset_id: number; device_id: number }>(
    'select asset_id, device_id from device_asset order by asset_id',
  )
  const [a, b] = [rows[one.pick.one % rows.length], rows[one.pick.other % rows.length]]
  if (!a || !b) return
  const membersOf = (deviceId: number) => rows.filter(row => row.device_id === deviceId).map(row => row.asset_id)
  const refused = () => undefined
  if (one.do === 'join' && a !== b) {
    const input = { assetIds: [a.asset_id, b.asset_id] as const, isSame: one.pick.one % 3 > 0, reason: null }
    await decide(db.database, input, actor).catch(refused)
  } else if (one.do === 'merge' && a.device_id !== b.device_id) {
    const input = { ours: membersOf(a.device_id), theirs: membersOf(b.device_id), reason: null }
    await mergeDevices(db.database, input, actor).catch(refused)
  } else if (one.do === 'split' && membersOf(a.device_id).length > 1) {
    const rest = membersOf(a.device_id).filter(id => id !== a.asset_id)
    await splitDevice(db.database, { away: [a.asset_id], rest, reason: null }, actor).catch(refused)
  } else if (one.do === 'undo') {
    const decisions = await db.database.query<{ decision_id: number }>(
      'select decision_id from device_decision where undone_at is null order by decision_id',
    )
    const chosen = decisions.rows[one.pick.one % Math.max(1, decisions.rows.length)]
    if (chosen) await undoDecision(db.database, chosen.decision_id, actor)
  }
}

type Counted = Pick<DayOfEstate, 'devices' | 'records' | 'shared' | 'by_severity' | 'by_state'>

/** The estate at the end of a day, counted by hand. */
function foldEstate(stored: Stored, deviceOf: ReadonlyMap<number, number>, day: string): Counted {
  const at = Date.parse(`${day}T23:59:59.999Z`) * 1000 + 999
  const standing = new Map<number, string>()
  for (const event of stored.assets) if (event.happened <= at) standing.set(event.asset_id, event.standing)
  const perDevice = new Map<number, number>()
  for (const [assetId, value] of standing) {
    const device = deviceOf.get(assetId)
    if (device !== undefined && value === 'counted') perDevice.set(device, (perDevice.get(device) ?? 0) + 1)
  }
  const witnesses = foldEvents(stored, at, Number.POSITIVE_INFINITY).filter(
    one => one.standing === 'counted' && one.endCause === null,
  )
  const nameOf = (one: Was) => {
    const [assetId, ...rest] = one.key.split('.')
    const device = deviceOf.get(Number(assetId))
    return `${device === undefined ? `asset ${assetId}` : device} ${rest.join('.')}`
  }
  const rank = (one: Was) =>
    (one.state === 'fixed' ? 0 : 100) +
    (severities as readonly string[]).indexOf(one.severity) * 10 +
    (one.state === 'reopened' ? 1 : 0)
  const once = [...Map.groupBy(witnesses, nameOf).values()].map(
    group => group.toSorted((x, y) => rank(y) - rank(x))[0]!,
  )
  const open = once.filter(one => one.state !== 'fixed')
  const count = (severity: string) => open.filter(one => one.severity === severity).length
  const inState = (state: string) => once.filter(one => one.state === state).length
  return {
    devices: perDevice.size,
    records: [...perDevice.values()].reduce((sum, n) => sum + n, 0),
    shared: [...perDevice.values()].filter(n => n > 1).length,
    by_severity: {
      info: count('info'),
      low: count('low'),
      medium: count('medium'),
      high: count('high'),
      critical: count('critical'),
    },
    by_state: { open: inState('open'), reopened: inState('reopened'), fixed: inState('fixed') },
  }
}

test('every day of the estate is what a fold of the events makes of it, and a recount finds nothing', async () => {
  let shared = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 9 }), async steps => {
      await clear()
      for (const [place, one] of steps.entries()) await tell(one, place)
      await endRun(0)
      await endRun(1)
      const { rows } = await db.database.query<{ asset_id: number; device_id: number }>(
        'select asset_id, device_id from device_asset',
      )
      const deviceOf = new Map(rows.map(row => [row.asset_id, row.device_id]))
      const stored = await readEvents(db.database)
      const { items } = await loadEstateDays(unrestricted(db.database), { from: '2026-01-01', to: '2026-03-31' })
      for (const { day, total, reported: _reported, ...counted } of items) {
        expect({ day, ...counted }).toEqual({ day, ...foldEstate(stored, deviceOf, day) })
        expect(total).toBe(counted.by_state.open + counted.by_state.reopened)
        shared = Math.max(shared, counted.shared)
      }
      const now = await loadEstateStatistics(unrestricted(db.database))
      const last = items.at(-1)
      // What is told of days to come is not of the last day that was read.
      if (last && last.day >= '2026-03-20') {
        expect(last).toMatchObject({ records: now.records, by_severity: now.open, reported: now.reported })
      }
      expect(await recountEstate(db.database)).toBe(0)
    }),
    { numRuns: 12 },
  )
  expect(shared).toBeGreaterThan(0)
}, 240_000)
