import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson } from '../support/accounts.ts'
import { addEstate, hostile } from './estate.ts'
import { grouped, openScreens, patience, type Screens, widths } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
})
afterAll(() => screens.close())

const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
const open = `f.state <> 'fixed' and f.ended_at is null`
const findings = (condition: string) =>
  `select count(*) from finding f join asset a using (asset_id) join plugin p using (plugin_id) where ${condition}`
const wasRun = (page: Page) => page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)

test('a filter is in the URL, in the chips and in the numbers, and a reload keeps it', async () => {
  const page = await screens.open('/vulnerabilities/tenable')
  const all = await screens.count(findings(`${counted} and ${open}`))
  await page.getByText(`${grouped(all)} open findings.`).waitFor()

  await page.getByRole('button', { name: 'Critical', exact: true }).click()
  await page.getByRole('combobox', { name: 'Plugin, asset' }).press('End')
  await page.getByRole('combobox', { name: 'Plugin, asset' }).pressSequentially(' log4j')
  await page.waitForURL('**/vulnerabilities/tenable?q=log4j&severity=critical')
  const found = await screens.count(
    findings(`${counted} and ${open} and f.severity = 'critical' and p.name ilike '%log4j%'`),
  )
  await page.getByText(`${grouped(found)} findings match this filter.`).waitFor()

  await page.reload()
  await page.getByText(`${grouped(found)} findings match this filter.`).waitFor()
  await expect
    .poll(() => page.getByRole('combobox', { name: 'Plugin, asset' }).inputValue(), patience)
    .toBe('severity:critical log4j')
  await expect
    .poll(() => page.getByRole('button', { name: 'Critical', exact: true }).getAttribute('aria-pressed'), patience)
    .toBe('true')

  await page.getByRole('button', { name: 'Remove filter text log4j' }).click()
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical')
  await page.goBack()
  await page.getByText(`${grouped(found)} findings match this filter.`).waitFor()
  await expect
    .poll(() => page.getByRole('combobox', { name: 'Plugin, asset' }).inputValue(), patience)
    .toBe('severity:critical log4j')
})

