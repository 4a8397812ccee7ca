import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPerson, tokenOf } from '../../test/support/accounts.ts'
import type { OperationId, paths } from '../contract/paths.ts'
import type { GrantInput } from '../store/accounts/users.ts'
import { correlateAll } from '../store/identity/correlate.ts'
import { recountEstate } from '../store/identity/recount.ts'
import { rebuildDailyTotals } from '../store/rollups/daily-totals.ts'
import { type CallInput, startTestServer, type TestServer } from './test-server.ts'

// Somebody with a narrowed role must be told what an administrator would be told of a mirror that holds nothing else. So
// everything is asked as the one; then all that is not theirs is really deleted, and everything is asked as the other.

type Reading = {
  [K in OperationId]: (typeof paths)[K]['method'] extends 'GET' ? K : never
}[OperationId]

/** Every operation that reads: how it is asked here, or why it tells nothing of assets. */
const asked = {
  listSources: [{}],
  getSource: [{ params: { id: 1 } }, { params: { id: 2 } }],
  listSchedules: [{}, { query: { source_id: [1, 2] } }],
  listUpcoming: [{ query: { limit: 50 } }],
  getSyncStatus: [{}],
  getSyncStatistics: [{}],
  listJobs: [{}, { query: { source_id: [2] } }],
  getJob: [1, 2, 3].map(id => ({ params: { id } })),
  getJobLog: [1, 2, 3].map(id => ({ params: { id } })),
  followEvents: [{ query: { once: true } }, { query: { once: true, source_id: [1, 2] } }],
  listSweeps: [{}],
  getSweep: [{ params: { id: 1 } }, { params: { id: 3 } }],
  listAssets: [
    {},
    { query: { include: ['all'], limit: 500 } },
    { query: { source_id: [1, 2], sort: '-open_critical', limit: 3 } },
    { query: { tag: ['Env:Dev'] } },
    { query: { subnet: ['10.0.0.0/28'], include: ['all'] } },
    { query: { q: 'twin' } },
  ],
  getAsset: [1, 2, 3, 4, 6, 31, 36].map(id => ({ params: { id } })),
  getAssetTimeline: [1, 2, 4, 36].map(id => ({ params: { id } })),
  listAssetFindings: [2, 4, 36].flatMap(id => [
    { params: { id } },
    { params: { id }, query: { as_of: '2026-11-12', include: ['all'] } },
  ]),
  listFindings: [
    {},
    { query: { include: ['all'], limit: 500 } },
    { query: { severity: ['critical', 'high'], sort: '-last_found' } },
    { query: { is_kev: true } },
    { query: { q: 'Plugin 4' } },
    { query: { source_id: [2], port: [443] } },
    { query: { as_of: '2026-11-12', include: ['all'], limit: 500 } },
    { query: { known_at: '2026-11-20T06:03:30Z' } },
  ],
  getFinding: ['1.10002.0.icmp', '2.10002.0.icmp', '4.10002.0.icmp', '36.10002.0.icmp'].flatMap(id => [
    { params: { id } },
    { params: { id }, query: { as_of: '2026-11-12' } },
  ]),
  getFindingHistory: ['2.10002.0.icmp', '4.10002.0.icmp', '36.10002.0.icmp'].map(id => ({ params: { id } })),
  listPlugins: [{ query: { counts: true, limit: 100 } }, { query: { owner_source_id: [1, 2] } }],
  getPlugin: [
    { params: { id: 10001 } },
    { params: { id: 1000001 }, query: { source_id: 1 } },
    { params: { id: 1000001 }, query: { source_id: 2 } },
    { params: { id: 1000001 } },
  ],
  listFindingPlugins: [{}, { query: { include: ['all'], sort: '-affected_assets' } }],
  listPluginOwners: [{ params: { id: 10009 } }, { params: { id: 1000001 } }],
  getPluginHistory: [{ params: { id: 10009 } }, { params: { id: 1000001 }, query: { days: 300 } }],
  getFindingSeverities: [{}, { query: { is_kev: true } }, { query: { include: ['all'] } }],
  getFindingFlow: [{ query: { days: 300, per: 'week', due: true } }, { query: { severity: ['critical'], days: 60 } }],
  getMttr: [{ query: { days: 60 } }, { query: { tag: ['Owner'], days: 60 } }],
  getSla: 'of no tenant: one policy, which everybody may read',
  listPluginAssets: [{ params: { id: 10009 } }, { params: { id: 1000001 } }],
  getAssetStatistics: [{}, { query: { source_id: [2] } }, { query: { tag: ['Owner'] } }],
  getFindingStatistics: [
    {},
    { query: { source_id: [1, 2] } },
    { query: { include: ['all'] } },
    { query: { as_of: '2026-11-12' } },
    { query: { as_of: '2026-11-12T12:00:00Z' } },
    { query: { as_of: '2026-11-12', tag: ['Env'] } },
  ],
  getDailyFindingStatistics: [{ query: { from: '2026-05-01' } }, { query: { source_id: [2] } }],
  listChanges: [{ query: { from: '2026-01-01', to: '2026-12-01', limit: 500 } }],
  exportAssets: [{ query: { format: 'json', include: ['all'] } }],
  exportFindings: [{ query: { format: 'json', include: ['all'], output: true } }],
  exportScans: [{ query: { format: 'json', include: ['gone'] } }],
  exportScanCoverage: (['network', 'os', 'owner', 'tag'] as const).map(by => ({
    query: { by, include: ['all'], days: 5, format: 'json' },
  })),
  exportScanRuns: [1, 4].map(id => ({ params: { id }, query: { format: 'json' } })),
  exportCompliance: [
    { query: { format: 'json', include: ['all'] } },
    { query: { format: 'json', as_of: '2026-11-11', include: ['unlicensed', 'gone'] } },
    ...['check', 'asset', 'audit_file'].map(group => ({ query: { format: 'json', include: ['all'], group } })),
  ],
  exportNetworks: [{ query: { format: 'json' } }],
  exportSubnets: ['1-net-1', '2-net-1'].map(id => ({ params: { id }, query: { format: 'json' } })),
  exportMultiHomed: ['1-net-1', '2-net-1'].map(id => ({ params: { id }, query: { format: 'json' } })),
  exportScanners: [{ query: { format: 'json' } }],
  exportAgents: [{ query: { format: 'json' } }],
  exportFindingPlugins: [{ query: { format: 'json', include: ['all'] } }],
  exportJobs: [{ query: { format: 'json' } }],
  exportRejected: [{ query: { format: 'json' } }],
  exportQualityIssues: [{ query: { format: 'json' } }],
  exportTags: [{ query: { format: 'json' } }],
  exportTagMembers: ['1-t1', '2-t1'].flatMap(id => [
    { params: { id }, query: { format: 'json' } },
    { params: { id }, query: { format: 'json', as_of: '2026-11-12' } },
  ]),
  listRejected: [{}],
  listQualityIssues: [{}],
  getAssetOwner: [1, 2, 4, 36].map(id => ({ params: { id } })),
  listPluginChanges: [{ params: { id: 10001 } }],
  listNetworks: [{}],
  getNetwork: [{ params: { id: '1-net-1' } }, { params: { id: '2-net-1' } }],
  listSubnets: [{ params: { id: '1-net-1' } }, { params: { id: '2-net-1' } }],
  listMultiHomed: [{ params: { id: '1-net-1' } }, { params: { id: '2-net-1' } }],
  listScanners: [{}],
  listAgents: [{}],
  listTags: [{}],
  listTagMembers: [
    { params: { id: '1-t1' } },
    { params: { id: '2-t1' } },
    { params: { id: '2-t1' }, query: { as_of: '2026-11-12' } },
  ],
  listDirectoryEvents: [{}],
  listScans: [{}, { query: { include: ['gone'] } }],
  getScanCoverage: [{}, { query: { include: ['all'], days: 5 } }],
  getScan: [1, 2, 3, 4].map(id => ({ params: { id } })),
  listScanRuns: [1, 2, 3, 4].map(id => ({ params: { id } })),
  listCompliance: [
    {},
    { query: { include: ['all'], limit: 500 } },
    { query: { group: 'check' } },
    { query: { group: 'asset' } },
    { query: { as_of: '2026-11-11', include: ['all'], limit: 500 } },
    { query: { group: 'asset', as_of: '2026-11-11' } },
  ],
  getComplianceCheck: [1, 2, 3, 4].map(id => ({ params: { id } })),
  getComplianceStatistics: [
    { query: { from: '2026-10-01', to: '2026-11-20' } },
    { query: { as_of: '2026-11-11', from: '2026-11-20' } },
  ],
  listGroups: [{}],
  listDevices: [
    {},
    { query: { q: 'twin' } },
    { query: { is_shared: true, sort: '-records' } },
    { query: { in_review: true } },
    { query: { confidence_max: 0.5, records_min: 2, sort: '-confidence' } },
  ],
  getEstateStatistics: [{}, { query: { as_of: '2026-11-12' } }],
  getDailyEstateStatistics: [{ query: { from: '2026-05-01' } }, {}],
  exportDevices: [{ query: { format: 'json' } }],
  listDeviceReviews: [{}],
  listDeviceDecisions: [{}],
  getDevice: [1, 2, 4, 31].map(id => ({ params: { id } })),
  listDeviceFindings: [1, 2, 4, 31].map(id => ({ params: { id } })),
  listGroupRules: 'of no tenant; refused to narrowed roles below',
  getGroupRule: 'of no tenant; refused to narrowed roles below',
  getMaintenance: 'of no tenant; refused to narrowed roles below',
  listArchiveFiles: 'of no tenant; refused to narrowed roles below',
  getMaintenanceJob: 'of no tenant; refused to narrowed roles below',
  getVerification: 'of no tenant; refused to narrowed roles below',
  verifyAudit: 'of no tenant; refused to narrowed roles below',
  getMetrics: 'of no tenant; refused to narrowed roles below',
  listFeeds: 'of CVEs, which are everybody’s',
  getCveScores: 'of CVEs, which are everybody’s',
  listImports: [{}],
  getImport: [{ params: { id: 1 } }],
  listImportRows: [{ params: { id: 1 } }],
  listImportRejected: [{ params: { id: 1 } }],
  exportAudit: 'of people and what they did; see accounts.db.test.ts',
  getReconciliation:
    'of pairs of whole sources, as comparisons are; it offers to pair what one may act on, and no more',
  getReconciliationAlias: 'the same',
  listComparisons: [{}, { query: { kind: 'counts' } }],
  getComparison: [1, 2].map(id => ({ params: { id } })),
  listDifferences: [1, 2].map(id => ({ params: { id } })),
  exportDifferences: [1, 2].map(id => ({ params: { id }, query: { format: 'json' } })),
  listCutovers: [{}],
  getCutover: [{ params: { id: 1 } }],
  getDataQuality: [{}, { query: { source_id: [2] } }],
  exportUsers: 'of people',
  exportTokens: 'of tokens',
  exportGroupRules: 'of no tenant; refused to narrowed roles below',
  exportImports: [{ query: { format: 'json' } }],
  listAudit: 'of people and what they did; see accounts.db.test.ts',
  listUsers: 'of people',
  getUser: 'of people',
  listTenants: 'of tenants; see accounts.db.test.ts',
  listTokens: 'of tokens',
  listSessions: 'of sessions',
  getMe: 'of the caller',
  listViews: 'of people; see views.db.test.ts',
  getView: 'of people; see views.db.test.ts',
  getListPreferences: 'of the caller',
  getSignInOptions: 'of the server',
  startOidc: 'of the server',
  finishOidc: 'of the server',
  getOpenApi: 'of the server',
  getLiveness: 'of the server',
  getReadiness: 'of the server',
} satisfies Record<Reading, readonly CallInput[] | string>

