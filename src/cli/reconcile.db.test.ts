import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting } from '../../test/support/command-line.ts'
import { csvOfRows, handExport } from '../../test/support/reconciling.ts'

// A file beside the tenant, from the terminal: compared, signed with a reason, refused, undone.

let setting: Setting
let folder: string
beforeAll(async () => {
  setting = await openSetting({ assets: 20, findings: 200 })
  folder = await mkdtemp(join(tmpdir(), 'tenfold-reconcile-'))
})
afterAll(async () => {
  await setting.close()
  await rm(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => tenfoldHere(args, setting.environment)

test('files and the API are compared, and the one is cut over to the other and back', async () => {
  const nothing = await run('reconcile', '--json')
  expect([nothing.code, nothing.json()]).toMatchObject([2, { error: { code: 'pair_not_found' } }])
  expect((await run('sync', '--streams', 'assets,findings', '--json')).code).toBe(0)
  const path = join(folder, 'weekly.csv')
  const rows = handExport(setting.tenant)
  const old = rows.find(row => Date.parse(row.first) < Date.parse(setting.tenant.control.now()) - 20 * 86_400_000)!
  await writeFile(path, csvOfRows([...rows, { ...old, plugin: 999_123 }]))
  const at = setting.tenant.control.now()
  expect((await run('import', path, '--source', 'Files', '--observed-at', at, '--apply')).code).toBe(0)

  const compared = await run('reconcile', '--files', 'Files', '--api', 'Tenable VM', '--cause', 'missing', '--json')
  expect(compared.code).toBe(3)
  const view = compared.json<{ id: number; totals: { open: number }; differences: { plugin_id: number }[] }>()
  expect([view.totals.open, view.differences.map(one => one.plugin_id)]).toEqual([1, [999_123]])
  const told = await run('reconcile', '--cause', 'missing')
  expect(told.stdout).toMatch(/1 difference has no explanation/)
  expect(told.stdout).toMatch(/informational, left out +\d+/)
  const counted = await run('reconcile', 'counts', 'Tenable VM')
  expect([counted.code, counted.stdout]).toEqual([0, expect.stringContaining('Every difference is explained.')])
  expect((await run('reconcile', 'quality')).stdout).toMatch(/Files +finding +port +\d+\.\d %/)

  const listed = (await run('reconcile', 'list', '--json')).json<{ pairs: { comparison: { id: number } }[] }>()
  const latest = String(listed.pairs[0]!.comparison.id)
  const refused = await run('reconcile', 'sign', latest, '--json')
  expect(refused.json()).toMatchObject({ error: { code: 'differences_open' } })
  const signed = await run('reconcile', 'sign', latest, '--accept', 'made for a test')
  expect(signed.stdout).toMatch(/^Cut-over 1: Files to Tenable VM, signed by .*; no files are taken\./)
  const late = await run('import', path, '--source', 'Files', '--json')
  expect([late.code, late.json()]).toMatchObject([2, { error: { code: 'source_cut_over' } }])
  expect((await run('reconcile', 'reopen', '1', '--reason', 'auditors')).stdout).toContain('files are taken: auditors')
  expect((await run('reconcile', 'close', '1')).stdout).toContain('no files are taken')
  const undone = await run('reconcile', 'undo', '1', '--reason', 'too early', '--with-imports')
  expect(undone.stdout).toContain('The files are as they were at the restore point.')
  expect((await run('import', path, '--source', 'Files')).code).toBe(0)
}, 120_000)
