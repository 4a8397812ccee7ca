import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, wholeRole } from '../support/accounts.ts'
import { HexTrackr } from '../support/hextrackr.ts'
import { expectNoBarriers, openScreens, patience, type Screens, widths } from './screens.ts'

// A file is brought, looked at, applied and taken back; what it does is counted as the database has it.

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
})
afterAll(() => screens.close())

const header =
  'Plugin ID,CVE,CVSS v2.0 Base Score,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output'
const row = (plugin: number, risk: string, host: string, name: string, output = '') =>
  `${plugin},,,${risk},${host},tcp,443,"${name}",s,d,Upgrade.,,"${output}"`
const report = [
  header,
  row(51192, 'Medium', 'web-1.example.com', 'SSL Certificate Cannot Be Trusted'),
  row(51192, 'Medium', 'web-2.example.com', 'SSL Certificate Cannot Be Trusted'),
  row(100464, 'Critical', 'web-1.example.com', '<img src=x onerror=alert(1)>', '<script>alert(1)</script>'),
  'no number,,,High,web-3.example.com,tcp,443,"x",,,,,',
].join('\r\n')

const openFindings = () => screens.count("select count(*) from finding where state <> 'fixed' and ended_at is null")

async function bring(page: Page, name: string, text: string): Promise<void> {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
  await page.getByRole('heading', { name, level: 2 }).waitFor()
}

const door = (page: Page, name: RegExp) =>
  page.getByRole('navigation', { name: 'What it does' }).getByRole('link', { name })

test('a file is brought, its rows are looked at, it is applied, and taken back', async () => {
  const page = await screens.open('/imports')
  await page.getByText('No file was brought yet.').waitFor()
  await bring(page, 'weekly.csv', report)
  await page.getByText('waits to be applied').first().waitFor()
  await expect.poll(() => openFindings(), patience).toBe(0)
  await door(page, /^3\s*New$/).click()
  const rows = page.getByRole('table', { name: 'Findings of the import' })
  await rows.getByText('<img src=x onerror=alert(1)>', { exact: false }).waitFor()
  await expect.poll(() => rows.getByRole('row').count(), patience).toBe(4)
  await door(page, /^1\s*Not readable$/).click()
  await page.getByRole('table', { name: 'Rows that could not be read' }).getByText('no number').first().waitFor()

  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  const asked = page.getByRole('dialog')
  await asked.getByText('it opens 3 findings, closes 0 and changes 0').waitFor()
  await asked.getByRole('button', { name: 'Apply weekly.csv' }).click()
  await page.getByRole('button', { name: 'Undo' }).waitFor()
  await expect.poll(() => openFindings(), patience).toBe(3)

  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click()
  await page.getByText('Taken back: 3 findings').waitFor()
  await expect.poll(() => openFindings(), patience).toBe(0)
})

test('a viewer sees what was brought, and is offered nothing to change', async () => {
  const userId = await addPerson(screens.database, 'looker', wholeRole('viewer'))
  const page = await screens.open('/imports', { userId })
  await page.getByRole('link', { name: 'weekly.csv' }).click()
  await page.getByText('taken back').first().waitFor()
  expect(await page.getByRole('button', { name: /Choose a file|Apply|Undo|Drop it/ }).count()).toBe(0)
})

test('what is no report is said so, and changes nothing', async () => {
  const page = await screens.open('/imports')
  await bring(page, 'notes.csv', 'dear diary\r\ntoday it rained\r\n')
  await page.getByText('The file could not be read').waitFor()
  await expect.poll(() => openFindings(), patience).toBe(0)
})

test('a HexTrackr database: its kind, how well it is known, its days, and its totals apart in the trend', async () => {
  const day = (weeks: number) => new Date(Date.now() - weeks * 7 * 86_400_000).toISOString().slice(0, 10)
  const hex = new HexTrackr()
  const seen = (plugin: number) => ({
    ...{ host: 'nrwan1', ip: '10.0.0.1', plugin, severity: 'High' as const, vpr: 6 },
    ...{ cves: ['CVE-2024-1111', 'CVE-2024-2222'], published: '2019-01-01' },
  })
  for (const weeks of [6, 5, 4, 3, 2, 1]) hex.import(day(weeks), [seen(1), ...(weeks > 3 ? [seen(2)] : []), seen(3)])
  const page = await screens.open('/imports')
  const file = { name: 'hextrackr.db', mimeType: 'application/octet-stream', buffer: hex.database() }
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByRole('heading', { name: 'hextrackr.db', level: 2 }).waitFor()
  await page.getByText('HexTrackr database', { exact: false }).first().waitFor()
  const known = page.getByRole('table', { name: 'How well the facts of its findings are known' })
  await known.getByText('HexTrackr keeps no port', { exact: false }).waitFor()
  await page.getByText('Totals of 6 days', { exact: false }).waitFor()
  await page.getByText('3 snapshots', { exact: false }).waitFor()
  await expectNoBarriers(page)
  await page.getByRole('button', { name: 'Apply', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Apply hextrackr.db' }).click()
  await page.getByRole('button', { name: 'Undo' }).waitFor()

  const overview = await screens.open('/')
  const trend = overview.getByRole('img', { name: /Imported from HexTrackr: from 3 on/ })
  await trend.waitFor()
  await expect.poll(() => trend.locator('[data-apart] circle').count(), patience).toBe(5)

  const console_ = await screens.open('/admin/tenable/sync')
  const lane = console_.getByRole('listitem', { name: 'Source Files' })
  await lane.getByText('It is no part of any sync', { exact: false }).waitFor()
  expect(await lane.getByRole('button').count()).toBe(0)
})

for (const scheme of ['light', 'dark'] as const) {
  test(`an import and its rows have no barriers in the ${scheme} theme, and fit a phone`, async () => {
    const page = await screens.open('/imports?id=1&show=rejected', { scheme, width: widths.phone })
    await page.getByRole('table', { name: 'Rows that could not be read' }).waitFor()
    await expectNoBarriers(page)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(wide).toBe(0)
  })
}
