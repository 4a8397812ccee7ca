import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, tenfold, withoutKeys } from '../../test/support/command-line.ts'
import { HexTrackr } from '../../test/support/hextrackr.ts'

// Files from the terminal: what each is is found out from what is in it, and a source of files is no part of a sync.

let setting: Setting
beforeAll(async () => {
  setting = await openSetting({ assets: 5, findings: 40 })
})
afterAll(() => setting.close())

interface Imported {
  readonly imports: readonly {
    readonly id: number
    readonly status: string
    readonly format: string
    readonly numbers: Readonly<Record<string, number>>
    readonly confidence: readonly { readonly fact: string }[]
    readonly error_code: string | null
  }[]
}

const folder = () => setting.environment.TENFOLD_DATA_DIR!
const run = (...args: readonly string[]) => tenfoldHere(args, withoutKeys(setting.environment))
async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder(), name)
  await writeFile(path, content)
  return path
}

test('a CSV, a .nessus file and a HexTrackr database, each known by what is in it', async () => {
  const csv = await write(
    'week.csv',
    'Plugin ID,Risk,Host,Port,Protocol,Name\n77,High,web.example.org,443,tcp,Check\nnone,High,web.example.org,443,tcp,Bad\n',
  )
  const nessus = await write(
    'scan.nessus',
    await readFile(new URL('../../test/fixtures/files/small-report.nessus', import.meta.url)),
  )
  const hex = new HexTrackr()
  hex.import('2026-01-05', [
    {
      host: 'nrwan1',
      plugin: 79,
      severity: 'Critical',
      cves: ['CVE-2024-1111', 'CVE-2024-2222'],
      published: '2020-01-01',
    },
  ])
  hex.import('2026-01-12', [{ host: 'nrwan1', plugin: 79, severity: 'Critical', cves: ['CVE-2024-1111'] }])
  const database = await write('hextrackr.db', hex.database())

  const previewed = await run('import', csv, '--json')
  expect(previewed.code).toBe(3)
  expect(previewed.json<Imported>().imports).toMatchObject([
    { status: 'ready', format: 'csv:nessus', numbers: { open: 1, rejected: 1 } },
  ])
  const applied = await run('import', nessus, database, '--source', 'Old', '--apply', '--json')
  expect(applied.json<Imported>().imports.map(one => [one.status, one.format])).toEqual([
    ['applied', 'nessus-v2'],
    ['applied', 'hextrackr:database'],
  ])
  const [, old] = applied.json<Imported>().imports
  expect(old?.numbers).toMatchObject({ open: 1 })
  const said = await run('import', database, '--source', 'Old')
  expect(said.stdout).toContain('hextrackr:database')
  expect(said.stdout).toMatch(/totals\s+2 days, 2026-01-05 to 2026-01-12, as they are/)
  expect(said.stdout).toMatch(/port\s+guessed, 1 finding: HexTrackr keeps no port/)
  expect(said.stdout).toContain('2 rows, one for each CVE, became 1 finding.')
  const undone = await run('import', 'undo', String(old?.id), '--json')
  expect(undone.json()).toMatchObject({ status: 'undone', undo: { reverted: 1, kept: 0 } })
})

test('what cannot be read says what to do, and its code tells a script', async () => {
  const text = await write('notes.csv', 'dear diary\n')
  const refused = await run('import', text, '--source', 'Files', '--json')
  expect(refused.code).toBe(1)
  expect(refused.json<Imported>().imports[0]).toMatchObject({ status: 'failed', error_code: 'file_not_understood' })
  const broken = await write('broken.db', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(200)]))
  expect((await run('import', broken, '--source', 'Files')).stdout).toContain('is a damaged SQLite database')
  const missing = await run('import', join(folder(), 'nowhere.csv'), '--source', 'Files', '--json')
  expect([missing.code, missing.json()]).toMatchObject([2, { error: { code: 'file_missing' } }])
})

test('a source of files is left out of a sync of all, with a plain word, and refuses one of its own', async () => {
  const synced = await tenfold(['sync', '--streams', 'assets', '--json'], setting.environment)
  expect(synced.code).toBe(0)
  expect(synced.stderr).toContain('Source Old is left out: it holds files, which people bring with "tenfold import".')
  const own = await tenfold(['sync', '--source', 'Old', '--json'], setting.environment)
  expect(own.json()).toMatchObject({ error: { code: 'files_are_brought' } })
  const status = await tenfold(['status', '--json'], setting.environment)
  expect(
    status.json<{ sources: { source: string; is_stale: boolean }[] }>().sources.find(one => one.source === 'Old'),
  ).toMatchObject({ is_stale: false })
})

test('the first rows that are rejected are told with their reasons', async () => {
  const rows = Array.from({ length: 7 }, (_, at) => `,High,host${at}`)
  const file = await write('old.csv', ['definition.id,severity,asset.name', ...rows, ''].join('\n'))
  const { stdout, code } = await run('import', file, '--source', 'Files')
  expect(code).toBe(3)
  expect(stdout).toMatch(/row 1 is rejected: The row names no plugin.*Export it with the plugin’s id\./)
  expect(stdout).toContain('and 2 more, on /imports')
})
