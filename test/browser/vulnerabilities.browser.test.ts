import { readFile } from 'node:fs/promises'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addEstate, hostile } from './estate.ts'
import {
  changeTheme,
  expectNoBarriers,
  expectNoSidewaysScroll,
  grouped,
  openScreens,
  patience,
  type Screens,
  widths,
} from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
  await screens.database.query(`
update plugin
set cvss3_vector = 'CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H', cvss2_base_score = 9.3, cvss2_vector = 'AV:N/AC:M/Au:N/C:C/I:C/A:C',
    vpr = '{"score": 8.5, "drivers": {"age_of_vuln": {"lower_bound": 731}, "exploit_code_maturity": "FUNCTIONAL", "threat_sources_last28": ["<b>News</b>"]}}'
where plugin_id = 100001`)
  await screens.database.query(
    `insert into asset_group (asset_id, owner)
     select asset_id, case when asset_id % 2 = 0 then 'web-team' else $1 end from asset where asset_id % 5 <> 0`,
    [hostile.host],
  )
  await screens.database.query(
    `update finding_output set output = repeat('line of output' || chr(10), 20) || 'needle <b>here</b>' where asset_id = 4 and plugin_id = 100001`,
  )
})
afterAll(() => screens.close())

/** The default count of design.md §3, in the test's own words. */
const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false and f.ended_at is null`
const open = `f.state <> 'fixed'`
const count = (condition: string, of = 'count(*)') =>
  screens.count(
    `select ${of} from finding f join asset a using (asset_id) left join asset_group g using (asset_id)
     join plugin p using (plugin_id) where ${counted} and ${condition}`,
  )
/** Walks with Tab until it has the keyboard. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let steps = 0; steps < 60; steps += 1) {
    await page.keyboard.press('Tab')
    if (await wanted.evaluate(element => element === document.activeElement)) return
  }
  throw new Error('Tab does not reach it')
}
/** Walks down a menu until it has the keyboard. */
async function arrowTo(page: Page, wanted: Locator): Promise<void> {
  for (let steps = 0; steps < 10; steps += 1) {
    if (await wanted.evaluate(element => element === document.activeElement)) return
    await page.keyboard.press('ArrowDown')
  }
  throw new Error('the arrows do not reach it')
}
const wasRun = (page: Page) => page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)
const matching = (n: number) => `${grouped(n)} ${n === 1 ? 'finding matches' : 'findings match'} this filter.`
const tableOf = (page: Page, name: string) => page.getByRole('table', { name, exact: true })

test('by plugin: the numbers of each row equal SQL, and its findings open under the same filter', async () => {
  const page = await screens.open('/vulnerabilities/tenable?severity=critical&severity=high')
  await page.getByText('By plugin').click()
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical&severity=high&by=plugin')
  const table = tableOf(page, 'Findings by plugin')
  await table.waitFor()
  for (let plugin = 100_000; plugin < 100_006; plugin += 1) {
    const chosen = `${open} and f.severity in ('critical', 'high') and f.plugin_id = ${plugin}`
    const [findings, assets] = [await count(chosen), await count(chosen, 'count(distinct f.asset_id)')]
    const row = table.getByRole('row').filter({ has: page.getByRole('button', { name: `plugin ${plugin}` }) })
    await row.getByRole('link', { name: grouped(findings), exact: true }).waitFor()
    await expect.poll(() => row.getByText(grouped(assets), { exact: true }).count(), patience).toBeGreaterThan(0)
  }
  expect(await wasRun(page)).toBeUndefined()
  const log4j = await count(`${open} and f.severity in ('critical', 'high') and f.plugin_id = 100001`)
  await table
    .getByRole('row', { name: /Log4j/ })
    .getByRole('link', { name: grouped(log4j), exact: true })
    .click()
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical&severity=high&plugin_id=100001')
  await page.getByText(matching(log4j)).waitFor()
})

test('by plugin: a header sorts, says so, and the order is the database’s', async () => {
  const page = await screens.open('/vulnerabilities/tenable?by=plugin')
  const table = tableOf(page, 'Findings by plugin')
  await table.getByRole('button', { name: 'VPR' }).click()
  await page.waitForURL('**/vulnerabilities/tenable?by=plugin&plugin_sort=-vpr_score')
  await table.getByRole('row').nth(1).getByText('OpenSSL').waitFor()
  await table.getByRole('button', { name: 'VPR' }).click()
  await page.waitForURL('**/vulnerabilities/tenable?by=plugin&plugin_sort=vpr_score')
  const header = table.getByRole('columnheader', { name: 'VPR' })
  await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending')
  await table.getByRole('row').nth(1).getByText('<svg onload=').waitFor()
})

test('a row opens in place: remedy, exploitation, and whose assets they are, each number a door', async () => {
  const page = await screens.open('/vulnerabilities/tenable?by=plugin')
  await page.getByRole('button', { name: 'Remedy and owners of plugin 100001' }).press('Enter')
  await page.getByText('Update it.').waitFor()
  await page.getByRole('button', { name: 'Copy the solution' }).waitFor()
  const owners = tableOf(page, 'Owners of the assets with plugin 100001')
  const team = `${open} and f.plugin_id = 100001 and g.owner = 'web-team'`
  const [findings, assets] = [await count(team), await count(team, 'count(distinct f.asset_id)')]
  await owners.getByRole('row', { name: `web-team ${assets} ${findings}`, exact: true }).waitFor()
  await owners.getByText('web<img src=x').waitFor()
  await expectNoBarriers(page)
  await owners
    .getByRole('row', { name: /web-team/ })
    .getByRole('link')
    .click()
  await page.getByText(matching(findings)).waitFor()
  expect(await wasRun(page)).toBeUndefined()
})

test('by plugin: walked, opened in place, chosen, copied and exported by keyboard alone', async () => {
  const page = await screens.open('/vulnerabilities/tenable?by=plugin&plugin_sort=-vpr_score')
  const table = tableOf(page, 'Findings by plugin')
  await table.waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await expect
    .poll(() => table.getByRole('link', { name: /Log4j/ }).evaluate(one => one === document.activeElement))
    .toBe(true)
  await page.keyboard.press('o')
  await page.getByText('Update it.').waitFor()
  await page.keyboard.press('x')
  await page.getByText('1 row chosen').waitFor()
  await page.keyboard.press('c')
  await page.getByText('Copied 1 row.').first().waitFor()
  await page.keyboard.press('e')
  const shown = page.getByRole('menuitem', { name: 'CSV, columns shown' })
  await shown.waitFor()
  const [file] = await Promise.all([page.waitForEvent('download'), shown.press('Enter')])
  const [head, ...lines] = (await readFile(await file.path(), 'utf8')).trim().split('\r\n')
  expect(head).toMatch(/^severity,plugin_id,name,vpr_score/)
  expect(lines).toHaveLength(await count(open, 'count(distinct f.plugin_id)'))
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('dialog', { name: 'Columns' }).getByRole('checkbox', { name: 'Risk' }).click()
  await table.getByRole('columnheader', { name: 'Risk' }).waitFor()
})

test('main task, by keyboard alone: the KEV findings on one owner’s machines, found and exported', async () => {
  const page = await screens.open('/vulnerabilities/tenable')
  await page.getByText('open findings.').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('kev:true owner:web-team')
  await page.keyboard.press('Enter')
  const found = await count(`${open} and p.is_kev and g.owner = 'web-team'`)
  await page.getByText(matching(found)).waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('e')
  const csv = page.getByRole('menuitem', { name: 'CSV', exact: true })
  await csv.waitFor()
  await arrowTo(page, csv)
  const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
  const text = await readFile(await file.path(), 'utf8')
  expect(text.trim().split('\n')).toHaveLength(found + 1)
  expect(text).toContain('web-team')
})

test('the summary counts what the filter chooses: severities, new and fixed, time to fix', async () => {
  const page = await screens.open('/vulnerabilities/tenable?owner=web-team')
  const team = `g.owner = 'web-team'`
  const summary = page.getByRole('region', { name: 'Summary of the filter' })
  const words: string[] = []
  for (const severity of ['critical', 'high', 'medium', 'low', 'info']) {
    words.push(`${grouped(await count(`${open} and ${team} and f.severity = '${severity}'`))} ${severity}`)
  }
  await summary.getByRole('img', { name: `By severity: ${words.join(', ')}` }).waitFor()

  const since = `date_trunc('day', now() at time zone 'utc') at time zone 'utc' - interval '29 days'`
  const found = await count(`${team} and f.first_found >= ${since}`)
  const fixed = await count(`${team} and f.state = 'fixed' and f.last_fixed >= ${since}`)
  await summary.getByText(`${grouped(found)} new, ${grouped(fixed)} fixed since`).waitFor()
  await summary.getByRole('button', { name: 'New and fixed per day: table' }).click()
  const flow = tableOf(page, 'New and fixed per day')
  const day = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10)
  const that = (date: string) => `(${date} at time zone 'utc')::date = '${day}'`
  const ofDay = await count(`${team} and ${that('f.first_found')}`)
  const row = flow.getByRole('row', { name: new RegExp(`^${day} ${ofDay} `) })
  await row.waitFor()

  const days = 'percentile_cont(0.5) within group (order by extract(epoch from f.last_fixed - f.first_found) / 86400)'
  const median = await screens.count(
    `select round((${days})::numeric, 1) from finding f join asset a using (asset_id) join asset_group g using (asset_id)
     where ${counted} and ${team} and f.state = 'fixed' and f.last_fixed >= ${since} and f.last_fixed >= f.first_found`,
  )
  await summary.getByText(median.toLocaleString('en'), { exact: true }).first().waitFor()
  await summary.getByRole('link', { name: `${grouped(fixed)} fixes` }).click()
  await page.getByText(matching(fixed)).waitFor()
  await page.goBack()
  await row
    .getByRole('link', { name: grouped(ofDay), exact: true })
    .first()
    .click()
  await page.getByText(matching(ofDay)).waitFor()
})

test('the summary folds away, and stays so', async () => {
  const page = await screens.open('/vulnerabilities/tenable')
  const fold = page.getByRole('button', { name: 'Summary' })
  await page.getByRole('img', { name: /^By severity/ }).waitFor()
  await fold.click()
  await expect.poll(() => page.getByRole('img', { name: /^By severity/ }).count()).toBe(0)
  await page.reload()
  await page.getByText('open findings.').waitFor()
  await expect.poll(() => fold.getAttribute('aria-expanded'), patience).toBe('false')
})

test('the details of a plugin: vectors in words, drivers, history, assets, output searched and never run', async () => {
  const page = await screens.open('/vulnerabilities/tenable?by=plugin')
  await page.getByRole('link', { name: 'Apache Log4j remote code execution' }).click()
  await page.waitForURL('**/vulnerabilities/tenable/plugins/100001?by=plugin')
  const details = page.getByRole('complementary', { name: /Apache Log4j/ })
  const total = await count(`${open} and f.plugin_id = 100001`)
  const assets = await count(`${open} and f.plugin_id = 100001`, 'count(distinct f.asset_id)')
  await details.getByText(`${grouped(total)} open findings on ${assets} assets.`).waitFor()

  const metric = details.getByRole('button', { name: 'Attack vector: network' }).first()
  expect(
    await metric.evaluate(one => document.getElementById(one.getAttribute('aria-describedby') ?? '')?.textContent),
  ).toBe('From where the attacker can reach it (AV:N)')
  await metric.hover()
  await page.getByRole('tooltip').getByText('From where the attacker can reach it (AV:N)').waitFor()
  await details.getByText('731 days or more').waitFor()
  await details.getByText('<b>News</b>').first().waitFor()
  await details.getByRole('img', { name: new RegExp(`to ${grouped(total)} on \\d{4}`) }).waitFor()
  await details.getByText('Unchanged since it was first read.').waitFor()

  await details.getByRole('button', { name: 'Output on srv-004.example.com' }).click()
  const output = details.getByRole('region', { name: 'Output at 3/tcp' })
  await output.getByText('needle <b>here</b>').waitFor()
  await details.getByRole('searchbox', { name: 'Search in output at 3/tcp' }).fill('needle')
  await details.getByText('1 place').waitFor()
  await expect.poll(() => output.locator('mark').textContent(), patience).toBe('needle')
  await expectNoBarriers(page)
  await details.getByRole('button', { name: 'Close details' }).click()
  await page.waitForURL('**/vulnerabilities/tenable?by=plugin')
  expect(await wasRun(page)).toBeUndefined()
})

test('main task, by keyboard alone: why a number changed', async () => {
  const page = await screens.open('/')
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
  const fresh = await count(`${open} and f.severity = 'critical' and f.first_found >= '${yesterday}T00:00:00Z'`)
  await tabTo(page, page.getByRole('link', { name: new RegExp(`^New critical ${fresh} `) }))
  await page.keyboard.press('Enter')
  await page.getByText(matching(fresh)).waitFor()
  await tableOf(page, 'Findings').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const details = page.getByRole('complementary')
  await details.getByText('Opened, critical').waitFor()
  await details.getByRole('img', { name: /^State over time: open from/ }).waitFor()
  await tabTo(page, details.getByRole('link', { name: 'run 1' }).first())
  await page.keyboard.press('Enter')
  await page.getByRole('complementary', { name: /Run 1: Head office/ }).waitFor()
})

test('opened rows, tables of charts and details have no barriers in either theme', async () => {
  const page = await screens.open('/vulnerabilities/tenable?by=plugin')
  const expectNone = async () => {
    await expectNoBarriers(page)
    await changeTheme(page, 'dark')
    await expectNoBarriers(page, 'colours')
    await changeTheme(page, 'light')
  }
  await page.getByRole('button', { name: 'Remedy and owners of plugin 100001' }).click()
  await page.getByText('Update it.').waitFor()
  for (const chart of ['By severity', 'New and fixed per day', 'Time to fix']) {
    await page.getByRole('button', { name: `${chart}: table` }).click()
  }
  await tableOf(page, 'Time to fix by severity').waitFor()
  await expectNone()
  await page.getByRole('link', { name: 'Apache Log4j remote code execution' }).click()
  await page.getByText('Each finding over time').first().waitFor()
  await expectNone()
})

test('by plugin and its details fit a phone', async () => {
  const page = await screens.open('/vulnerabilities/tenable?by=plugin', { width: widths.phone })
  await page.getByRole('button', { name: 'Remedy and owners of plugin 100005' }).click()
  await page.getByText('Update it.').waitFor()
  await page.getByRole('button', { name: 'Summary' }).click()
  await page.getByRole('img', { name: /^By severity/ }).waitFor()
  await expectNoSidewaysScroll(page)
  await expectNoBarriers(page)
  await page.getByRole('link', { name: /Log4j/ }).click()
  await page.getByText('Each finding over time').first().waitFor()
  await expectNoSidewaysScroll(page)
  await expectNoBarriers(page)
})
