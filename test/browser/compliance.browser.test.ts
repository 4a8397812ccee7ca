import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson } from '../support/accounts.ts'
import { addCompliance } from './directories.ts'
import { addEstate, hostile } from './estate.ts'
import { grouped, Looker, openScreens, type Screens } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
  await addCompliance(screens.database)
})
afterAll(() => screens.close())

const results = (condition = 'true') =>
  screens.count(`
select count(*) from compliance_result r join asset a using (asset_id) join compliance_check c using (check_id)
where a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false and r.ended_at is null and ${condition}`)
const rows = (page: Page, table: string) => page.getByRole('table', { name: table, exact: true }).getByRole('row')
const outcomes = (page: Page) => rows(page, 'Results by outcome')

test('outcomes are counted as SQL counts them, and each number opens its results', async () => {
  const page = await screens.open('/compliance/tenable')
  const [failed, total] = [await results(`r.state = 'failed'`), await results()]
  await page.getByText(`${failed} of ${total} results fail`).waitFor()
  for (const [name, state] of [
    ['Failed', 'failed'],
    ['Passed', 'passed'],
    ['Warning', 'warning'],
    ['Error', 'error'],
    ['Skipped', 'skipped'],
  ] as const) {
    const number = grouped(await results(`r.state = '${state}'`))
    await outcomes(page).filter({ hasText: name }).getByRole('link', { name: number, exact: true }).waitFor()
  }
  await outcomes(page).filter({ hasText: 'Failed' }).getByRole('link').click()
  await page.waitForURL(/by=result/)
  await page.getByText(`${failed} of ${failed} results fail`).waitFor()
  await page.getByText(`${failed} of ${failed} shown`).waitFor()
})

test('by check, by asset and by audit file, the counts are SQL’s', async () => {
  const page = await screens.open('/compliance/tenable')
  const first = rows(page, 'Checks').nth(1)
  await first.waitFor()
  const worst = await screens.count(
    `select max(n) from (select count(*) as n from compliance_result r where state = 'failed' and ended_at is null group by check_id) as g`,
  )
  await first.getByText(new RegExp(`^${worst} failed`)).waitFor({ state: 'attached' })
  await page.getByText('12 of 12 shown').waitFor()

  await page.getByRole('link', { name: 'By asset' }).click()
  await page.waitForURL('**/compliance/tenable?by=asset')
  await page.getByText('40 of 40 shown').waitFor()
  const asset = rows(page, 'Assets by compliance').nth(1)
  await asset.getByRole('link', { name: '12', exact: true }).click()
  await page.getByText('12 of 12 shown').waitFor()

  await page.getByRole('link', { name: 'By audit file' }).click()
  await page.waitForURL(/by=audit_file/)
  await page.goto('/compliance/tenable?by=audit_file')
  const file = rows(page, 'Audit files').filter({ hasText: 'CIS_Windows_Server_2022.audit' })
  const failed = await results(`c.audit_file = 'CIS_Windows_Server_2022.audit' and r.state = 'failed'`)
  await file.getByText(new RegExp(`^${failed} failed`)).waitFor({ state: 'attached' })
  await file.getByRole('link', { name: '5', exact: true }).click()
  await page.getByText('5 of 5 shown').waitFor()
})

test('a day of the past has the outcomes of then', async () => {
  const { rows: days } = await screens.database.query<{ day: string }>(
    `select to_char((now() - interval '25 days') at time zone 'utc', 'YYYY-MM-DD') as day`,
  )
  const day = days[0]!.day
  const page = await screens.open('/compliance/tenable')
  await page.getByLabel('As of the end of').fill(day)
  await page.waitForURL(`**/compliance/tenable?as_of=${day}`)
  await page.getByText(`Outcomes as they were at the end of ${day} (UTC)`).waitFor()
  // Those that changed 20 days ago had not failed yet, and what ended 5 days ago was there.
  const later = await screens.count(`select count(*) from compliance_event where kind = 'changed'`)
  const ended = await screens.count(`select count(*) from compliance_result where ended_at is not null`)
  const failed = (await results(`r.state = 'failed'`)) - later
  await page.getByText(`${failed} of ${(await results()) + ended} results fail`).waitFor()
  await page.getByRole('link', { name: 'Back to now' }).click()
  await page.waitForURL('**/compliance/tenable')
})