interface Narrowing {
  readonly name: string
  readonly grants: readonly GrantInput[]
  /** Assets that are left, in SQL of the test's own over `asset a`. */
  readonly assets: string
  /** Sources that are left, and those of them that are left whole. */
  readonly sources: readonly number[]
  readonly wholeSources: readonly number[]
}

const hasTag = (tag: string) =>
  `a.asset_id in (select asset_id from asset_tag where tag_key = '${tag}' or concat(tag_key, ':', tag_value) = '${tag}')`

const narrowings: readonly Narrowing[] = [
  {
    name: 'one tenant of two',
    grants: [{ role: 'admin', tenantId: 2 }],
    assets: 'a.source_id = 2',
    sources: [2],
    wholeSources: [2],
  },
  {
    name: 'one source',
    grants: [{ role: 'admin', tenantId: null, sourceIds: [1] }],
    assets: 'a.source_id = 1',
    sources: [1],
    wholeSources: [1],
  },
  {
    name: 'a tag, wherever',
    grants: [{ role: 'admin', tenantId: null, tags: ['Env:Prod', 'Owner:team-1'] }],
    assets: `(${hasTag('Env:Prod')} or ${hasTag('Owner:team-1')})`,
    sources: [1, 2],
    wholeSources: [],
  },
  {
    name: 'a tag in one source and all of another',
    grants: [
      { role: 'admin', tenantId: 1, sourceIds: [1], tags: ['Owner'] },
      { role: 'admin', tenantId: 2 },
    ],
    assets: `(a.source_id = 2 or a.source_id = 1 and ${hasTag('Owner')})`,
    sources: [1, 2],
    wholeSources: [2],
  },
  {
    name: 'nothing: a source that is gone',
    grants: [{ role: 'admin', tenantId: 3 }],
    assets: 'false',
    sources: [],
    wholeSources: [],
  },
]

