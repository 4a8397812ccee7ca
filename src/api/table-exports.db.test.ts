import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OperationId } from '../contract/paths.ts'
import { correlateAll } from '../store/identity/correlate.ts'
import { type CallInput, startTestServer, type TestServer } from './test-server.ts'

// The smaller tables as files: the same rows as their lists, in every format, safe in a spreadsheet.

let server: TestServer
const call: TestServer['call'] = (operationId, input) => server.call(operationId, input)

beforeAll(async () => {
  server = await startTestServer()
  await server.db.database.query(`
insert into network (source_id, native_id, name, row_hash, read_at, run_id) values
  (1, 'net-1', '=cmd|calc', 1, now(), 1), (1, 'net-2', 'Net 2', 2, now(), 1);
insert into scanner (source_id, native_id, name, status, network_name, ip_addresses, row_hash, read_at, run_id) values
  (1, 's1', '@scanner', 'on', '=cmd|calc', '{10.0.0.250,no address}', 1, now(), 1);
insert into agent (source_id, native_id, name, network_id, ip_address, asset_native_id, status, row_hash, read_at, run_id)
select 1, 'a' || asset_id, '+agent ' || asset_id, 'net-1', ipv4s[1], native_id, 'on', asset_id, now(), 1
from asset where asset_id in (1, 4, 7);
insert into tag (source_id, native_id, category, value, row_hash, read_at, run_id) values (1, 't1', 'Env', 'Prod', 1, now(), 1);
update asset set ipv6s = array['2001:db8::' || asset_id] where asset_id % 2 = 0;
insert into file_import (source_id, status, trigger, file_name, size_bytes, sha256, created_by, format, numbers) values
  (1, 'applied', 'api', '=weekly.csv', 10, 'a', '+ann', 'csv:other', null), (1, 'failed', 'cli', 'b', 1, 'b', 'bob', null, null);
insert into group_rule (name, priority, conditions, owner, valid_from) values ('=rule', 10, '{"tag": ["Env:Prod"]}', '@ann', '2026-01-01');
insert into asset_group (asset_id, owner, group_names) select asset_id, 'Ann', '{}' from asset where asset_id % 3 = 0`)
  await correlateAll(server.db.database)
})
afterAll(() => server.stop())

interface Exported {
  readonly list: OperationId
  readonly file: OperationId
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Record<string, unknown>
  /** Of a row: which it is. */
  readonly key: readonly string[]
  /** The list has no pages. */
  readonly isWhole?: boolean
}

const tables: readonly Exported[] = [
  { list: 'listScans', file: 'exportScans', query: { include: 'gone' }, key: ['id'] },
  { list: 'listScanRuns', file: 'exportScanRuns', params: { id: 1 }, key: ['uuid'] },
  { list: 'listNetworks', file: 'exportNetworks', key: ['id'] },
  { list: 'listSubnets', file: 'exportSubnets', params: { id: '1-net-1' }, key: ['subnet'] },
  { list: 'listMultiHomed', file: 'exportMultiHomed', params: { id: '1-net-1' }, key: ['id'] },
  { list: 'listScanners', file: 'exportScanners', key: ['id'] },
  { list: 'listAgents', file: 'exportAgents', query: { network_id: 'net-1' }, key: ['id'] },
  { list: 'listTags', file: 'exportTags', key: ['id'] },
  {
    list: 'listFindingPlugins',
    file: 'exportFindingPlugins',
    query: { is_kev: true },
    key: ['plugin_id', 'owner_source_id'],
  },
  { list: 'listJobs', file: 'exportJobs', query: { source_id: 1 }, key: ['id'] },
  { list: 'listRejected', file: 'exportRejected', key: ['id'] },
  { list: 'listQualityIssues', file: 'exportQualityIssues', key: ['id'] },
  { list: 'listAudit', file: 'exportAudit', query: { action: 'scans.' }, key: ['id'] },
  { list: 'listUsers', file: 'exportUsers', key: ['id'], isWhole: true },
  { list: 'listGroupRules', file: 'exportGroupRules', key: ['id'], isWhole: true },
  { list: 'listImports', file: 'exportImports', query: { status: 'applied' }, key: ['id'] },
  { list: 'listTagMembers', file: 'exportTagMembers', params: { id: 't1' }, key: ['id'] },
  { list: 'listDevices', file: 'exportDevices', key: ['id'] },
  { list: 'listCompliance', file: 'exportCompliance', query: { group: 'check' }, key: ['id'] },
  { list: 'listCompliance', file: 'exportCompliance', query: { group: 'asset', state: 'failed' }, key: ['id'] },
]

