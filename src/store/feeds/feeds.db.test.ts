import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import {
  bytesOf,
  type EpssRow,
  epssText,
  feedClock,
  type KevRow,
  loadEpss,
  loadKev,
} from '../../../test/support/feeds.ts'
import { aFinding, aPlugin } from '../../../test/support/make.ts'
import { startMergeRun } from '../../../test/support/merging.ts'
import { tester } from '../../../test/support/mirror.ts'
import { loadFeedBytes } from '../../sync/feeds.ts'
import { unrestricted } from '../access.ts'
import { getCveScores, listFeeds } from '../queries/feeds.ts'
import { getPlugin } from '../queries/plugin-detail.ts'
import { runCheck } from '../verify/check.ts'
import { feedChecks } from '../verify/derived-checks.ts'
import { percentileStep } from './days.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
beforeEach(async () => {
  await db.database.query(
    `update feed_state set score_on = null, feed_load_id = null, url = null, etag = null;
     truncate score_feed, plugin, plugin_change, plugin_score, finding, finding_event, finding_output, asset, asset_alias,
              asset_total, outbox;
     delete from feed_load`,
  )
})
afterAll(() => db.drop())

const cves = ['CVE-2024-0001', 'CVE-2024-0002', 'CVE-2024-0003', 'CVE-2024-12345']
const days = ['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04', '2026-11-05', '2026-11-06']

/** Each feed names some CVEs, at least one. */
const epssRows: fc.Arbitrary<EpssRow[]> = fc.uniqueArray(
  fc.record({
    cve: fc.constantFrom(...cves),
    epss: fc.constantFrom(0, 0.1, 0.5, 1),
    percentile: fc.constantFrom(0, 0.5, 0.503, 0.507, 1),
  }),
  { selector: row => row.cve, minLength: 1 },
)
const kevRows: fc.Arbitrary<KevRow[]> = fc.uniqueArray(
  fc.record({
    cve: fc.constantFrom(...cves),
    added: fc.constantFrom('2026-10-01', '2026-10-02'),
    due: fc.constantFrom('2026-11-21', '2026-11-28'),
    ransomware: fc.boolean(),
  }),
  { selector: row => row.cve, minLength: 1 },
)

async function verdict() {
  const damages = []
  for (const check of feedChecks) damages.push(await runCheck(db.database, check))
  return damages.filter(damage => damage !== undefined)
}

const reset = () =>
  db.database.query(
    'update feed_state set score_on = null, feed_load_id = null; truncate score_feed; delete from feed_load',
  )

describe('any day can be asked about', () => {
  test('EPSS: whatever the order of loads, each day is what the last feed up to it says', async () => {
    const loads = fc.array(fc.tuple(fc.constantFrom(...days), epssRows), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(loads, async sequence => {
        await reset()
        // The oracle: one map for each day; a fold of nothing but assignments.
        const byDay = new Map<string, ReadonlyMap<string, EpssRow>>()
        for (const [day, rows] of sequence) {
          await loadEpss(db.database, day, rows)
          byDay.set(day, new Map(rows.map(row => [row.cve, row])))
        }
        const scores = await everyDay()
        for (const day of days) {
          const last = [...byDay.keys()]
            .filter(loaded => loaded <= day)
            .sort()
            .at(-1)
          for (const cve of cves) {
            const wanted = last === undefined ? undefined : byDay.get(last)?.get(cve)
            const found = scores(cve, day)
            expect(found?.epss, `${cve} on ${day}`).toBe(wanted?.epss)
            if (wanted) expect(Math.abs(found!.percentile! - wanted.percentile)).toBeLessThan(percentileStep + 1e-9)
          }
        }
        expect(await verdict()).toEqual([])
      }),
      { numRuns: 12 },
    )
  })

  test('KEV: a CVE that is taken off the catalogue is not listed from that day on', async () => {
    const loads = fc.array(fc.tuple(fc.constantFrom(...days), kevRows), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(loads, async sequence => {
        await reset()
        const byDay = new Map<string, ReadonlyMap<string, KevRow>>()
        for (const [day, rows] of sequence) {
          await loadKev(db.database, `${day}T00:00:00Z`, rows)
          byDay.set(day, new Map(rows.map(row => [row.cve, row])))
        }
        const scores = await everyDay()
        for (const day of days) {
          const last = [...byDay.keys()]
            .filter(loaded => loaded <= day)
            .sort()
            .at(-1)
          for (const cve of cves) {
            const wanted = last === undefined ? undefined : byDay.get(last)?.get(cve)
            const found = scores(cve, day)
            expect(found?.due_on, `${cve} on ${day}`).toBe(wanted?.due)
            expect(found?.is_ransomware).toBe(wanted?.ransomware)
          }
        }
        expect(await verdict()).toEqual([])
      }),
      { numRuns: 10 },
    )
  })

  test('a day in which nothing changed makes no row', async () => {
    const rows = cves.map((cve, index) => ({ cve, epss: index / 10, percentile: 0.5 }))
    await loadEpss(db.database, '2026-11-01', rows)
    const same = await loadEpss(
      db.database,
      '2026-11-02',
      rows.map(row => ({ ...row, percentile: 0.502 })),
    )
    expect(same).toMatchObject({ outcome: 'current', added: 0, changed: 0, removed: 0 })
    const next = await loadEpss(
      db.database,
      '2026-11-03',
      rows.map(row => ({ ...row, epss: row.epss + 0.001 })).slice(1),
    )
    expect(next).toMatchObject({ added: 0, changed: 3, removed: 1 })
    const { rows: counted } = await db.database.query('select count(*) as n from score_feed')
    expect(counted).toEqual([{ n: 7 }])
  })
})

