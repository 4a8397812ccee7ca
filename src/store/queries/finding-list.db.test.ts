import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { loadEpss, loadKev } from '../../../test/support/feeds.ts'
import { ruleOf } from '../../../test/support/groups.ts'
import { severities } from '../../domain/severity.ts'
import { unrestricted } from '../access.ts'
import type { FindingFilter } from './filters.ts'
import { exportFindings } from './finding-export.ts'
import { type FindingSort, listFindings } from './finding-list.ts'
import type { FindingView } from './finding-view.ts'
import { insertSampleEstate } from './sample-estate.ts'

let db: TestDatabase
let rows: readonly Row[]

/** Everything that a filter may look at, read without any of our queries. */
interface Row {
  readonly id: string
  readonly asset_id: number
  readonly plugin_id: number
  readonly source_id: number
  readonly port: number
  readonly protocol: string
  readonly state: string
  readonly severity: string
  readonly severity_modification: string
  readonly end_cause: string | null
  readonly first_found: string | null
  readonly last_found: string | null
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
  readonly changed_at: string
  readonly a_name: string
  readonly a_status: string
  readonly a_licensed: boolean | null
  readonly a_tracked: boolean | null
  readonly a_agent: boolean | null
  readonly a_network: string | null
  readonly a_cloud: string
  readonly a_tags: readonly string[]
  readonly p_name: string | null
  readonly p_family: string | null
  readonly p_cves: readonly string[] | null
  readonly p_kev: boolean | null
  readonly p_exploit: boolean | null
  readonly p_patch: boolean | null
  readonly p_vpr: number | null
  readonly p_cvss: number | null
  readonly p_epss: number | null
  readonly p_due: string | null
  readonly a_owner: string | null
  readonly a_groups: readonly string[] | null
  readonly a_assigned: 'low' | 'medium' | 'high' | 'critical' | null
}

beforeAll(async () => {
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
  await loadEpss(db.database, '2026-11-20', [
    { cve: 'CVE-2024-1001', epss: 0.3, percentile: 0.9 },
    { cve: 'CVE-2024-1005', epss: 0.05, percentile: 0.4 },
  ])
  await loadKev(db.database, '2026-11-20T00:00:00Z', [
    { cve: 'CVE-2024-1009', added: '2026-11-01', due: '2026-11-22' },
    { cve: 'CVE-2024-1013', added: '2026-11-01', due: '2026-12-01' },
  ])
  await ruleOf(db.database, {
    name: 'prod',
    conditions: { tag: ['Env:Prod'] },
    owner: 'Ann',
    criticality: 'high',
    group: 'prod',
  })
  await ruleOf(db.database, { name: 'win', conditions: { os: ['windows'] }, owner: 'Bob', group: 'windows' })
  const result = await db.database.query<Row>(`
    select f.asset_id || '.' || f.plugin_id || '.' || f.port || '.' || f.protocol as id, f.*, a.name as a_name, a.status as a_status,
           a.is_licensed as a_licensed, a.is_tracked as a_tracked, a.has_agent as a_agent, a.network_id as a_network,
           case when a.aws_ec2_instance_id is not null then 'aws' when a.azure_vm_id is not null then 'azure'
                when a.gcp_instance_id is not null then 'gcp' else 'on_premise' end as a_cloud,
           array(select unnest(array[g.tag_key, g.tag_key || ':' || g.tag_value]) from asset_tag g where g.asset_id = a.asset_id) as a_tags,
           p.name as p_name, p.family as p_family, p.cves as p_cves, ps.is_kev as p_kev, p.exploit_available as p_exploit,
           p.has_patch as p_patch, p.vpr_score as p_vpr, p.cvss3_base_score as p_cvss, ps.epss_score as p_epss,
           ps.kev_due_on::text as p_due, ag.owner as a_owner, ag.group_names as a_groups, ag.criticality as a_assigned
    from finding f join asset a using (asset_id)
    join plugin p on p.plugin_id = f.plugin_id and p.owner_source_id = case when f.plugin_id >= 1000000 then f.source_id else 0 end
    join plugin_score ps on ps.plugin_id = p.plugin_id and ps.owner_source_id = p.owner_source_id
    left join asset_group ag on ag.asset_id = a.asset_id`)
  rows = result.rows
})
afterAll(() => db.drop())

