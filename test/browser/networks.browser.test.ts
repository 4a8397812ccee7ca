import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson } from '../support/accounts.ts'
import { addNetworks } from './directories.ts'
import { addEstate, hostile } from './estate.ts'
import { Looker, openScreens, patience, type Screens } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
  await addNetworks(screens.database)
})
afterAll(() => screens.close())

const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
const assets = (condition: string) => screens.count(`select count(*) from asset a where ${counted} and ${condition}`)
const rows = (page: Page, table: string) => page.getByRole('table', { name: table, exact: true }).getByRole('row')

test('networks are listed with what is in each, and each number opens it', async () => {
  const page = await screens.open('/networks')
  await page.getByText('3 networks.').waitFor()
  const own = rows(page, 'Networks').filter({ hasText: 'Default' })
  const inNetwork = await assets(`a.network_id = 'net-1'`)
  await own.getByRole('link', { name: '4', exact: true }).waitFor()
  await own.getByRole('link', { name: String(inNetwork), exact: true }).click()
  await page.getByText(`${inNetwork} assets match this filter.`).waitFor()

  await page.goto('/networks')
  const other = rows(page, 'Networks').filter({ hasText: hostile.plugin })
  const agents = await screens.count(`select count(*) from agent where network_id = 'net-2'`)
  await other.getByRole('link', { name: String(agents), exact: true }).click()
  await page.getByText(`${agents} agents match this filter.`).waitFor()
})

test('a network has its subnets, its machines with several addresses and its sensors, drawn and in tables', async () => {
  const page = await screens.open('/networks/1-net-1')
  const details = page.getByRole('complementary', { name: 'Default' })
  const subnets = await screens.count(`
select count(distinct subnet) from (
  select network(set_masklen(i::inet, 24)) as subnet from asset a, unnest(a.ipv4s) as i where a.network_id = 'net-1' and ${counted}
  union all
  select network(set_masklen(i::inet, 64)) from asset a, unnest(a.ipv6s) as i where a.network_id = 'net-1' and ${counted}
) as s`)
  await details.getByText(`in ${subnets} subnets`).waitFor()
  await expect.poll(() => rows(page, 'Subnets').count(), patience).toBe(subnets + 1)
  const machines = await assets(
    `a.network_id = 'net-1' and (a.asset_id in (1, 3) or cardinality(a.ipv4s || a.ipv6s) > 1)`,
  )
  await details.getByText(`${machines} machines with several addresses or interfaces`).waitFor()
  const listed = details.getByRole('list', { name: 'Machines with several addresses or interfaces' })
  await expect.poll(() => listed.getByRole('listitem').count(), patience).toBe(machines)
  await details.locator(`[aria-label*="Graph of the network"]`).waitFor()
  await rows(page, 'Scanners of the network').nth(4).waitFor()
  await rows(page, 'Scanners of the network').filter({ hasText: 'Scanner 3' }).getByText('off').waitFor()

  const subnet = rows(page, 'Subnets').filter({ hasText: '10.0.1.0/24' })
  const inSubnet = await assets(
    `a.network_id = 'net-1' and exists (select from unnest(a.ipv4s) as i where i::inet <<= '10.0.1.0/24')`,
  )
  await subnet.getByRole('link', { name: String(inSubnet), exact: true }).click()
  await page.waitForURL(/subnet=10\.0\.1\.0%2F24/)
  await page.getByText(`${inSubnet} assets match this filter.`).waitFor()
})

test('how large a subnet is is in the address', async () => {
  const page = await screens.open('/networks/1-net-1')
  const details = page.getByRole('complementary', { name: 'Default' })
  await details.getByRole('textbox', { name: 'IPv4 subnets' }).fill('/8')
  await page.waitForURL('**/networks/1-net-1?ipv4_prefix=8')
  await rows(page, 'Subnets').filter({ hasText: '10.0.0.0/8' }).waitFor()
  const whole = await assets(`a.network_id = 'net-1'`)
  await rows(page, 'Subnets')
    .filter({ hasText: '10.0.0.0/8' })
    .getByRole('link', { name: String(whole), exact: true })
    .waitFor()
})

test('scanners and agents are counted, chosen and sorted', async () => {
  const page = await screens.open('/networks?tab=scanners')
  await page.getByText('4 scanners.').waitFor()
  await rows(page, 'Scanners').filter({ hasText: 'web<img' }).waitFor()
  await page.goto('/networks?tab=agents&status=off')
  const off = await screens.count(`select count(*) from agent where status = 'off'`)
  await page.getByText(`${off} agents match this filter.`).waitFor()
  await page.goto('/networks?tab=agents')
  await page.getByRole('columnheader', { name: 'Last heard of' }).getByRole('button').click()
  await page.waitForURL('**/networks?tab=agents&sort=-last_connect_at')
  await rows(page, 'Agents').nth(1).getByText('agent-002').waitFor()
  expect(await page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)).toBeUndefined()
})

test('a tag has its assets, now and on a day', async () => {
  const page = await screens.open('/networks?tab=tags')
  const tagged = await assets(
    `a.asset_id in (select asset_id from asset_tag where tag_key = 'Env' and tag_value = 'Prod')`,
  )
  await rows(page, 'Tags').filter({ hasText: 'Env: Prod' }).getByText(String(tagged), { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Env: Prod' }).click()
  const details = page.getByRole('complementary', { name: 'Env: Prod' })
  await details.getByRole('link', { name: `${tagged} assets` }).waitFor()
  const members = details.getByRole('list', { name: 'Assets with the tag' }).getByRole('listitem')
  await expect.poll(() => members.count()).toBe(tagged)
  await details.getByLabel('On').fill('2020-01-01')
  await page.waitForURL(/as_of=2020-01-01/)
  await details.getByText('No asset is known to have had it then.').waitFor()
})

test('whose role is narrowed to a tag is told why there is nothing', async () => {
  const userId = await addPerson(screens.database, 'viewer', [{ role: 'viewer', tenantId: null, tags: ['Env:Prod'] }])
  const page = await screens.open('/networks', { userId })
  await page.getByText('0 networks.').waitFor()
  await page.getByText('of the sources that your role reaches whole').waitFor()
})

// A list is opened as one left it: who has left none sees it whole.
test('a network is opened and left by keyboard alone', async () => {
  const page = await screens.open('/', { userId: await addPerson(screens.database, 'ann') })
  await page
    .getByText(/open findings/)
    .first()
    .waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('n')
  await rows(page, 'Networks').nth(1).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const details = page.getByRole('complementary', { name: 'Default' })
  await details.getByText('The network').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => details.count()).toBe(0)
})

const views = [
  { path: '/networks', ready: '3 networks.' },
  { path: '/networks/1-net-1', ready: 'The network' },
  { path: '/networks/1-net-3', ready: 'No asset of the network has an address.' },
  { path: '/networks?tab=scanners', ready: '4 scanners.' },
  { path: '/networks?tab=agents', ready: /\d of \d+ shown/ },
  { path: '/networks?tab=tags', ready: '2 tags.' },
  { path: '/networks/tags/1-t-1', ready: 'have it now.' },
  { path: '/networks/1-nothing', ready: 'There is no network 1-nothing.' },
] as const

const looker = new Looker()

for (const { path, ready } of views) {
  test(`${path} has no barriers in either theme, and fits a phone`, async () => {
    await looker.expectFit(screens, path, page => page.getByText(ready).first().waitFor())
  })
}
