import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, wholeRole } from '../support/accounts.ts'
import { addEstate } from './estate.ts'
import { grouped, openScreens, patience, type Screens } from './screens.ts'

// Looking at lists in one's own way: views, columns, choosing, copying, exporting; and jumping to anything.

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
  await screens.database.query(`update asset set operating_systems = '{"=cmd|calc!A1"}' where asset_id = 59`)
})
afterAll(() => screens.close())

const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
const assets = (condition: string) => `select count(*) from asset a where ${counted} and ${condition}`
const inAws = 'a.aws_ec2_instance_id is not null'
const table = (page: Page) => page.getByRole('table', { name: 'Assets', exact: true })
const person = (name: string, role: 'viewer' | 'operator' = 'operator') =>
  addPerson(screens.database, name, wholeRole(role))

test('a view is saved, shared, opened by somebody else, made theirs by default, changed and removed', async () => {
  const mine = await screens.open('/assets/tenable?cloud=aws&sort=name', { userId: await person('ann') })
  await mine.getByRole('button', { name: 'Views' }).click()
  await mine.getByRole('menuitem', { name: 'Save this view…' }).click()
  await mine.getByRole('textbox', { name: 'Name' }).fill('Cloud machines')
  await mine.getByRole('checkbox', { name: 'Share it with everybody here' }).check()
  await mine.getByRole('button', { name: 'Save', exact: true }).click()
  await mine.getByRole('button', { name: 'View: Cloud machines' }).waitFor()

  const theirs = await screens.open('/assets/tenable', { userId: await person('bob', 'viewer') })
  await theirs.getByRole('button', { name: 'Views' }).click()
  await theirs.getByRole('menuitem', { name: /Cloud machines/ }).click()
  await theirs.waitForURL('**/assets/tenable?cloud=aws&sort=name')
  const found = await screens.count(assets(inAws))
  await theirs.getByText(`${grouped(found)} assets match this filter.`).waitFor()

  await theirs.getByRole('button', { name: 'View: Cloud machines' }).click()
  await theirs.getByRole('menuitem', { name: /^Change, share/ }).click()
  const dialog = theirs.getByRole('dialog', { name: 'Views' })
  expect(await dialog.getByRole('button', { name: 'Remove Cloud machines' }).count()).toBe(0)
  await dialog.getByRole('button', { name: 'Open the page with Cloud machines' }).click()
  await dialog.getByRole('button', { name: 'Open the page with Cloud machines', pressed: true }).waitFor()
  await expect
    .poll(() => screens.count('select count(*) from list_preference where default_view_id is not null'), patience)
    .toBe(1)
  // Also who is quicker than the answer that tells what one likes to see.
  await theirs.route('**/api/views/preferences', async route => {
    await new Promise(resolve => setTimeout(resolve, 300))
    await route.continue()
  })
  await theirs.goto('/')
  await theirs.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Assets' }).click()
  await theirs.waitForURL('**/assets/tenable?cloud=aws&sort=name')

  await mine.getByRole('button', { name: 'View: Cloud machines' }).click()
  await mine.getByRole('menuitem', { name: /^Change, share/ }).click()
  await mine.getByRole('button', { name: 'Change Cloud machines' }).click()
  await mine.getByRole('textbox', { name: 'Name' }).fill('In the cloud')
  await mine.getByRole('button', { name: 'Save', exact: true }).click()
  await mine.getByRole('button', { name: 'Remove In the cloud' }).click()
  await mine.getByText('No view is left.').waitFor()
  await expect.poll(() => screens.count('select count(*) from saved_view'), patience).toBe(0)
})

