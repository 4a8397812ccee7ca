import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson } from '../support/accounts.ts'
import { addScans } from './directories.ts'
import { addEstate, hostile } from './estate.ts'
import { Looker, openScreens, type Screens } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
  await addScans(screens.database)
})
afterAll(() => screens.close())

const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
const assets = (condition: string) => screens.count(`select count(*) from asset a where ${counted} and ${condition}`)
const rows = (page: Page, table: string) => page.getByRole('table', { name: table, exact: true }).getByRole('row')

test('scans are counted, filtered by the address, and sorted', async () => {
  const page = await screens.open('/scans/tenable')
  const listed = await screens.count('select count(*) from scan where gone_at is null')
  await page.getByText(`${listed} scans.`).waitFor()
  await rows(page, 'Scans').nth(listed).waitFor()
  await rows(page, 'Scans').nth(1).getByText('Scan 01').waitFor()
  await rows(page, 'Scans').nth(1).getByText('weekly on Monday at 01:00').waitFor()

  const box = page.getByRole('combobox', { name: 'Name of a scan' })
  await box.fill('owner:"ann@example.com" is_enabled:true')
  await box.press('Enter')
  await page.waitForURL('**/scans/tenable?is_enabled=true&owner=ann%40example.com')
  const owned = await screens.count(
    `select count(*) from scan where gone_at is null and is_enabled and owner = 'ann@example.com'`,
  )
  await page.getByText(`${owned} scans match this filter.`).waitFor()

  await page.goto('/scans/tenable?include=gone')
  await page.getByText(`${await screens.count('select count(*) from scan')} scans match this filter.`).waitFor()
  await page.getByText('no longer listed').first().waitFor()
})

test('a scan shows its runs with what came of each, and the assets that it met last', async () => {
  const page = await screens.open('/scans/tenable/1')
  const details = page.getByRole('complementary', { name: 'Scan 01' })
  const total = await screens.count('select count(*) from scan_run where scan_id = 1')
  const archived = await screens.count('select count(*) from scan_run where scan_id = 1 and is_archived')
  await details.getByText(`${total} runs known, ${archived} archived.`).waitFor()
  await details.getByText('the key may not read its details').waitFor()
  await details.getByText('details come with a next sync').first().waitFor()
  await details.getByRole('button', { name: 'Load more' }).click()
  await rows(page, 'Runs of the scan').nth(total).waitFor()
  await details.getByText('archived: the source gives only a file').first().waitFor()

  const met = await screens.count(`select count(*) from asset where last_scan_id = 'run-1-1'`)
  const second = rows(page, 'Runs of the scan').nth(2)
  await second.getByText('1 h 35 min').waitFor()
  await second.getByText('1 critical, 6 high, 12 medium, 20 low, 300 info').waitFor({ state: 'attached' })
  await second.getByRole('link', { name: String(met), exact: true }).click()
  await page.getByText(`${met} assets match this filter.`).waitFor()
})

test('each number of the coverage is SQL’s and opens its assets', async () => {
  const page = await screens.open('/scans/tenable/coverage?by=os&days=20')
  const since = `now() - interval '20 days'`
  const missed = await assets(`a.last_scan_at < ${since}`)
  const never = await assets('a.last_scan_at is null')
  const all = await assets('true')
  await page
    .getByText(`${missed + never} of ${all} assets were not scanned in the last 20 days, ${never} of them never.`)
    .waitFor()
  const cards = page.getByRole('list', { name: 'Gaps' })
  for (const [name, number] of [
    ['Not scanned in 20 days', missed],
    ['Never scanned', never],
    ['Not with credentials in 20 days', await assets(`a.last_authenticated_scan_at < ${since}`)],
    ['Never with credentials', await assets('a.last_authenticated_scan_at is null')],
  ] as const) {
    const card = cards.getByRole('listitem').filter({ hasText: name })
    await card.getByRole('link', { name: String(number), exact: true }).waitFor()
  }
  const debian = rows(page, 'Coverage by system').filter({ hasText: 'Debian' })
  const ofDebian = await assets(`'Debian GNU/Linux 12' = any(a.operating_systems)`)
  await debian
    .getByRole('link', { name: String(ofDebian), exact: true })
    .first()
    .click()
  await page.getByText(`${ofDebian} assets match this filter.`).waitFor()

  await page.goto('/scans/tenable/coverage?days=20')
  await page.getByText('Owner', { exact: true }).click()
  await page.waitForURL('**/scans/tenable/coverage?days=20&by=owner')
  const unowned = rows(page, 'Coverage by owner').filter({ hasText: 'nobody’s' })
  const nobodys = await assets('not exists (select from asset_group g where g.asset_id = a.asset_id)')
  await unowned
    .getByRole('link', { name: String(nobodys), exact: true })
    .first()
    .click()
  await page.getByText(`${nobodys} assets match this filter.`).waitFor()
})

