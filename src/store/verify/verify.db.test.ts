import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { loadEpss, loadKev } from '../../../test/support/feeds.ts'
import { ruleOf } from '../../../test/support/groups.ts'
import { type Mirror, openMirror, tester } from '../../../test/support/mirror.ts'
import { databaseUrl, onServer } from '../../../test/support/postgres.ts'
import { type Database, openDatabase } from '../database.ts'
import { partsOf } from './schema-checks.ts'
import { type Verdict, verifyStore } from './verify.ts'

// A store that has lived: two full syncs and a delta, with ended, fixed and rejected records. Each damage is planted in a
// copy of it.

let mirror: Mirror
const server = inject('postgres')
const chunkPath = '/vulns/export/*/chunks/*'
const template = `verify_${randomBytes(6).toString('hex')}`

beforeAll(async () => {
  mirror = await openMirror({ assets: 40, findings: 800 })
  await mirror.sync()
  await scoreAndGroup()
  mirror.simulator.control.advance({ days: 5 })
  await mirror.sync({ kind: 'delta' })
  for (const finding of openFindings(3)) mirror.simulator.control.edit('remove-finding', finding)
  mirror.simulator.control.addFaults({
    on: { path: chunkPath, times: 1 },
    do: { kind: 'malformed_element', shape: 'number' },
  })
  await mirror.sync()
  await mirror.sync()
  await mirror.sync()
  // A database is copied only while nobody is in it.
  await mirror.engine.stop()
  const { rows } = await mirror.database.query<{ name: string }>('select current_database() as name')
  const inside = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${rows[0]?.name}'`
  await onServer(server, inside)
  await onServer(server, `create database ${template} template ${rows[0]?.name}`)
})
afterAll(async () => {
  await onServer(server, `drop database if exists ${template} with (force)`)
  await mirror.close()
})

/** A catalogue that lists a CVE of some plugin, a rule that some assets meet. */
async function scoreAndGroup(): Promise<void> {
  const { database } = mirror
  const { rows } = await database.query<{ cve: string }>(
    "select cves[1] as cve from plugin where cves <> '{}' order by plugin_id limit 1",
  )
  await loadKev(database, '2026-11-20T00:00:00Z', [{ cve: rows[0]!.cve, added: '2026-11-01', due: '2026-11-22' }])
  await loadEpss(database, '2026-11-20', [{ cve: rows[0]!.cve, epss: 0.5, percentile: 0.9 }])
  await ruleOf(database, { name: 'all', conditions: { cidr: ['0.0.0.0/0'] }, owner: 'Ann', group: 'all' })
}

/** Some open findings of the tenant, by key. */
function openFindings(count: number) {
  const open = [...mirror.simulator.control.truthFindings()].filter(finding => finding.state === 'OPEN')
  return open
    .slice(0, count)
    .map(({ asset_uuid, plugin_id, port, protocol }) => ({ asset_uuid, plugin_id, port, protocol }))
}

async function inCopy<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const name = `copy_${randomBytes(6).toString('hex')}`
  await onServer(server, `create database ${name} template ${template}`)
  const database = openDatabase(databaseUrl(server, name), { onIdleError: () => undefined })
  try {
    return await work(database)
  } finally {
    await database.close()
    await onServer(server, `drop database ${name} with (force)`)
  }
}

const verify = (database: Database, repair = false): Promise<Verdict> =>
  verifyStore({ database, sealing: mirror.sealing }, { actor: tester, programVersion: '0.0.0', repair })

const found = (verdict: Verdict) => verdict.damages.map(damage => damage.check).sort()

test('a sound store has no damage, and the verdict is stored', async () => {
  await inCopy(async database => {
    const verdict = await verify(database)
    expect(verdict.damages).toEqual([])
    expect(verdict).toMatchObject({ isSound: true, repaired: [] })
    const { rows } = await database.query('select verification_id, verdict, checks, damages from verification')
    const { verificationId, checks } = verdict
    expect(rows).toEqual([{ verification_id: verificationId, verdict: 'sound', checks, damages: [] }])
  })
})

