import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AgedMirror, inAged, openAgedMirror, tableHashes } from '../../test/support/aged-mirror.ts'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { type Environment, startTenfold, tenfold } from '../../test/support/command-line.ts'
import { tester } from '../../test/support/mirror.ts'
import type { Database } from '../store/database.ts'
import { verifyStore } from '../store/verify/verify.ts'

// archive, retention and cleanup through the front door, killed too.

let aged: AgedMirror
beforeAll(async () => {
  aged = await openAgedMirror()
}, 120_000)
afterAll(() => aged.close())

async function beside(work: (database: Database, environment: Environment, archive: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-archive-cli-'))
  const archive = join(folder, 'archive')
  try {
    await inAged(aged, async database => {
      // The mirror's key is in a folder of its own.
      await database.query('update source set credentials = null, credentials_key_id = null')
      await database.query('delete from sealing_key')
      const environment = {
        DATABASE_URL: database.connectionString,
        TENFOLD_DATA_DIR: folder,
        TENFOLD_ARCHIVE_DIR: archive,
      }
      await work(database, environment, archive)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const toldInDetail = (environment: Environment): Environment => ({ ...environment, TENABLE_LOG_LEVEL: 'debug' })

const classes = ['finding_event', 'asset_event', 'finding_output', 'export_chunk', 'outbox']
const archiveAll = ['archive', '--class', classes.join(','), '--older-than', '300d', '--json']

test('old rows are counted, archived, listed, checked and put back', async () => {
  await beside(async (database, environment, archive) => {
    const dry = await tenfoldHere([...archiveAll, '--dry-run'], environment)
    const { rows } = dry.json<{ rows: number }>()
    expect(rows).toBeGreaterThan(0)
    await expect(readdir(archive)).rejects.toMatchObject({ code: 'ENOENT' })
    const done = await tenfold(archiveAll, environment)
    expect(done.json()).toMatchObject({ dry_run: false, rows })
    const { items } = (await tenfoldHere(['archive', 'list', '--json'], environment)).json<{
      items: { file_name: string }[]
    }>()
    const verified = await tenfold(['verify', '--archive', '--json'], environment)
    expect([verified.code, verified.json()]).toMatchObject([0, { verdict: 'sound', archive: { damaged: [] } }])
    await rm(join(archive, items[0]!.file_name))
    const damaged = await tenfoldHere(['verify', '--archive'], environment)
    expect(damaged.code).toBe(3)
    expect(damaged.stdout).toContain(items[0]!.file_name)
    const refused = await tenfoldHere(['archive', 'restore', items[0]!.file_name], environment)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('[archive_damaged]')])
    const other = await tenfoldHere(['archive', 'restore', items[1]!.file_name, '--json'], environment)
    expect(other.code).toBe(0)
    const status = await database.query("select from archive_file where status = 'restored'")
    expect(status.rows).toHaveLength(1)
  })
})

const killed = [
  'an archive file is begun',
  'an archive file is whole',
  'archived rows are to be removed',
  'archived rows are removed',
  'old rows are in the archive',
]

describe('an archive', () => {
  for (const [index, step] of killed.entries()) {
    test(`killed when ${step} is neither lost nor doubled: the next goes on`, async () => {
      await beside(async (database, environment) => {
        const before = await tableHashes(database)
        const running = startTenfold(archiveAll, toldInDetail(environment))
        await running.says(`"msg":"${step}"`)
        running.child.kill('SIGKILL')
        await running.ended
        // Once is enough: what is compared below is every row.
        if (index === 2) {
          const deps = { database, sealing: aged.sealing }
          expect((await verifyStore(deps, { actor: tester, programVersion: '0.0.0' })).damages).toEqual([])
        }
        const again = await tenfold(archiveAll, toldInDetail(environment))
        expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('damaged')])
        const restoring = startTenfold(['archive', 'restore', '--all', '--json'], toldInDetail(environment))
        if (index % 2 === 0) {
          await restoring.says('"msg":"archived rows are back"')
          restoring.child.kill('SIGKILL')
        }
        await restoring.ended
        const left = await database.query("select from archive_file where status = 'archived'")
        if (left.rows.length > 0) expect((await tenfoldHere(['archive', 'restore', '--all'], environment)).code).toBe(0)
        expect(await tableHashes(database)).toEqual(before)
      })
    })
  }
})

test('a rule is set, refused and followed', async () => {
  await beside(async (database, environment) => {
    const set = await tenfold(['retention', 'set', 'outbox', '400d', '--json'], environment)
    expect(set.code).toBe(0)
    expect(
      (await database.query("select from retention_rule where class = 'outbox' and keep_days = 400")).rows,
    ).toHaveLength(1)
    for (const [args, code] of [
      [['audit_event', '400d'], 'retention_refused'],
      [['daily_total', '400d'], 'retention_refused'],
      [['outbox', '3'], 'bad_retention'],
      [['nothing', '400d'], 'bad_retention'],
    ] as const) {
      const refused = await tenfoldHere(['retention', 'set', ...args], environment)
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`[${code}]`)])
    }
    const audit = await database.query<{ detail: unknown }>(
      "select detail from audit_event where action = 'retention.changed'",
    )
    expect(audit.rows).toEqual([{ detail: { keep_days: 400, before: null } }])
    const done = await tenfoldHere(['archive', '--json'], environment)
    const { months } = done.json<{ months: { class: string }[] }>()
    expect(new Set(months.map(month => month.class))).toContain('outbox')
    expect(new Set(months.map(month => month.class))).not.toContain('finding_event')
  })
})

test('what belongs to nothing is counted, then removed', async () => {
  await beside(async (database, environment) => {
    await database.query("insert into asset_tag (asset_id, tag_key, tag_value) values (9000001, E'\\u001b[31m', 'x')")
    const dry = await tenfoldHere(['cleanup', '--dry-run', '--json'], environment)
    expect(dry.json<{ rows: number }>().rows).toBeGreaterThan(0)
    expect((await database.query('select from asset_tag where asset_id = 9000001')).rows).toHaveLength(1)
    expect((await tenfold(['cleanup'], environment)).code).toBe(0)
    expect((await database.query('select from asset_tag where asset_id = 9000001')).rows).toHaveLength(0)
  })
})