describe.each(tables)('$file $query', ({ list, file, params, query, key, isWhole = false }) => {
  const asked = (more: object): CallInput => ({ ...(params ? { params } : {}), query: { ...query, ...more } })
  const keyOf = (row: Record<string, unknown>) => key.map(name => row[name])

  test('has the rows of its list', async () => {
    const rows = (await call(list, asked(isWhole ? {} : { limit: 500 }))).json.items
    expect(rows.length).toBeGreaterThan(0)
    const { json } = await call(file, asked({ format: 'json' }))
    expect(json.map(keyOf).sort()).toEqual(rows.map(keyOf).sort())
  })

  test('is the same in CSV, NDJSON and Parquet', async () => {
    const { json } = await call(file, asked({ format: 'json' }))
    const lines = (await call(file, asked({ format: 'ndjson' }))).text.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line))).toEqual(json)
    const csv = await call(file, asked({}))
    expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w-]+\.csv"$/)
    expect(csv.text.split('\r\n')[0]).toBe(Object.keys(json[0]).join(','))
    expect(csv.text).not.toMatch(/(^|,|\n)[=+@]/)
    const parquet = await call(file, asked({ format: 'parquet' }))
    expect(parquet.text.slice(0, 4)).toBe('PAR1')
  })
})

test('what is asked of nothing is not found, and the audit says who took what', async () => {
  for (const [operation, code] of [
    ['exportScanRuns', 'scan_not_found'],
    ['exportSubnets', 'network_not_found'],
    ['exportMultiHomed', 'network_not_found'],
    ['exportTagMembers', 'tag_not_found'],
  ] as const) {
    const { status, json } = await call(operation, { params: { id: 'nobody' } })
    expect([status, json.code]).toEqual([404, code])
  }
  await call('exportCompliance', { query: { group: 'audit_file', format: 'ndjson' } })
  const { json } = await call('listAudit', { query: { action: 'compliance.exported' } })
  expect(json.items[0]).toMatchObject({
    subject: 'export:compliance',
    detail: { format: 'ndjson', filter: { group: 'audit_file' } },
  })
})

test('compliance results are the list’s, as they are and as they were', async () => {
  for (const query of [{}, { state: 'failed' }, { as_of: '2026-11-11', include: ['ended'] }]) {
    const { json } = await call('exportCompliance', { query: { ...query, format: 'json' } })
    const list = await call('listCompliance', { query: { ...query, limit: 500, sort: 'asset_id' } })
    expect(list.json.total).toBe(json.length)
    type Row = { asset: { id: number }; check: { id: number }; state: string }
    expect(json.map((row: Record<string, unknown>) => [row.asset_id, row.check_id, row.state])).toEqual(
      list.json.items.map(({ asset, check, state }: Row) => [asset.id, check.id, state]),
    )
  }
})

test('coverage has every group of each dimension, and its counts', async () => {
  const asked = { days: 20 }
  const { json } = await call('getScanCoverage', { query: asked })
  for (const by of ['network', 'os', 'owner', 'tag'] as const) {
    const file = await call('exportScanCoverage', { query: { ...asked, by, format: 'json' } })
    const groups = json[`by_${by}`].map((group: Record<string, unknown>) => [
      group[by],
      group.assets,
      group.not_scanned,
    ])
    expect(file.json.map((row: Record<string, unknown>) => [row.group, row.assets, row.not_scanned])).toEqual(groups)
  }
})

test('each count of the coverage by system and owner is the number of rows of the asset list', async () => {
  const { json } = await call('getScanCoverage', { query: { days: 20 } })
  expect(json.by_os.length).toBe(4)
  for (const { os, assets, not_scanned } of json.by_os) {
    const filter = os === null ? { has_os: false } : { operating_system: os }
    expect((await call('listAssets', { query: filter })).json.total).toBe(assets)
    expect((await call('listAssets', { query: { ...filter, ...json.filters.not_scanned } })).json.total).toBe(
      not_scanned,
    )
  }
  expect(json.by_owner.map(({ owner }: { owner: string | null }) => owner).sort()).toEqual(['Ann', null])
  for (const { owner, assets } of json.by_owner) {
    const filter = owner === null ? { has_owner: false } : { owner }
    expect((await call('listAssets', { query: filter })).json.total).toBe(assets)
  }
  const unnamed = json.by_network.find((one: { network_id: string | null }) => one.network_id === null)
  expect((await call('listAssets', { query: { has_network: false } })).json.total).toBe(unnamed.assets)
})

