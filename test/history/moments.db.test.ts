import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { findingStates, severityModifications } from '../../src/domain/finding.ts'
import { severities } from '../../src/domain/severity.ts'
import { type Access, scopedTo, unrestricted } from '../../src/store/access.ts'
import { loadChanges } from '../../src/store/queries/changes.ts'
import { loadDailyStatistics } from '../../src/store/queries/daily-statistics.ts'
import { getFindingThen } from '../../src/store/queries/finding-detail-then.ts'
import { listFindingsThen } from '../../src/store/queries/finding-list-then.ts'
import { loadFindingStatisticsThen } from '../../src/store/queries/finding-statistics-then.ts'
import type { Moment } from '../../src/store/queries/moment.ts'
import { rebuildDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import { rollUpTotals } from '../../src/store/rollups/roll-up.ts'
import { applySweep } from '../../src/store/sweep/apply.ts'
import { runCheck } from '../../src/store/verify/check.ts'
import { pluginTotalCheck } from '../../src/store/verify/derived-checks.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { aFinding, anAsset, anObservedAsset, aPlugin } from '../support/make.ts'
import { type MergeRun, startMergeRun } from '../support/merging.ts'
import { foldEvents, readEvents, type Was } from './event-fold.ts'

// Whatever is told, in whatever order: each statement about the past answers what a plain fold of the events answers.

let db: TestDatabase
let run: MergeRun

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(clear)

async function clear(): Promise<void> {
  await db.database.query(
    `truncate finding, finding_output, finding_event, asset_total, asset, asset_alias, asset_tag, asset_event, plugin,
              outbox, daily_total, daily_span, daily_change, asset_steps, asset_step_change, plugin_total, plugin_total_change, plugin_total_span, sweep, sweep_asset, sweep_finding, export_job, run cascade`,
  )
  run = await startMergeRun(db.database)
}

const dayOfMonth = (n: number) => `2026-03-${String(n).padStart(2, '0')}`
const date = fc
  .record({ day: fc.integer({ min: 1, max: 20 }), hour: fc.integer({ min: 0, max: 23 }) })
  .map(({ day, hour }) => `${dayOfMonth(day)}T${String(hour).padStart(2, '0')}:00:00Z`)

const finding = fc.record({
  asset: fc.integer({ min: 1, max: 3 }),
  plugin: fc.integer({ min: 1, max: 2 }),
  state: fc.constantFrom(...findingStates),
  severity: fc.constantFrom(...severities.slice(2)),
  modification: fc.constantFrom(...severityModifications),
  first: fc.option(date, { freq: 8 }),
  last: date,
  fixed: fc.option(date, { freq: 4 }),
  resurfaced: fc.option(date, { freq: 3 }),
  indexed: fc.option(date, { freq: 6 }),
  tracked: fc.constantFrom(true, true, true, false),
})
type TestFinding = typeof finding extends fc.Arbitrary<infer T> ? T : never

const findingOf = (v: TestFinding) =>
  aFinding({
    asset: anObservedAsset({ nativeId: `asset-${v.asset}`, isTracked: v.tracked }),
    plugin: aPlugin({ pluginId: v.plugin }),
    state: v.state,
    severity: v.severity,
    severityModification: v.modification,
    firstFound: v.first,
    lastFound: v.last,
    lastFixed: v.fixed,
    resurfacedAt: v.resurfaced,
    indexedAt: v.indexed,
  })

const asset = fc.record({
  asset: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom('live' as const, 'live' as const, 'deleted' as const, 'terminated' as const),
  licensed: fc.constantFrom(true, true, false, null),
  updated: date,
  left: date,
  hostname: fc.constantFrom('a', 'b'),
  tag: fc.constantFrom('Prod', 'Test'),
})
type TestAsset = typeof asset extends fc.Arbitrary<infer T> ? T : never

const assetOf = (v: TestAsset) =>
  anAsset({
    nativeId: `asset-${v.asset}`,
    status: v.status,
    isLicensed: v.licensed,
    updatedAt: v.updated,
    deletedAt: v.status === 'deleted' ? v.left : null,
    terminatedAt: v.status === 'terminated' ? v.left : null,
    hostnames: [v.hostname],
    tags: [{ key: 'Env', value: v.tag, uuid: null, addedBy: null, addedAt: null }],
  })

type Step =
  | { readonly do: 'findings'; readonly rows: readonly TestFinding[]; readonly isFirst?: boolean }
  | { readonly do: 'assets'; readonly rows: readonly TestAsset[] }
  | { readonly do: 'sweep'; readonly plugin: number }
  | { readonly do: 'roll up' }

const rows = <T>(row: fc.Arbitrary<T>) => fc.array(row, { minLength: 1, maxLength: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('findings' as const), rows: rows(finding) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('assets' as const), rows: rows(asset) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const), plugin: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'roll up' as const }) },
)