/** The limits of the migration, in the test's own words. */
function isOverdue(row: Row): boolean {
  const days = ({ critical: 15, high: 30, medium: 90, low: 180 } as Readonly<Record<string, number>>)[row.severity]
  const since = row.resurfaced_date ?? row.first_found
  if (row.state === 'fixed' || row.end_cause !== null || days === undefined || since === null) return false
  return Date.now() - Date.parse(since) > days * 86_400_000
}

/** The filter's meaning, said once more and differently. */
function expected(filter: FindingFilter): string[] {
  const include = new Set<string>(filter.include)
  const all = include.has('all')
  const within = (value: string | null, from?: string, to?: string) =>
    (from === undefined || (value !== null && Date.parse(value) >= Date.parse(from))) &&
    (to === undefined || (value !== null && Date.parse(value) < Date.parse(to)))
  const between = (value: number | null, min?: number, max?: number) =>
    (min === undefined || (value !== null && value >= min)) && (max === undefined || (value !== null && value <= max))
  const oneOf = <T>(wanted: readonly T[] | undefined, value: T) => wanted === undefined || wanted.includes(value)
  const is = (wanted: boolean | undefined, value: boolean | null) => wanted === undefined || (value ?? false) === wanted
  return rows
    .filter(row => {
      const q = filter.q?.trim().toLowerCase()
      return (
        (filter.state
          ? oneOf<string>(filter.state, row.state)
          : all || include.has('fixed') || filter.end_cause !== undefined || row.state !== 'fixed') &&
        (filter.end_cause
          ? oneOf<string | null>(filter.end_cause, row.end_cause)
          : all || include.has('ended') || row.end_cause === null) &&
        (filter.asset_status
          ? oneOf<string>(filter.asset_status, row.a_status)
          : all || include.has('gone') || row.a_status === 'live') &&
        (filter.is_licensed === undefined
          ? all || include.has('unlicensed') || row.a_licensed !== false
          : row.a_licensed === filter.is_licensed) &&
        (filter.is_tracked === undefined
          ? all || include.has('untracked') || row.a_tracked !== false
          : row.a_tracked === filter.is_tracked) &&
        oneOf(filter.source_id, row.source_id) &&
        oneOf(filter.asset_id, row.asset_id) &&
        oneOf(filter.plugin_id, row.plugin_id) &&
        oneOf<string>(filter.severity, row.severity) &&
        oneOf<string>(filter.severity_modification, row.severity_modification) &&
        oneOf(filter.port, row.port) &&
        oneOf(filter.protocol, row.protocol) &&
        oneOf<string>(filter.cloud, row.a_cloud) &&
        (filter.network_id === undefined || (row.a_network !== null && filter.network_id.includes(row.a_network))) &&
        is(filter.has_agent, row.a_agent) &&
        (filter.tag ?? []).every(tag => row.a_tags.includes(tag)) &&
        (filter.owner === undefined || (row.a_owner !== null && filter.owner.includes(row.a_owner))) &&
        (filter.has_owner === undefined || (row.a_owner !== null) === filter.has_owner) &&
        (filter.group === undefined || filter.group.some(group => row.a_groups?.includes(group))) &&
        (filter.assigned_criticality === undefined ||
          (row.a_assigned !== null && filter.assigned_criticality.includes(row.a_assigned))) &&
        (filter.family === undefined || (row.p_family !== null && filter.family.includes(row.p_family))) &&
        (filter.cve === undefined || filter.cve.some(cve => row.p_cves?.includes(cve))) &&
        is(filter.is_kev, row.p_kev) &&
        is(filter.exploit_available, row.p_exploit) &&
        is(filter.has_patch, row.p_patch) &&
        between(row.p_vpr, filter.vpr_min, filter.vpr_max) &&
        between(row.p_cvss, filter.cvss_min, filter.cvss_max) &&
        between(row.p_epss, filter.epss_min, filter.epss_max) &&
        within(row.p_due, filter.kev_due_from, filter.kev_due_to) &&
        within(row.first_found, filter.first_found_from, filter.first_found_to) &&
        within(row.last_found, filter.last_found_from, filter.last_found_to) &&
        within(row.last_fixed, filter.last_fixed_from, filter.last_fixed_to) &&
        within(row.resurfaced_date, filter.resurfaced_from, filter.resurfaced_to) &&
        is(filter.is_overdue, isOverdue(row)) &&
        within(row.changed_at, filter.updated_since) &&
        (q === undefined ||
          (row.p_name ?? '').toLowerCase().includes(q) ||
          row.a_name.toLowerCase().includes(q) ||
          `10.0.0.${row.asset_id}`.includes(q) ||
          (/^\d+$/.test(q) && row.plugin_id === Number(q)))
      )
    })
    .map(row => row.id)
    .sort()
}

