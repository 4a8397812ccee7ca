import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addPerson, wholeRole } from '../support/accounts.ts'
import { addSecondSource } from './devices-estate.ts'
import { addEstate } from './estate.ts'
import { grouped, Looker, openScreens, patience, type Screens } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
  await addSecondSource(screens.database)
})
afterAll(() => screens.close())

const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
const devices = (condition = 'true') =>
  screens.count(
    `select count(*) from (select count(*) as records from device_asset m join asset a using (asset_id) where ${counted} group by device_id) as d where ${condition}`,
  )
const onceOpen = () =>
  screens.count(
    `select count(*) from (select distinct m.device_id, f.plugin_id, f.port, f.protocol, f.instance
     from device_asset m join asset a using (asset_id) join finding f using (asset_id)
     where ${counted} and f.state <> 'fixed' and f.ended_at is null) as o`,
  )
const deviceOf = (assetId: number) => screens.count('select device_id from device_asset where asset_id = $1', [assetId])
const rows = (page: Page, table: string) => page.getByRole('table', { name: table, exact: true }).getByRole('row')

test('devices are counted as the database has them, found by their records, and shown day by day', async () => {
  const page = await screens.open('/devices')
  const [all, shared, open] = [await devices(), await devices('records > 1'), await onceOpen()]
  expect(shared).toBe(4)
  await page
    .getByText(`${grouped(all)} devices, ${shared} of them of several records; ${grouped(open)} open findings, each`)
    .waitFor()
  await page.getByRole('link', { name: 'Review (2)' }).waitFor()
  const table = page.getByRole('table', { name: 'Devices', exact: true })
  await page.getByRole('button', { name: 'Open findings of the estate: table' }).click()
  const days = rows(page, 'Open findings of the estate at the end of each day')
  expect((await days.nth(1).getByRole('cell').allInnerTexts()).at(-2)).toBe(grouped(open))
  await page.getByRole('button', { name: 'Devices: table' }).click()
  const machines = rows(page, 'Devices at the end of each day')
  await expect.poll(() => machines.nth(1).getByRole('cell').first().textContent(), patience).toBe(grouped(all))

  const box = page.getByRole('combobox', { name: 'Name, address or id of a record' })
  await box.fill('records:>1')
  await box.press('Enter')
  await page.waitForURL('**/devices?records_min=2')
  await page.getByText('4 devices match this filter.').waitFor()
  await table.getByRole('columnheader', { name: 'Confidence' }).getByRole('button').click()
  await page.waitForURL(/sort=-?confidence/)
  await page.getByRole('button', { name: 'Export devices' }).click()
  await page.getByRole('menuitem', { name: 'CSV', exact: true }).waitFor()
})

test('a pair in review is said to be one device, and that is taken back', async () => {
  const page = await screens.open('/devices?tab=review')
  const pairs = page.getByRole('list', { name: 'Pairs to review' })
  await pairs.locator(':scope > li').nth(1).waitFor()
  await expect.poll(() => pairs.locator(':scope > li').count(), patience).toBe(2)
  const pair = pairs.getByRole('listitem', { name: /dc-5/ })
  await pair.getByText('FQDN').waitFor()
  await pair.getByRole('button', { name: 'One device' }).click()
  await page.getByText(/dc-5 .* are one device\./).waitFor()
  expect(await deviceOf(5)).toBe(await deviceOf(105))
  await page.getByRole('link', { name: 'Review (1)' }).waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('link', { name: 'Review (2)' }).waitFor()
  expect(await deviceOf(5)).not.toBe(await deviceOf(105))

  await page.getByRole('link', { name: 'Decisions' }).click()
  await rows(page, 'Decisions').nth(1).getByText('taken back').waitFor()
  expect(
    await screens.count("select count(*) from audit_event where action in ('device.merged', 'device.decision_undone')"),
  ).toBe(2)
})

test('a device says why it is one, and shows each finding once with both witnesses', async () => {
  const page = await screens.open(`/devices/${await deviceOf(4)}`)
  const details = page.getByRole('complementary')
  await details.getByText(/2 records of 2 sources/).waitFor()
  await rows(page, 'Records').nth(2).getByRole('link', { name: 'dc-4' }).waitFor()
  await details.getByRole('img', { name: /^2 records and \d+ things that join or part them/ }).waitFor()
  const evidence = rows(page, 'Evidence').nth(1)
  await evidence.getByText('MAC address').waitFor()
  await evidence.getByText('Agent UUID').waitFor()
  const once = await screens.count(
    `select count(distinct (plugin_id, port, protocol)) from finding where asset_id in (4, 104) and state <> 'fixed' and ended_at is null`,
  )
  await details.getByText(new RegExp(`^${once} open findings, reported \\d+ times`)).waitFor()
  await expect.poll(() => rows(page, 'Findings of the device').count(), patience).toBe(once + 1)
  const both = rows(page, 'Findings of the device').filter({ hasText: '1/tcp' }).first()
  await both.getByText('Fixed').waitFor()
  await both.getByRole('link', { name: 'Data centre' }).waitFor()
  await both.getByRole('link', { name: 'Head office' }).waitFor()

  await page.goto(`/devices/${await deviceOf(3)}`)
  await rows(page, 'Evidence').nth(1).getByText('different agent UUIDs').waitFor()
})