/** Tells step after step; answers when each was told, on the database's clock. */
async function tell(steps: readonly Step[]): Promise<string[]> {
  const told: string[] = []
  for (const [place, one] of steps.entries()) {
    const readAt = `${dayOfMonth(Math.min(28, place + 8))}T12:00:00Z`
    if (one.do === 'roll up') await rollUpTotals(db.database, run.sourceId)
    else if (one.do === 'sweep') await endOpen(one.plugin, readAt)
    else if (one.do === 'assets') await run.merge('assets', one.rows.map(assetOf), { readAt })
    else await run.merge('findings', one.rows.map(findingOf), { readAt, isFirstLoad: one.isFirst ?? false })
    const { rows } = await db.database.query<{ at: string }>('select clock_timestamp() as at')
    told.push(rows[0]!.at)
  }
  return told
}

/** Ends the open findings of a plugin, as a sweep does, and lets an asset age out. */
async function endOpen(pluginId: number, at: string): Promise<void> {
  const { database } = db
  await database.query(
    `insert into run_stream (run_id, stream, status, watermark_at) values ($1, 'findings', 'completed', $2), ($1, 'assets', 'completed', $2)
     on conflict (run_id, stream) do update set watermark_at = excluded.watermark_at`,
    [run.runId, at],
  )
  await database.query(
    "insert into sweep (run_id, source_id, status, reason) values ($1, $2, 'held', 'test') on conflict (run_id) do update set planned_at = now()",
    [run.runId, run.sourceId],
  )
  await database.query('delete from sweep_asset')
  await database.query('delete from sweep_finding')
  await database.query(
    "insert into sweep_asset select $1, min(asset_id) from asset where status = 'live' having count(*) > 1",
    [run.runId],
  )
  await database.query(
    `insert into sweep_finding
     select $1, f.asset_id, f.plugin_id, f.port, f.protocol, f.instance, case when a.status = 'live' then 'withdrawn' else 'asset_gone' end
     from finding f join asset a using (asset_id) where f.plugin_id = $2 and f.state <> 'fixed' and f.ended_at is null`,
    [run.runId, pluginId],
  )
  await applySweep(database, run.runId, run.sourceId, () => Promise.resolve())
}

const micros = (iso: string) => {
  const [, rest = ''] = /\.\d{3}(\d{1,3})/.exec(iso) ?? []
  return Date.parse(iso) * 1000 + Number(rest.padEnd(3, '0'))
}

async function listed(moment: Moment): Promise<Was[]> {
  const { items } = await listFindingsThen(
    unrestricted(db.database),
    { filter: { include: ['all'] }, sort: '-severity', limit: 100 },
    moment,
  )
  return items.map(row => ({
    key: `${row.asset_id}.${row.plugin_id}.${row.port}.${row.protocol}`,
    state: row.state,
    severity: row.severity,
    modification: row.severity_modification,
    endCause: row.end_cause,
    standing: row.is_counted || row.state === 'fixed' || row.end_cause !== null ? 'any' : row.asset_status,
  }))
}

const byKey = (rows: readonly Was[]) => [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))
const withoutStanding = (rows: readonly Was[]) => byKey(rows).map(({ standing: _standing, ...row }) => row)

