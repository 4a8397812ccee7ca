import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallInput, startTestServer, type TestServer } from './test-server.ts'

// Scans, their coverage and compliance results over real HTTP; every answer is checked against the contract.

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const call: TestServer['call'] = (operationId, input) => server.call(operationId, input)

async function everyPage(
  operationId: 'listScans' | 'listScanRuns' | 'listCompliance',
  input: CallInput,
  limit: number,
) {
  const items: unknown[] = []
  let cursor: string | undefined
  do {
    const { json } = await call(operationId, { ...input, query: { ...input.query, limit, cursor } })
    items.push(...json.items)
    cursor = json.next_cursor ?? undefined
  } while (cursor !== undefined)
  return items
}

describe('scans', () => {
  test('are listed by name, without those that are gone, with their latest results and their schedule in words', async () => {
    const { json } = await call('listScans')
    expect(json.items.map((scan: { name: string }) => scan.name)).toEqual([
      '=agents 100%_sure',
      'Never ran',
      'Weekly, servers',
    ])
    expect(json.total).toBe(3)
    expect(json.items[2]).toMatchObject({
      schedule: 'weekly on Monday at 01:00 (Etc/UTC)',
      folder: 'My Scans',
      policy: 'Basic Network Scan',
      latest_results: { run_uuid: 'run-0', hosts: 12, severities: { critical: 0, high: 2 } },
    })
    expect(json.items[1]).toMatchObject({ schedule: 'on demand, switched off', latest_results: null })
  })

  const filters = [
    { query: { q: '100%_' }, names: ['=agents 100%_sure'] },
    { query: { status: 'empty' }, names: ['Never ran'] },
    { query: { is_enabled: false }, names: ['Never ran'] },
    { query: { owner: 'bob@example.com' }, names: ['=agents 100%_sure'] },
    { query: { folder: 'My Scans' }, names: ['Weekly, servers'] },
    { query: { folder: '10' }, names: ['=agents 100%_sure'] },
    { query: { type: ['agent', 'remote'], sort: '-name' }, names: ['Weekly, servers', '=agents 100%_sure'] },
    { query: { include: 'gone', source_id: 2 }, names: ['Gone'] },
    { query: { sort: '-last_run' }, names: ['=agents 100%_sure', 'Weekly, servers', 'Never ran'] },
  ]
  test.each(filters)('are chosen by $query', async ({ query, names }) => {
    const { json } = await call('listScans', { query })
    expect(json.items.map((scan: { name: string }) => scan.name)).toEqual(names)
    expect(await everyPage('listScans', { query }, 1)).toEqual(json.items)
  })

  test('one by our id or the vendor’s schedule, with its last runs and why some have no details', async () => {
    const scan = await call('getScan', { params: { id: 1 } })
    expect(scan.json).toMatchObject({
      native_id: 20,
      runs: { total: 8, archived: 2, with_details: 3, details_waiting: 2 },
      last_runs: expect.arrayContaining([
        expect.objectContaining({ uuid: 'run-3', details: 'forbidden', severities: null }),
      ]),
    })
    expect((await call('getScan', { params: { id: 'template-1' } })).json).toEqual(scan.json)
    expect((await call('getScan', { params: { id: 'nobody' } })).json.code).toBe('scan_not_found')
    expect((await call('listScanRuns', { params: { id: 99 } })).json.code).toBe('scan_not_found')
  })

  test('runs come newest first, with hosts, severities and the assets they met last', async () => {
    const { json } = await call('listScanRuns', { params: { id: 1 } })
    expect(json.items.map((run: { uuid: string }) => run.uuid)).toEqual(Array.from({ length: 8 }, (_, n) => `run-${n}`))
    expect(json.items[1]).toMatchObject({
      hosts: 12,
      severities: { critical: 1 },
      duration_seconds: 5400,
      details: 'read',
    })
    expect(json.items.map((run: { details: string }) => run.details)).toEqual([
      ...['read', 'read', 'read', 'forbidden', 'waiting', 'waiting', 'archived', 'archived'],
    ])
    const { rows } = await server.db.database.query(
      "select count(*) as n from asset where last_scan_id = 'run-1' and source_id = 1",
    )
    expect(json.items[1].assets_last_met).toBe(rows[0]?.n)
    expect(await everyPage('listScanRuns', { params: { id: 1 } }, 3)).toEqual(json.items)
    expect((await call('listScanRuns', { params: { id: 2 } })).json.items).toMatchObject([
      { status: 'running', completed_at: null, details: 'unfinished' },
    ])
  })

  test('each count of the coverage is the number of rows of the asset list with its filter', async () => {
    for (const query of [{ days: 20 }, { days: 3, source_id: 1, include: 'all' }, { days: 3000, tag: 'Env' }]) {
      const { days, ...filter } = query
      const { json } = await call('getScanCoverage', { query })
      const counts = Object.entries<Record<string, unknown>>(json.filters)
      expect(counts).toHaveLength(4)
      for (const [name, asked] of counts) {
        const rows = await call('listAssets', { query: { ...filter, ...asked } })
        expect([name, rows.json.total]).toEqual([name, json.total[name]])
      }
      expect((await call('listAssets', { query: filter })).json.total).toBe(json.total.assets)
      for (const { network_id, assets, not_scanned } of json.by_network) {
        if (network_id === null) continue
        const inNetwork = await call('listAssets', { query: { ...filter, network_id, ...json.filters.not_scanned } })
        expect(inNetwork.json.total).toBe(not_scanned)
        expect(assets).toBeGreaterThanOrEqual(not_scanned)
      }
      for (const { tag, never_scanned } of json.by_tag) {
        const tags = [tag, ...('tag' in filter ? [filter.tag] : [])]
        const tagged = await call('listAssets', { query: { ...filter, tag: tags, ...json.filters.never_scanned } })
        expect(tagged.json.total).toBe(never_scanned)
      }
    }
    const { json } = await call('getScanCoverage')
    expect(json.total.never_scanned).toBeGreaterThan(0)
    expect(json.total.not_scanned_with_credentials).toBeGreaterThan(0)
  })

  test.each([{ days: 0 }, { days: 'many' }, { days: 3651 }])('coverage of $days days is refused', async query => {
    expect((await call('getScanCoverage', { query })).status).toBe(400)
  })
})

