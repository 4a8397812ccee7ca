import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { aPlugin } from '../../../test/support/make.ts'
import { type MergeRun, startMergeRun } from '../../../test/support/merging.ts'
import { firstCustomPluginId, type Plugin } from '../../domain/plugin.ts'
import type { PartContext } from './context.ts'
import { pluginColumns, pluginFields } from './plugin-columns.ts'
import { mergePlugins } from './plugins.ts'

let db: TestDatabase
let run: MergeRun

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())
beforeEach(async () => {
  await db.database.query('truncate plugin, plugin_change')
  run = await startMergeRun(db.database)
})

interface From {
  readonly readAt?: string
  readonly rank?: number
  readonly run?: MergeRun
}

/** Merges as a part of a run would. */
function merge(plugins: Iterable<Plugin>, from: From = {}) {
  const { runId, fence, sourceId } = from.run ?? run
  const context: PartContext = {
    runId,
    fence,
    sourceId,
    exportJobId: 0,
    exportId: 'e',
    partId: '1',
    readAt: from.readAt ?? '2026-02-01T00:00:00Z',
    sourceRank: from.rank ?? 1,
    isFirstLoad: false,
    isFull: true,
    isBeside: false,
    unseenBefore: null,
  }
  return mergePlugins(db.database, context, plugins)
}

async function rows(text: string): Promise<Record<string, unknown>[]> {
  return (await db.database.query<Record<string, unknown>>(text)).rows
}