test('the store that is damaged here has something of everything', async () => {
  await inCopy(async database => {
    const { rows } = await database.query(
      `select exists (select from finding where state = 'fixed') as fixed,
              exists (select from finding where ended_at is not null) as ended,
              exists (select from rejected_record) as rejected,
              exists (select from asset where status = 'deleted') as deleted,
              exists (select from plugin_change) as changed`,
    )
    expect(rows[0]).toMatchObject({ fixed: true, ended: true, rejected: true })
  })
})

/** The worst asset, the one with the most findings. */
const anAsset = '(select asset_id from finding group by asset_id order by count(*) desc, asset_id limit 1)'
const aFinding = `(asset_id, plugin_id, port, protocol, instance) = (
  select asset_id, plugin_id, port, protocol, instance from finding
  where state = 'open' and ended_at is null and output_hash is not null and asset_id = ${anAsset}
  order by plugin_id, port limit 1)`

interface PlantedDamage {
  readonly name: string
  readonly plant: string
  /** A statement that fails on the way. */
  readonly breaksOff?: string
  /** The checks that must name it, and no other. */
  readonly finds: readonly string[]
  /** What must stand in a sample. */
  readonly names?: RegExp
  readonly isRepaired?: boolean
}

const damages: readonly PlantedDamage[] = [
  {
    name: 'an agent that vanished',
    plant: 'delete from agent where native_id = (select min(native_id) from agent)',
    finds: ['directory_event_without_entry'],
    names: /^agent \d+ of source 1$/,
  },
  {
    name: 'a network that was called gone by hand',
    plant: 'update network set gone_at = now() where is_default',
    finds: ['directory_event_differs'],
  },
  {
    name: 'a tag of a source that nobody knows',
    plant: `update tag set source_id = 99 where native_id = (select min(native_id) from tag);
            update directory_event e set source_id = 99
            where list = 'tag' and exists (select from tag t where t.source_id = 99 and t.native_id = e.native_id)`,
    finds: ['directory_without_source'],
  },
  {
    name: 'a plugin with another score',
    plant: `update plugin_score set epss_score = 0.99, is_kev = not coalesce(is_kev, false)
            where (plugin_id, owner_source_id) in (select plugin_id, owner_source_id from plugin_score limit 2)`,
    finds: ['plugin_scores_differ'],
    names: /^plugin \d+$/,
    isRepaired: true,
  },
  {
    name: 'an asset that lost its owner',
    plant: `update asset_group set owner = null where asset_id = (select min(asset_id) from asset_group)`,
    finds: ['asset_groups_differ'],
    names: /^asset \d+$/,
    isRepaired: true,
  },
  {
    name: 'a feed that says two things of one day, one of a day that was never loaded',
    plant: `insert into score_feed (kind, cve, valid_from, valid_to, epss)
            select kind, cve, valid_from - 1, valid_from + 1, 0.1 from score_feed where kind = 'epss' limit 1`,
    finds: ['score_feed_overlaps', 'score_feed_without_load'],
    names: /^epss of CVE-/,
  },
  {
    name: 'an asset that vanished with its findings left behind',
    plant: `delete from asset where asset_id = ${anAsset}`,
    finds: [
      ...[
        'asset_event_without_asset',
        'asset_groups_differ',
        'asset_part_without_asset',
        'assets_differ_from_ledger',
        'compliance_totals_differ',
        'compliance_without_asset',
        'finding_without_asset',
        'plugin_totals_differ',
      ],
      'total_without_asset',
    ],
  },
  {
    name: 'a finding that vanished',
    plant: `delete from finding where ${aFinding}`,
    finds: [
      'event_without_finding',
      'findings_differ_from_ledger',
      'output_without_finding',
      'plugin_totals_differ',
      'total_differs',
    ],
  },
  {
    name: 'a finding out of nowhere',
    plant: `insert into finding (asset_id, plugin_id, port, source_id, protocol, state, severity, row_hash, run_id, read_at)
            select asset_id, plugin_id, 65000, source_id, 'udp', 'fixed', 'low', 1, run_id, read_at from finding where ${aFinding}`,
    finds: ['finding_without_event', 'findings_differ_from_ledger', 'plugin_totals_differ', 'total_differs'],
  },
  {
    name: 'a compliance result out of nowhere, of an asset and a check that are missing',
    plant: `insert into compliance_result (asset_id, check_id, source_id, state, row_hash, run_id, read_at)
            select 999999999, 999999999, source_id, 'passed', 1, run_id, read_at from compliance_result limit 1`,
    finds: ['compliance_differs_from_ledger', 'compliance_without_asset', 'compliance_without_check'],
  },
  {
    name: 'an outcome that its history does not know',
    plant: `insert into compliance_event (asset_id, check_id, source_id, kind, state, before, cause)
            select asset_id, check_id, source_id, 'changed', 'error', state, 'source'
            from compliance_result where state <> 'error' limit 1`,
    finds: ['compliance_history_differs', 'compliance_totals_differ'],
    names: /^\d+\.\d+$/,
  },
  {
    name: 'a scan that vanished with its runs left behind',
    plant: 'delete from scan where scan_id = (select min(scan_id) from scan_run)',
    finds: ['scan_run_without_scan'],
  },
  {
    name: 'an output that vanished',
    plant: `delete from finding_output where ${aFinding}`,
    finds: ['output_missing'],
    names: /^\d+\.\d+\.\d+\.\w+$/,
  },
  {
    name: 'an output of a finding that has none',
    plant: `update finding set output_hash = null where ${aFinding}`,
    finds: ['output_unexpected'],
  },
  {
    name: 'a plugin that vanished',
    plant: `delete from plugin where plugin_id = (select plugin_id from finding where ${aFinding});
            delete from plugin_change c where not exists (select from plugin p where p.plugin_id = c.plugin_id)`,
    finds: ['finding_without_plugin', 'plugin_scores_differ'],
  },
  {
    name: 'a scan that vanished',
    plant: `delete from scan_run where scan_run_id = (select scan_run_id from finding where ${aFinding})`,
    finds: ['finding_without_scan'],
  },
  {
    name: 'a state that was changed by hand',
    plant: `update finding set state = 'fixed' where ${aFinding}`,
    finds: ['last_event_differs', 'plugin_totals_differ', 'total_differs'],
  },
  {
    name: 'a severity that was changed by hand, and the count with it',
    plant: `update finding set severity = case severity when 'low' then 'high' else 'low' end where ${aFinding};
            delete from asset_total where asset_id = ${anAsset}`,
    finds: ['last_event_differs', 'plugin_totals_differ', 'total_missing'],
  },
  {
    name: 'an end without an event',
    plant: `update finding set ended_at = now(), end_cause = 'withdrawn' where ${aFinding}`,
    finds: ['end_differs', 'plugin_totals_differ', 'total_differs'],
  },
  {
    name: 'an end that was taken back',
    plant: `update finding set ended_at = null, end_cause = null
            where (asset_id, plugin_id, port, protocol, instance) = (
              select asset_id, plugin_id, port, protocol, instance from finding where ended_at is not null limit 1)`,
    finds: ['end_differs', 'plugin_totals_differ', 'total_differs'],
  },
  {
    name: 'history that vanished',
    plant: `delete from finding_event where ${aFinding}`,
    finds: ['daily_totals_differ', 'finding_without_event'],
  },
  {
    name: 'a total of a day that is wrong',
    plant: `update daily_total set findings = findings + 1
            where day = (select max(day) from daily_total) and level = 'source' and dimension = 'all'
              and severity = 'low' and state = 'open'`,
    finds: ['daily_totals_differ'],
    isRepaired: true,
  },
  {
    name: 'a day of an asset that is wrong',
    plant: `update asset_steps set steps = steps[2:] where asset_id = (select min(asset_id) from asset_steps)`,
    finds: ['daily_totals_differ'],
    isRepaired: true,
  },
  {
    name: 'a count that is wrong',
    plant: `update asset_total set open_low = open_low + 1 where asset_id = ${anAsset}`,
    finds: ['total_differs'],
    isRepaired: true,
  },
  {
    name: 'a count of a plugin that is wrong',
    plant: `update plugin_total set open_low = open_low + 1
            where (plugin_id, source_id) = (select plugin_id, source_id from plugin_total limit 1)`,
    finds: ['plugin_totals_differ'],
    names: /^plugin \d+ of source \d+$/,
    isRepaired: true,
  },
  {
    name: 'a count of results that is wrong',
    plant: `delete from asset_compliance where asset_id = (select min(asset_id) from asset_compliance)`,
    finds: ['compliance_totals_differ'],
    names: /^asset \d+$/,
    isRepaired: true,
  },
  {
    name: 'a count of nothing',
    plant: `insert into asset_total select 999999999, source_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
            from source limit 1`,
    finds: ['total_without_asset'],
    names: /^999999999$/,
    isRepaired: true,
  },
  {
    name: 'a name that leads to another asset',
    plant: `update asset_alias set asset_id = (select max(asset_id) from asset where asset_id <> ${anAsset}) where asset_id = ${anAsset}`,
    finds: ['asset_without_alias'],
  },
  {
    name: 'findings under another source',
    plant: `insert into source (tenant_id, name, kind, base_url) select tenant_id, 'other', kind, base_url from source;
            update finding set source_id = (select max(source_id) from source) where ${aFinding}`,
    finds: ['finding_of_other_source', 'findings_differ_from_ledger', 'plugin_totals_differ'],
  },
  {
    name: 'a part whose counts do not add up',
    plant: `update export_chunk set unchanged = unchanged + 7
            where (export_job_id, part_id) = (select export_job_id, part_id from export_chunk where status = 'done' limit 1)`,
    finds: ['part_counts_differ'],
    names: /^part \S+ of export \S+ in run \d+$/,
  },
  {
    name: 'a part of a complete export that was never read',
    plant: `update export_chunk set status = 'available', inserted = 0, unchanged = received, changed = 0
            where (export_job_id, part_id) = (
              select export_job_id, part_id from export_chunk join export_job j using (export_job_id)
              where j.status = 'complete' and j.stream = 'findings' and inserted = 0 and rejected = 0 limit 1)`,
    finds: ['complete_export_with_open_parts'],
  },
  {
    name: 'a completed run whose stream is not',
    plant: `update run_stream set status = 'incomplete'
            where (run_id, stream) = (select run_id, 'findings' from run where status = 'completed' limit 1)`,
    finds: ['completed_run_incomplete'],
  },
  {
    name: 'a watermark that vanished',
    plant: `update run_stream set watermark_at = null
            where (run_id, stream) = (select run_id, 'assets' from run where status = 'completed' limit 1)`,
    finds: ['completed_stream_incomplete'],
    names: /^assets of run \d+$/,
  },
  {
    name: 'an ended run without an end',
    plant: 'update run set finished_at = null where run_id = (select min(run_id) from run)',
    finds: ['ended_run_open'],
    names: /^run \d+$/,
  },
  {
    name: 'rejected records that vanished',
    plant: 'delete from rejected_record',
    finds: ['rejected_counts_differ'],
  },
  {
    name: 'a rejected record of nothing',
    plant: `insert into rejected_record (run_id, source_id, stream, export_id, part_id, reason, raw)
            select run_id, source_id, 'findings', 'none', '1', 'x', 'x' from run limit 1`,
    finds: ['rejected_without_part'],
  },
  {
    name: 'an audit event that was changed',
    plant: `alter table audit_event disable trigger audit_event_append_only;
            update audit_event set actor = 'nobody' where audit_id = 2;
            alter table audit_event enable trigger audit_event_append_only`,
    finds: ['audit_broken'],
    names: /event 2/,
  },
  {
    name: 'a guard of the audit trail that was switched off',
    plant: 'alter table audit_event disable trigger audit_event_append_only',
    finds: ['schema_part_missing'],
    names: /trigger audit_event_append_only/,
  },
  {
    name: 'an index that vanished',
    plant: 'drop index finding_plugin_idx',
    finds: ['index_missing'],
    names: /finding_plugin_idx/,
    isRepaired: true,
  },
  {
    name: 'an index that is not valid',
    plant: 'drop index finding_open_idx',
    // It finds the same source twice, and leaves what it has built behind.
    breaksOff: 'create unique index concurrently finding_open_idx on finding (source_id)',
    finds: ['index_missing'],
    names: /finding_open_idx/,
    isRepaired: true,
  },
  {
    name: 'a rule of a table that was dropped',
    plant: 'alter table finding drop constraint finding_state_check',
    finds: ['schema_part_missing'],
    names: /constraint finding_state_check of finding/,
  },
  {
    name: 'numbers that would be given out again',
    plant: `select setval('run_run_id_seq', 1)`,
    finds: ['sequence_behind'],
    names: /run\.run_id/,
    isRepaired: true,
  },
  {
    name: 'keys of a source that were changed',
    plant: `update source set credentials = set_byte(credentials, 40, get_byte(credentials, 40) # 1)`,
    finds: ['seal_broken'],
    names: /source \d+/,
  },
  {
    name: 'keys of a source sealed with a key that is unknown',
    plant: `update source set credentials_key_id = 'ffffffffffff'`,
    finds: ['credentials_of_unknown_key'],
  },
  {
    name: 'an asset whose status was changed by hand',
    plant: `update asset set status = 'deleted' where asset_id = ${anAsset} and status = 'live'`,
    finds: ['last_asset_event_differs', 'plugin_totals_differ'],
  },
]