test('an asset leads to its device, and the overview to all of them', async () => {
  // Assets 4 and 104 are one machine.
  const id = await deviceOf(4)
  const page = await screens.open('/assets/tenable/4')
  await page.getByText(`device ${id}, with 1 other record`).waitFor()
  await page.getByRole('link', { name: `device ${id}`, exact: true }).click()
  await page.waitForURL(`**/devices/${id}`)
  await page.goto('/')
  const counts = page.getByRole('table', { name: 'Assets of the default count', exact: true })
  const line = counts.getByRole('row', { name: 'Devices, over all sources' })
  await line.getByRole('link', { name: grouped(await devices()), exact: true }).click()
  await page.waitForURL('**/devices')
})

test('records are split off and two devices are merged, each taken back; a viewer only looks', async () => {
  const device = await deviceOf(2)
  const page = await screens.open(`/devices/${device}`)
  const details = page.getByRole('complementary')
  await details.getByRole('button', { name: 'Split records off…' }).click()
  const split = page.getByRole('dialog', { name: 'Split records off' })
  await split.getByRole('checkbox', { name: 'dc-2' }).check()
  await split.getByRole('textbox', { name: 'Why (optional)' }).fill('another chassis')
  await split.getByRole('button', { name: 'Split 1 record off' }).click()
  await details.getByText('1 record split off').waitFor()
  expect(await deviceOf(102)).not.toBe(await deviceOf(2))
  await details.getByText(/^Device \d+: 1 record of 1 source/).waitFor()
  await details.getByRole('button', { name: 'Undo', exact: true }).click()
  await details.getByText(/2 records of 2 sources/).waitFor()

  await details.getByRole('button', { name: 'Merge with another device…' }).click()
  const merge = page.getByRole('dialog', { name: 'Merge with another device' })
  await merge.getByRole('textbox', { name: 'The other device' }).fill('10.0.0.7')
  await merge
    .getByRole('radio', { name: /srv-007/ })
    .first()
    .check()
  await merge.getByText('All 3 records become one device').waitFor()
  await merge.getByRole('button', { name: 'Merge', exact: true }).click()
  await details.getByText(/3 records of 2 sources/).waitFor()
  const standing = 'select count(*) from device_decision where undone_at is null'
  await expect.poll(() => screens.count(standing), patience).toBe(2)
  await details
    .getByRole('button', { name: /^Undo decision/ })
    .first()
    .click()
  await details.getByText(/2 records of 2 sources/).waitFor()
  await expect.poll(() => screens.count(standing), patience).toBe(0)

  const viewer = await screens.open(`/devices/${device}`, {
    userId: await addPerson(screens.database, 'looker', wholeRole('viewer')),
  })
  await viewer.getByText(/^Merging and splitting needs the role/).waitFor()
  expect(await viewer.getByRole('button', { name: /^(Merge|Split|One device|Undo)/ }).count()).toBe(0)
})

const views = [
  { name: 'the list', path: () => '/devices', ready: /of several records/ },
  { name: 'review', path: () => '/devices?tab=review', ready: 'that they are one device' },
  { name: 'decisions', path: () => '/devices?tab=decisions', ready: 'taken back' },
  { name: 'a device', path: async () => `/devices/${await deviceOf(3)}`, ready: 'Open findings, each once' },
  { name: 'one in review', path: async () => `/devices/${await deviceOf(6)}`, ready: 'May belong to it' },
  { name: 'no device', path: () => '/devices?q=no-such-device', ready: 'No devices match' },
  { name: 'an error', path: () => '/devices/4711', ready: 'There is no' },
]

const looker = new Looker()

for (const { name, path, ready } of views) {
  test(`${name} has no barriers in either theme, and fits a phone`, async () => {
    await looker.expectFit(screens, await path(), async page => {
      await page.getByText(ready).first().waitFor()
      expect(await page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)).toBeUndefined()
    })
  })
}