async function everyPage(filter: FindingFilter, sort: FindingSort, limit: number) {
  const items: FindingView[] = []
  let cursor: string | undefined
  let total: number | undefined
  do {
    const page = await listFindings(unrestricted(db.database), { filter, sort, limit, cursor })
    items.push(...page.items)
    total ??= page.total
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return { items, total }
}

const shortId = (view: FindingView) => view.id.split('.').slice(0, 4).join('.')
const some = <T>(...values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
const instants = fc.constantFrom(
  '2026-05-05T00:00:00Z',
  '2026-11-10T01:00:00.000123Z',
  '2026-11-10T02:00:00Z',
  '2026-11-12T00:00:00Z',
  '2026-11-20T00:03:00Z',
)
const scores = fc.constantFrom(0, 0.3, 2, 5, 9.1, 10)

const filters: fc.Arbitrary<FindingFilter> = fc
  .record(
    {
      q: fc.constantFrom('plugin 1', 'twin', 'HOST-3', '100%_sure', '10.0.0.1', '10004', '1000001', 'nothing like it'),
      source_id: some(1, 2, 99),
      include: some<'fixed' | 'ended' | 'unlicensed' | 'untracked' | 'gone' | 'all'>(
        'fixed',
        'ended',
        'unlicensed',
        'untracked',
        'gone',
        'all',
      ),
      asset_id: some(1, 2, 7, 13, 31),
      plugin_id: some(10001, 10005, 10020, 1000001),
      state: some<'open' | 'reopened' | 'fixed'>('open', 'reopened', 'fixed'),
      severity: some(...severities),
      severity_modification: some<'none' | 'recasted' | 'accepted'>('none', 'recasted', 'accepted'),
      end_cause: some<'withdrawn' | 'asset_gone'>('withdrawn', 'asset_gone'),
      port: some(0, 443),
      protocol: some('tcp', 'icmp'),
      family: some('Windows', 'General', 'Custom'),
      cve: some('CVE-2023-1', 'CVE-2024-1005', 'CVE-1999-0001'),
      is_kev: fc.boolean(),
      exploit_available: fc.boolean(),
      has_patch: fc.boolean(),
      vpr_min: scores,
      vpr_max: scores,
      cvss_min: scores,
      cvss_max: scores,
      epss_min: fc.constantFrom(0, 0.3, 0.9),
      epss_max: fc.constantFrom(0, 0.3, 0.9),
      asset_status: some<'live' | 'deleted' | 'terminated' | 'aged_out'>('live', 'deleted', 'terminated', 'aged_out'),
      is_licensed: fc.boolean(),
      is_tracked: fc.boolean(),
      has_agent: fc.boolean(),
      cloud: some<'aws' | 'azure' | 'gcp' | 'on_premise'>('aws', 'azure', 'gcp', 'on_premise'),
      network_id: some('net-1', 'net-2'),
      tag: some('Env', 'Env:Prod', 'Env:a:b', 'Owner:team-0', 'Nothing'),
      owner: some('Ann', 'Bob', 'Nobody'),
      has_owner: fc.boolean(),
      group: some('prod', 'windows', 'none'),
      assigned_criticality: some('high' as const, 'low' as const),
      kev_due_from: fc.constantFrom('2026-11-01', '2026-11-22', '2026-11-23'),
      kev_due_to: fc.constantFrom('2026-11-22', '2026-12-01', '2027-01-01'),
      first_found_from: instants,
      first_found_to: instants,
      last_found_from: instants,
      last_found_to: instants,
      last_fixed_from: instants,
      last_fixed_to: instants,
      resurfaced_from: instants,
      resurfaced_to: instants,
      is_overdue: fc.boolean(),
      updated_since: instants,
    },
    { requiredKeys: [] },
  )
  // With all its keys at once nothing is ever left: at most four of them.
  .chain(filter =>
    fc
      .subarray(Object.keys(filter) as (keyof FindingFilter)[], { maxLength: 4 })
      .map(keys => Object.fromEntries(keys.map(key => [key, filter[key]])) as FindingFilter),
  )

const sorts = fc.constantFrom<FindingSort>(
  'severity',
  '-severity',
  'last_found',
  '-last_found',
  'first_found',
  '-first_found',
  'updated_at',
  '-updated_at',
  'asset_id',
  '-asset_id',
  'plugin_id',
  '-plugin_id',
)

describe('findings', () => {
  test('the default is the default count: open or reopened, not ended, on live, tracked, licensed assets', async () => {
    const { items, total } = await everyPage({}, '-severity', 500)
    expect(items.map(shortId).sort()).toEqual(expected({}))
    expect(items.every(item => item.is_counted)).toBe(true)
    expect(total).toBe(items.length)
  })

  test('whatever the filter, sort and page size, the pages together are the rows that match, each once', async () => {
    await fc.assert(
      fc.asyncProperty(filters, sorts, fc.constantFrom(1, 7, 50, 500), async (filter, sort, limit) => {
        const wanted = expected(filter)
        fc.pre(limit > 7 || wanted.length < limit * 12)
        const { items, total } = await everyPage(filter, sort, limit)
        expect(items.map(shortId).sort()).toEqual(wanted)
        expect(total).toBe(wanted.length)
      }),
      { numRuns: 150, seed: 20261124 },
    )
  }, 240_000)

  test('the order is total: a reversed sort gives the exact reverse, and pages keep it across ties and unknown dates', async () => {
    for (const sort of ['severity', 'last_found', 'first_found', 'updated_at', 'asset_id', 'plugin_id'] as const) {
      const filter: FindingFilter = { include: ['all'] }
      const whole = await everyPage(filter, sort, 500)
      const small = await everyPage(filter, sort, 61)
      const reversed = await everyPage(filter, `-${sort}`, 97)
      const ids = whole.items.map(item => item.id)
      expect(new Set(ids).size).toBe(rows.length)
      expect(small.items.map(item => item.id)).toEqual(ids)
      expect(reversed.items.map(item => item.id).reverse()).toEqual(ids)
    }
  })

  test('-severity is worst first, then newest', async () => {
    const { items } = await everyPage({}, '-severity', 50)
    const ranks = items.map(item => severities.indexOf(item.severity))
    expect(ranks).toEqual(ranks.toSorted((a, b) => b - a))
    const critical = items.filter(item => item.severity === 'critical').map(item => item.last_found ?? '9999')
    expect(critical).toEqual(critical.toSorted().reverse())
  })

  test('rows written between two pages neither repeat nor hide others', async () => {
    const first = await listFindings(unrestricted(db.database), { filter: {}, sort: '-severity', limit: 20 })
    const seen = first.items.map(item => item.id)
    await db.database.query(
      `update finding set last_found = last_found + interval '1 day' where asset_id = $1 and plugin_id = $2`,
      [first.items[0]!.asset_id, first.items[0]!.plugin_id],
    )
    try {
      const second = await listFindings(unrestricted(db.database), {
        filter: {},
        sort: '-severity',
        limit: 20,
        cursor: first.next_cursor ?? undefined,
      })
      expect(second.items.filter(item => seen.includes(item.id))).toEqual([])
    } finally {
      await db.database.query(
        `update finding set last_found = last_found - interval '1 day' where asset_id = $1 and plugin_id = $2`,
        [first.items[0]!.asset_id, first.items[0]!.plugin_id],
      )
    }
  })

  test('a cursor is refused with another filter or sort, and when it was changed', async () => {
    const { next_cursor } = await listFindings(unrestricted(db.database), { filter: {}, sort: '-severity', limit: 5 })
    const cursor = next_cursor!
    const refused = expect.objectContaining({ code: 'bad_cursor' })
    for (const request of [
      { filter: { port: [443] }, sort: '-severity' as const, cursor },
      { filter: {}, sort: 'severity' as const, cursor },
      { filter: {}, sort: '-severity' as const, cursor: `${cursor.slice(0, -3)}abc` },
      { filter: {}, sort: '-severity' as const, cursor: 'bm90aGluZw' },
      { filter: {}, sort: '-severity' as const, cursor: Buffer.from('[1,2,3]').toString('base64url') },
    ]) {
      await expect(listFindings(unrestricted(db.database), { ...request, limit: 5 })).rejects.toEqual(refused)
    }
  })

  test('a plugin of two owners shows as the finding’s own source has it', async () => {
    const { items } = await everyPage({ plugin_id: [1000001], include: ['all'] }, 'asset_id', 50)
    expect(items.length).toBeGreaterThan(5)
    for (const item of items) {
      expect(item.plugin_name).toBe(item.source_id === 1 ? 'Custom of the first' : 'Custom of the second')
    }
    const kev = await everyPage({ plugin_id: [1000001], include: ['all'], is_kev: true }, 'asset_id', 50)
    expect(new Set(kev.items.map(item => item.source_id))).toEqual(new Set([1]))
  })

  test('an export has the rows of the list, in the order of the vendor’s ids, whatever the batch', async () => {
    const filters: (FindingFilter | undefined)[] = [
      undefined,
      {},
      { severity: ['critical'], include: ['gone'] },
      { q: 'zzz' },
    ]
    for (const filter of filters) {
      const listed = await everyPage(filter ?? { include: ['all'] }, 'asset_id', 500)
      const exported = []
      for await (const batch of exportFindings(unrestricted(db.database), {
        ...(filter ? { filter } : {}),
        batchSize: 37,
      })) {
        expect(batch.length).toBeLessThanOrEqual(37)
        exported.push(...batch)
      }
      const key = (row: { asset_uuid: string; plugin_id: number; port: number; protocol: string }) =>
        `${row.asset_uuid} ${String(row.plugin_id).padStart(8, '0')} ${String(row.port).padStart(5, '0')} ${row.protocol}`
      expect(exported.map(key)).toEqual(listed.items.map(key).sort())
    }
  })

  test('a reader that leaves an export early gives its connection back', async () => {
    for (let time = 0; time < 12; time += 1) {
      for await (const _batch of exportFindings(unrestricted(db.database), { batchSize: 1 })) break
    }
    const abort = new AbortController()
    const reading = (async () => {
      for await (const _batch of exportFindings(unrestricted(db.database), { batchSize: 1, signal: abort.signal }))
        abort.abort()
    })()
    await expect(reading).rejects.toThrow('aborted')
    const { rows: open } = await db.database.query<{ open: number }>(
      `select count(*) as open from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
    )
    expect(open[0]!.open).toBe(0)
  })
})