/** What is said of each CVE on a day, all read at once. */
async function everyDay() {
  const { rows } = await db.database.query<{
    readonly cve: string
    readonly valid_from: string
    readonly valid_to: string | null
    readonly epss: number | null
    readonly percentile: number | null
    readonly due_on: string | null
    readonly is_ransomware: boolean | null
  }>(`select cve, valid_from::text, valid_to::text, epss, percentile, due_on::text, is_ransomware from score_feed`)
  return (cve: string, day: string) => {
    const held = rows.filter(
      row => row.cve === cve && row.valid_from <= day && (row.valid_to === null || row.valid_to > day),
    )
    expect(held.length).toBeLessThanOrEqual(1)
    return held[0]
  }
}

async function scoreOn(cve: string, day: string) {
  return (await getCveScores(db.database, cve, day)).items[0]
}

describe('a load', () => {
  const rows = cves.map(cve => ({ cve, epss: 0.1, percentile: 0.1 }))

  test('is taken whole or not at all', async () => {
    await loadEpss(db.database, '2026-11-01', rows)
    const broken = `${epssText(
      '2026-11-02',
      rows.map(row => ({ ...row, epss: 0.9 })),
    )}CVE-2024-9999,NaN,0\n`
    const loading = loadFeedBytes(
      { database: db.database, clock: feedClock },
      { kind: 'epss' },
      bytesOf(broken),
      'x',
      tester,
    )
    await expect(loading).rejects.toThrow(/line 7: epss must be/)
    expect((await getCveScores(db.database, cves[0]!)).items).toHaveLength(1)
    expect((await listFeeds(db.database))[0]).toMatchObject({ kind: 'epss', score_on: '2026-11-01', days_loaded: 1 })
  })

  test('of the same bytes writes nothing', async () => {
    const first = await loadEpss(db.database, '2026-11-01', rows)
    const again = await loadEpss(db.database, '2026-11-01', rows)
    expect(again).toMatchObject({ outcome: 'unchanged', feed_load_id: first.feed_load_id })
    const { rows: audits } = await db.database.query("select detail from audit_event where action = 'feed.loaded'")
    expect(audits.at(-1)).toMatchObject({ detail: { score_on: '2026-11-01', origin: 'epss.csv' } })
  })

  test('of an older day goes into the history only', async () => {
    await merged([aPlugin({ pluginId: 10, cves: [cves[0]!] })])
    await loadEpss(db.database, '2026-11-05', rows)
    const older = await loadEpss(
      db.database,
      '2026-11-02',
      rows.map(row => ({ ...row, epss: 0.8 })),
    )
    expect(older).toMatchObject({ outcome: 'history', plugins_changed: 0 })
    expect((await getPlugin(unrestricted(db.database), 10)).epss_score).toBe(0.1)
    expect((await scoreOn(cves[0]!, '2026-11-04'))?.epss).toBe(0.8)
    expect((await listFeeds(db.database))[0]).toMatchObject({ score_on: '2026-11-05', first_score_on: '2026-11-02' })
  })

  test('made before another of its day takes nothing', async () => {
    const one = [{ cve: cves[0]!, added: '2026-10-01', due: '2026-11-21' }]
    await loadKev(db.database, '2026-11-05T15:00:00Z', one)
    const earlier = await loadKev(db.database, '2026-11-05T09:00:00Z', [{ ...one[0]!, due: '2026-12-31' }])
    expect(earlier).toMatchObject({ outcome: 'superseded', changed: 0 })
    expect((await getCveScores(db.database, cves[0]!)).items).toMatchObject([{ due_on: '2026-11-21' }])
  })

  test('of a day to come is refused: it would keep all before it from being the newest', async () => {
    await expect(loadEpss(db.database, '2027-01-01', rows)).rejects.toMatchObject({ code: 'feed_from_the_future' })
  })

  test('that lost many CVEs is refused unless it is said to be right', async () => {
    const many = Array.from({ length: 60 }, (_, n) => ({ cve: `CVE-2023-${1000 + n}`, epss: 0.1, percentile: 0.1 }))
    await loadEpss(db.database, '2026-11-01', many)
    const half = bytesOf(epssText('2026-11-02', many.slice(0, 30)))
    const loading = loadFeedBytes({ database: db.database, clock: feedClock }, { kind: 'epss' }, half, 'x', tester)
    await expect(loading).rejects.toMatchObject({ code: 'feed_shrunk' })
    expect(await loadEpss(db.database, '2026-11-02', many.slice(0, 30))).toMatchObject({ removed: 30 })
  })

  test('beside another waits for it: both are taken', async () => {
    await Promise.all(
      days.map((day, index) =>
        loadEpss(
          db.database,
          day,
          rows.map(row => ({ ...row, epss: index / 10 })),
        ),
      ),
    )
    for (const [index, day] of days.entries()) expect((await scoreOn(cves[0]!, day))?.epss).toBe(index / 10)
    expect(await verdict()).toEqual([])
  })
})