for (const narrowing of narrowings) {
  describe(`a role narrowed to ${narrowing.name}`, () => {
    let server: TestServer
    let seen: ReadonlyMap<string, Answer>
    let left: ReadonlyMap<string, Answer>
    beforeAll(async () => {
      server = await startTestServer()
      await furnish(server)
      const token = await tokenOf(server.db.database, await addPerson(server.db.database, 'narrow', narrowing.grants))
      seen = await ask(server.as(token))
      await deleteTheRest(server, narrowing)
      left = await ask(server)
    }, 120_000)
    afterAll(() => server.stop())

    for (const operation of Object.keys(asked) as Reading[]) {
      const ways = asked[operation]
      if (typeof ways === 'string') continue
      for (const [index, input] of ways.entries()) {
        test(`${operation} ${JSON.stringify(input)}`, () => {
          const key = `${operation} ${index}`
          expect(seen.get(key)).toEqual(left.get(key))
        })
      }
    }
  })
}

test('what belongs to no tenant is refused to a narrowed role', async () => {
  const server = await startTestServer()
  try {
    const token = await tokenOf(
      server.db.database,
      await addPerson(server.db.database, 'narrow', narrowings[1]!.grants),
    )
    const caller = server.as(token)
    const answers = [
      caller.call('listGroupRules'),
      caller.call('exportGroupRules'),
      caller.call('getGroupRule', { params: { id: 1 } }),
      caller.call('getMaintenance'),
      caller.call('listArchiveFiles'),
      caller.call('getMaintenanceJob', { params: { id: 1 } }),
      caller.call('startCleanup', { body: {} }),
      caller.call('getVerification'),
      caller.call('startVerification'),
      caller.call('verifyAudit'),
      caller.call('getMetrics'),
    ]
    for (const { status, json } of await Promise.all(answers))
      expect([status, json.code]).toEqual([403, 'access_narrowed'])
  } finally {
    await server.stop()
  }
})

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function ask(caller: Pick<TestServer, 'call'>): Promise<ReadonlyMap<string, Answer>> {
  const answers = new Map<string, Answer>()
  for (const operation of Object.keys(asked) as Reading[]) {
    const ways = asked[operation]
    if (typeof ways === 'string') continue
    for (const [index, input] of (ways as readonly CallInput[]).entries()) {
      const { status, json, text } = await caller.call(operation, input)
      expect(status, text).toBeOneOf([200, 404])
      answers.set(`${operation} ${index}`, { status, body: comparable(json ?? text, input) })
    }
  }
  return answers
}