describe('planted damages', () => {
  for (const damage of damages) {
    test(`${damage.name} is found and named`, async () => {
      await inCopy(async database => {
        await database.query(damage.plant)
        if (damage.breaksOff) await expect(database.query(damage.breaksOff)).rejects.toThrow()
        const verdict = await verify(database)
        expect(found(verdict)).toEqual([...damage.finds].sort())
        expect(verdict.isSound).toBe(false)
        for (const one of verdict.damages) expect(one.samples.length).toBeGreaterThan(0)
        if (damage.names) expect(verdict.damages[0]?.samples[0]).toMatch(damage.names)
        expect(verdict.damages.every(one => one.repair !== null)).toBe(damage.isRepaired ?? false)
        if (!damage.isRepaired) return
        expect(await verify(database, true)).toMatchObject({ isSound: true, damages: [] })
        const { rows } = await database.query('select verdict from verification order by verification_id')
        expect(rows).toEqual([{ verdict: 'damaged' }, { verdict: 'sound' }])
      })
    })
  }
})

test('a month of history that is not attached is named', async () => {
  await inCopy(async database => {
    const { rows } = await database.query<{ name: string }>(
      `select relname as name from pg_class
       where relname ~ '^finding_event_[0-9]{4}' and relispartition and relkind = 'r' order by 1 limit 1`,
    )
    const partition = rows[0]?.name ?? ''
    await database.query(`alter table finding_event detach partition ${partition}`)
    const verdict = await verify(database)
    expect(found(verdict)).toContain('partition_detached')
    expect(verdict.damages.find(damage => damage.check === 'partition_detached')?.samples).toEqual([partition])
  })
})