/** Counts as the API gives them: open and reopened of the default count, fixed of it, and what is left out. */
function countOf(rows: readonly Was[]) {
  const isOpen = (row: Was) => row.state !== 'fixed' && row.endCause === null
  const count = (of: (row: Was) => boolean) => rows.filter(of).length
  return {
    total: count(row => row.standing === 'counted' && isOpen(row)),
    fixed: count(row => row.standing === 'counted' && row.state === 'fixed' && row.endCause === null),
    unlicensed: count(row => row.standing === 'unlicensed' && isOpen(row)),
    untracked: count(row => row.standing === 'untracked' && isOpen(row)),
    gone: count(row => row.standing === 'gone' && isOpen(row)),
    ended: count(row => row.endCause !== null),
  }
}

function countedOf(day: {
  total: number
  by_state: { fixed: number }
  left_out: Record<'unlicensed' | 'untracked' | 'gone' | 'ended', number>
}) {
  const { unlicensed, untracked, gone, ended } = day.left_out
  return { total: day.total, fixed: day.by_state.fixed, unlicensed, untracked, gone, ended }
}

function seesTagged(sourceId: number, tag: string): Access {
  const sourceIds = [sourceId]
  return { isWhole: false, wholeSources: [], taggedSources: [{ sourceIds, tags: [tag] }], sources: sourceIds }
}

/** Of some assets alone. */
function foldedOf({ findings, assets }: Awaited<ReturnType<typeof readEvents>>, ids: ReadonlySet<number>) {
  const ofIds = {
    findings: findings.filter(event => ids.has(event.asset_id)),
    assets: assets.filter(event => ids.has(event.asset_id)),
  }
  return (asOf: string) => foldEvents(ofIds, micros(asOf), Number.POSITIVE_INFINITY)
}

const histories = fc.record({
  first: fc.array(finding, { maxLength: 4 }),
  steps: fc.array(step, { minLength: 1, maxLength: 9 }),
  asOf: fc.array(date, { minLength: 2, maxLength: 3 }),
  known: fc.nat(),
})

test('as_of and known_at of any instant answer what the fold of the events answers', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ first, steps, asOf, known }) => {
      await clear()
      const told = await tell([{ do: 'findings', rows: first, isFirst: true }, ...steps])
      const stored = await readEvents(db.database)
      const knownAt = told[known % told.length]!
      for (const instant of [...asOf, `${dayOfMonth(10)}T23:59:59.999999Z`]) {
        for (const moment of [{ asOf: instant }, { asOf: instant, knownAt }, { knownAt }]) {
          const limit = moment.knownAt === undefined ? Number.POSITIVE_INFINITY : micros(knownAt)
          const wanted = foldEvents(stored, 'asOf' in moment ? micros(instant) : Number.POSITIVE_INFINITY, limit)
          expect(withoutStanding(await listed(moment))).toEqual(withoutStanding(wanted))
          expect(countedOf(await loadFindingStatisticsThen(unrestricted(db.database), {}, moment))).toEqual(
            countOf(wanted),
          )
          for (const row of wanted) {
            const one = await getFindingThen(unrestricted(db.database), row.key, moment)
            expect([one.state, one.severity, one.severity_modification, one.end_cause]).toEqual([
              row.state,
              row.severity,
              row.modification,
              row.endCause,
            ])
          }
        }
      }
    }),
    { numRuns: 15 },
  )
}, 240_000)