/** Without what differs from call to call, and what the totals of whole sources do not tell. */
function comparable(body: unknown, input: CallInput): unknown {
  const isEndOfDay = String(input.query?.as_of).length === 10
  const left = [
    'at',
    'instance',
    'since',
    'last_scan_to',
    'last_authenticated_scan_to',
    ...(isEndOfDay ? ['affected_assets'] : []),
  ]
  if (typeof body === 'string') return body.replaceAll(/"at":"[^"]*"|^id: .*$/gm, '')
  return JSON.parse(JSON.stringify(body, (key, value: unknown) => (left.includes(key) ? null : value)))
}

/** Two tenants, sweeps of both sources, and the totals of every day. */
async function furnish({ db: { database } }: TestServer): Promise<void> {
  await database.query(`
insert into tenant (name) values ('Second'), ('Empty');
update source set tenant_id = 2 where source_id = 2;
insert into schedule (source_id, name, kind, interval_hours, longest_gap_hours, next_at)
select source_id, 'own', 'full', 24, 24, '2030-01-01' from source;
insert into network (source_id, native_id, name, row_hash, read_at, run_id)
select source_id, 'net-1', 'Net of ' || name, 1, '2026-11-20', 1 from source;
insert into scanner (source_id, native_id, name, row_hash, read_at, run_id)
select source_id, 's1', 'Scanner of ' || name, 1, '2026-11-20', 1 from source;
insert into agent (source_id, native_id, name, asset_native_id, network_id, row_hash, read_at, run_id)
select source_id, 'a' || asset_id, 'Agent of ' || name, native_id, network_id, 1, '2026-11-20', 1 from asset where asset_id % 5 = 1;
insert into tag (source_id, native_id, category, value, row_hash, read_at, run_id)
select source_id, 't1', 'Env', 'Prod', 1, '2026-11-20', 1 from source;
insert into directory_event (source_id, list, native_id, kind, name)
select source_id, 'tag', 't1', 'appeared', 'Env:Prod' from source;
insert into asset_group (asset_id, owner, group_names)
select asset_id, (array['Ann', 'Bob'])[asset_id % 2 + 1], array['group ' || asset_id % 3] from asset where asset_id % 4 <> 0;
insert into asset_group_event (asset_id, owner, group_names, rule_ids, is_owner_set, cause)
select asset_id, owner, group_names, '{}', false, 'rule' from asset_group;
insert into asset_event (asset_id, recorded_at, happened_at, source_id, kind, status, is_licensed, is_tracked, cause, after)
select asset_id, '2026-11-20T06:02:00Z', first_seen, source_id, 'appeared', status, is_licensed, is_tracked, 'source', '{}'
from asset;
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance, kind,
                           state, severity, severity_modification, cause)
select asset_id, '2026-11-20T06:05:00Z'::timestamptz, resurfaced_date, 1, plugin_id, port, source_id, protocol, instance,
       'resurfaced', 'reopened', severity, severity_modification, 'source'
from finding where state = 'reopened'
union all
select asset_id, '2026-11-20T06:06:00Z'::timestamptz, ended_at, 1, plugin_id, port, source_id, protocol, instance, 'ended',
       state, severity, severity_modification, end_cause
from finding where ended_at is not null;
insert into sweep (run_id, source_id, status, reason, assets_live, findings_open, assets_aged_out, findings_asset_gone,
                   findings_superseded, findings_withdrawn, findings_unconfirmed, planned_at)
select run_id, source_id, 'held', 'too many', 10, 100, 1, 0, 0, 0, 0, '2026-11-20T12:00:00Z' from run where run_id in (1, 3);
insert into sweep_asset (run_id, asset_id) values (1, 1), (3, 31);
insert into export_job (run_id, stream, export_id, asked, read_at, status) values
  (3, 'findings', 'e-9', '{}', '2026-11-20T10:57:00Z', 'complete');
insert into run_stream (run_id, stream, status, watermark_at) values (3, 'findings', 'completed', '2026-11-20T10:58:00Z')`)
  await database.query(`
insert into reconciliation (kind, api_source_id, trigger, status, started_by, totals, has_differences)
values ('counts', 1, 'api', 'completed', 'somebody', '{}', true), ('counts', 2, 'api', 'completed', 'somebody', '{}', true);
insert into reconciliation_difference (reconciliation_id, difference_no, level, kind, cause, evidence, plugin_id, severity)
select reconciliation_id, 1, 'count', 'only_api', 'timing', '{}', 10009, 'high' from reconciliation;
insert into data_quality_day (source_id, day, subject, field, row_count, filled_count)
select source_id, (now() at time zone 'utc')::date, 'asset', 'fqdn', 10, source_id from source`)
  await rebuildDailyTotals(database)
  await correlateAll(database)
  // Machines of two and three assets, whatever the evidence: some may be seen by half only.
  await database.query(`
update device_asset set device_id = (select min(device_id) from device_asset where asset_id = 1) where asset_id in (2, 4);
update device_asset set device_id = (select min(device_id) from device_asset where asset_id = 31) where asset_id in (32, 35);
delete from device d where not exists (select from device_asset m where m.device_id = d.device_id);
insert into device_evidence (asset_a, asset_b, tenant_id, score, confidence, evidence, is_asked)
select a, b, case when a > 30 then 2 else 1 end, 5, b / 100.0, '[{"kind": "fqdn", "value": "x.example.com", "weight": 5}]', a % 2 = 0
from (values (1, 2), (1, 4), (2, 4), (31, 32), (32, 35)) as pair (a, b)
on conflict (asset_a, asset_b) do nothing;
insert into device_decision (tenant_id, asset_a, asset_b, is_same, decided_by)
select tenant_id, asset_a, asset_b, true, 'somebody' from device_evidence order by asset_a, asset_b`)
  await recountEstate(database)
}

