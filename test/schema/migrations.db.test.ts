import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { migrate, readMigrations, schemaVersion } from '../../src/store/migrate.ts'
import { dumpSchema } from '../../src/store/schema-dump.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const opened: TestDatabase[] = []
afterEach(async () => {
  for (const db of opened.splice(0)) await db.drop()
})

async function emptyDatabase(): Promise<TestDatabase> {
  const db = await createTestDatabase({ migrated: false })
  opened.push(db)
  return db
}

let wanted: string

beforeAll(async () => {
  const db = await createTestDatabase()
  wanted = await dumpSchema(db.database)
  await db.drop()
})

const migrations = await readMigrations()
const newest = migrations.at(-1)!.version

/** Rows of every table, as the version that brought the table knows them: an upgrade meets databases with rows. */
const rowsOfVersion: Readonly<Record<number, readonly string[]>> = {
  1: [
    `insert into source (tenant_id, name, kind, base_url) values (1, 'tenant', 'tenable-vm', 'https://example.org')`,
    `insert into sealing_key (key_id, check_value) values ('key', '\\x00')`,
    `insert into run (source_id, kind, trigger, streams) values (1, 'full', 'cli', '{assets,findings}')`,
    `insert into run_stream (run_id, stream) values (1, 'findings')`,
    `insert into export_job (run_id, stream, export_id, asked, read_at) values (1, 'findings', 'e', '{}', now())`,
    `insert into export_chunk (export_job_id, part_id, detail) values (1, '1', '{}')`,
    `insert into rejected_record (run_id, source_id, stream, export_id, part_id, reason, raw)
     values (1, 1, 'findings', 'e', '1', 'not an object', '[]')`,
    `insert into quality_issue (run_id, source_id, stream, field, problem, record)
     values (1, 1, 'findings', 'port', 'not a number', 'x')`,
    `insert into audit_event (recorded_at, actor_kind, actor, action, subject, detail, previous_hash, hash)
     values (now(), 'cli', 'me', 'run.started', 'run:1', '{}', '', '\\x00')`,
    `insert into outbox (topic, source_id, subject) values ('finding.opened', 1, '{}')`,
  ],
  2: [
    `insert into asset_alias (source_id, native_id) values (1, 'asset')`,
    `insert into asset (asset_id, source_id, native_id, name, status, run_id) values (1, 1, 'asset', 'host', 'live', 1)`,
    `insert into asset_tag (asset_id, tag_key, tag_value) values (1, 'Site', 'Bern')`,
    `insert into asset_interface values (1, 0, 'lo', true, null, '{}', '{}', '{}', '{}')`,
    `insert into asset_software values (1, 'cpe:/o:linux')`,
  ],
  3: [
    `insert into plugin (plugin_id, name, cves, is_kev, source_rank, read_at, incoming_hash, run_id)
     values (100, 'plugin', '{CVE-2026-1}', true, 1, now(), 0, 1)`,
    `insert into plugin_change (plugin_id, owner_source_id, run_id, changed) values (100, 0, 1, '{}')`,
  ],
  4: [
    "insert into scan_run (source_id, scan_uuid, name_hash) values (1, 'scan-1', 1)",
    `insert into finding (asset_id, plugin_id, port, source_id, protocol, state, severity, row_hash, run_id, read_at)
     values (1, 100, 443, 1, 'tcp', 'open', 'high', 1, 1, now()), (1, 100, 80, 1, 'tcp', 'fixed', 'low', 1, 1, now())`,
    `insert into finding_output (asset_id, plugin_id, port, protocol, output) values (1, 100, 443, 'tcp', 'text')`,
    `insert into finding_event (asset_id, recorded_at, plugin_id, port, source_id, protocol, kind, state, severity,
                                severity_modification, cause)
     values (1, now(), 100, 443, 1, 'tcp', 'opened', 'open', 'high', 'none', 'source')`,
    `insert into asset_total values (1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0)`,
  ],
  8: [
    "insert into run_asset_seen (run_id, stream, asset_id, part_key) values (1, 'assets', 1, '1/1')",
    "insert into run_finding_missed (run_id, asset_id, part_key, plugin_id, port, protocol, instance) values (1, 1, '1/1', 100, 443, 'tcp', '')",
    "insert into sweep (run_id, source_id, status, reason) values (1, 1, 'held', 'too much')",
    'insert into sweep_asset (run_id, asset_id) values (1, 1)',
    "insert into sweep_finding (run_id, asset_id, plugin_id, port, protocol, instance, cause) values (1, 1, 100, 443, 'tcp', '', 'withdrawn')",
  ],
  9: [
    `insert into asset_event (asset_id, source_id, kind, status, cause) values (1, 1, 'appeared', 'live', 'source')`,
    `insert into daily_total (day, level, source_id, dimension, value, severity, state, findings)
     values ('2026-11-24', 'source', 1, 'all', '', 'high', 'open', 1)`,
    `insert into daily_span (source_id, first_day, last_day) values (1, '2026-01-01', '2026-11-24')`,
    `insert into daily_change (source_id, day, standing, severity, state, findings)
     values (1, '2026-11-24', 'counted', 'high', 'open', 1)`,
  ],
  11: [
    `insert into verification (started_at, finished_at, program_version, verdict, checks)
     values (now(), now(), '0.1.0', 'sound', 50)`,
  ],
  10: [
    `insert into schedule (source_id, name, kind, cron, longest_gap_hours) values (1, 'mine', 'full', '0 2 * * *', 24)`,
  ],
  14: [
    "insert into scan (source_id, native_id, name, row_hash, read_at, run_id) values (1, 20, 'weekly', 1, now(), 1)",
    "insert into scan_folder (source_id, native_id, name) values (1, 11, 'My Scans')",
    `insert into compliance_check (source_id, audit_file, native_id, name, row_hash, run_id)
     values (1, 'CIS.audit', 'full', '1.1', 1, 1)`,
    `insert into compliance_result (asset_id, check_id, source_id, state, row_hash, run_id, read_at)
     values (1, 1, 1, 'failed', 1, 1, now())`,
    `insert into compliance_event (asset_id, check_id, source_id, kind, state, before, cause)
     values (1, 1, 1, 'changed', 'failed', 'passed', 'source')`,
    'insert into run_compliance_seen (run_id, asset_id, check_id) values (1, 1, 1)',
  ],
  16: [
    "insert into worker (owner, role, threads) values ('host/1/life', 'server', 2)",
    "insert into request_budget (key_hash, tokens, granted, counted_at) values ('hash', 1, 0, now())",
    'insert into source_health (source_id) values (1)',
    "insert into chunk_size (source_id, stream, size, reason) values (1, 'findings', 125, 'too much at once')",
  ],
  12: [`insert into source_call (source_id, hour, calls, allowed_per_minute) values (1, '2026-11-24T15:00Z', 3, 100)`],
  13: [
    ...['network', 'scanner', 'agent', 'tag_category'].map(
      list =>
        `insert into ${list} (source_id, native_id, name, row_hash, read_at, run_id) values (1, '1', 'one', 1, now(), 1)`,
    ),
    `insert into tag (source_id, native_id, category, value, row_hash, read_at, run_id)
     values (1, '1', 'Site', 'Bern', 1, now(), 1)`,
    `insert into directory_event (source_id, list, native_id, kind, name) values (1, 'tag', '1', 'appeared', 'Site:Bern')`,
    `insert into plugin_family (source_id, family_id, name, plugin_count, missing_count, is_settled, read_at, run_id)
     values (1, 1, 'General', 1, 0, true, now(), 1)`,
  ],
  17: [
    `insert into feed_load (kind, score_on, released_at, outcome, entries, added, changed, removed, plugins_changed, bytes,
                            sha256, origin, loaded_by)
     values ('epss', '2026-11-24', '2026-11-24', 'current', 1, 1, 0, 0, 1, 100, 'abc', 'epss.csv', 'cli test')`,
    "insert into feed_state (kind, score_on, feed_load_id) values ('epss', '2026-11-24', 1)",
    "insert into score_feed (kind, cve, valid_from, epss) values ('epss', 'CVE-2024-0001', '2026-11-24', 0.5)",
    "insert into plugin_score (plugin_id, owner_source_id, epss_score, epss_origin) values (100, 0, 0.5, 'feed')",
    `insert into group_rule (name, priority, conditions, owner, valid_from)
     values ('all', 1, '{"cidr": ["0.0.0.0/0"]}', 'Ann', '2026-01-01')`,
    "insert into group_state (evaluated_on) values ('2026-11-24')",
    "insert into owner_override (source_id, native_id, owner, set_by) values (1, 'a', 'Zoe', 'test')",
    "insert into asset_group (asset_id, owner, rule_ids) values (1, 'Ann', '{1}')",
    `insert into asset_group_event (asset_id, owner, group_names, rule_ids, is_owner_set, cause)
     values (1, 'Ann', '{}', '{1}', false, 'rule')`,
  ],
  19: [
    `insert into archive_file (class, month, horizon_at, file_name) values ('outbox', '2026-01-01', now(), 'a.parquet')`,
    `insert into maintenance_job (kind, is_dry_run, options, actor_kind, actor) values ('cleanup', true, '{}', 'cli', 'me')`,
  ],
  20: [
    "insert into app_user (user_name, display_name) values ('ann', 'Ann')",
    "insert into role_grant (user_id, role) values (1, 'admin')",
    `insert into session (session_hash, user_id, method, address, user_agent, ends_at)
     values ('\\x00', 1, 'password', '127.0.0.1', '', now())`,
    `insert into api_token (user_id, name, prefix, token_hash, scopes, expires_at)
     values (1, 'report', 'tnf_a', '\\x00', '{read}', now())`,
    "insert into access_link (link_hash, purpose, user_id, expires_at) values ('\\x00', 'password', 1, now())",
    "insert into sign_in_failure (subject_hash, failures) values ('\\x00', 1)",
  ],
  22: [
    "insert into saved_view (user_id, page, name, columns) values (1, 'assets', 'Servers', '{name,ip}')",
    "insert into list_preference (user_id, page, density, default_view_id) values (1, 'assets', 'compact', 1)",
  ],
  24: [
    `insert into file_import (source_id, status, trigger, file_name, size_bytes, sha256, created_by)
     values (1, 'ready', 'cli', 'report.nessus', 10, 'abc', 'ann')`,
    "insert into file_import_host (import_id, native_id, aliases, asset, observed) values (1, 'h', '{}', '{}', '{}')",
    "insert into file_import_plugin (import_id, plugin_id, plugin) values (1, 19506, '{}')",
    `insert into file_import_row (import_id, row_number, native_id, plugin_id, port, protocol, instance, severity)
     values (1, 1, 'h', 19506, 0, 'tcp', '', 'info')`,
    "insert into file_import_compliance (import_id, row_number, native_id, result) values (1, 2, 'h', '{}')",
    "insert into file_import_rejected (import_id, row_number, reason, raw) values (1, 3, 'no host', 'x')",
    "insert into file_import_issue (import_id, row_number, field, problem) values (1, 1, 'port', 'not a number')",
    `insert into file_import_plan (import_id, step, action, known_as, plugin_id, port, protocol, instance, facts)
     values (1, 1, 'open', 'h', 19506, 0, 'tcp', '', '{}')`,
  ],
  30: [
    'insert into device (tenant_id) values (1)',
    "insert into asset_identity (asset_id, tenant_id, source_id, record) values (1, 1, 1, '{}'), (2, 1, 1, '{}')",
    "insert into asset_identifier (asset_id, tenant_id, kind, value) values (1, 1, 'fqdn', 'a.example.com')",
    'insert into device_asset (asset_id, device_id) values (1, 1), (2, 1)',
    `insert into device_evidence (asset_a, asset_b, tenant_id, score, confidence, evidence, is_asked)
     values (1, 2, 1, 5, 0.9, '[]', false)`,
    "insert into device_decision (tenant_id, asset_a, asset_b, is_same, decided_by) values (1, 1, 2, true, 'ann')",
    'insert into identity_state (tenant_id, looked_at) values (1, now())',
  ],
  37: [
    ...['plugin_total', 'plugin_total_change'].map(
      table => `insert into ${table} values (1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1)`,
    ),
    'insert into plugin_total_span (source_id) values (1)',
  ],
  31: [
    'insert into asset_scan values (1, 1, 1, 1, now(), true)',
    `insert into finding_sighting (asset_id, plugin_id, port, protocol, scan_id, history_id, seen_at, is_credentialed)
     values (1, 100, 443, 'tcp', 1, 1, now(), true)`,
  ],
  33: [
    `insert into source (tenant_id, name, kind, base_url) values (1, 'files', 'files', 'file:')`,
    "insert into reconciliation_pair (files_source_id, api_source_id, created_by) values (2, 1, 'ann')",
    `insert into reconciliation (kind, pair_id, files_source_id, api_source_id, trigger, status, started_by)
     values ('files', 1, 2, 1, 'import', 'completed', 'import')`,
    `insert into reconciliation_difference (reconciliation_id, difference_no, level, kind, cause, evidence)
     values (1, 1, 'finding', 'only_api', 'missing', '{}')`,
    `insert into cutover (pair_id, files_source_id, api_source_id, reconciliation_id, signed_by, numbers, open_differences,
                          restore_point)
     values (1, 2, 1, 1, 'ann', '{}', 0, '{}')`,
  ],
  34: [
    `insert into data_quality_day (source_id, day, subject, field, row_count, filled_count)
     values (1, '2026-11-24', 'asset', 'fqdn', 1, 1)`,
  ],
  35: [
    "insert into file_import_snapshot values (1, '2026-01-01', 1, 1)",
    "insert into file_import_total (import_id, day, vendor) values (1, '2026-01-01', 'CISCO')",
  ],
  38: [
    `insert into asset_compliance (asset_id, audit_file, day, state, source_id, results) values (1, 'a', '2026-11-24', 'failed', 1, 1)`,
  ],
  41: [
    'insert into asset_steps values (1, 1, array[5343850000000000])',
    'insert into asset_step_change (asset_id, source_id, steps) values (1, 1, array[5343850000000000])',
  ],
  32: [
    'insert into device_due (source_id, asset_id) values (1, 1)',
    `insert into device_change (device_id, tenant_id, day, measure, severity, state, amount)
     values (1, 1, '2026-01-01', 'devices', '', '', 1)`,
    `insert into estate_change (tenant_id, day, measure, severity, state, amount)
     values (1, '2026-01-01', 'devices', '', '', 1)`,
  ],
  23: [
    `insert into idempotency_key (user_id, key_hash, operation, request_hash, claim_id, claimed_until, expires_at)
     values (1, '\\x00', 'createJob', '\\x00', '3f6a2c1e-8d4b-4c57-9e0a-b1d2c3e4f506', now(), now())`,
  ],
}

