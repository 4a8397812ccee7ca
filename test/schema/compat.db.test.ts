import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cloudFields } from '../../src/domain/asset.ts'
import { cloudProviderOf } from '../../src/domain/cloud-provider.ts'
import { criticalityOf } from '../../src/domain/criticality.ts'
import { sql } from '../../src/store/database.ts'
import * as ledger from '../../src/store/ledger.ts'
import { cloudProvider, criticality } from '../../src/store/queries/conditions.ts'
import { findingId } from '../../src/store/queries/finding-id.ts'
import { rollUpDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { aFinding, anAsset, anObservedAsset, aPlugin } from '../support/make.ts'
import { type MergeRun, startMergeRun } from '../support/merging.ts'
import { compatColumns } from './compat-columns.ts'

let db: TestDatabase
let run: MergeRun

beforeAll(async () => {
  db = await createTestDatabase()
  run = await startMergeRun(db.database, 'tenant')
  await seed()
})
afterAll(() => db.drop())

const readAt = '2026-02-01T00:00:00Z'

const cisco = aPlugin({
  pluginId: 100,
  name: 'Cisco IOS',
  family: 'CISCO',
  riskFactor: 'high',
  synopsis: 'synopsis',
  description: 'description',
  solution: 'update',
  version: '1.2',
  publishedAt: '2025-01-01T12:00:00Z',
  modifiedAt: '2025-02-01T23:30:00Z',
  cves: ['CVE-2025-1', 'CVE-2025-2'],
  cvss2BaseScore: 5,
  cvss2TemporalScore: 4,
  cvss2Vector: 'AV:N',
  cvss3BaseScore: 9.8,
  cvss3TemporalScore: 8.5,
  cvss3Vector: 'CVSS:3.0/AV:N',
  vprScore: 7.4,
  hasPatch: true,
})
/** A custom plugin: a row of its own for each source. */
const custom = aPlugin({ pluginId: 1_000_001, name: 'custom', cvss2BaseScore: 3, cvss2Vector: 'AV:L' })
const router = anObservedAsset({ nativeId: 'router', hostname: 'router' })
const gone = anObservedAsset({ nativeId: 'gone' })

const open = aFinding({
  asset: router,
  plugin: cisco,
  port: 443,
  severity: 'critical',
  defaultSeverity: 'high',
  severityModification: 'recasted',
  firstFound: '2026-01-01T05:00:00Z',
  lastFound: '2026-01-20T05:00:00Z',
  indexedAt: '2026-01-20T06:00:00Z',
  scanUuid: 'scan',
  scanScheduleUuid: 'schedule',
  scanStartedAt: '2026-01-20T04:00:00Z',
  scanCompletedAt: '2026-01-20T05:30:00Z',
  nativeId: 'finding-1',
  output: 'output',
})

async function seed(): Promise<void> {
  const routerAsset = anAsset({
    nativeId: 'router',
    hostnames: ['ROUTER'],
    fqdns: ['Router.Example.org', 'r'],
    ipv4s: ['10.0.0.1', '10.0.0.2'],
    ipv6s: ['::1'],
    macAddresses: ['00:11'],
    netbiosNames: ['ROUTER', 'R'],
    operatingSystems: ['IOS 15', 'IOS 16'],
    systemTypes: ['router'],
    hasAgent: true,
    agentUuid: 'agent',
    acrScore: 8,
    exposureScore: 743.6,
    biosUuid: 'bios',
    networkId: 'net',
    networkName: 'Default',
    tpmIds: ['tpm'],
    cloud: Object.fromEntries(cloudFields.map(field => [field, `a ${field}`])),
    firstScanAt: '2025-01-02T00:00:00Z',
    lastScanAt: '2026-01-19T00:00:00Z',
    lastAuthenticatedScanAt: '2026-01-18T00:00:00Z',
    firstSeen: '2025-01-01T00:00:00Z',
    lastSeen: '2026-01-20T00:00:00Z',
    updatedAt: '2026-01-21T00:00:00Z',
    tags: [
      { key: 'Site', value: 'Bern', uuid: null, addedBy: 'me', addedAt: '2025-05-05T00:00:00Z' },
      { key: 'Owner', value: 'Net', uuid: null, addedBy: null, addedAt: null },
    ],
    interfaces: [
      { name: 'lo', isVirtual: true, isAliased: null, ipv4s: ['127.0.0.1'], ipv6s: [], fqdns: [], macAddresses: [] },
      {
        name: 'eth0',
        isVirtual: null,
        isAliased: null,
        ipv4s: ['10.0.0.1'],
        ipv6s: [],
        fqdns: [],
        macAddresses: ['00:11'],
      },
    ],
  })
  const deleted = anAsset({
    nativeId: 'gone',
    status: 'deleted',
    tags: [{ key: 'Site', value: 'Bern', uuid: null, addedBy: null, addedAt: null }],
    interfaces: [{ name: 'lo', isVirtual: null, isAliased: null, ipv4s: [], ipv6s: [], fqdns: [], macAddresses: [] }],
  })
  await run.merge('assets', [routerAsset, deleted], { readAt })
  await run.merge(
    'findings',
    [
      open,
      aFinding({ asset: router, plugin: custom, instance: 'https://x/?a=ü', port: 80, defaultSeverity: null }),
      aFinding({
        asset: router,
        pluginId: 3,
        state: 'fixed',
        lastFixed: '2026-01-10T03:00:00Z',
        lastFound: '2026-01-09T00:00:00Z',
      }),
      aFinding({ asset: router, pluginId: 4, state: 'reopened', resurfacedAt: '2026-01-11T00:00:00Z' }),
      aFinding({ asset: router, pluginId: 5 }),
      aFinding({ asset: gone, pluginId: 100 }),
    ],
    { readAt },
  )
  await db.database.query("update finding set ended_at = now(), end_cause = 'withdrawn' where plugin_id = 5")
  const other = await startMergeRun(db.database, 'another')
  await other.merge('plugins', [{ ...custom, name: 'another source’s' }])
  await ledger.finishRun(db.database, other.runId, other.fence, 'failed', { code: 'forbidden', message: 'no right' })
  await ledger.openStreams(db.database, run.runId, ['assets', 'findings'])
  await db.database.query("update run set streams = '{plugins,assets,findings}' where run_id = $1", [run.runId])
  await ledger.updateStream(db.database, run.runId, 'assets', {
    status: 'completed',
    watermarkAt: '2026-02-03T00:00:00Z',
  })
  await ledger.updateStream(db.database, run.runId, 'findings', {
    status: 'completed',
    watermarkAt: '2026-02-04T00:00:00Z',
  })
  await ledger.finishRun(db.database, run.runId, run.fence, 'completed', null)
  await seedImport(other.sourceId)
  // Ended by hand above, without the event that ends a finding.
  await db.database.query('delete from finding_event where plugin_id = 5')
  await db.database.query("update export_job set read_at = '2026-02-05' where run_id = $1 and stream = 'assets'", [
    run.runId,
  ])
  await rollUpDailyTotals(db.database, run.sourceId)
}

/** What somebody brought from HexTrackr: totals of two days, one of them after our first reading. */
async function seedImport(sourceId: number): Promise<void> {
  await db.database.query(
    `with imported as (
       insert into run (source_id, kind, trigger, streams, status) values ($1, 'import', 'cli', '{findings}', 'failed')
       returning run_id
     ), file as (
       insert into file_import (source_id, status, trigger, file_name, size_bytes, sha256, created_by, run_id, facts, rows_read)
       select $1, 'applied', 'cli', 'old.csv', 4711, 'x', 'me', run_id, '{"columns": ["Host", "Plugin ID"]}', 12 from imported
       returning import_id
     )
     insert into file_import_total
     select import_id, day, vendor, 1, 9.5, 2, 14, 3, 12, 4, 8, 11, 43.5, 5, 0
     from file
     cross join (values (date '2026-01-05'), (date '2026-02-05')) as d (day)
     cross join (values (''), ('CISCO')) as v (vendor)`,
    [sourceId],
  )
}

async function rows(text: string): Promise<Record<string, unknown>[]> {
  return (await db.database.query<Record<string, unknown>>(text)).rows
}

describe('the catalogue', () => {
  test('has the views and no other', async () => {
    const views = await rows(`
      select relname as view from pg_class where relnamespace = 'compat'::regnamespace and relkind in ('r', 'p', 'v', 'm')`)
    expect(views.map(row => row.view).sort()).toEqual(Object.keys(compatColumns).sort())
  })

  for (const [view, columns] of Object.entries(compatColumns)) {
    test(`${view} has the columns that readers expect, and takes no writes`, async () => {
      const found = await db.database.query<{ name: string; type: string }>(
        `select attname as name, replace(format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz') as type
         from pg_attribute where attrelid = ('compat.' || $1)::regclass and attnum > 0 order by attnum`,
        [view],
      )
      expect(found.rows).toEqual(Object.entries(columns).map(([name, type]) => ({ name, type })))
      expect(
        await rows(`select is_updatable, is_insertable_into from information_schema.views
                    where table_schema = 'compat' and table_name = '${view}'`),
      ).toEqual([{ is_updatable: 'NO', is_insertable_into: 'NO' }])
    })
  }

  test('says of every column that is always null why', async () => {
    for (const [view, columns] of Object.entries(compatColumns)) {
      const found = await rows(`select * from compat.${view}`)
      if (view === 'tenable_scans') continue
      const empty = Object.keys(columns).filter(column => found.every(row => row[column] === null))
      const explained = await db.database.query<{ name: string }>(
        `select attname as name from pg_attribute
         where attrelid = ('compat.' || $1)::regclass and col_description(attrelid, attnum) ~ '^always null'`,
        [view],
      )
      const known = explained.rows.map(row => row.name)
      expect(known.sort(), view).toEqual(empty.sort())
    }
  })
})

describe('family A', () => {
  test('tenable_config', async () => {
    expect(await rows('select * from compat.tenable_config order by id')).toMatchObject([
      {
        id: run.sourceId,
        name: 'tenant',
        access_key_encrypted: null,
        base_url: 'https://example.org',
        is_active: true,
      },
      { name: 'another', last_sync_at: null },
    ])
    const [config] = await rows('select last_sync_at from compat.tenable_config order by id')
    expect(config?.last_sync_at).not.toBeNull()
  })

  test('tenable_sync_jobs: one for each stream that readers know', async () => {
    expect(
      await rows(`select * from compat.tenable_sync_jobs where config_id = ${run.sourceId} order by id`),
    ).toMatchObject([
      {
        id: run.runId * 4,
        job_type: 'assets',
        status: 'completed',
        export_uuid: `assets-${readAt}`,
        total_records: 2,
        processed_records: 2,
        error_message: null,
      },
      {
        id: run.runId * 4 + 1,
        job_type: 'vulnerabilities',
        status: 'completed',
        total_records: 6,
        processed_records: 6,
      },
    ])
  })

  test('tenable_assets: live ones only', async () => {
    expect(await rows('select * from compat.tenable_assets')).toMatchObject([
      {
        tenable_id: 'router',
        config_id: run.sourceId,
        hostname: ['ROUTER'],
        ipv4: ['10.0.0.1', '10.0.0.2'],
        ipv6: ['::1'],
        fqdn: ['Router.Example.org', 'r'],
        netbios_name: 'ROUTER',
        operating_system: ['IOS 15', 'IOS 16'],
        system_type: ['router'],
        has_agent: true,
        agent_uuid: ['agent'],
        exposure_score: 744,
        acr_score: 8,
        criticality_rating: 'high',
        first_seen: '2025-01-01T00:00:00Z',
        last_seen: '2026-01-20T00:00:00Z',
        first_scan_time: '2025-01-02T00:00:00Z',
        last_scan_time: '2026-01-19T00:00:00Z',
        last_authenticated_scan_date: '2026-01-18T00:00:00Z',
        aws_ec2_instance_id: 'a aws_ec2_instance_id',
        aws_ec2_instance_ami_id: 'a aws_ec2_instance_ami_id',
        aws_owner_id: 'a aws_owner_id',
        aws_availability_zone: 'a aws_availability_zone',
        aws_region: 'a aws_region',
        aws_vpc_id: 'a aws_vpc_id',
        aws_subnet_id: 'a aws_subnet_id',
        aws_ec2_instance_type: 'a aws_ec2_instance_type',
        aws_ec2_instance_state_name: 'a aws_ec2_instance_state_name',
        aws_ec2_name: 'a aws_ec2_name',
        azure_vm_id: 'a azure_vm_id',
        azure_resource_id: 'a azure_resource_id',
        bios_uuid: 'bios',
        network_id: 'net',
        network_name: 'Default',
        mac_address: ['00:11'],
        manufacturer_tpm_id: ['tpm'],
        last_updated_tenable: '2026-01-21T00:00:00Z',
      },
    ])
  })

  test('tenable_asset_tags and tenable_asset_network_interfaces: of live assets only', async () => {
    expect(await rows('select key, value, added_by, added_at from compat.tenable_asset_tags order by key')).toEqual([
      { key: 'Owner', value: 'Net', added_by: null, added_at: null },
      { key: 'Site', value: 'Bern', added_by: 'me', added_at: '2025-05-05T00:00:00Z' },
    ])
    expect(
      await rows('select name, virtual, ipv4, mac_address from compat.tenable_asset_network_interfaces order by id'),
    ).toEqual([
      { name: 'lo', virtual: true, ipv4: ['127.0.0.1'], mac_address: [] },
      { name: 'eth0', virtual: null, ipv4: ['10.0.0.1'], mac_address: ['00:11'] },
    ])
  })

  test('tenable_vulnerabilities: of live assets, fixed ones too, ended ones not', async () => {
    const found = await rows('select * from compat.tenable_vulnerabilities order by plugin_id')
    expect(found.map(row => [row.plugin_id, row.state])).toEqual([
      [3, 'fixed'],
      [4, 'reopened'],
      [100, 'open'],
      [1_000_001, 'open'],
    ])
    expect(found[2]).toMatchObject({
      config_id: run.sourceId,
      plugin_name: 'Cisco IOS',
      plugin_family: 'CISCO',
      plugin_risk_factor: 'high',
      plugin_solution: 'update',
      plugin_synopsis: 'synopsis',
      plugin_description: 'description',
      plugin_version: '1.2',
      scan_id: null,
      scan_uuid: 'scan',
      scan_schedule_id: 'schedule',
      scan_started_at: '2026-01-20T04:00:00Z',
      scan_completed_at: '2026-01-20T05:30:00Z',
      severity: 'critical',
      severity_id: 4,
      severity_default_id: 3,
      severity_modification_type: 'recasted',
      first_found: '2026-01-01T05:00:00Z',
      last_found: '2026-01-20T05:00:00Z',
      cvss_base_score: 9.8,
      cvss_temporal_score: 8.5,
      cvss_environmental_score: null,
      cvss_vector: 'CVSS:3.0/AV:N',
      vpr_score: 7.4,
      output: 'output',
      port: 443,
      protocol: 'tcp',
      indexed_at: '2026-01-20T06:00:00Z',
    })
    expect(
      await rows(`select plugin_modification_date::text as modified, plugin_publication_date::text as published
                  from compat.tenable_vulnerabilities where plugin_id = 100`),
    ).toEqual([{ modified: '2025-02-01', published: '2025-01-01' }])
    // its own source's custom plugin, which has CVSS 2 alone
    expect(found[3]).toMatchObject({
      plugin_name: 'custom',
      cvss_base_score: 3,
      cvss_temporal_score: null,
      cvss_vector: 'AV:L',
      severity_default_id: null,
    })
  })

  test('ids are unique, whole numbers above zero, and the same in every view', async () => {
    const [counts] = await rows(`
      select count(*)::integer as all, count(distinct id)::integer as ids, min(id) > 0 as positive,
             (select count(*)::integer from compat.vulnerabilities v
              join compat.tenable_vulnerabilities t on t.id = v.tenable_vulnerability_id
                and t.plugin_id = v.tenable_plugin_id) as joined,
             (select count(*)::integer from compat.vulnerabilities_current v
              join compat.tenable_vulnerabilities t using (id)) as current
      from compat.tenable_vulnerabilities`)
    expect(counts).toEqual({ all: 4, ids: 4, positive: true, joined: 4, current: 4 })
    // Readers may have stored it: it must not change.
    expect(await rows(`select compat.row_id('tenfold')::text as id`)).toEqual([{ id: '680856899358632597' }])
  })

  test('assets and vulnerabilities join, and say up to when their rows are known', async () => {
    expect(
      await rows(`select t.tenable_id, a.last_tenable_sync from compat.assets a
                  join compat.tenable_assets t on t.id = a.tenable_asset_id`),
    ).toEqual([{ tenable_id: 'router', last_tenable_sync: '2026-02-03T00:00:00Z' }])
    expect(await rows('select distinct last_tenable_sync from compat.vulnerabilities')).toEqual([
      { last_tenable_sync: '2026-02-04T00:00:00Z' },
    ])
  })
})

describe('family B', () => {
  test('tenable_api_config', async () => {
    const [config] = await rows('select * from compat.tenable_api_config order by id')
    expect(config).toMatchObject({
      id: run.sourceId,
      platform: 'tenable.io',
      base_url: 'https://example.org',
      api_key_encrypted: null,
      sync_enabled: true,
    })
    expect(config?.last_sync).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('vulnerabilities_current', async () => {
    const found = await rows('select * from compat.vulnerabilities_current order by plugin_id')
    expect(found.map(row => [row.plugin_id, row.lifecycle_state, row.resolved_date, row.resolution_reason])).toEqual([
      [3, 'resolved', '2026-01-10', 'fixed'],
      [4, 'reopened', null, null],
      [100, 'active', null, null],
      [1_000_001, 'active', null, null],
    ])
    expect(found.map(row => row.scan_date)).toEqual(['2026-01-09', '2026-02-04', '2026-02-04', '2026-02-04'])
    expect(found[2]).toMatchObject({
      import_id: run.runId,
      hostname: 'router',
      ip_address: '10.0.0.1',
      cve: 'CVE-2025-1, CVE-2025-2',
      severity: 'Critical',
      vpr_score: 7.4,
      cvss_score: 9.8,
      first_seen: '2026-01-01',
      last_seen: '2026-01-20',
      plugin_name: 'Cisco IOS',
      description: 'description',
      solution: 'update',
      solution_text: 'update',
      vendor: 'CISCO',
      vulnerability_date: '2025-01-01',
      state: 'open',
      confidence_score: 95,
      dedup_tier: 1,
      enhanced_unique_key: 'asset:router|plugin:100',
      operating_system: 'IOS 15, IOS 16',
      is_fix_available: true,
      tenable_uuid: 'finding-1',
      tenable_asset_id: 'router',
      scan_id: 'scan',
    })
    expect(JSON.parse(String(found[2]?.tenable_tags))).toEqual([
      { key: 'Owner', value: 'Net' },
      { key: 'Site', value: 'Bern' },
    ])
    const [key] = await rows("select asset_id from asset where native_id = 'router'")
    expect(found[3]?.unique_key).toBe(
      findingId({
        asset_id: Number(key?.asset_id),
        plugin_id: 1_000_001,
        port: 80,
        protocol: 'tcp',
        instance: 'https://x/?a=ü',
      }),
    )
  })

  test('vulnerability_imports: each run that reads findings', async () => {
    expect(await rows(`select * from compat.vulnerability_imports where id = ${run.runId}`)).toMatchObject([
      { row_count: 6, file_size: 100, vendor: 'tenable', import_type: 'api', api_sync_id: String(run.runId) },
    ])
  })
})

describe('the three tiers', () => {
  const counts = (view: string, where: string) =>
    rows(
      `select severity, count(*)::integer as findings from compat.${view} where ${where} group by severity order by 1`,
    )

  test('say the same of the newest day: what is, what was then, and how many', async () => {
    const current = await counts('vulnerabilities_current', "lifecycle_state in ('active', 'reopened')")
    expect(current).toEqual([
      { severity: 'Critical', findings: 1 },
      { severity: 'High', findings: 2 },
    ])
    expect(await counts('vulnerability_snapshots', "scan_date = '2026-02-04'")).toEqual(current)
    expect(
      await rows(`select scan_date, critical_count, high_count, medium_count, low_count, total_vulnerabilities, critical_total_vpr,
                         high_total_vpr, total_vpr, resolved_count, origin
                  from compat.vulnerability_daily_totals where scan_date >= '2026-02-05'`),
    ).toEqual([
      {
        ...{ scan_date: '2026-02-05', critical_count: 1, high_count: 2, medium_count: 0, low_count: 0 },
        ...{
          total_vulnerabilities: 3,
          critical_total_vpr: 7.4,
          high_total_vpr: null,
          total_vpr: 7.4,
          resolved_count: 0,
        },
        origin: 'tenfold',
      },
    ])
  })

  test('a snapshot has the columns of older programs, with its own day', async () => {
    const [row] = await rows('select * from compat.vulnerability_snapshots where plugin_id = 100')
    expect(row).toMatchObject({
      ...{ import_id: run.runId, scan_date: '2026-02-04', hostname: 'router', ip_address: '10.0.0.1' },
      ...{ cve: 'CVE-2025-1, CVE-2025-2', severity: 'Critical', first_seen: '2026-01-01', last_seen: '2026-01-20' },
      ...{ vendor: 'CISCO', state: 'open', confidence_score: 95, dedup_tier: 1, plugin_name: 'Cisco IOS' },
    })
  })

  test('imported totals stand before our first reading alone, as they are, one row a day', async () => {
    const days = await rows(`select scan_date, count(*)::integer as rows, min(origin) as origin
      from compat.vulnerability_daily_totals group by scan_date order by scan_date`)
    expect(days).toEqual([
      { scan_date: '2026-01-05', rows: 1, origin: 'hextrackr' },
      { scan_date: '2026-02-04', rows: 1, origin: 'tenfold' },
      { scan_date: '2026-02-05', rows: 1, origin: 'tenfold' },
    ])
    expect(await rows("select * from compat.vulnerability_daily_totals where origin = 'hextrackr'")).toEqual([
      {
        ...{ scan_date: '2026-01-05', critical_count: 1, critical_total_vpr: 9.5, high_count: 2, high_total_vpr: 14 },
        ...{ medium_count: 3, medium_total_vpr: 12, low_count: 4, low_total_vpr: 8, total_vulnerabilities: 11 },
        ...{ total_vpr: 43.5, resolved_count: 5, reopened_count: 0, origin: 'hextrackr' },
      },
    ])
    // A source with totals of its own alone has all of them; one without any has ours from its first date on.
    const bySource =
      await rows(`select source, min(scan_date) as first, count(*)::integer as days, min(origin) as origin
      from compat.vulnerability_daily_totals_by_source group by source order by source`)
    expect(bySource).toEqual([
      { source: 'another', first: '2026-01-05', days: 2, origin: 'hextrackr' },
      { source: 'tenant', first: '2026-01-01', days: 36, origin: 'tenfold' },
    ])
    expect(
      await rows(
        'select vulnerability_imports.filename, raw_headers, file_size, row_count from compat.vulnerability_imports where filename is not null',
      ),
    ).toEqual([{ filename: 'old.csv', raw_headers: '["Host", "Plugin ID"]', file_size: 4711, row_count: 12 }])
  })

  test('a fix counts on its day', async () => {
    expect(
      await rows(`select resolved_count, reopened_count from compat.vulnerability_daily_totals_by_source
                  where source = 'tenant' and scan_date in ('2026-01-10', '2026-01-11') order by scan_date`),
    ).toEqual([
      { resolved_count: 1, reopened_count: 0 },
      { resolved_count: 0, reopened_count: 1 },
    ])
  })

  test('a role that may read the views needs no right to anything else', async () => {
    const undone = new Error('undone')
    const asked = db.database.transaction(async connection => {
      // A role that every server has, that owns none of our tables, and that whoever made the database may become.
      await connection.query(`grant usage on schema compat to pg_database_owner;
        grant select on all tables in schema compat to pg_database_owner; set local role pg_database_owner`)
      for (const view of Object.keys(compatColumns)) await connection.query(`select * from compat.${view}`)
      await expect(connection.query('savepoint s; select * from finding')).rejects.toThrow('permission denied')
      throw undone
    })
    await expect(asked).rejects.toBe(undone)
  })
})

test('a job tells how its stream ended, or else its run', async () => {
  const cases = [
    { stream: null, run: 'pending', job: 'pending' },
    { stream: 'pending', run: 'running', job: 'pending' },
    { stream: 'planning', run: 'running', job: 'running' },
    { stream: 'reading', run: 'running', job: 'running' },
    { stream: 'reading', run: 'failed', job: 'failed' },
    { stream: null, run: 'cancelled', job: 'cancelled' },
    { stream: 'completed', run: 'partial', job: 'completed' },
    { stream: 'incomplete', run: 'partial', job: 'partial' },
    { stream: 'skipped', run: 'completed', job: 'failed' },
    { stream: 'failed', run: 'failed', job: 'failed' },
    { stream: 'cancelled', run: 'cancelled', job: 'cancelled' },
  ]
  for (const one of cases) {
    await db.database.query("delete from run where trigger = 'demo'")
    await db.database.query("update run set status = 'failed' where status in ('pending', 'running')")
    const { rows: made } = await db.database.query<{ run_id: number }>(
      `insert into run (source_id, kind, trigger, streams, status) values ($1, 'full', 'demo', '{assets}', $2) returning run_id`,
      [run.sourceId, one.run],
    )
    const id = made[0]!.run_id
    if (one.stream) {
      await db.database.query("insert into run_stream (run_id, stream, status) values ($1, 'assets', $2)", [
        id,
        one.stream,
      ])
    }
    expect(await rows(`select status from compat.tenable_sync_jobs where id = ${id * 4}`), JSON.stringify(one)).toEqual(
      [{ status: one.job }],
    )
  }
})

describe('derived words are the same in SQL as in the domain', () => {
  test('criticality', async () => {
    const scores = [null, 0, 0.5, 1, 2, 3, 3.5, 4, 5, 6, 7, 8, 8.9, 9, 10]
    await db.database.query(
      `insert into asset (asset_id, source_id, native_id, name, status, acr_score, run_id)
       select 1000 + n, $2, 'acr-' || n, 'acr', 'live', acr, 1
       from unnest($1::double precision[]) with ordinality as s (acr, n)`,
      [scores, run.sourceId],
    )
    const found = await rows('select criticality_rating as word from compat.tenable_assets where id > 1000 order by id')
    expect(found.map(row => row.word)).toEqual(scores.map(criticalityOf))
    // What lists filter by, over the vendor's range.
    const listed = await sql<{ acr: number | null; word: string }>`
      select a.acr_score as acr, ${criticality} as word from asset a
      where a.asset_id > 1000 and (a.acr_score >= 1 or a.acr_score is null) order by a.asset_id`.execute(
      db.database.kysely,
    )
    for (const { acr, word } of listed.rows) expect(word).toBe(criticalityOf(acr))
    await db.database.query('delete from asset where asset_id > 1000')
  })

  test('cloud provider', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...cloudFields], { maxLength: 4 }), async known => {
        const facts = Object.fromEntries(known.map(field => [field, 'x']))
        const { rows: found } = await sql<{ word: string }>`
          select ${cloudProvider} as word from jsonb_populate_record(null::asset, ${JSON.stringify(facts)}) a`.execute(
          db.database.kysely,
        )
        expect(found[0]?.word === 'none' ? 'on_premise' : found[0]?.word).toBe(cloudProviderOf(facts))
      }),
      { numRuns: 40 },
    )
  })
})

describe('on a large estate', () => {
  test('findings of one asset and of one plugin are found by an index', async () => {
    const plan = async (query: string) => {
      const { rows: lines } = await db.database.query<{ 'QUERY PLAN': string }>(`explain ${query}`)
      return lines.map(line => line['QUERY PLAN']).join('\n')
    }
    await db.database.transaction(async connection => {
      await connection.query('set local enable_seqscan = off')
      const { rows: lines } = await connection.query<{ 'QUERY PLAN': string }>(
        'explain select * from compat.tenable_vulnerabilities where asset_id = 1',
      )
      expect(lines.map(line => line['QUERY PLAN']).join('\n')).toMatch(/finding_pkey[\s\S]*asset_id = 1/)
    })
    // Columns that are not asked for cost nothing.
    expect(await plan('select severity, count(*) from compat.tenable_vulnerabilities group by severity')).not.toMatch(
      /plugin|finding_output/,
    )
    expect(await plan('select count(*) from compat.vulnerabilities_current')).not.toMatch(/plugin|run/)
  })
})