async function deleteTheRest(
  { db: { database } }: TestServer,
  { assets, sources, wholeSources }: Narrowing,
): Promise<void> {
  const assetTables = [
    'asset_event',
    'asset_interface',
    'asset_software',
    'asset_total',
    'asset_alias',
    'sweep_asset',
    'asset_group',
    'asset_identity',
    'asset_identifier',
    'device_asset',
  ]
  const complianceTables = ['compliance_result', 'compliance_event', 'asset_group_event']
  const findingTables = ['finding', 'finding_event', 'finding_output', 'sweep_finding']
  const others = (column: string, ids: readonly number[]) => `${column} <> all ('{${ids.join(',')}}')`
  await database.query(`create table kept as select a.asset_id from asset a where ${assets}`)
  for (const table of [...assetTables, ...findingTables, ...complianceTables, 'asset_tag', 'asset']) {
    await database.query(`delete from ${table} where asset_id not in (select asset_id from kept)`)
  }
  await database.query(`
delete from device_evidence where asset_a not in (select asset_id from kept) or asset_b not in (select asset_id from kept);
delete from device_decision where asset_a not in (select asset_id from kept) or asset_b not in (select asset_id from kept);
delete from rejected_record where ${others('source_id', wholeSources)};
delete from quality_issue where ${others('source_id', wholeSources)};
delete from sweep_asset where run_id in (select run_id from sweep where ${others('source_id', wholeSources)});
delete from sweep where ${others('source_id', wholeSources)};
delete from export_chunk where export_job_id in (
  select export_job_id from export_job join run using (run_id) where ${others('source_id', sources)});
delete from export_job where run_id in (select run_id from run where ${others('source_id', sources)});
delete from run_stream where run_id in (select run_id from run where ${others('source_id', sources)});
${['network', 'scanner', 'agent', 'tag', 'directory_event', 'scan', 'scan_folder']
  .map(table => `delete from ${table} where ${others('source_id', wholeSources)};`)
  .join('\n')}
delete from scan_run where ${others('source_id', sources)};
delete from compliance_check where ${others('source_id', sources)};
delete from reconciliation where ${others('api_source_id', wholeSources)};
delete from data_quality_day where ${others('source_id', wholeSources)};
delete from schedule where ${others('source_id', sources)};
delete from run where ${others('source_id', sources)};
delete from daily_total;
delete from daily_span;
delete from daily_change;
delete from plugin where owner_source_id <> 0 and ${others('owner_source_id', sources)};
delete from source where ${others('source_id', sources)};
drop table kept`)
  await rebuildDailyTotals(database)
  await recountEstate(database)
}