test('columns, their order and the filter are remembered for the person, not for another', async () => {
  const userId = await person('carl')
  const page = await screens.open('/assets/tenable', { userId })
  const headers = (of: Page) => table(of).getByRole('columnheader').allInnerTexts()
  await table(page).getByRole('columnheader', { name: 'Last seen' }).waitFor()
  await page.getByRole('button', { name: 'Columns' }).click()
  const chooser = page.getByRole('dialog', { name: 'Columns' })
  await chooser.getByRole('checkbox', { name: 'Operating system' }).click()
  await table(page).getByRole('columnheader', { name: 'Operating system' }).waitFor({ state: 'detached' })
  await chooser.getByRole('checkbox', { name: 'Tags' }).click()
  await table(page).getByRole('columnheader', { name: 'Tags' }).waitFor()
  await chooser.getByRole('checkbox', { name: 'Owner' }).focus()
  await page.keyboard.press('Alt+ArrowUp')
  await chooser.getByText(/^Owner is column/).waitFor()
  await chooser.getByRole('checkbox', { name: 'Owner' }).press('Escape')
  await chooser.waitFor({ state: 'detached' })
  const chosen = await headers(page)
  expect(chosen).toContain('Tags')
  expect(chosen).not.toContain('Operating system')
  expect(chosen.indexOf('Owner')).toBeLessThan(chosen.indexOf('Open findings'))
  await page.getByRole('combobox', { name: 'Name, address' }).fill('os:debian')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/assets/tenable?os=debian')
  await expect
    .poll(
      () => screens.count(`select count(*) from list_preference where user_id = ${userId} and filter = 'os=debian'`),
      patience,
    )
    .toBe(1)

  const again = await screens.open('/', { userId })
  await again.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Assets' }).click()
  await again.waitForURL('**/assets/tenable?os=debian')
  await table(again).getByRole('columnheader', { name: 'Tags' }).waitFor()
  await expect.poll(() => headers(again), patience).toEqual(chosen)
  await again.getByRole('button', { name: 'Columns' }).click()
  await again.getByRole('button', { name: 'Reset' }).click()
  await table(again).getByRole('columnheader', { name: 'Operating system' }).waitFor()

  const other = await screens.open('/assets/tenable', { userId: await person('dora') })
  await table(other).getByRole('columnheader', { name: 'Operating system' }).waitFor()
  expect(await headers(other)).not.toContain('Tags')
})

test('the palette leads to an asset by its address, a plugin, a CVE and a page, by keyboard alone', async () => {
  const page = await screens.open('/', { userId: await person('eve', 'viewer') })
  await page.getByText('open findings').first().waitFor()
  const jump = async (text: string, option: string | RegExp) => {
    await page.keyboard.press('Control+k')
    const box = page.getByRole('combobox', { name: 'Asset, plugin, CVE, page or action' })
    await box.and(page.locator(':focus')).waitFor()
    await page.keyboard.type(text)
    await page.getByRole('option', { name: option, selected: true }).waitFor()
    await page.keyboard.press('Enter')
    await box.waitFor({ state: 'detached' })
  }
  await jump('10.0.0.5', /srv-005/)
  await page.getByRole('complementary', { name: 'srv-005.example.com' }).waitFor()
  await jump('log4j', /Apache Log4j/)
  await page.waitForURL('**/vulnerabilities/tenable?plugin_id=100001')
  await page.getByRole('heading', { name: 'Vulnerabilities', level: 1 }).waitFor()
  await page.getByRole('table', { name: 'Findings', exact: true }).getByRole('link').first().waitFor()
  await jump('cve-2021-44228', 'CVE-2021-44228')
  await page.waitForURL('**/vulnerabilities/tenable?cve=CVE-2021-44228')
  await page.getByRole('table', { name: 'Findings', exact: true }).getByRole('link').first().waitFor()
  await jump('sync', 'Sync')
  await page.waitForURL('**/admin/tenable/sync')

  await page.keyboard.press('Control+k')
  await page.getByRole('option', { name: 'Sign out' }).waitFor()
  expect(await page.getByRole('option', { name: /Full sync of/ }).count()).toBe(0)
  expect(await page.getByRole('option', { name: 'People and roles' }).count()).toBe(0)
})

test('rows and cells are chosen and copied by keyboard, safe for spreadsheets', async () => {
  const page = await screens.open('/assets/tenable', { userId: await person('frank') })
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await table(page).getByRole('link').first().waitFor()
  for (const key of ['j', 'x', 'j', 'X']) await page.keyboard.press(key)
  await page.getByText('2 rows chosen').waitFor()
  await page.keyboard.press('c')
  await page.getByText('Copied 2 rows.').waitFor()
  const [header, first, second] = (await copied()).split('\n').map(line => line.split('\t'))
  expect(header?.slice(0, 3)).toEqual(['Name', 'Address', 'Operating system'])
  expect(first?.slice(0, 2)).toEqual(['srv-060.example.com', '10.0.0.60'])
  expect(second?.[2]).toBe("'=cmd|calc!A1")

  await page.keyboard.press('Escape')
  await page.getByText('2 rows chosen').waitFor({ state: 'detached' })
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('c')
  await page.getByText('Copied address.').waitFor()
  expect(await copied()).toBe('10.0.0.59')
})

