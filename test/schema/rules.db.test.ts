import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importStatuses } from '../../src/contract/imports.ts'
import { archiveClasses } from '../../src/domain/archive-class.ts'
import { assetEventCauses, assetEventKinds, assetStatuses } from '../../src/domain/asset.ts'
import { streamNames } from '../../src/domain/batch.ts'
import { complianceEndCauses, complianceEventKinds, complianceStates } from '../../src/domain/compliance.ts'
import { directoryEventKinds, directoryLists } from '../../src/domain/directory.ts'
import { feedKinds } from '../../src/domain/feed.ts'
import {
  endCauses,
  findingEventCauses,
  findingEventKinds,
  findingStates,
  severityModifications,
} from '../../src/domain/finding.ts'
import { groupCauses } from '../../src/domain/group-rule.ts'
import { evidenceKinds } from '../../src/domain/identity/index.ts'
import { densities } from '../../src/domain/list-page.ts'
import { differenceCauses, differenceKinds } from '../../src/domain/reconciliation/index.ts'
import { roles } from '../../src/domain/role.ts'
import { severities } from '../../src/domain/severity.ts'
import { maintenanceKinds } from '../../src/store/maintenance/jobs.ts'
import { dropSecondaryIndexes, ensureSecondaryIndexes, secondaryIndexes } from '../../src/store/secondary-indexes.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

// The rules of the schema, held over the catalogue: a migration that breaks one fails here, whatever it adds.

let db: TestDatabase

beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

async function names(text: string): Promise<string[]> {
  const { rows } = await db.database.query<{ name: string }>(text)
  return rows.map(row => row.name)
}

/** Tables, partitioned ones and partitions, under `c`. */
const tables = `pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`

/**
 * The tables that grow with the estate and may be distributed by asset_id. asset_alias, which allocates the ids, is small
 * and stays whole.
 */
const large = `(c.relname in ('asset', 'finding', 'compliance_result', 'compliance_event') or c.relname ~ '^(asset|finding)_')
  and c.relname <> 'asset_alias'`

/** Columns of those, under `a`. */
const columns = `pg_attribute a
join (select oid, relname, relispartition from ${tables}) c on c.oid = a.attrelid and a.attnum > 0 and not a.attisdropped`

const keyColumns = `array(
  select a.attname::text
  from unnest(i.indkey) as k (attnum)
  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum)`

describe('large tables', () => {
  test('are the ones we think of', async () => {
    expect(await names(`select c.relname as name from ${tables} and ${large}`)).toEqual(
      expect.arrayContaining([
        ...['asset', 'asset_event', 'asset_interface', 'asset_software', 'asset_tag', 'asset_total'],
        ...['finding', 'finding_event', 'finding_output'],
        ...['compliance_result', 'compliance_event'],
      ]),
    )
  })

  test('have a primary key that begins with asset_id', async () => {
    expect(
      await names(`
        select c.relname as name
        from ${tables} and ${large}
          and not exists (select from pg_index i
                          where i.indrelid = c.oid and i.indisprimary and (${keyColumns})[1] = 'asset_id')`),
    ).toEqual([])
  })

  test('have asset_id in every unique index', async () => {
    expect(
      await names(`
        select x.relname as name
        from pg_index i
        join pg_class x on x.oid = i.indexrelid
        where i.indisunique and not 'asset_id' = any (${keyColumns})
          and i.indrelid in (select c.oid from ${tables} and ${large})`),
    ).toEqual([])
  })

  test('have no foreign key, neither from them nor to them', async () => {
    expect(
      await names(`
        select conname as name
        from pg_constraint
        where contype = 'f'
          and (conrelid in (select c.oid from ${tables} and ${large})
               or confrelid in (select c.oid from ${tables} and ${large}))`),
    ).toEqual([])
  })

  test('compare the texts of their keys byte by byte, whatever the locale of the server', async () => {
    expect(
      await names(`
        select concat(c.relname, '.', a.attname) as name
        from ${columns}
        join pg_index i on i.indrelid = c.oid and i.indisprimary and a.attnum = any (i.indkey::smallint[])
        join pg_collation l on l.oid = a.attcollation
        where (c.relname ~ '^finding' or c.relname = 'asset_alias') and l.collname <> 'C'`),
    ).toEqual([])
  })
})

