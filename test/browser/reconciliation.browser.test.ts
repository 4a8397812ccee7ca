import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { getPair } from '../../src/store/reconciliation/pairs.ts'
import { measureQuality } from '../../src/store/reconciliation/quality.ts'
import { compareNow } from '../../src/sync/reconciliation/comparing.ts'
import { addPerson, wholeRole } from '../support/accounts.ts'
import { testImporter } from '../support/importer.ts'
import { csvOf } from '../support/read-file.ts'
import { bring } from '../support/reconciling.ts'
import { addEstate } from './estate.ts'
import { changeTheme, expectNoBarriers, expectNoSidewaysScroll, openScreens, type Screens, widths } from './screens.ts'

// Files and the API beside each other: compared, looked at by cause, signed with a reason, and undone.

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  const { database } = screens
  await addEstate(database)
  // Its assets have numbers that no alias was given.
  await database.query("select setval(pg_get_serial_sequence('asset_alias', 'asset_id'), 1000000)")
  const importer = testImporter(database)
  const file = csvOf([
    ['Plugin ID', 'Risk', 'Host', 'Port', 'Protocol', 'Name'],
    ['777001', 'High', 'only-in-files.example.org', '443', 'tcp', '<img src=x onerror=alert(1)>'],
  ])
  await bring(database, importer, file, { at: new Date(Date.now() - 86_400_000).toISOString() })
  await importer.stop()
  await measureQuality(database, 1, null)
})
afterAll(() => screens.close())

test('two are compared; causes lead to their differences; the cut-over is signed and undone', async () => {
  const page = await screens.open('/reconciliation')
  await page.getByRole('button', { name: 'Compare them' }).click()
  const causes = page.getByRole('navigation', { name: 'Causes' })
  await causes
    .getByRole('link', { name: /missing$|missing/ })
    .first()
    .waitFor({ timeout: 20_000 })
  const open = await screens.count(
    "select (totals ->> 'open')::int as count from reconciliation order by reconciliation_id desc limit 1",
  )
  await page
    .getByText(new RegExp(`${open === 1 ? 'one has' : 'have'} no explanation`))
    .first()
    .waitFor()
  await causes
    .getByRole('link', { name: /missing/ })
    .first()
    .click()
  const table = page.getByRole('table', { name: 'Differences' })
  await page.getByLabel('Part of the asset’s name').fill('only-in-files')
  await table.getByText('<img src=x onerror=alert(1)>').waitFor()
  await table
    .getByText(/^The API has .* and nothing known explains it/)
    .first()
    .waitFor()
  expect(new URL(page.url()).searchParams.get('cause')).toBe('missing')

  await page.getByRole('button', { name: 'Sign the cut-over' }).click()
  const asked = page.getByRole('dialog', { name: 'Sign the cut-over' })
  await asked.getByRole('button', { name: 'Give up Files' }).click()
  await asked.getByRole('alert').waitFor()
  await asked.getByLabel(/^Why/).fill('a sample estate')
  await asked.getByRole('button', { name: 'Give up Files' }).click()
  await page.getByText('Files takes no files.').waitFor()

  await page.getByRole('button', { name: 'Undo the cut-over' }).click()
  const undo = page.getByRole('dialog', { name: 'Undo the cut-over' })
  await undo.getByLabel('Reason').fill('too early')
  await undo.getByRole('button', { name: 'Undo it' }).click()
  await page.getByRole('button', { name: 'Sign the cut-over' }).waitFor()
  await page.getByRole('link', { name: 'Sign-offs' }).click()
  await page.getByText('Undone by').first().waitFor()
})

test('a viewer sees the same and is offered nothing to change', async () => {
  const userId = await addPerson(screens.database, 'looker', wholeRole('viewer'))
  const page = await screens.open('/reconciliation', { userId })
  await page.getByRole('table', { name: 'Differences' }).waitFor()
  expect(await page.getByRole('button', { name: /Compare|Sign the|Undo|Take files/ }).count()).toBe(0)
})

test('it has no barriers in either theme, and fits a phone', async () => {
  const page = await screens.open('/reconciliation', { width: widths.phone })
  for (const [path, ready] of [
    ['/reconciliation?cause=missing', 'Differences'],
    ['/reconciliation?tab=quality', /^Fields of assets/],
    ['/reconciliation?tab=cutovers', 'Sign-offs'],
  ] as const) {
    await page.goto(path)
    await page.getByRole('table', { name: ready }).first().waitFor()
    await expectNoBarriers(page)
    await expectNoSidewaysScroll(page)
    await changeTheme(page, 'dark')
    await expectNoBarriers(page, 'colours')
    await changeTheme(page, 'light')
  }
})

test('a comparison that failed says why', async () => {
  const { database } = screens
  const pairId = await screens.count('select pair_id as count from reconciliation_pair where removed_at is null')
  await database.query("update file_import set status = 'abandoned'")
  const pair = await getPair(database, pairId)
  await compareNow(
    { database, clock: systemClock, log: silentLog },
    { kind: 'files', pair, trigger: 'api', startedBy: 'test' },
  )
  const page = await screens.open('/reconciliation')
  await page.getByText('No file of the source is applied').waitFor()
})