test('what is repaired is in the audit trail', async () => {
  await inCopy(async database => {
    await database.query('delete from asset_total; drop index finding_native_idx')
    const verdict = await verify(database, true)
    expect(verdict).toMatchObject({ isSound: true })
    expect(verdict.repaired.map(one => one.repair).sort()).toEqual(['schema', 'totals'])
    const { rows } = await database.query("select subject from audit_event where action = 'store.repaired'")
    expect(rows).toEqual([{ subject: `verification:${verdict.verificationId}` }])
  })
})

test('the schema is read from schema.sql: tables, columns, rules, indexes and triggers', () => {
  const parts = partsOf(`create table one (
  id bigint not null,
  constraint one_pkey PRIMARY KEY (id)
) partition by range (id);
CREATE UNIQUE INDEX one_idx ON one USING btree (id);
CREATE TRIGGER one_trigger BEFORE DELETE ON one FOR EACH STATEMENT EXECUTE FUNCTION f();

create table one_default partition of one default;
`)
  expect(parts.map(({ kind, table, name }) => `${kind} ${name} of ${table}`)).toEqual([
    ...['table one of one', 'column id of one', 'constraint one_pkey of one', 'index one_idx of one'],
    ...['trigger one_trigger of one', 'table one_default of one_default'],
  ])
})