describe('columns', () => {
  test('of instants know their zone', async () => {
    expect(
      await names(`
        select concat(table_schema, '.', table_name, '.', column_name) as name
        from information_schema.columns
        where table_schema in ('public', 'compat') and data_type = 'timestamp without time zone'`),
    ).toEqual([])
  })

  test('of text have no length: a longer text than expected is kept, not refused', async () => {
    expect(
      await names(`
        select concat(table_schema, '.', table_name, '.', column_name) as name
        from information_schema.columns
        where table_schema in ('public', 'compat') and data_type in ('character varying', 'character')`),
    ).toEqual([])
  })
})

/** Every column whose values are a closed set, and the set. */
const closedSets: Readonly<Record<string, readonly string[]>> = {
  'run_asset_seen.stream': ['assets', 'findings'],
  'sweep.status': ['applied', 'confirmed', 'held', 'rejected', 'skipped'],
  'sweep_finding.cause': ['asset_gone', 'superseded', 'withdrawn', 'unconfirmed', 'out_of_scope'],
  'asset.status': assetStatuses,
  'asset_group_event.cause': groupCauses,
  'file_import.status': importStatuses,
  'file_import.trigger': ['cli', 'api', 'folder'],
  'reconciliation.kind': ['files', 'counts'],
  'reconciliation.trigger': ['import', 'sync', 'api', 'cli'],
  'reconciliation.status': ['running', 'completed', 'failed'],
  'reconciliation_difference.kind': differenceKinds,
  'reconciliation_difference.cause': differenceCauses,
  'reconciliation_difference.severity': severities,
  'cutover.status': ['signed', 'undone'],
  'file_import_row.state': findingStates,
  'file_import_row.severity': severities,
  'file_import_row.default_severity': severities,
  'file_import_row.severity_modification': severityModifications,
  'asset_identifier.kind': evidenceKinds.filter(kind => kind !== 'ip_in_time'),
  'feed_load.kind': feedKinds,
  'feed_state.kind': feedKinds,
  'score_feed.kind': feedKinds,
  'asset_event.kind': assetEventKinds,
  'asset_event.status': assetStatuses,
  'asset_event.cause': assetEventCauses,
  'finding.state': findingStates,
  'finding.severity': severities,
  'finding.default_severity': severities,
  'finding.severity_modification': severityModifications,
  'finding.end_cause': endCauses,
  'finding_event.kind': findingEventKinds,
  'finding_event.state': findingStates,
  'finding_event.severity': severities,
  'finding_event.severity_modification': severityModifications,
  'finding_event.cause': findingEventCauses,
  'daily_total.severity': severities,
  'daily_total.state': findingStates,
  'daily_change.severity': severities,
  'sla.severity': severities,
  'daily_change.state': findingStates,
  'device_change.severity': ['', ...severities],
  'device_change.state': ['', ...findingStates],
  'estate_change.severity': ['', ...severities],
  'estate_change.state': ['', ...findingStates],
  'source.kind': ['tenable-vm', 'tenable-sc', 'nessus', 'files'],
  'role_grant.role': roles,
  'role_grant.managed_by': ['people', 'oidc'],
  'session.method': ['password', 'link', 'oidc'],
  'saved_view.density': densities,
  'list_preference.density': densities,
  'access_link.purpose': ['setup', 'password', 'sign_in'],
  'source.managed_by': ['people', 'environment'],
  'schedule.kind': ['full', 'delta'],
  'schedule.managed_by': ['people', 'environment'],
  'run.kind': ['full', 'delta', 'targeted', 'import'],
  'run.trigger': ['cli', 'api', 'schedule', 'start', 'demo'],
  'run.status': ['pending', 'running', 'completed', 'partial', 'failed', 'cancelled'],
  'run_stream.stream': streamNames,
  'run_stream.status': [
    ...['pending', 'planning', 'reading', 'completed', 'incomplete', 'skipped', 'failed', 'cancelled'],
  ],
  'directory_event.list': directoryLists,
  'directory_event.kind': directoryEventKinds,
  'export_job.status': ['open', 'complete', 'incomplete', 'expired', 'cancelled'],
  'export_chunk.status': ['available', 'reading', 'done', 'failed', 'cancelled'],
  'asset_compliance.state': complianceStates,
  'compliance_result.state': complianceStates,
  'compliance_result.end_cause': complianceEndCauses,
  'compliance_event.kind': complianceEventKinds,
  'compliance_event.state': complianceStates,
  'compliance_event.cause': ['source', ...complianceEndCauses],
  'worker.role': ['server', 'worker', 'command'],
  'source_health.circuit': ['closed', 'open', 'half_open'],
  'audit_event.actor_kind': ['cli', 'schedule', 'local', 'user', 'system'],
  'archive_file.status': ['writing', 'written', 'archived', 'restored'],
  'retention_rule.class': archiveClasses,
  'maintenance_job.kind': maintenanceKinds,
  'maintenance_job.status': ['pending', 'running', 'completed', 'failed'],
  'maintenance_job.actor_kind': ['cli', 'schedule', 'local', 'user', 'system'],
}

