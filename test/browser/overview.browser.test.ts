import { afterAll, beforeAll, expect, test } from 'vitest'
import { addEstate } from './estate.ts'
import { grouped, openScreens, type Screens } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
})
afterAll(() => screens.close())

/** The default count of design.md §3, in the test's own words. */
const counted = `a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false`
const open = `f.state <> 'fixed' and f.ended_at is null`
const findings = (condition: string) =>
  `select count(*) from finding f join asset a using (asset_id) where ${condition} and f.ended_at is null`

test('the sentence says what the database holds', async () => {
  const page = await screens.open('/')
  const total = await screens.count(findings(`${counted} and ${open}`))
  const critical = await screens.count(findings(`${counted} and ${open} and f.severity = 'critical'`))
  const affected = await screens.count(
    `select count(distinct asset_id) from finding f join asset a using (asset_id) where ${counted} and ${open}`,
  )
  await page
    .getByText(
      `${grouped(total)} open findings on ${affected} assets; ${grouped(critical)} critical. Complete 3 min ago.`,
    )
    .waitFor()
})

test('every number of the table equals SQL over the same filter, and opens that many rows', async () => {
  const page = await screens.open('/')
  const table = page.getByRole('table', { name: 'Findings by severity and state' })
  await table.waitFor()
  for (const severity of ['Critical', 'High', 'Medium', 'Low', 'Info']) {
    const expected: string[] = []
    for (const state of ['open', 'reopened', 'fixed']) {
      const number = findings(`${counted} and f.severity = '${severity.toLowerCase()}' and f.state = '${state}'`)
      expected.push(grouped(await screens.count(number)))
    }
    expect(await table.getByRole('row', { name: [severity, ...expected].join(' '), exact: true }).count()).toBe(1)
  }
  const fixed = await screens.count(findings(`${counted} and f.severity = 'high' and f.state = 'fixed'`))
  await table
    .getByRole('row', { name: /High/ })
    .getByRole('link', { name: grouped(fixed) })
    .last()
    .click()
  await page.waitForURL('**/vulnerabilities/tenable?severity=high&state=fixed')
  await page.getByText(`${grouped(fixed)} findings match this filter.`).waitFor()
})

test('the doors count what they open', async () => {
  const page = await screens.open('/')
  const kev = await screens.count(
    `select count(*) from finding f join asset a using (asset_id) join plugin p using (plugin_id)
     where ${counted} and ${open} and p.is_kev`,
  )
  await page.getByRole('link', { name: `KEV-listed ${grouped(kev)} exploited in the wild` }).click()
  await page.getByText(`${grouped(kev)} findings match this filter.`).waitFor()
})

test('what the default count leaves out is shown, and each number opens its rows', async () => {
  const page = await screens.open('/')
  const panel = page.getByRole('table', { name: 'Left out of the default count' })
  const unlicensed = await screens.count(findings(`a.is_licensed is false and a.status = 'live' and ${open}`))
  const gone = await screens.count(findings(`a.status <> 'live' and ${open}`))
  const row = panel.getByRole('row', { name: `Unlicensed 4 ${grouped(unlicensed)}`, exact: true })
  await row.waitFor()
  await panel.getByRole('row', { name: `Deleted 2 ${grouped(gone)}`, exact: true }).waitFor()
  await panel.getByRole('link', { name: grouped(gone), exact: true }).click()
  await page.getByText(`${grouped(gone)} findings match this filter.`).waitFor()
  await page.goBack()
  await row.getByRole('link', { name: '4', exact: true }).click()
  await page.getByText('4 assets match this filter.').waitFor()
})

test('the bars have their numbers as a description, and open their rows too', async () => {
  const page = await screens.open('/')
  const chart = page.locator('[aria-label*="Findings by severity and state. Open:"]')
  await chart.waitFor()
  const bar = chart.locator('path[fill="#a8124f"]').first()
  await bar.waitFor()
  const box = await bar.boundingBox()
  await page.mouse.move((box?.x ?? 0) + 10, (box?.y ?? 0) + 8)
  await page.getByText(/^Critical, Open: \d+$/).waitFor()
  await page.mouse.down()
  await page.mouse.up()
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical&state=open')
})

test('a stale source is said before the numbers', async () => {
  const old = await openScreens()
  try {
    await addEstate(old.database, { asOfMinutesAgo: 20 * 60 })
    const page = await old.open('/')
    await page.getByText('Head office is stale: complete as of 20 h ago').waitFor()
    await page.getByRole('button', { name: 'Sources: 0/1 fresh · 20 h ago' }).waitFor()
    expect(await page.getByRole('button', { name: 'Sync changes' }).isEnabled()).toBe(true)
  } finally {
    await old.close()
  }
})

test('a failed run says what, which and the remedy', async () => {
  const broken = await openScreens()
  try {
    await addEstate(broken.database, { lastRun: 'failed' })
    const page = await broken.open('/')
    await page.getByText('The last run of Head office failed').waitFor()
    await page.getByText('Give its user the Can View permission').waitFor()
    await page.getByRole('link', { name: 'See run 2' }).click()
    await page.getByRole('complementary', { name: /Run 2: Head office/ }).waitFor()
  } finally {
    await broken.close()
  }
})

test('a run at work shows each stream as it goes', async () => {
  const busy = await openScreens()
  try {
    await addEstate(busy.database, { lastRun: 'running' })
    const page = await busy.open('/')
    await page.getByText('41 of about 60 chunks, 20,500 rows').waitFor()
    await busy.database.query(
      `insert into export_chunk (export_job_id, part_id, detail, status, received, inserted)
       select max(export_job_id), '42', '{}', 'done', 700, 700 from export_job`,
    )
    await page.getByText('42 of about 60 chunks, 21,200 rows').waitFor()
  } finally {
    await busy.close()
  }
})