test('each subnet counts the assets that the list has with it, its scanners and its agents', async () => {
  const { json } = await call('listSubnets', { params: { id: '1-net-1' } })
  expect(json.items).toMatchObject([
    { subnet: '10.0.0.0/24', scanners: 1, agents: 3 },
    { subnet: '2001:db8::/64', scanners: 0, agents: 0 },
  ])
  for (const { subnet, assets } of json.items) {
    const list = await call('listAssets', { query: { subnet, network_id: 'net-1', source_id: 1 } })
    expect(list.json.total).toBe(assets)
  }
  const bad = await call('listAssets', { query: { subnet: '10.0.0.0/33' } })
  expect([bad.status, bad.json.errors[0].field]).toEqual([400, 'query.subnet.0'])
})

describe('compliance of a past day', () => {
  const wide = ['unlicensed', 'untracked', 'gone']

  test('is what its events make of it, in list, groups and statistics', async () => {
    for (const day of ['2026-10-05', '2026-11-11', '2026-11-12', '2026-11-20']) {
      const query = { include: wide, as_of: day }
      const statistics = await call('getComplianceStatistics', { query: { ...query, from: day, to: day } })
      const { json } = statistics
      expect(json.counts).toEqual(json.days[0].counts)
      for (const state of ['passed', 'failed']) {
        const list = await call('listCompliance', { query: { ...query, state, limit: 1 } })
        expect([day, state, list.json.total]).toEqual([day, state, json.counts[state]])
      }
      for (const group of ['check', 'asset']) {
        const groups = await call('listCompliance', { query: { ...query, group, limit: 500 } })
        const failed = groups.json.items.map(({ counts }: { counts: { failed: number } }) => counts.failed)
        expect(failed.reduce((sum: number, count: number) => sum + count, 0)).toBe(json.counts.failed)
      }
    }
  })

  test('tells no value of a later outcome, and pages', async () => {
    const query = { include: wide, as_of: '2026-11-11', state: 'passed', sort: 'asset_id' }
    const whole = await call('listCompliance', { query: { ...query, limit: 500 } })
    const changed = await server.db.database.query<{ asset_id: number; check_id: number }>(
      "select asset_id, check_id from compliance_event where kind = 'changed' order by asset_id, check_id",
    )
    type Row = { asset: { id: number }; check: { id: number }; actual_value: string | null }
    const later = whole.json.items.filter((row: Row) => row.actual_value === null)
    expect(later.map((row: Row) => ({ asset_id: row.asset.id, check_id: row.check.id }))).toEqual(changed.rows)
    const first = await call('listCompliance', { query: { ...query, limit: 3 } })
    const next = await call('listCompliance', { query: { ...query, limit: 500, cursor: first.json.next_cursor } })
    expect([...first.json.items, ...next.json.items]).toEqual(whole.json.items)
    const check = await call('getComplianceCheck', {
      params: { id: changed.rows[0]!.check_id },
      query: { include: wide },
    })
    const then = await call('getComplianceCheck', {
      params: { id: changed.rows[0]!.check_id },
      query: { include: wide, as_of: '2026-11-11' },
    })
    expect(then.json.check.counts.failed).toBeLessThan(check.json.check.counts.failed)
  })
})

test('group=asset counts the results on each asset, those that fail most first', async () => {
  const results = (await call('listCompliance', { query: { include: 'all', limit: 500 } })).json.items
  const { json } = await call('listCompliance', { query: { include: 'all', group: 'asset' } })
  expect(json.total).toBe(12)
  const failed = json.items.map(({ counts }: { counts: { failed: number } }) => counts.failed)
  expect(failed).toEqual([...failed].sort((a, b) => b - a))
  for (const { id, counts, checks } of json.items) {
    const own = results.filter(({ asset }: { asset: { id: number } }) => asset.id === id)
    expect(checks).toBe(own.length)
    expect(counts.failed).toBe(own.filter(({ state }: { state: string }) => state === 'failed').length)
  }
})