async function rowCounts({ database }: TestDatabase): Promise<Record<string, number>> {
  const { rows } = await database.query<{ name: string; count: number }>(
    `select c.oid::regclass::text as name,
            (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from only %s', c.oid::regclass), false, true, '')))[1]::text::integer as count
     from pg_class c
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'schema_migration'
     order by 1`,
  )
  return Object.fromEntries(rows.map(row => [row.name, row.count]))
}

test('every file has a number of its own', () => {
  expect(new Set(migrations.map(migration => migration.version)).size).toBe(migrations.length)
})

describe('an upgrade from any earlier version, with rows in it, leads to the same schema and keeps the rows', () => {
  for (const version of [0, ...migrations.slice(0, -1).map(migration => migration.version)]) {
    test(`from ${version}`, async () => {
      const db = await emptyDatabase()
      await migrate(db.database, { upTo: version })
      expect(await schemaVersion(db.database)).toBe(version)
      for (const [since, statements] of Object.entries(rowsOfVersion)) {
        if (Number(since) <= version) for (const statement of statements) await db.database.query(statement)
      }
      const before = await rowCounts(db)
      expect(await migrate(db.database)).toEqual(
        migrations.map(migration => migration.version).filter(one => one > version),
      )
      expect(await dumpSchema(db.database)).toBe(wanted)
      expect(await rowCounts(db)).toMatchObject(before)
    })
  }

  test('every table has a row in one of them', async () => {
    const db = await emptyDatabase()
    await migrate(db.database)
    for (const statement of Object.values(rowsOfVersion).flat()) await db.database.query(statement)
    const empty = Object.entries(await rowCounts(db)).filter(([, count]) => count === 0)
    expect(empty).toEqual([])
  })
})