test('totals of days and plugins, as runs add them and before they are rolled up, are those of the rows; a rebuild finds nothing', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ first, steps }) => {
      await clear()
      await tell([{ do: 'findings', rows: first, isFirst: true }, { do: 'roll up' }, ...steps])
      const stored = await readEvents(db.database)
      const expectDays = async () => {
        const { items } = await loadDailyStatistics(unrestricted(db.database), { from: '2026-01-01', to: '2026-03-31' })
        for (const day of items) {
          const wanted = foldEvents(stored, micros(`${day.day}T23:59:59.999999Z`), Number.POSITIVE_INFINITY)
          expect({ day: day.day, ...countedOf(day) }).toEqual({ day: day.day, ...countOf(wanted) })
        }
      }
      const expectDaysOfTagged = async () => {
        const { rows } = await db.database.query<{ asset_id: number }>(
          "select asset_id from asset_tag where tag_key = 'Env' and tag_value = 'Prod'",
        )
        const ofTagged = foldedOf(stored, new Set(rows.map(row => row.asset_id)))
        const seen = scopedTo(db.database, seesTagged(run.sourceId, 'Env:Prod'))
        const { items } = await loadDailyStatistics(seen, { from: '2026-01-01', to: '2026-03-31' })
        for (const day of items) {
          const wanted = countOf(ofTagged(`${day.day}T23:59:59.999999Z`))
          expect({ day: day.day, ...countedOf(day) }).toEqual({ day: day.day, ...wanted })
        }
        const asOf = '2026-03-11T23:59:59.999999Z'
        expect(countedOf(await loadFindingStatisticsThen(seen, {}, { asOf }))).toEqual(countOf(ofTagged(asOf)))
      }
      await expectDays()
      await expectDaysOfTagged()
      expect(await runCheck(db.database, pluginTotalCheck)).toBeUndefined()
      await rollUpTotals(db.database, run.sourceId)
      await rollUpTotals(db.database, run.sourceId)
      await expectDays()
      await expectDaysOfTagged()
      expect(await rebuildDailyTotals(db.database)).toBe(0)
      expect(await runCheck(db.database, pluginTotalCheck)).toBeUndefined()
    }),
    { numRuns: 20 },
  )
}, 240_000)

test('a second first load, after one that was not read to its end, leaves the totals of the rows', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ first, steps }) => {
      await clear()
      const others = steps.filter(one => one.do !== 'findings')
      const again = steps.flatMap(one => (one.do === 'findings' ? [{ ...one, isFirst: true }] : []))
      await tell([
        { do: 'findings', rows: first, isFirst: true },
        { do: 'roll up' },
        ...others,
        ...again,
        { do: 'roll up' },
      ])
      expect(await rebuildDailyTotals(db.database)).toBe(0)
      expect(await runCheck(db.database, pluginTotalCheck)).toBeUndefined()
    }),
    { numRuns: 10 },
  )
}, 240_000)

test('what was known at an instant stays what was known then, whatever is told later', async () => {
  await fc.assert(
    fc.asyncProperty(
      histories,
      fc.array(step, { minLength: 1, maxLength: 4 }),
      async ({ first, steps, asOf }, more) => {
        await clear()
        const told = await tell([{ do: 'findings', rows: first, isFirst: true }, ...steps])
        const moments = [{ knownAt: told.at(-1)! }, ...asOf.map(instant => ({ asOf: instant, knownAt: told.at(-1)! }))]
        const ask = () =>
          Promise.all(
            moments.map(async moment => [
              withoutStanding(await listed(moment)),
              countedOf(await loadFindingStatisticsThen(unrestricted(db.database), {}, moment)),
            ]),
          )
        const before = await ask()
        await tell(more)
        expect(await ask()).toEqual(before)
      },
    ),
    { numRuns: 12 },
  )
}, 240_000)

test('changes between two instants are the events between them', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ first, steps, asOf }) => {
      await clear()
      await tell([{ do: 'findings', rows: first, isFirst: true }, ...steps])
      const { findings } = await readEvents(db.database)
      const [from, to] = [...asOf].sort() as [string, string]
      const between = findings.filter(event => event.happened >= micros(from) && event.happened < micros(to))
      const answer = await loadChanges(unrestricted(db.database), { from, to, limit: 500 })
      const { opened, fixed, resurfaced, ended, returned, worsened, lowered, modified } = answer.counts
      const count = (kind: string) => between.filter(event => event.kind === kind).length
      expect([opened, fixed, resurfaced, ended, returned, worsened + lowered, modified]).toEqual(
        ['opened', 'fixed', 'resurfaced', 'ended', 'returned', 'severity', 'modification'].map(count),
      )
      expect(answer.items).toHaveLength(between.length)
      expect(answer.mttr.fixes).toBeLessThanOrEqual(fixed)
    }),
    { numRuns: 15 },
  )
}, 240_000)