test('the numbers of each day are told where one points, in the table and in the file', async () => {
  const page = await screens.open('/compliance/tenable')
  const chart = page.getByRole('img', { name: /^Results by outcome on each day/ })
  const { width = 0, height = 0 } = (await chart.boundingBox()) ?? {}
  // Names of the bands stand beside the last day.
  await chart.hover({ position: { x: width - 64, y: height / 2 } })
  const passed = grouped(await results(`r.state = 'passed'`))
  await page.getByText(`Passed${passed}All${grouped(await results())}`).waitFor()
  await page.getByText('The same as a table').click()
  const today = rows(page, 'Outcomes on each day').nth(1)
  for (const state of ['failed', 'passed'])
    await today
      .getByText(String(await results(`r.state = '${state}'`)), { exact: true })
      .first()
      .waitFor()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  expect((await download).suggestedFilename()).toBe('compliance-by-day.csv')
})

test('a check says what it wants, what was found, and where; what comes from outside stays text', async () => {
  const page = await screens.open('/compliance/tenable/3')
  const details = page.getByRole('complementary', { name: hostile.plugin })
  const failed = await screens.count(`select count(*) from compliance_result where check_id = 3 and state = 'failed'`)
  await details
    .getByText(new RegExp(`^${failed} failed`))
    .first()
    .waitFor({ state: 'attached' })
  await details.getByText('40 assets checked').waitFor()
  await details.getByText('PermitRootLogin yes').first().waitFor()
  await details.getByText('was passed until').first().waitFor()
  await details.getByRole('link', { name: 'https://example.com/benchmark' }).waitFor()
  expect(await details.getByRole('link', { name: hostile.reference }).count()).toBe(0)
  await details.getByRole('link', { name: '800-53 AC-3' }).click()
  await page.waitForURL(/reference=800-53/)
  await page.getByText('1 of 1 shown').waitFor()
  expect(await page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)).toBeUndefined()
})

test('whose role is narrowed to a tag sees the results of those assets alone', async () => {
  const userId = await addPerson(screens.database, 'viewer', [{ role: 'viewer', tenantId: null, tags: ['Env:Prod'] }])
  const page = await screens.open('/compliance/tenable', { userId })
  const tagged = 'a.asset_id in (select asset_id from asset_tag)'
  await page
    .getByText(`${await results(`r.state = 'failed' and ${tagged}`)} of ${await results(tagged)} results`)
    .waitFor()
  await page.getByText('what your role reaches').waitFor()
})

test('a check is opened and left by keyboard alone', async () => {
  const page = await screens.open('/compliance/tenable')
  await rows(page, 'Checks').nth(1).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/compliance/tenable/*')
  const details = page.getByRole('complementary')
  await details.getByText('On each asset').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => details.count()).toBe(0)
})

const views = [
  { path: '/compliance/tenable', ready: '12 of 12 shown' },
  { path: '/compliance/tenable?by=asset', ready: '40 of 40 shown' },
  { path: '/compliance/tenable?by=result&state=failed', ready: /\d of \d+ shown/ },
  { path: '/compliance/tenable?by=audit_file', ready: 'CIS_Windows_Server_2022.audit' },
  { path: '/compliance/tenable/1', ready: 'Over the last 90 days' },
  { path: '/compliance/tenable?q=no-such-check', ready: 'No checks match this filter.' },
] as const

const looker = new Looker()

for (const { path, ready } of views) {
  test(`${path} has no barriers in either theme, and fits a phone`, async () => {
    await looker.expectFit(screens, path, page => page.getByText(ready).first().waitFor())
  })
}