test('an export has exactly the rows of the filter, with the columns shown when asked', async () => {
  const page = await screens.open('/assets/tenable?cloud=aws', { userId: await person('gina') })
  await table(page).getByRole('link').first().waitFor()
  await page.keyboard.press('e')
  const file = async (name: string) => {
    const href = await page.getByRole('menuitem', { name, exact: true }).getAttribute('href')
    return page.evaluate(address => fetch(address).then(answer => answer.text()), href ?? '')
  }
  const { rows } = await screens.database.query<{ name: string; ip: string }>(
    `select a.name, a.ipv4s[1] as ip from asset a where ${counted} and ${inAws} order by a.native_id`,
  )
  const whole = (await file('NDJSON'))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { name: string })
  expect(whole.map(row => row.name)).toEqual(rows.map(row => row.name))
  const shown = JSON.parse(await file('JSON, columns shown')) as { name: string; ipv4s: string[] }[]
  expect(shown.map(row => [row.name, row.ipv4s[0]])).toEqual(rows.map(row => [row.name, row.ip]))
  expect(Object.keys(shown[0] ?? {}).slice(0, 3)).toEqual(['name', 'ipv4s', 'ipv6s'])
  expect((await file('CSV, columns shown')).split('\r\n')).toHaveLength(rows.length + 2)
})

test('the chosen assets are synced now, in a run to follow; a viewer may not', async () => {
  const page = await screens.open('/assets/tenable', { userId: await person('hal') })
  await table(page).getByRole('checkbox', { name: 'Choose srv-060.example.com' }).click()
  await table(page)
    .getByRole('checkbox', { name: 'Choose srv-058.example.com' })
    .click({ modifiers: ['Shift'] })
  await page.getByText('3 rows chosen').waitFor()
  await page.getByRole('region', { name: 'Chosen rows' }).getByRole('button', { name: 'Sync now' }).click()
  const run = page.getByRole('status').getByRole('link', { name: /^Run \d+$/ })
  await run.waitFor()
  const id = Number((await run.textContent())?.replace('Run ', ''))
  expect(
    await screens.count(`select count(*) from run where run_id = ${id} and kind = 'targeted' and trigger = 'api'`),
  ).toBe(1)

  const viewer = await screens.open('/assets/tenable', { userId: await person('ida', 'viewer') })
  await table(viewer).getByRole('checkbox', { name: 'Choose all rows shown' }).click()
  const bar = viewer.getByRole('region', { name: 'Chosen rows' })
  await bar.getByRole('button', { name: 'Copy' }).waitFor()
  expect(await bar.getByRole('button', { name: /Sync/ }).count()).toBe(0)
})

test('every number of the cards is the database’s, and a door to its rows', async () => {
  const page = await screens.open('/assets/tenable', { userId: await person('jan') })
  const cards = page.getByRole('list', { name: 'The estate' })
  const doors = [
    { name: 'AWS', number: await screens.count(assets(inAws)) },
    { name: 'On premises', number: await screens.count(assets(`not (${inAws})`)) },
    {
      name: 'unlicensed',
      number: await screens.count("select count(*) from asset where status = 'live' and is_licensed is false"),
    },
    { name: 'deleted', number: await screens.count("select count(*) from asset where status = 'deleted'") },
  ]
  for (const { name, number } of doors) {
    await cards.getByRole('link', { name: `${grouped(number)} ${name}` }).click()
    await page.getByText(`${grouped(number)} assets match this filter.`).waitFor()
  }
  const withAgent = await screens.count(assets('a.has_agent'))
  await cards.getByRole('listitem').filter({ hasText: 'With an agent' }).getByRole('link').click()
  await page.getByText(`${grouped(withAgent)} assets match this filter.`).waitFor()
  const all = await screens.count(assets('true'))
  await cards.getByRole('link', { name: grouped(all), exact: true }).click()
  await page.getByText(`${grouped(all)} live assets.`).waitFor()
})

test('the menu of a row leads to its findings, and Enter on an open asset gives the whole page', async () => {
  const page = await screens.open('/assets/tenable', { userId: await person('kim') })
  await table(page).getByRole('button', { name: 'Actions of srv-060.example.com' }).click()
  await page.getByRole('menuitem', { name: 'Its findings' }).click()
  await page.waitForURL('**/vulnerabilities/tenable?asset_id=60')

  await page.goto('/assets/tenable/60')
  const details = page.getByRole('complementary', { name: 'srv-060.example.com' })
  await details.getByText('its first FQDN').waitFor()
  await details.getByText('nobody').waitFor()
  await page.keyboard.press('Enter')
  await details.getByRole('button', { name: 'Beside the list' }).waitFor()
  await details.getByText('Everything, as the API gives it').click()
  await details.getByRole('region', { name: 'Everything, as the API gives it' }).getByText('native-60').waitFor()
})
