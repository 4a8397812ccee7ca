import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AgedMirror, inAged, openAgedMirror, tableHashes } from '../../../test/support/aged-mirror.ts'
import { createTestDatabase } from '../../../test/support/database.ts'
import { tester } from '../../../test/support/mirror.ts'
import { type ArchiveClass, archiveClasses } from '../../domain/archive-class.ts'
import { silentLog } from '../../platform/log.ts'
import { unrestricted } from '../access.ts'
import type { Database } from '../database.ts'
import { loadDailyStatistics } from '../queries/daily-statistics.ts'
import { listFindings } from '../queries/finding-list.ts'
import { listFindingsThen } from '../queries/finding-list-then.ts'
import { loadStatusThen } from '../queries/status-then.ts'
import { verifyStore } from '../verify/verify.ts'
import { type ArchiveDeps, archiveRows, horizonOf, previewArchive } from './archive.ts'
import { listArchiveFiles } from './files.ts'
import { returnRows } from './restore.ts'

// A mirror with history over two years; each test has a copy of it, and a folder of its own.

let aged: AgedMirror
beforeAll(async () => {
  aged = await openAgedMirror()
}, 120_000)
afterAll(() => aged.close())

const horizon = horizonOf(new Date(), 300)
const request = (classes: readonly ArchiveClass[] = archiveClasses) => ({
  parts: classes.map(name => ({ class: name, horizon })),
  actor: tester,
})

