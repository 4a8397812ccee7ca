import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { unrestricted } from '../access.ts'
import type { FindingFilter } from './filters.ts'
import { dayAfter, loadFindingFlow } from './finding-flow.ts'
import { type FindingPlugin, type FindingPluginSort, listFindingPlugins } from './finding-plugins.ts'
import { loadFindingSeverities } from './finding-severities.ts'
import { loadPluginHistory, spansOf } from './plugin-history.ts'
import { listPluginOwners } from './plugin-owners.ts'
import { insertSampleEstate } from './sample-estate.ts'
import { loadMttr } from './time-to-fix.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
})
afterAll(() => db.drop())

const now = new Date('2026-11-20T12:00:00Z')
const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
const open = `f.state <> 'fixed' and f.ended_at is null`

async function rowsOf<R extends object>(statement: string, values: unknown[] = []): Promise<R[]> {
  return (await db.database.query<R & Record<string, unknown>>(statement, values)).rows
}

async function everyPage(filter: FindingFilter, sort: FindingPluginSort, limit: number) {
  const items: FindingPlugin[] = []
  let cursor: string | undefined
  let total: number | undefined
  do {
    const page = await listFindingPlugins(unrestricted(db.database), { filter, sort, limit, cursor })
    items.push(...page.items)
    total ??= page.total
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return { items, total }
}

describe('findings by plugin', () => {
  const cases: { name: string; filter: FindingFilter; where: string }[] = [
    { name: 'the default count', filter: {}, where: `${counted} and ${open}` },
    { name: 'everything', filter: { include: ['all'] }, where: 'true' },
    {
      name: 'a severity of a source',
      filter: { severity: ['critical'], source_id: [2] },
      where: `${counted} and ${open} and f.severity = 'critical' and f.source_id = 2`,
    },
    {
      name: 'known exploited',
      filter: { is_kev: true },
      where: `${counted} and ${open} and exists (select from plugin p where p.plugin_id = f.plugin_id and p.owner_source_id in (0, f.source_id) and p.is_kev)`,
    },
    {
      name: 'fixed ones',
      filter: { state: ['fixed'] },
      where: `${counted} and f.state = 'fixed' and f.ended_at is null`,
    },
    { name: 'nothing', filter: { plugin_id: [5] }, where: 'false' },
  ]
  for (const { name, filter, where } of cases) {
    test(`${name}: so many of each severity`, async () => {
      const { total, by_severity } = await loadFindingSeverities(unrestricted(db.database), filter)
      const rows = await rowsOf<{ severity: string; n: number }>(
        `select f.severity, count(*) as n from finding f join asset a using (asset_id) where ${where} group by 1`,
      )
      const expected = { critical: 0, high: 0, medium: 0, low: 0, info: 0 }
      for (const { severity, n } of rows) Object.assign(expected, { [severity]: n })
      expect(by_severity).toEqual(expected)
      expect(total).toBe(rows.reduce((sum, { n }) => sum + n, 0))
    })

    test(`${name}: counts are those of the rows`, async () => {
      const expected = await rowsOf<{ plugin_id: number; owner: number }>(`
        select f.plugin_id, case when f.plugin_id >= 1000000 then f.source_id else 0 end as owner_source_id,
               count(*) as findings, count(distinct f.asset_id) as affected_assets, min(f.first_found) as first_found,
               max(f.last_found) as last_found
        from finding f join asset a using (asset_id)
        where ${where}
        group by 1, 2
        order by 1, 2`)
      const { items, total } = await everyPage(filter, 'plugin_id', 3)
      expect(
        items.map(({ plugin_id, owner_source_id, findings, affected_assets, first_found, last_found }) => ({
          plugin_id,
          owner_source_id,
          findings,
          affected_assets,
          first_found,
          last_found,
        })),
      ).toEqual(expected)
      expect(total).toBe(expected.length)
    })
  }

  const sorts = [
    'severity',
    'name',
    'vpr_score',
    'epss_score',
    'cvss3_base_score',
    'findings',
    'affected_assets',
    'first_found',
    'last_found',
    'risk',
  ] as const
  for (const sort of sorts) {
    test(`in order of ${sort}, both ways, page by page as at once`, async () => {
      const [up, down] = [await everyPage({}, sort, 4), await everyPage({}, `-${sort}`, 100)]
      expect(up.items.map(row => row.plugin_id)).toEqual(down.items.map(row => row.plugin_id).toReversed())
      expect(new Set(up.items.map(row => `${row.plugin_id}/${row.owner_source_id}`)).size).toBe(up.total)
    })
  }

  test('the worst of its findings is its severity, and risk is VPR times findings', async () => {
    const [first] = (await everyPage({}, '-risk', 100)).items
    const [worst] = await rowsOf<{ severity: string; risk: number }>(
      `select (array_agg(f.severity order by severity_rank(f.severity) desc))[1] as severity,
              count(*) * coalesce(max(p.vpr_score), max(p.cvss3_base_score), 0) as risk
       from finding f join asset a using (asset_id) join plugin p using (plugin_id)
       where ${counted} and ${open} and f.plugin_id = $1 and p.owner_source_id = $2`,
      [first?.plugin_id, first?.owner_source_id],
    )
    expect([first?.severity, first?.risk]).toEqual([worst?.severity, worst?.risk])
  })

  test('a cursor of another filter is refused', async () => {
    const page = await listFindingPlugins(unrestricted(db.database), { filter: {}, sort: '-risk', limit: 2 })
    const other = { filter: { is_kev: true }, sort: '-risk', limit: 2, cursor: page.next_cursor ?? '' } as const
    await expect(listFindingPlugins(unrestricted(db.database), other)).rejects.toThrow('Start again without a cursor')
  })
})

describe('what comes and goes', () => {
  const perDay = (date: string, where: string) =>
    rowsOf<{ day: string; n: number }>(
      `select (${date} at time zone 'utc')::date::text as day, count(*) as n
       from finding f join asset a using (asset_id)
       where ${counted} and f.ended_at is null and ${where} and ${date} is not null
       group by 1 order by 1`,
    )
  const nonZero = (items: readonly { from: string }[], key: string) =>
    items.flatMap(item => {
      const n = (item as unknown as Record<string, number>)[key] ?? 0
      return n === 0 ? [] : [{ day: item.from, n }]
    })

  test('each day has what the dates of the rows say', async () => {
    const request = { filter: {}, days: 300, per: 'day', due: true } as const
    const { items } = await loadFindingFlow(unrestricted(db.database), request, now)
    expect(items).toHaveLength(300)
    expect(items.at(-1)).toMatchObject({ from: '2026-11-20', to: '2026-11-21' })
    expect(nonZero(items, 'found')).toEqual(await perDay('f.first_found', 'true'))
    expect(nonZero(items, 'fixed')).toEqual(await perDay('f.last_fixed', `f.state = 'fixed'`))
    expect(nonZero(items, 'resurfaced')).toEqual(await perDay('f.resurfaced_date', `f.state = 'reopened'`))
    const due = `coalesce(f.resurfaced_date, f.first_found) + make_interval(days => case f.severity
      when 'critical' then 15 when 'high' then 30 when 'medium' then 90 when 'low' then 180 end)`
    expect(nonZero(items, 'fell_due')).toEqual(await perDay(`(${due})`, `${open} and ${due} < '2026-11-21Z'`))
  })

  test('weeks begin on Monday, add up to the days, and end today', async () => {
    const database = unrestricted(db.database)
    const filter: FindingFilter = { severity: ['critical', 'high'] }
    const weeks = (await loadFindingFlow(database, { filter, days: 84, per: 'week' }, now)).items
    const days = (await loadFindingFlow(database, { filter, days: 300, per: 'day' }, now)).items
    expect(weeks.map(week => new Date(week.from).getUTCDay())).toEqual(weeks.map(() => 1))
    expect(weeks.at(-1)?.to).toBe('2026-11-21')
    for (const week of weeks) {
      const within = days.filter(({ from }) => from >= week.from && from < week.to)
      expect(week.fixed).toBe(within.reduce((sum, day) => sum + day.fixed, 0))
      expect(week.found).toBe(within.reduce((sum, day) => sum + day.found, 0))
    }
  })

  test('time to fix: median and ninetieth percentile of the fixes of a period, and of the one before', async () => {
    await db.database.query(
      `update finding set last_fixed = '2026-10-25T00:00:00Z', time_taken_to_fix = null where state = 'fixed' and asset_id % 3 = 0`,
    )
    const answer = await loadMttr(unrestricted(db.database), { filter: {}, days: 15 }, now)
    for (const part of [answer.current, answer.previous]) {
      const [expected] = await rowsOf(
        `select count(*) as fixes, percentile_cont(0.5) within group (order by days) as median_days,
                percentile_cont(0.9) within group (order by days) as p90_days
         from (select coalesce(time_taken_to_fix, extract(epoch from last_fixed - first_found))::float8 / 86400 as days
               from finding f join asset a using (asset_id)
               where ${counted} and f.ended_at is null and f.state = 'fixed' and f.last_fixed >= $1 and f.last_fixed < $2) as fix`,
        [`${part.from}T00:00:00Z`, `${part.to}T00:00:00Z`],
      )
      const { fixes, median_days, p90_days } = part
      expect(fixes).toBeGreaterThan(0)
      expect({ fixes, median_days, p90_days }).toEqual(expected)
      expect(Object.values(part.by_severity).reduce((sum, one) => sum + one.fixes, 0)).toBe(fixes)
    }
    expect(answer.previous.to).toBe(answer.current.from)
    expect(answer.current.from).toBe(dayAfter('2026-11-21', -15))
  })
})

describe('one plugin', () => {
  test('whose assets have it', async () => {
    await db.database.query(
      `insert into asset_group (asset_id, owner) select asset_id, 'team-' || asset_id % 2 from asset where asset_id % 5 <> 0`,
    )
    const { items } = await listPluginOwners(unrestricted(db.database), 10009, {})
    expect(items).toEqual(
      await rowsOf(
        `select g.owner, count(distinct f.asset_id) as affected_assets, count(*) as findings
         from finding f join asset a using (asset_id) left join asset_group g using (asset_id)
         where ${counted} and ${open} and f.plugin_id = 10009
         group by 1 order by 2 desc, 1 nulls last`,
      ),
    )
    await expect(listPluginOwners(unrestricted(db.database), 5, {})).rejects.toThrow('There is no plugin 5')
  })

  test('how many were open on each day, and what happened to some', async () => {
    const request = { pluginId: 10009, filter: {}, days: 30 } as const
    const { days, lanes } = await loadPluginHistory(unrestricted(db.database), request, now)
    expect(days).toHaveLength(30)
    const [today] = await rowsOf<{ n: number }>(
      `select count(*) as n from finding f join asset a using (asset_id)
       where ${counted} and ${open} and f.plugin_id = 10009 and f.first_found is not null`,
    )
    expect(days.at(-1)).toEqual({ day: '2026-11-20', open: today?.n })
    expect(lanes.length).toBeGreaterThan(0)
    for (const lane of lanes) expect(lane.spans[0]?.state).toBe('open')
  })

  test('spans of one finding', () => {
    const at = (day: number) => `2026-11-0${day}T00:00:00Z`
    expect(
      spansOf([
        { kind: 'opened', state: 'open', at: at(1) },
        { kind: 'severity', state: 'open', at: at(2) },
        { kind: 'fixed', state: 'fixed', at: at(3) },
        { kind: 'resurfaced', state: 'reopened', at: at(4) },
        { kind: 'ended', state: 'reopened', at: at(5) },
        { kind: 'severity', state: 'reopened', at: at(6) },
        { kind: 'returned', state: 'reopened', at: at(7) },
      ]),
    ).toEqual([
      { state: 'open', from: at(1), to: at(3) },
      { state: 'fixed', from: at(3), to: at(4) },
      { state: 'reopened', from: at(4), to: at(5) },
      { state: 'ended', from: at(5), to: at(7) },
      { state: 'reopened', from: at(7), to: null },
    ])
  })
})