test('a second time changes nothing', async () => {
  const db = await emptyDatabase()
  await migrate(db.database)
  expect(await migrate(db.database)).toEqual([])
  expect(await schemaVersion(db.database)).toBe(newest)
})

test('of two at once one migrates and the other waits for it', async () => {
  const db = await emptyDatabase()
  const other = openDatabase(db.connectionString)
  try {
    const applied = await Promise.all([migrate(db.database), migrate(other)])
    expect(applied.map(versions => versions.length).sort()).toEqual([0, migrations.length])
    expect(await dumpSchema(db.database)).toBe(wanted)
  } finally {
    await other.close()
  }
})

test('a database of a newer program is refused, and left alone', async () => {
  const db = await emptyDatabase()
  await migrate(db.database, { upTo: 1 })
  await db.database.query(`insert into schema_migration (version, name) values (${newest + 1}, 'of tomorrow')`)
  await expect(migrate(db.database)).rejects.toMatchObject({
    code: 'schema_newer',
    message: new RegExp(`${newest + 1}`),
  })
  expect((await db.database.query("select to_regclass('asset') as asset")).rows).toEqual([{ asset: null }])
})

test('a migration that fails leaves nothing of itself, keeps those before it, and runs when it is mended', async () => {
  const db = await emptyDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-migrations-'))
  const write = (file: string, text: string) => writeFile(join(folder, file), text)
  const options = { folder: pathToFileURL(`${folder}/`) }
  const tables = async () => {
    const { rows } = await db.database.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
    )
    return rows.map(row => row.name)
  }
  try {
    await write('0001_good.sql', 'create table good (id integer)')
    await write('0002_bad.sql', 'create table half (id integer); insert into nowhere values (1)')
    await write('readme.txt', 'not a migration')
    await expect(migrate(db.database, options)).rejects.toMatchObject({
      code: 'migration_failed',
      message: expect.stringMatching(/Migration 2 bad failed .*nowhere/),
    })
    expect(await tables()).toEqual(['good', 'schema_migration'])
    expect(await schemaVersion(db.database)).toBe(1)
    await write('0002_bad.sql', 'create table whole (id integer)')
    expect(await migrate(db.database, options)).toEqual([2])
    expect(await tables()).toEqual(['good', 'schema_migration', 'whole'])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('an empty database has version 0', async () => {
  expect(await schemaVersion((await emptyDatabase()).database)).toBe(0)
})