async function inFolder<T>(work: (deps: ArchiveDeps) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-archive-'))
  try {
    return await inAged(aged, database => work({ database, folder, log: silentLog, programVersion: '0.0.0' }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const damages = async (database: Database) =>
  (await verifyStore({ database, sealing: aged.sealing }, { actor: tester, programVersion: '0.0.0' })).damages

describe('old rows', () => {
  test('go to the archive and come back equal in every table, and the store is sound all the while', async () => {
    await inFolder(async deps => {
      const { database } = deps
      expect(await damages(database)).toEqual([])
      const before = await tableHashes(database)
      const archived = await archiveRows(deps, request())
      const classes = new Set(archived.map(month => month.class))
      expect([...classes].sort()).toEqual([...archiveClasses].sort())
      expect(await damages(database)).toEqual([])
      expect(await tableHashes(database)).not.toEqual(before)
      const restored = await returnRows(deps, { actor: tester })
      const told = (rows: readonly { class: string; month: string; rows: number }[]) =>
        rows.map(one => `${one.class} ${one.month} ${one.rows}`).sort()
      expect(told(restored)).toEqual(told(archived))
      expect(restored.filter(file => file.returned !== file.rows || file.left_out !== 0)).toEqual([])
      expect(await tableHashes(database)).toEqual(before)
      expect(await damages(database)).toEqual([])
    })
  })

  test('are only counted by a dry run, which writes nothing', async () => {
    await inFolder(async deps => {
      const before = await tableHashes(deps.database, [])
      const preview = await previewArchive(deps.database, request())
      expect(await tableHashes(deps.database, [])).toEqual(before)
      expect(await readdir(deps.folder)).toEqual([])
      const archived = await archiveRows(deps, request())
      const counts = (months: typeof preview) => months.map(month => [month.class, month.month, month.rows])
      expect(counts(preview)).toEqual(counts(archived))
    })
  })

  test('are archived once: a second archive finds none', async () => {
    await inFolder(async deps => {
      await archiveRows(deps, request())
      expect(await archiveRows(deps, request())).toEqual([])
    })
  })

  test('come back once: a second restore changes nothing', async () => {
    await inFolder(async deps => {
      const [file] = await archiveRows(deps, request(['finding_event']))
      const fileName = file!.file_name!
      await returnRows(deps, { actor: tester, fileName })
      const after = await tableHashes(deps.database)
      expect(await returnRows(deps, { actor: tester, fileName })).toMatchObject([{ returned: 0, left_out: 0 }])
      expect(await tableHashes(deps.database)).toEqual(after)
    })
  })

  test('are told of in the audit, and in a manifest beside each file that this user alone can read', async () => {
    await inFolder(async deps => {
      const [file] = await archiveRows(deps, request(['finding_event']))
      const path = join(deps.folder, file!.file_name!)
      const manifest = JSON.parse(await readFile(`${path}.json`, 'utf8')) as Record<string, unknown>
      const { rows } = await deps.database.query<{ sha: string; id: string }>(
        'select file_sha256 as sha, (select store_id::text from archive_store) as id from archive_file limit 1',
      )
      expect(manifest).toMatchObject({
        class: 'finding_event',
        rows: file!.rows,
        store_id: rows[0]!.id,
        file_sha256: rows[0]!.sha,
      })
      if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600)
      const audit = await deps.database.query("select subject from audit_event where action = 'archive.written'")
      expect(audit.rows).toContainEqual({ subject: `archive:${file!.file_name}` })
    })
  })
})

describe('with history in the archive', () => {
  test('every instant from its horizon on is answered as before, and one before it is refused', async () => {
    await inFolder(async deps => {
      const { database } = deps
      const after = new Date(Date.parse(horizon) + 86_400_000).toISOString()
      const moments = [{ asOf: after }, { asOf: after, knownAt: after }, { knownAt: after }, { asOf: horizon }]
      const answers = async () => ({
        statuses: await Promise.all(
          moments.map(async moment => withoutNote(await loadStatusThen(unrestricted(database), moment))),
        ),
        lists: await Promise.all(
          moments.map(async moment =>
            withoutNote(
              await listFindingsThen(unrestricted(database), { filter: {}, sort: '-severity', limit: 500 }, moment),
            ),
          ),
        ),
      })
      const before = await answers()
      await archiveRows(deps, request(['finding_event', 'asset_event']))
      expect(await answers()).toEqual(before)
      const early = new Date(Date.parse(horizon) - 1).toISOString()
      for (const moment of [{ asOf: early }, { knownAt: early }, { asOf: after, knownAt: early }]) {
        await expect(loadStatusThen(unrestricted(database), moment)).rejects.toMatchObject({ code: 'history_archived' })
        await expect(
          listFindingsThen(unrestricted(database), { filter: {}, sort: '-severity', limit: 5 }, moment),
        ).rejects.toMatchObject({
          code: 'history_archived',
        })
      }
    })
  })

  test('totals of every day stay, and say up to which day they are settled', async () => {
    await inFolder(async deps => {
      const days = async () => loadDailyStatistics(unrestricted(deps.database), { from: '2000-01-01' })
      const before = await days()
      await archiveRows(deps, request(['finding_event', 'asset_event']))
      const settled_before = horizon.slice(0, 10)
      // What was out of scope before the horizon only the archive knows.
      const known = before.items.map(item =>
        item.day < settled_before ? { ...item, left_out: { ...item.left_out, out_of_scope: null } } : item,
      )
      expect(await days()).toEqual({ ...before, items: known, settled_before })
    })
  })

  test('the next sync equals the truth, and the store stays sound', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tenfold-archive-'))
    const deps = { database: aged.mirror.database, folder, log: silentLog, programVersion: '0.0.0' }
    try {
      await archiveRows(deps, request(['finding_event', 'asset_event', 'finding_output']))
      aged.mirror.simulator.control.advance({ days: 20 })
      await aged.mirror.sync({ kind: 'full' })
      expect(await damages(deps.database)).toEqual([])
      await returnRows(deps, { actor: tester })
      expect(await damages(deps.database)).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

describe('a restore refuses', () => {
  test('a file in which a byte was changed, and puts nothing back', async () => {
    await inFolder(async deps => {
      const [file] = await archiveRows(deps, request(['finding_event']))
      const path = join(deps.folder, file!.file_name!)
      const bytes = await readFile(path)
      bytes[Math.floor(bytes.length / 2)]! ^= 1
      await writeFile(path, bytes)
      const before = await tableHashes(deps.database)
      await expect(returnRows(deps, { actor: tester })).rejects.toMatchObject({ code: 'archive_damaged' })
      expect(await tableHashes(deps.database)).toEqual(before)
    })
  })

  test('a file that is not there', async () => {
    await inFolder(async deps => {
      const [file] = await archiveRows(deps, request(['source_call']))
      await rm(join(deps.folder, file!.file_name!))
      await expect(returnRows(deps, { actor: tester })).rejects.toMatchObject({ code: 'archive_damaged' })
      await expect(returnRows(deps, { actor: tester, fileName: '../etc/passwd' })).rejects.toMatchObject({
        code: 'archive_file_not_found',
      })
    })
  })

  test('a file of another database, whose numbers name other rows', async () => {
    await inFolder(async deps => {
      await archiveRows(deps, request(['finding_event']))
      await deps.database.query('update archive_store set store_id = gen_random_uuid()')
      await expect(returnRows(deps, { actor: tester })).rejects.toMatchObject({ code: 'archive_of_other_store' })
    })
  })
})

test('what one archive left half done the next begins anew', async () => {
  await inFolder(async deps => {
    await deps.database.query(
      "insert into archive_file (class, month, horizon_at, file_name, status) values ('finding_event', '2020-01-01', now(), 'half.parquet', 'written')",
    )
    await writeFile(join(deps.folder, 'half.parquet'), 'half')
    await archiveRows(deps, request(['finding_event']))
    expect(await readdir(deps.folder)).not.toContain('half.parquet')
    const files = await listArchiveFiles(deps.database)
    expect(files.filter(file => file.status !== 'archived')).toEqual([])
  })
})

test('two archives at once: one works, the other is told', async () => {
  await inFolder(async deps => {
    const both = await Promise.allSettled([archiveRows(deps, request()), archiveRows(deps, request())])
    const refused = both.filter(one => one.status === 'rejected')
    expect(refused.length).toBeLessThanOrEqual(1)
    for (const one of refused) expect(one.reason).toMatchObject({ code: 'maintenance_busy' })
    expect(await damages(deps.database)).toEqual([])
  })
})

test('the present is not touched: lists of now are equal before and after', async () => {
  await inFolder(async deps => {
    const now = async () =>
      (await listFindings(unrestricted(deps.database), { filter: {}, sort: '-severity', limit: 500 })).items
    const before = await now()
    await archiveRows(deps, request())
    expect(await now()).toEqual(before)
  })
})

function withoutNote<T extends { readonly history: unknown }>({ history: _history, ...rest }: T) {
  return rest
}

// Any history at all, likely or not: what is asked of it from the horizon on is answered by what stays.

const kinds = ['opened', 'fixed', 'resurfaced', 'severity', 'modification', 'ended', 'returned'] as const
const anEvent = fc.record({
  finding: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom(...kinds),
  state: fc.constantFrom('open', 'reopened', 'fixed'),
  severity: fc.constantFrom('low', 'high', 'critical'),
  modification: fc.constantFrom('none', 'recasted', 'accepted'),
  recordedDay: fc.integer({ min: 0, max: 20 }),
  happenedDay: fc.option(fc.integer({ min: 0, max: 20 })),
})

test('archive and restore are inverse, and no instant from the horizon on is answered otherwise, for any history', async () => {
  const db = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-archive-'))
  const deps = { database: db.database, folder, log: silentLog, programVersion: '0.0.0' }
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(anEvent, { maxLength: 25 }), async events => {
        await plantEvents(db.database, events)
        const before = await tableHashes(db.database)
        const told = await statesOf(db.database)
        await archiveRows(deps, {
          parts: [{ class: 'finding_event', horizon: '2024-02-01T00:00:00.000Z' }],
          actor: tester,
        })
        expect(await statesOf(db.database)).toEqual(told)
        if ((await listArchiveFiles(db.database, { status: ['archived'] })).length > 0)
          await returnRows(deps, { actor: tester })
        expect(await tableHashes(db.database)).toEqual(before)
      }),
      { numRuns: 15 },
    )
  } finally {
    await db.drop()
    await rm(folder, { recursive: true, force: true })
  }
})

type PlantedEvent = typeof anEvent extends fc.Arbitrary<infer T> ? T : never

/** Around the first of February 2024, three days apart. */
async function plantEvents(database: Database, events: readonly PlantedEvent[]): Promise<void> {
  await database.query('truncate finding_event, finding, archive_file')
  await database.query(
    `insert into finding (asset_id, plugin_id, port, source_id, protocol, state, severity, row_hash, run_id, read_at)
     select 1, n, 0, 1, 'tcp', 'open', 'low', 1, 1, '2024-01-01' from generate_series(1, 3) n`,
  )
  await database.query(
    `insert into finding_event (asset_id, recorded_at, happened_at, plugin_id, port, source_id, protocol, kind, state,
                                severity, severity_modification, cause, before)
     select 1, timestamptz '2024-01-02 00:00:00.123457+00' + "recordedDay" * interval '3 days',
            timestamptz '2024-01-02 00:00:00.000001+00' + "happenedDay" * interval '3 days', finding, 0, 1, 'tcp', kind, state,
            severity, modification, 'source', jsonb_build_object('text', E'\\u202E=cmd|\\'\\n', 'n', 1.10)
     from jsonb_to_recordset($1) as e (finding integer, kind text, state text, severity text, modification text,
                                       "recordedDay" integer, "happenedDay" integer)`,
    [JSON.stringify(events)],
  )
}

/** What each finding was at every third day from the horizon on, by all that is known and by what was known then. */
async function statesOf(database: Database): Promise<unknown> {
  const { rows } = await database.query(
    `select m.as_of, m.known_at, e.plugin_id, bool_or(e.kind = 'opened') as is_there,
            ${latest('e.state', "'opened', 'fixed', 'resurfaced'")} as state,
            ${latest('e.severity', "'opened', 'severity'")} as severity,
            ${latest('e.severity_modification', "'opened', 'modification'")} as modification,
            ${latest('e.kind', "'ended', 'returned'")} = 'ended' as is_ended,
            max(coalesce(e.happened_at, e.recorded_at)) filter (where e.kind = 'fixed') as last_fixed,
            max(coalesce(e.happened_at, e.recorded_at)) filter (where e.kind = 'resurfaced') as resurfaced,
            max(e.recorded_at) as changed_at
     from (select a as as_of, k as known_at
           from generate_series(timestamptz '2024-02-01', '2024-03-06', interval '3 days') a,
                generate_series(timestamptz '2024-02-01', '2024-03-06', interval '6 days') k) m
     join finding_event e on coalesce(e.happened_at, e.recorded_at) <= m.as_of and e.recorded_at <= m.known_at
     group by m.as_of, m.known_at, e.plugin_id
     order by m.as_of, m.known_at, e.plugin_id`,
  )
  return rows
}

function latest(value: string, of: string): string {
  return `(array_agg(${value} order by e.recorded_at desc, e.event_id desc) filter (where e.kind in (${of})))[1]`
}