async function merged(plugins: readonly ReturnType<typeof aPlugin>[], readAt = '2026-02-01T00:00:00Z') {
  const run = await startMergeRun(db.database)
  await run.merge('plugins', plugins, { readAt })
}

describe('plugins', () => {
  test('have the highest EPSS and the earliest due date of their CVEs, by whatever way they came to be', async () => {
    const plugin = fc.record({
      pluginId: fc.constantFrom(10, 11, 12, 1_000_001),
      cves: fc.option(fc.uniqueArray(fc.constantFrom(...cves, 'CVE-2000-0001')), { nil: null }),
      epssScore: fc.constantFrom(null, 0.25),
      isKev: fc.constantFrom(null, true, false),
    })
    type Step =
      | readonly ['epss', EpssRow[]]
      | readonly ['kev', KevRow[]]
      | readonly ['plugin', Parameters<typeof aPlugin>[0]]
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.tuple(fc.constant('epss' as const), epssRows),
      fc.tuple(fc.constant('kev' as const), kevRows),
      fc.tuple(fc.constant('plugin' as const), plugin),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 9 }), async steps => {
        await reset()
        await db.database.query('truncate plugin, plugin_score, plugin_change')
        const epss = new Map<string, EpssRow>()
        const kev = new Map<string, KevRow>()
        let isKevLoaded = false
        for (const [index, [kind, given]] of steps.entries()) {
          const day = `2026-11-${String(index + 1).padStart(2, '0')}`
          if (kind === 'epss') {
            await loadEpss(db.database, day, given)
            epss.clear()
            for (const row of given) epss.set(row.cve, row)
          } else if (kind === 'kev') {
            await loadKev(db.database, `${day}T00:00:00Z`, given)
            kev.clear()
            for (const row of given) kev.set(row.cve, row)
            isKevLoaded = true
          } else await merged([aPlugin({ ...given, modifiedAt: `${day}T00:00:00Z` })], `${day}T00:00:00Z`)
        }
        const { rows } = await db.database.query<{
          cves: string[] | null
          own_epss: number | null
          own_kev: boolean | null
          epss_score: number | null
          is_kev: boolean | null
          due: string | null
          is_ransomware: boolean | null
        }>(
          `select p.cves, p.epss_score as own_epss, p.is_kev as own_kev, s.epss_score, s.is_kev, s.kev_due_on::text as due,
                  s.is_ransomware
           from plugin p left join plugin_score s using (plugin_id, owner_source_id)`,
        )
        for (const row of rows) {
          const own = row.cves ?? []
          const scored = own.flatMap(cve => epss.get(cve)?.epss ?? [])
          const listed = own.flatMap(cve => kev.get(cve) ?? [])
          expect(row.epss_score).toBe(scored.length > 0 ? Math.max(...scored) : row.own_epss)
          expect(row.is_kev).toBe(isKevLoaded && own.length > 0 ? listed.length > 0 : row.own_kev)
          expect(row.due).toBe(listed.map(one => one.due).sort()[0] ?? null)
          expect(row.is_ransomware).toBe(listed.length > 0 ? listed.some(one => one.ransomware) : null)
        }
        expect(await verdict()).toEqual([])
      }),
      { numRuns: 12 },
    )
  })

  test('say where their scores are from', async () => {
    await merged([
      aPlugin({ pluginId: 10, cves: [cves[0]!, cves[1]!], epssScore: 0.9, isKev: true }),
      aPlugin({ pluginId: 11, epssScore: 0.9, isKev: true }),
    ])
    expect((await getPlugin(unrestricted(db.database), 10)).scores).toMatchObject({
      epss: { score: 0.9, origin: 'vendor', on: null },
      kev: { is_listed: true, origin: 'vendor' },
    })
    await loadEpss(db.database, '2026-11-01', [
      { cve: cves[0]!, epss: 0.1, percentile: 0.4 },
      { cve: cves[1]!, epss: 0.2, percentile: 0.6 },
    ])
    await loadKev(db.database, '2026-11-02T00:00:00Z', [{ cve: cves[3]!, added: '2026-10-01', due: '2026-11-21' }])
    expect(await getPlugin(unrestricted(db.database), 10)).toMatchObject({
      ...{ epss_score: 0.2, is_kev: false, kev_due_at: null },
      scores: {
        epss: { score: 0.2, percentile: 0.6, cve: cves[1]!, origin: 'feed', on: '2026-11-01' },
        kev: { is_listed: false, origin: 'feed', on: '2026-11-02', cves: [] },
        vendor: { epss_score: 0.9, is_kev: true },
      },
    })
    expect(await getPlugin(unrestricted(db.database), 11)).toMatchObject({
      is_kev: true,
      scores: { kev: { origin: 'vendor' } },
    })
  })

  test('with open findings that become listed, or due on another day, are in the outbox, once', async () => {
    const run = await startMergeRun(db.database)
    const plugin = aPlugin({ pluginId: 10, cves: [cves[0]!] })
    await run.merge('findings', [
      aFinding({ plugin }),
      aFinding({ plugin: aPlugin({ pluginId: 11, cves: [cves[0]!] }), state: 'fixed' }),
    ])
    const told = async () => {
      const { rows } = await db.database.query<{ topic: string; subject: unknown }>(
        `select topic, source_id, subject from outbox where topic like 'plugin.%' order by outbox_id`,
      )
      return rows
    }
    await loadKev(db.database, '2026-11-01T00:00:00Z', [{ cve: cves[0]!, added: '2026-10-31', due: '2026-11-21' }])
    const subject = { plugin_id: 10, cves: [cves[0]!], due_on: '2026-11-21' }
    expect(await told()).toMatchObject([{ topic: 'plugin.kev_listed', source_id: run.sourceId, subject }])
    await loadKev(db.database, '2026-11-02T00:00:00Z', [{ cve: cves[0]!, added: '2026-10-31', due: '2026-11-28' }])
    await loadKev(db.database, '2026-11-03T00:00:00Z', [{ cve: cves[0]!, added: '2026-10-31', due: '2026-11-28' }])
    expect((await told()).map(row => row.topic)).toEqual(['plugin.kev_listed', 'plugin.kev_due_changed'])
  })
})
