import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { rebuildDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import { addEstate } from './estate.ts'
import { grouped, openScreens, patience, type Screens } from './screens.ts'

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
    await expect
      .poll(() => table.getByRole('row', { name: [severity, ...expected].join(' '), exact: true }).count(), patience)
      .toBe(1)
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

const joined = (condition: string) =>
  `select count(*) from finding f join asset a using (asset_id) join plugin p using (plugin_id)
   where ${counted} and ${open} and ${condition}`
const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)
const since = 'coalesce(f.resurfaced_date, f.first_found)'

const doors = [
  {
    name: 'New critical',
    where: () => `f.severity = 'critical' and f.first_found >= '${dayAgo(1)}T00:00:00Z'`,
    perDay: 'Critical found per day, 30 days',
  },
  {
    name: 'Overdue',
    where: () =>
      ['critical 15', 'high 30', 'medium 90', 'low 180']
        .map(limit => limit.split(' '))
        .map(([severity, days]) => `(f.severity = '${severity}' and ${since} < now() - interval '${days} days')`)
        .join(' or '),
    perDay: 'Fell due per day, 30 days',
  },
  { name: 'KEV-listed', where: () => 'p.is_kev', perDay: 'KEV-listed found per day, 30 days' },
  {
    name: 'Resurfaced',
    where: () => `f.state = 'reopened' and f.resurfaced_date >= '${dayAgo(7)}T00:00:00Z'`,
    perDay: 'Resurfaced per day, 30 days',
  },
] as const

test('the doors count what they open, each with its month', async () => {
  const page = await screens.open('/')
  for (const { name, where, perDay } of doors) {
    const number = await screens.count(joined(`(${where()})`))
    await page.getByRole('img', { name: new RegExp(`^${perDay}: `) }).waitFor()
    await page.getByRole('link', { name: new RegExp(`^${name} ${grouped(number)} `) }).click()
    await page.getByText(`${grouped(number)} findings match this filter.`).waitFor()
    await page.goBack()
  }
})

test('the trend of open findings ends with today’s, and its table has every day', async () => {
  await screens.database.query(`
insert into asset_event (asset_id, happened_at, run_id, source_id, is_licensed, is_tracked, kind, status, cause, after)
select asset_id, first_seen, 1, source_id, is_licensed, is_tracked, 'appeared', status, 'source', '{}' from asset`)
  await rebuildDailyTotals(screens.database)
  const page = await screens.open('/')
  await page.getByRole('button', { name: 'Open by severity: table' }).click()
  const table = page.getByRole('table', { name: 'Open by severity at the end of each day', exact: true })
  const numbers: number[] = []
  for (const severity of ['critical', 'high', 'medium', 'low', 'info']) {
    const { rows } = await screens.database.query<{ n: string }>(
      `select sum(findings)::text as n from daily_total
       where level = 'estate' and dimension = 'standing' and value = 'counted' and state <> 'fixed' and severity = $1
         and day = (select max(last_day) from daily_span)`,
      [severity],
    )
    numbers.push(Number(rows[0]?.n ?? 0))
  }
  const all = numbers.reduce((sum, n) => sum + n, 0)
  await table
    .getByRole('row')
    .nth(1)
    .filter({ hasText: [...numbers, all].map(grouped).join('') })
    .waitFor()
})

test('the top plugins are those that take away most, and their findings open', async () => {
  const page = await screens.open('/')
  const { rows } = await screens.database.query<{ plugin_id: number; findings: number }>(
    `select f.plugin_id, count(*)::integer as findings
     from finding f join asset a using (asset_id) join plugin p using (plugin_id)
     where ${counted} and ${open} and f.severity in ('critical', 'high')
     group by f.plugin_id order by count(*) * max(coalesce(p.vpr_score, p.cvss3_base_score, 0)) desc`,
  )
  const table = page.getByRole('table', { name: 'Top 10 by risk removed' })
  await table.waitFor()
  const shown = await table
    .getByRole('row')
    .evaluateAll(all => all.slice(1).map(row => row.querySelectorAll('td')[2]?.textContent))
  expect(shown).toEqual(rows.map(row => grouped(row.findings)))
  await table.getByRole('row').nth(1).getByRole('link').last().click()
  await page.getByText(`${grouped(rows[0]!.findings)} findings match this filter.`).waitFor()
})

test('a held sweep asks for a decision', async () => {
  await screens.database.query(
    `insert into sweep (run_id, source_id, status, reason, assets_live, findings_open, assets_aged_out, findings_asset_gone, findings_withdrawn)
     select max(run_id), min(source_id), 'held', 'More than 10 % would end.', 60, 1500, 12, 340, 2 from run`,
  )
  const page = await screens.open('/')
  await page.getByText('A sweep of Head office waits for a decision: it would end 12 assets and 342 findings').waitFor()
  await page.getByText('More than 10 % would end.').waitFor()
  await screens.database.query('delete from sweep')
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
  const chart = page.getByRole('img', { name: /^Findings by severity and state\. Open: [\d,]+\./ })
  const told = page.locator('title', { hasText: /^Critical, open: [\d,]+$/ })
  await chart.locator('rect').filter({ has: told }).click()
  await page.waitForURL('**/vulnerabilities/tenable?severity=critical&state=open')
})

test('a stale source is said before the numbers', async () => {
  const old = await openScreens()
  try {
    await addEstate(old.database, { asOfMinutesAgo: 20 * 60 })
    const page = await old.open('/')
    await page.getByText('Head office is stale: complete as of 20 h ago').waitFor()
    await page.getByRole('button', { name: 'Sources: 0/1 fresh · 20 h ago' }).waitFor()
    await expect.poll(() => page.getByRole('button', { name: 'Sync changes' }).isEnabled(), patience).toBe(true)
    await page.getByText(/^as of .*, stale/).waitFor()
    // What another source has is as old as that one.
    await addAnother(old.database)
    await page.reload()
    await page.getByText('Plant was never complete').waitFor()
    await page.getByText(/Complete 20 h ago, stale\.$/).waitFor()
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

/** One that no run has read. */
async function addAnother(database: Database): Promise<void> {
  await database.query(`
insert into source (tenant_id, name, kind, base_url, credentials, credentials_key_id, access_key_hint)
select tenant_id, 'Plant', 'tenable-vm', 'https://cloud.tenable.com', '\\x00', 'none', 'beef' from tenant`)
}