interface Result {
  readonly asset: { readonly id: number }
  readonly check: { readonly id: number; readonly audit_file: string; readonly references: string[] }
  readonly state: string
  readonly last_seen: string
  readonly ended_at: string | null
}

describe('compliance', () => {
  const all = { include: 'all', limit: 500 }

  test('results are listed, last seen first, without those that ended; pages together are the whole', async () => {
    const { json } = await call('listCompliance', { query: { ...all, include: ['unlicensed', 'untracked', 'gone'] } })
    const seen = json.items.map((result: Result) => result.last_seen)
    expect(seen).toEqual([...seen].sort().reverse())
    expect(json.total).toBe(71)
    expect((await call('listCompliance', { query: all })).json.total).toBe(72)
    for (const sort of ['last_seen', '-last_seen', 'asset_id', '-asset_id']) {
      const whole = await call('listCompliance', { query: { ...all, sort } })
      expect(await everyPage('listCompliance', { query: { include: 'all', sort } }, 20)).toEqual(whole.json.items)
    }
  })

  const filters: [query: Record<string, unknown>, matches: (result: Result) => boolean][] = [
    [{ state: 'failed,error' }, ({ state }) => ['failed', 'error'].includes(state)],
    [{ audit_file: 'CIS_Linux.audit' }, ({ check }) => check.audit_file === 'CIS_Linux.audit'],
    [{ check_id: [1, 2] }, ({ check }) => check.id <= 2],
    [{ asset_id: 5 }, ({ asset }) => asset.id === 5],
    [{ q: 'SETTING 3' }, ({ check }) => check.id === 3],
    [{ reference: '800-53|AC-4' }, ({ check }) => check.id === 4],
    [{ framework: 'CSCv7', state: 'skipped' }, ({ state }) => state === 'skipped'],
    [{ framework: 'nothing' }, () => false],
    [
      { last_seen_from: '2026-11-11', last_seen_to: '2026-11-11T06:00:00Z' },
      ({ last_seen }) => last_seen >= '2026-11-11' && last_seen < '2026-11-11T06',
    ],
    [{ is_unconfirmed: true }, ({ asset, check }) => asset.id === 4 && check.id === 1],
    [{ source_id: 2 }, () => false],
  ]
  test.each(filters)('results are chosen by %j', async (query, matches) => {
    const whole = (await call('listCompliance', { query: all })).json.items as Result[]
    const { json } = await call('listCompliance', { query: { ...all, ...query } })
    const key = ({ asset, check }: Result) => `${asset.id}.${check.id}`
    expect(json.items.map(key).sort()).toEqual(whole.filter(matches).map(key).sort())
  })

  test('group=check counts the results of each check, those that fail most first', async () => {
    const results = (await call('listCompliance', { query: all })).json.items as Result[]
    const { json } = await call('listCompliance', { query: { ...all, group: 'check' } })
    expect(json.total).toBe(6)
    const failed = json.items.map((check: { counts: { failed: number } }) => check.counts.failed)
    expect(failed).toEqual([...failed].sort((a: number, b: number) => b - a))
    for (const { id, counts, assets } of json.items) {
      const own = results.filter(({ check }) => check.id === id)
      expect(assets).toBe(own.length)
      for (const [state, count] of Object.entries(counts)) {
        expect([state, count]).toEqual([state, own.filter(result => result.state === state).length])
      }
    }
    expect(await everyPage('listCompliance', { query: { include: 'all', group: 'check' } }, 2)).toEqual(json.items)
  })

  test('one check is answered with what it found on each asset', async () => {
    const { json } = await call('getComplianceCheck', { params: { id: 1 }, query: { include: 'all', limit: 5 } })
    expect(json.check).toMatchObject({
      id: 1,
      native_id: 'full-1',
      references: ['800-53|AC-1', 'CSCv7|5.1'],
      assets: 12,
    })
    expect(json.items.map((result: Result) => result.asset.id)).toEqual([1, 2, 3, 4, 5])
    expect(json.next_cursor).not.toBeNull()
    expect((await call('getComplianceCheck', { params: { id: 99 } })).json.code).toBe('compliance_check_not_found')
  })

  test.each([
    { framework: 'CSCv7' },
    { framework: '800-53', audit_file: ['CIS_Linux.audit', 'none.audit'] },
    { framework: ['800-53', 'CSCv7'], state: 'failed' },
    { reference: '800-53|AC-4' },
    { q: 'setting 3' },
    { q: 'linux' },
    { q: '.audit', check_id: [1, 3] },
    { framework: 'nothing' },
  ])('statistics and groups of $framework$reference$q are those of the results', async asked => {
    const query = { ...asked, limit: 500 }
    const results = (await call('listCompliance', { query })).json.items as Result[]
    const groups = (await call('listCompliance', { query: { ...query, group: 'check' } })).json
    const statistics = (await call('getComplianceStatistics', { query: asked })).json
    const countsOf = (some: readonly Result[]) =>
      Object.fromEntries(
        Object.keys(statistics.counts).map(state => [state, some.filter(result => result.state === state).length]),
      )
    const idsOf = (some: readonly Result[]) => new Set(some.map(({ check }) => check.id))
    expect(statistics.counts).toEqual(countsOf(results))
    expect(statistics.days.at(-1).counts).toEqual(statistics.counts)
    const files = [...new Set(results.map(({ check }) => check.audit_file))].sort()
    expect(statistics.by_audit_file.map((file: { audit_file: string }) => file.audit_file)).toEqual(files)
    for (const { audit_file, checks, assets, counts } of statistics.by_audit_file) {
      const own = results.filter(({ check }) => check.audit_file === audit_file)
      expect(counts).toEqual(countsOf(own))
      expect(checks).toBe(idsOf(own).size)
      expect(assets).toBe(new Set(own.map(({ asset }) => asset.id)).size)
    }
    expect(groups.total).toBe(idsOf(results).size)
    for (const { id, counts } of groups.items) {
      expect(counts).toEqual(countsOf(results.filter(({ check }) => check.id === id)))
    }
  })

  test('statistics count by audit file and outcome, and each day is what its events make of it', async () => {
    const query = { include: 'all', from: '2026-11-09', to: '2026-11-20' }
    const { json } = await call('getComplianceStatistics', {
      query: { ...query, include: ['unlicensed', 'untracked', 'gone'] },
    })
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0)
    expect(json.total).toBe(71)
    expect(json.by_audit_file.map((file: { checks: number }) => file.checks)).toEqual([4, 2])
    expect(sum(json.counts)).toBe(71)
    expect(json.days).toHaveLength(12)
    const day = (name: string) => json.days.find((one: { day: string }) => one.day === name).counts
    // All were seen by the middle of October; three or more changed on the 12th, one ended on the 15th.
    expect(sum(day('2026-11-09'))).toBe(72)
    const { rows } = await server.db.database.query<{ n: number }>(
      "select count(*) as n from compliance_event where kind = 'changed'",
    )
    expect(day('2026-11-12').failed - day('2026-11-11').failed).toBe(rows[0]?.n)
    expect(day('2026-11-11').passed - day('2026-11-12').passed).toBe(rows[0]?.n)
    expect(sum(day('2026-11-14'))).toBe(72)
    expect(sum(day('2026-11-15'))).toBe(71)
    expect(day('2026-11-20')).toEqual(json.counts)
  })
})