const january = (n: number) => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`

const whole = aPlugin({
  name: 'a "name"',
  family: 'Windows',
  familyId: 20,
  type: 'local',
  version: '1.5',
  riskFactor: 'high',
  synopsis: 'tab\tline\nback\\slash',
  description: 'd',
  solution: 's',
  publishedAt: january(1),
  modifiedAt: '2026-01-02T03:04:05.678Z',
  patchPublishedAt: january(3),
  vulnPublishedAt: january(4),
  cves: ['CVE-2026-1', 'CVE-2026-2'],
  cpes: ['cpe:/a:x'],
  bids: [1, 2],
  seeAlso: ['https://example.org/?a={b},"c"'],
  xrefs: ['IAVA:2026-A-1'],
  msBulletins: ['MS26-001'],
  cvss2BaseScore: 5,
  cvss2TemporalScore: 4.1,
  cvss2Vector: 'AV:N',
  cvss3BaseScore: 9.8,
  cvss3TemporalScore: 8.5,
  cvss3Vector: 'CVSS:3.0/AV:N',
  cvss4BaseScore: 9.3,
  cvss4Vector: 'CVSS:4.0/AV:N',
  vprScore: 7.4,
  vprUpdatedAt: january(5),
  vpr: { score: 7.4, drivers: { age: [1, null] } },
  vprV2Score: 6,
  vprV2: { score: 6 },
  epssScore: 0.123,
  isKev: true,
  exploitAvailable: true,
  exploitabilityEase: 'Exploits are available',
  exploitedByMalware: false,
  exploitedByNessus: false,
  exploitFrameworks: ['metasploit'],
  hasPatch: true,
  hasWorkaround: false,
  inTheNews: true,
  unsupportedByVendor: false,
  checksForDefaultAccount: false,
  checksForMalware: false,
  stigSeverity: 'II',
  extra: { b: 1, a: [{}] },
})

test('every fact of a plugin comes back from its column', async () => {
  expect(await merge([whole])).toEqual({ inserted: 1, changed: 0, unchanged: 0 })
  const [row] = await rows('select * from plugin')
  for (const field of pluginFields) expect(row?.[pluginColumns[field]], field).toEqual(whole[field])
  expect(row).toMatchObject({ plugin_id: 19506, owner_source_id: 0, source_rank: 1, read_at: '2026-02-01T00:00:00Z' })
  expect(await rows('select from plugin_change')).toEqual([])
})

test('a replay writes nothing, and neither does the same said with other digits or another order of keys', async () => {
  await merge([whole])
  const before = await rows('select xmin::text, ctid::text from plugin')
  const again = { ...whole, modifiedAt: '2026-01-02T03:04:05.678000+00:00', extra: { a: [{}], b: 1 } }
  for (const plugin of [whole, again, structuredClone(whole)]) {
    expect(await merge([plugin], { readAt: '2026-02-02T00:00:00Z' })).toEqual({ inserted: 0, changed: 0, unchanged: 1 })
  }
  expect(await rows('select xmin::text, ctid::text from plugin')).toEqual(before)
})

test('a change is remembered with what was there before', async () => {
  await merge([whole])
  const next = await startMergeRun(db.database)
  const newer = { ...whole, modifiedAt: january(9), solution: 'new', cves: ['CVE-2026-1'], isKev: null }
  expect(await merge([newer], { run: next })).toEqual({ inserted: 0, changed: 1, unchanged: 0 })
  expect(await rows('select solution, cves, is_kev from plugin')).toEqual([
    { solution: 'new', cves: ['CVE-2026-1'], is_kev: true },
  ])
  expect(await rows('select run_id, changed from plugin_change')).toEqual([
    {
      run_id: next.runId,
      changed: { modified_at: whole.modifiedAt, solution: 's', cves: ['CVE-2026-1', 'CVE-2026-2'] },
    },
  ])
})

test('one run makes one change of a plugin, whose before is what was there before the run', async () => {
  await merge([aPlugin({ solution: 'first', synopsis: 'first' })])
  const next = await startMergeRun(db.database)
  await merge([aPlugin({ modifiedAt: january(1), solution: 'second', synopsis: 'first' })], { run: next })
  await merge([aPlugin({ modifiedAt: january(2), solution: 'third', synopsis: 'second' })], { run: next })
  expect(await rows('select changed from plugin_change')).toEqual([
    { changed: { modified_at: null, solution: 'first', synopsis: 'first' } },
  ])
})

test('an older modification only fills what is missing', async () => {
  await merge([aPlugin({ modifiedAt: january(5), solution: 'new' })])
  await merge([aPlugin({ modifiedAt: january(1), solution: 'old', synopsis: 'old' })], {
    readAt: '2026-03-01T00:00:00Z',
  })
  expect(await rows('select solution, synopsis, modified_at from plugin')).toEqual([
    { solution: 'new', synopsis: 'old', modified_at: january(5) },
  ])
})

test('the better source wins at equal modification, and a later read of the same source', async () => {
  const at = { modifiedAt: january(1) }
  await merge([aPlugin({ ...at, solution: 'Nessus' })], { rank: 3 })
  await merge([aPlugin({ ...at, solution: 'VM' })], { rank: 1 })
  await merge([aPlugin({ ...at, solution: 'Nessus again' })], { rank: 3, readAt: '2026-03-01T00:00:00Z' })
  expect(await rows('select solution, source_rank from plugin')).toEqual([{ solution: 'VM', source_rank: 1 }])
  await merge([aPlugin({ ...at, solution: 'VM later' })], { rank: 1, readAt: '2026-02-02T00:00:00Z' })
  expect(await rows('select solution from plugin')).toEqual([{ solution: 'VM later' }])
})

test('a score that moves without a modification is followed', async () => {
  await merge([whole])
  await merge([{ ...whole, epssScore: 0.5, vprScore: 8, vprUpdatedAt: january(20), vpr: { score: 8 } }], {
    readAt: '2026-02-02T00:00:00Z',
  })
  expect(await rows('select epss_score, vpr_score, vpr from plugin')).toEqual([
    { epss_score: 0.5, vpr_score: 8, vpr: { score: 8 } },
  ])
})

test('a custom plugin belongs to its source, any other is shared', async () => {
  const other = await startMergeRun(db.database, 'another')
  const custom = (name: string) => aPlugin({ pluginId: firstCustomPluginId, name })
  const shared = (name: string) => aPlugin({ pluginId: firstCustomPluginId - 1, name })
  await merge([custom('one'), shared('one')])
  await merge([custom('other'), shared('other')], { run: other, readAt: '2026-02-02T00:00:00Z' })
  expect(await rows('select plugin_id, owner_source_id, name from plugin order by 1, 2')).toEqual([
    { plugin_id: firstCustomPluginId - 1, owner_source_id: 0, name: 'other' },
    { plugin_id: firstCustomPluginId, owner_source_id: run.sourceId, name: 'one' },
    { plugin_id: firstCustomPluginId, owner_source_id: other.sourceId, name: 'other' },
  ])
})

test('two workers that meet the same new plugins both count, and neither loses a fact', async () => {
  const plugins = Array.from({ length: 600 }, (_, n) => n + 1)
  const outcomes = await Promise.all([
    merge(plugins.map(pluginId => aPlugin({ pluginId, solution: 'solution' }))),
    merge(plugins.toReversed().map(pluginId => aPlugin({ pluginId, synopsis: 'synopsis' }))),
  ])
  expect(outcomes.map(one => one.inserted).reduce((a, b) => a + b)).toBe(600)
  expect(
    await rows(`select count(*)::integer as plugins, count(solution)::integer as solutions,
                       count(synopsis)::integer as synopses from plugin`),
  ).toEqual([{ plugins: 600, solutions: 600, synopses: 600 }])
})

const descriptions = fc
  .record({
    modified: fc.integer({ min: 1, max: 4 }),
    rank: fc.integer({ min: 1, max: 2 }),
    read: fc.integer({ min: 1, max: 28 }),
    vprOn: fc.integer({ min: 1, max: 9 }),
    text: fc.constantFrom('a', 'b', 'c'),
  })
  .map(one => ({
    plugin: aPlugin({
      pluginId: 1,
      modifiedAt: january(one.modified),
      solution: `${one.text}, read on day ${one.read}`,
      vprScore: one.vprOn,
      vprUpdatedAt: january(one.vprOn),
      vpr: { score: one.vprOn },
    }),
    from: { rank: one.rank, readAt: `2026-02-${String(one.read).padStart(2, '0')}T00:00:00Z` },
  }))

test('whole descriptions leave the same plugin in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .uniqueArray(descriptions, { minLength: 2, maxLength: 6, selector: one => one.from.readAt })
        .chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
      async orders => {
        const outcomes: unknown[] = []
        for (const order of orders) {
          await db.database.query('truncate plugin, plugin_change')
          for (const { plugin, from } of order) await merge([plugin], from)
          outcomes.push(await rows('select solution, modified_at, vpr_score, vpr, vpr_updated_at from plugin'))
        }
        expect(outcomes[1]).toEqual(outcomes[0])
      },
    ),
    { numRuns: 30 },
  )
})