/** Named like a closed set, and none of our own making. */
const openSets = [
  // words of the vendor
  ...['asset.last_authentication_status', 'run_stream.vendor_status', 'plugin.stig_severity'],
  ...['scanner.status', 'agent.status'],
  ...['scan.status', 'scan_run.status', 'compliance_result.vendor_state'],
  // the stream of a run, which run_stream checks
  ...['export_job.stream', 'rejected_record.stream', 'quality_issue.stream', 'chunk_size.stream'],
]

describe('closed sets', () => {
  for (const [column, values] of Object.entries(closedSets)) {
    test(`${column} takes ${values.join(', ')} and nothing else`, async () => {
      expect(await checkedValues(column)).toEqual([...values].sort())
    })
  }

  test('are known by their names: a new one is added here or has a reason', async () => {
    const named = await names(`
      select concat(c.relname, '.', a.attname) as name
      from ${columns}
      where not c.relispartition and a.atttypid = 'text'::regtype
        and a.attname ~ '(^|_)(state|status|severity|kind|cause|stream|trigger|managed_by|modification)$'`)
    expect(named.length).toBeGreaterThan(Object.keys(closedSets).length)
    expect(named.filter(column => !(column in closedSets) && !openSets.includes(column))).toEqual([])
  })
})

/** The texts that the check of one column allows. */
async function checkedValues(column: string): Promise<string[]> {
  const [table, name] = column.split('.')
  const { rows } = await db.database.query<{ definition: string }>(
    `select pg_get_constraintdef(n.oid) as definition
     from pg_constraint n
     join pg_attribute a on a.attrelid = n.conrelid and n.conkey = array[a.attnum]
     where n.contype = 'c' and n.conrelid = $1::regclass and a.attname = $2`,
    [table, name],
  )
  return rows.flatMap(row => [...row.definition.matchAll(/'([^']*)'::text/g)].map(match => match[1] ?? '')).sort()
}

describe('comments', () => {
  test('say what one row of every table and view is', async () => {
    expect(
      await names(`
        select c.oid::regclass::text as name
        from pg_class c
        where c.relkind in ('r', 'p', 'v') and c.relnamespace in ('public'::regnamespace, 'compat'::regnamespace)
          and obj_description(c.oid, 'pg_class') is null`),
    ).toEqual([])
  })
})

describe('secondary indexes', () => {
  const definitions = () =>
    names(`
      select pg_get_indexdef(i.indexrelid) as name
      from pg_index i
      where i.indrelid in ('finding'::regclass, 'finding_event'::regclass) and not i.indisprimary
      order by i.indexrelid::regclass::text`)

  test('are all of those that finding and finding_event have, and are built again as the migrations make them', async () => {
    const made = await definitions()
    expect(made).toHaveLength(secondaryIndexes.length)
    await dropSecondaryIndexes(db.database)
    expect(await definitions()).toEqual([])
    expect(await ensureSecondaryIndexes(db.database)).toEqual(secondaryIndexes.map(index => index.name))
    expect(await definitions()).toEqual(made)
    expect(await ensureSecondaryIndexes(db.database)).toEqual([])
  })
})
