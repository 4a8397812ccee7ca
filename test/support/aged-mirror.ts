import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { recountEstate } from '../../src/store/identity/recount.ts'
import { rebuildDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import type { Sealing } from '../../src/store/sealing.ts'
import { type Mirror, openMirror } from './mirror.ts'
import { databaseUrl, onServer } from './postgres.ts'

// A mirror whose history is years long: it lived and was read several times, and after each reading everything that it
// had been told by then was made older.

export interface AgedMirror {
  readonly mirror: Mirror
  readonly sealing: Sealing
  readonly template: string
  close(): Promise<void>
}

const daysPerReading = 200

export async function openAgedMirror(): Promise<AgedMirror> {
  const mirror = await openMirror({ assets: 20, findings: 300 })
  await mirror.sync()
  for (let reading = 0; reading < 2; reading++) {
    await age(mirror.database)
    mirror.simulator.control.advance({ days: 40 })
    await mirror.sync()
  }
  await plantOthers(mirror.database, mirror.sourceId)
  await mirror.database.query('truncate daily_total, daily_change, daily_span')
  await rebuildDailyTotals(mirror.database)
  await recountEstate(mirror.database)
  const { rows } = await mirror.database.query<{ name: string }>('select current_database() as name')
  const template = `aged_${randomBytes(6).toString('hex')}`
  const server = inject('postgres')
  await copyInto(server, rows[0]!.name, template)
  return {
    mirror,
    sealing: mirror.sealing,
    template,
    async close() {
      await onServer(server, `drop database if exists ${template} with (force)`)
      await mirror.close()
    },
  }
}

async function copyInto(server: string, from: string, to: string): Promise<void> {
  await onServer(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`)
  await onServer(server, `create database ${to} template ${from}`)
}

async function age(database: Database): Promise<void> {
  const older = (column: string) => `${column} = ${column} - interval '${daysPerReading} days'`
  await database.query(`update finding_event set ${older('recorded_at')}, ${older('happened_at')}`)
  await database.query(`update asset_event set ${older('recorded_at')}, ${older('happened_at')}`)
  await database.query(`update finding set ${older('changed_at')}`)
  await database.query(`update plugin_change set ${older('recorded_at')}`)
  await database.query(`update run set ${older('created_at')}, ${older('started_at')}, ${older('finished_at')}`)
  await database.query(`update outbox set ${older('recorded_at')}`)
}

/** What a few quick readings do not make by themselves. */
async function plantOthers(database: Database, sourceId: number): Promise<void> {
  const old = "now() - interval '500 days'"
  // Findings that were opened before, at another severity.
  await database.query(
    `insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, protocol, instance,
                                kind, state, severity, severity_modification, cause, before)
     select asset_id, recorded_at - interval '300 days' + n * interval '40 days', happened_at - interval '300 days' + n * interval '1 day',
            run_id, plugin_id, port, source_id, protocol, instance, case n when 1 then 'opened' else 'severity' end, 'open',
            case n when 1 then 'low' else 'high' end, 'none', 'source', '{"severity": "low", "name": "\\ufeff=cmd|"}'
     from finding_event, generate_series(1, 2) n
     where kind = 'opened'`,
  )
  // Two names before the one it has.
  await database.query(
    `insert into asset_event (asset_id, recorded_at, happened_at, source_id, is_licensed, is_tracked, kind, status, cause, before, after)
     select asset_id, ${old} + n * interval '1 day', ${old}, source_id, is_licensed, is_tracked, 'names', status, 'source',
            jsonb_build_object('name', name), jsonb_build_object('name', E'=1+1\\u202E')
     from asset, generate_series(1, 2) n`,
  )
  await database.query(
    `insert into outbox (topic, source_id, subject, recorded_at) select 'finding.opened', $1, '{"n": 1.50}', ${old}`,
    [sourceId],
  )
  await database.query(`update outbox set delivered_at = recorded_at + interval '1 second'`)
  await database.query(
    `insert into source_call (source_id, hour, calls, allowed_per_minute) select $1, ${old} - n * interval '1 hour', n, 100
     from generate_series(1, 30) n`,
    [sourceId],
  )
  await database.query(
    `insert into plugin_change (plugin_id, owner_source_id, run_id, recorded_at, changed)
     select plugin_id, owner_source_id, -n, ${old}, '{"name": "=1+1"}' from plugin, generate_series(1, 2) n limit 40`,
  )
  await database.query(
    `insert into quality_issue (run_id, source_id, stream, field, problem, record, recorded_at)
     select min(run_id), $1, 'assets', E'na\\u0001me', '<script>', E'\\u202E"\\n,;', ${old} from run`,
    [sourceId],
  )
  await database.query(
    `with part as (
       update export_chunk set rejected = 1, unchanged = unchanged - 1, finished_at = ${old}
       where (export_job_id, part_id) = (
         select export_job_id, part_id from export_chunk where status = 'done' and unchanged > 0 order by 1, 2 limit 1)
       returning export_job_id, part_id)
     insert into rejected_record (run_id, source_id, stream, export_id, part_id, reason, raw, recorded_at)
     select j.run_id, $1, j.stream, j.export_id, p.part_id, 'no id', E'{"a":"\\uFEFFb"}', ${old}
     from part p join export_job j using (export_job_id)`,
    [sourceId],
  )
}

/** A copy of the aged mirror's database, for one test. */
export async function inAged<T>(aged: AgedMirror, work: (database: Database) => Promise<T>): Promise<T> {
  const server = inject('postgres')
  const name = `aged_copy_${randomBytes(6).toString('hex')}`
  await onServer(server, `create database ${name} template ${aged.template}`)
  const database = openDatabase(databaseUrl(server, name), { onIdleError: () => undefined })
  try {
    return await work(database)
  } finally {
    await database.close()
    await onServer(server, `drop database ${name} with (force)`)
  }
}

/** What keeping the store writes about itself, and what a command makes at its first start. */
const ownTables = ['archive_file', 'audit_event', 'maintenance_job', 'sealing_key', 'verification']

/** Columns that say when somebody looked, and nothing else. */
const lookedAt: Readonly<Record<string, string>> = {
  daily_span: "(to_jsonb(t) - 'rolled_up_at')::text",
  identity_state: "(to_jsonb(t) - 'looked_at' - 'counted_at')::text",
}

/** A hash of all rows of each table, wherever they lie. */
export async function tableHashes(
  database: Database,
  except: readonly string[] = ownTables,
): Promise<Readonly<Record<string, string>>> {
  const { rows: tables } = await database.query<{ name: string }>(
    `select relname::text as name from pg_class
     where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
       and relname <> all($1::text[]) order by 1`,
    [except],
  )
  const hashes: Record<string, string> = {}
  for (const { name } of tables) {
    const row = lookedAt[name] ?? 't::text'
    const { rows } = await database.query<{ hash: string }>(
      `select concat(count(*), ' ', md5(coalesce(string_agg(${row}, E'\\n' order by ${row} collate "C"), ''))) as hash
       from "${name}" t`,
    )
    hashes[name] = rows[0]!.hash
  }
  return hashes
}