test('the query box offers what fits, by keyboard alone, and its text is the filter', async () => {
  const page = await screens.open('/vulnerabilities/tenable')
  await page.getByText('open findings.').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('sev')
  await page.getByRole('option', { name: /^severity:/ }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  // What is taken stands there before more is typed, and is offered before it is chosen.
  await expect.poll(() => page.getByRole('combobox', { name: 'Plugin, asset' }).inputValue()).toBe('severity:')
  await page.keyboard.type('crit')
  await page.getByRole('option', { name: /critical/ }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical')
  await page.keyboard.type('age:>30d')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical&first_found_to=-30d')
  await page.getByText('30 d ago').waitFor()
  const found = await screens.count(
    findings(`${counted} and ${open} and f.severity = 'critical' and f.first_found < now() - interval '30 days'`),
  )
  await page.getByText(`${grouped(found)} findings match this filter.`).waitFor()
})

test('a mistake in the query box says what, where and the remedy, and changes nothing', async () => {
  const page = await screens.open('/vulnerabilities/tenable?severity=high')
  const box = page.getByRole('combobox', { name: 'Plugin, asset' })
  await box.fill('severity:high severty:low')
  await box.press('Enter')
  await page.getByText('Column 15: There is no field severty. Did you mean severity?').waitFor()
  await expect.poll(() => box.getAttribute('aria-invalid'), patience).toBe('true')
  expect(page.url()).toContain('severity=high')
  await box.fill('severity:low')
  await box.press('Enter')
  await page.waitForURL('**/vulnerabilities/tenable?severity=low')
})

test('the panel of filters sets what has no button of its own', async () => {
  const page = await screens.open('/vulnerabilities/tenable')
  await page.getByRole('button', { name: 'Filters' }).click()
  const panel = page.getByRole('dialog', { name: 'Filters' })
  // The address is what is checked, and it changes a moment after the click.
  await panel.getByRole('checkbox', { name: 'Reopened' }).click()
  await page.waitForURL('**/vulnerabilities/tenable?state=reopened')
  await panel.getByText('listed', { exact: true }).click()
  await page.waitForURL('**/vulnerabilities/tenable?state=reopened&is_kev=true')
  const found = await screens.count(findings(`${counted} and f.state = 'reopened' and f.ended_at is null and p.is_kev`))
  await page.getByText(`${grouped(found)} findings match this filter.`).waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => panel.count()).toBe(0)
  await page.getByRole('button', { name: 'Filters · 2' }).waitFor()
})

test('a header sorts, says so, and the order is the database’s', async () => {
  const page = await screens.open('/assets/tenable')
  const table = page.getByRole('table', { name: 'Assets', exact: true })
  const header = table.getByRole('columnheader', { name: 'AES' })
  await header.getByRole('button').click()
  await page.waitForURL('**/assets/tenable?sort=-exposure_score')
  await expect.poll(() => header.getAttribute('aria-sort'), patience).toBe('descending')
  await table.getByRole('row').nth(1).getByText('srv-060.example.com').waitFor()
  await header.getByRole('button').click()
  await page.waitForURL('**/assets/tenable?sort=exposure_score')
  await expect.poll(() => header.getAttribute('aria-sort'), patience).toBe('ascending')
})

test('scrolling reads on to the last row, with few rows on the page', async () => {
  const page = await screens.open('/vulnerabilities/tenable')
  const all = await screens.count(findings(`${counted} and ${open}`))
  await page.getByText(`100 of ${grouped(all)} shown`).waitFor()
  const table = page.getByRole('table', { name: 'Findings', exact: true })
  await expect
    .poll(
      async () => {
        await page.mouse.move(600, 500)
        await page.mouse.wheel(0, 20_000)
        return page.getByText(`${grouped(all)} of ${grouped(all)} shown`).count()
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe(1)
  await expect.poll(() => table.getByRole('row').count(), patience).toBeLessThan(80)
  await expect.poll(() => table.getAttribute('aria-rowcount'), patience).toBe(String(all + 1))
})

test('a row opens beside the list at its own address, and closing leads back to the filter', async () => {
  const page = await screens.open('/vulnerabilities/tenable?plugin_id=100001&severity=critical')
  const first = page.getByRole('table', { name: 'Findings', exact: true }).getByRole('link').first()
  await first.click()
  await page.waitForURL('**/vulnerabilities/tenable/*?severity=critical&plugin_id=100001')
  const details = page.getByRole('complementary', { name: /Apache Log4j/ })
  await details.getByText('Installed version : 1.').waitFor()
  await details.getByText('Update it.').waitFor()
  await details.getByText('Opened, critical').waitFor()
  await details.getByText('from the dates the source gave at first sight, not witnessed').waitFor()
  await details.getByRole('link', { name: 'CVE-2021-44228' }).waitFor()

  const address = page.url()
  const other = await screens.open(address.slice(screens.url.length))
  await other.getByRole('complementary', { name: /Apache Log4j/ }).waitFor()
  await other.getByRole('table', { name: 'Findings', exact: true }).waitFor()

  await details.getByRole('button', { name: 'Close details' }).click()
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical&plugin_id=100001')
  expect(await details.count()).toBe(0)
})

test('an asset shows its findings, and their number equals SQL', async () => {
  const page = await screens.open('/assets/tenable/60')
  const details = page.getByRole('complementary', { name: 'srv-060.example.com' })
  const openOnes = await screens.count(findings(`a.asset_id = 60 and ${open}`))
  await details.getByText(`${openOnes} open findings:`).waitFor()
  await details.getByRole('link', { name: `All ${openOnes} findings in Vulnerabilities` }).waitFor()
  await details.getByText('Fixed', { exact: true }).click()
  const fixed = await screens.count(findings(`a.asset_id = 60 and f.state = 'fixed' and f.ended_at is null`))
  await details.getByRole('link', { name: `All ${fixed} findings in Vulnerabilities` }).click()
  await page.getByText(`${fixed} findings match this filter.`).waitFor()
})

test('text from outside is shown and never interpreted', async () => {
  const list = await screens.open('/assets/tenable?q=onerror')
  const shownHost = hostile.host.replace('\u202E', '⟨U+202E⟩')
  await list.getByRole('link', { name: shownHost }).click()
  await list.getByRole('complementary', { name: shownHost }).waitFor()

  const page = await screens.open('/vulnerabilities/tenable?asset_id=1')
  await page.getByRole('table', { name: 'Findings', exact: true }).getByRole('link').first().click()
  const output = page.getByRole('region', { name: 'Output of the plugin' })
  await output.waitFor()
  await expect.poll(() => output.textContent(), patience).toBe(hostile.output.replace('\u001b', '␛'))

  const plugin = await screens.open('/vulnerabilities/tenable?plugin_id=100005')
  await plugin
    .getByRole('table', { name: 'Findings', exact: true })
    .getByRole('link', { name: hostile.plugin })
    .first()
    .click()
  const details = plugin.getByRole('complementary', { name: hostile.plugin })
  await details.getByText(hostile.reference).waitFor()
  expect(await details.getByRole('link', { name: hostile.reference }).count()).toBe(0)
  expect(await details.getByRole('link', { name: 'https://example.com/advisory' }).getAttribute('rel')).toContain(
    'noopener',
  )
  for (const visited of [list, page, plugin]) expect(await wasRun(visited)).toBeUndefined()
})

test('nothing found says which part of the filter to drop', async () => {
  const page = await screens.open('/vulnerabilities/tenable?q=no-such-thing&severity=low')
  await page.getByText('No findings match this filter.').waitFor()
  const low = await screens.count(findings(`${counted} and ${open} and f.severity = 'low'`))
  await page.getByRole('button', { name: `Without text no-such-thing: ${grouped(low)} findings` }).click()
  await page.getByText(`${grouped(low)} findings match this filter.`).waitFor()
})

test('an error says what, and trying again mends it', async () => {
  const page = await screens.open('/', { userId: await addPerson(screens.database, 'newcomer') })
  await page.route('**/api/tenable/assets?*', route =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      json: {
        title: 'Not now',
        detail: 'The database is starting.',
        status: 503,
        code: 'not_ready',
        type: 't',
        help: 'h',
      },
    }),
  )
  await page.getByRole('link', { name: 'Assets', exact: true }).first().click()
  const alert = page.getByRole('alert')
  await alert.getByText('The database is starting.').waitFor()
  await alert.getByText('not_ready').waitFor()
  await page.unroute('**/api/tenable/assets?*')
  await alert.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('60 live assets.').waitFor()
})

test('what does not exist is said where it was looked for', async () => {
  const page = await screens.open('/assets/tenable/4711')
  await page.getByRole('complementary').getByRole('alert').waitFor()
  await page.getByText('60 live assets.').waitFor()
  const nowhere = await screens.open('/no/such/page')
  await nowhere.getByRole('heading', { name: 'No such page' }).waitFor()
})

test('from the overview to the output of a finding and back, by keyboard alone', async () => {
  const page = await screens.open('/', { userId: await addPerson(screens.database, 'walker') })
  await page.locator('[aria-label*="Findings by severity and state. Open:"]').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('v')
  await page.waitForURL('**/vulnerabilities/tenable')
  await page.getByRole('table', { name: 'Findings', exact: true }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('log4j')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/vulnerabilities/tenable?q=log4j')
  await page.getByText('match this filter.').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  await page.keyboard.press('j')
  const second = page.getByRole('table', { name: 'Findings', exact: true }).getByRole('link').nth(1)
  await expect.poll(() => second.evaluate(link => link === document.activeElement)).toBe(true)
  await page.keyboard.press('Enter')
  const details = page.getByRole('complementary', { name: /Apache Log4j/ })
  await details.getByRole('region', { name: 'Output of the plugin' }).waitFor()
  const opened = page.url()
  await page.keyboard.press('j')
  await expect.poll(() => page.url()).not.toBe(opened)
  await page.keyboard.press('Escape')
  await expect.poll(() => details.count()).toBe(0)
  const third = page.getByRole('table', { name: 'Findings', exact: true }).getByRole('link').nth(2)
  await expect.poll(() => third.evaluate(link => link === document.activeElement)).toBe(true)
  await page.keyboard.press('Escape')
  await page.waitForURL(url => url.search === '')
  await page.keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'Keyboard' })
  await help.getByText('Next and previous row').waitFor()
  await help.getByRole('switch', { name: 'Single keys work' }).uncheck({ force: true })
  await page.keyboard.press('Escape')
  await expect.poll(() => help.count()).toBe(0)
  await page.keyboard.press('?')
  expect(await help.count()).toBe(0)
})

test('on a phone a row is a card, and the record covers the list', async () => {
  const page = await screens.open('/assets/tenable', { width: widths.phone })
  const cards = page.getByRole('list', { name: 'Assets' })
  await cards.getByRole('listitem').first().waitFor()
  expect(await page.getByRole('table', { name: 'Assets', exact: true }).count()).toBe(0)
  await cards.getByRole('link').first().click()
  const details = page.getByRole('complementary')
  await details.getByText('open findings:').waitFor()
  expect((await details.boundingBox())?.width).toBe(widths.phone)
  await details.getByRole('button', { name: 'Close details' }).click()
  await page.getByRole('button', { name: 'Filters' }).click()
  const sheet = page.getByRole('dialog', { name: 'Filters' })
  await sheet.getByRole('checkbox', { name: 'AWS' }).click()
  await page.waitForURL('**/assets/tenable?cloud=aws')
})