test('the days are asked for in the address', async () => {
  const page = await screens.open('/scans/tenable/coverage')
  const days = page.getByRole('textbox', { name: 'Not scanned for, in days' })
  await days.fill('7')
  await page.waitForURL('**/scans/tenable/coverage?days=7')
  const missed = await assets(`(a.last_scan_at < now() - interval '7 days' or a.last_scan_at is null)`)
  await page.getByText(`${missed} of 60 assets were not scanned in the last 7 days`).waitFor()
})

// A list is opened as one left it: who has left none sees it whole.
test('a scan is found, opened, and closed by keyboard alone; names from outside stay text', async () => {
  const page = await screens.open('/', { userId: await addPerson(screens.database, 'ann') })
  await page
    .getByText(/open findings/)
    .first()
    .waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.waitForURL('**/scans/tenable')
  await rows(page, 'Scans').nth(1).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const details = page.getByRole('complementary', { name: hostile.plugin })
  await details.getByRole('table', { name: 'Runs of the scan' }).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => details.count()).toBe(0)
  await page.keyboard.press('e')
  await page.getByRole('menuitem', { name: 'NDJSON' }).waitFor()
  expect(await page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)).toBeUndefined()
})

test('an export holds the scans of the filter', async () => {
  const page = await screens.open('/scans/tenable?owner=ann@example.com')
  await page.getByText('match this filter.').waitFor()
  await page.getByRole('button', { name: 'Export scans' }).click()
  const href = await page.getByRole('menuitem', { name: 'JSON', exact: true }).getAttribute('href')
  const response = await page.request.get(href!)
  const listed = await screens.count(`select count(*) from scan where gone_at is null and owner = 'ann@example.com'`)
  expect(await response.json()).toHaveLength(listed)
})

test('whose role is narrowed to a tag sees the coverage of those assets and is told why there are no scans', async () => {
  const userId = await addPerson(screens.database, 'viewer', [{ role: 'viewer', tenantId: null, tags: ['Env:Prod'] }])
  const page = await screens.open('/scans/tenable', { userId })
  await page.getByText('You see scans of the sources that your role reaches whole').waitFor()
  await page.getByText('0 scans.').waitFor()
  await page.getByRole('link', { name: 'Coverage' }).click()
  const tagged = await assets('a.asset_id in (select asset_id from asset_tag)')
  await page.getByText(`of ${tagged} assets were not scanned`).waitFor()
})

test('an error says what, and trying again mends it', async () => {
  const page = await screens.open('/', { userId: await addPerson(screens.database, 'ben') })
  await page
    .getByText(/open findings/)
    .first()
    .waitFor()
  const problem = { title: 'Not now', detail: 'It starts.', status: 503, code: 'not_ready', type: 't', help: 'h' }
  await page.route('**/api/tenable/scans?*', route =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem }),
  )
  await page.getByRole('link', { name: 'Scans', exact: true }).click()
  await page.getByRole('alert').getByText('It starts.').waitFor()
  await page.unroute('**/api/tenable/scans?*')
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click()
  await page.getByText('13 scans.').waitFor()
})

const views = [
  { path: '/scans/tenable', ready: '13 scans.' },
  { path: '/scans/tenable/1', ready: 'Definition' },
  { path: '/scans/tenable/coverage', ready: 'Where they are' },
  { path: '/scans/tenable?q=no-such-scan', ready: 'No scans match this filter.' },
] as const

const looker = new Looker()

for (const { path, ready } of views) {
  test(`${path} has no barriers in either theme, and fits a phone`, async () => {
    await looker.expectFit(screens, path, page => page.getByText(ready).first().waitFor())
  })
}
