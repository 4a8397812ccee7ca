import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPerson, wholeRole } from '../support/accounts.ts'
import { addConsole } from './console-estate.ts'
import { addEstate, hostile } from './estate.ts'
import { grouped, openScreens, patience, type Screens } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database, { lastRun: 'running' })
})
afterAll(() => screens.close())

async function addChunk(part: string, rows: number): Promise<void> {
  await screens.database.query(
    `insert into export_chunk (export_job_id, part_id, detail, status, received, inserted)
     select max(export_job_id), $1, '{}', 'done', $2, $2 from export_job`,
    [part, rows],
  )
}

test('runs are listed with what they read, and each opens with its streams and log', async () => {
  const page = await screens.open('/admin/tenable/sync')
  await page.getByText('1 run working; 1 of 1 source fresh, complete as of 3 min ago.').waitFor()
  const complete = page.getByRole('table', { name: 'Runs' }).getByRole('row', { name: /Complete/ })
  await expect.poll(() => complete.textContent(), patience).toContain('20,500')
  await complete.getByRole('link', { name: '1', exact: true }).click()
  await page.waitForURL('**/admin/tenable/sync/1')
  const details = page.getByRole('complementary', { name: 'Run 1: Head office, full' })
  await details.getByText('The source clamped the window to 90 days.').first().waitFor()
  await details
    .getByRole('table', { name: 'Streams' })
    .getByRole('row', { name: /findings/ })
    .waitFor()
  await details.getByRole('heading', { name: 'Log' }).waitFor()
})

test('rejected records show the reason and the text as received', async () => {
  const page = await screens.open('/admin/tenable/sync')
  await page.getByRole('tab', { name: 'Rejected (1)' }).click()
  await page.waitForURL('**/admin/tenable/sync?tab=rejected')
  await page.getByText('plugin.id is missing').click()
  const raw = page.getByRole('region', { name: 'Record as received' })
  await raw.waitFor()
  await expect.poll(() => raw.textContent(), patience).toContain(hostile.plugin.replaceAll('"', '\\"'))
  expect(await page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)).toBeUndefined()
  await page.getByRole('tab', { name: 'Odd (1)' }).click()
  await page.getByText('is before first_found').waitFor()
})

test('a list waits with new rows until they are asked for', async () => {
  const page = await screens.open('/vulnerabilities/tenable')
  await page.getByText('open findings.').waitFor()
  await page.getByRole('button', { name: /syncing now/ }).waitFor()
  await addChunk('42', 700)
  await page.getByText('700 findings written since this list was read').waitFor()
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await expect.poll(() => page.getByText('written since this list was read').count()).toBe(0)
})

test('when the stream of events breaks, progress is asked for', async () => {
  const page = await screens.open('/admin/tenable/sync')
  await page.getByText('42 of about 60 chunks, 21,200 rows', { exact: true }).waitFor()
  await page.route('**/api/tenable/events', route => route.abort())
  await page.reload()
  await page.getByText('live connection lost; asking every 5 s').waitFor()
  await addChunk('43', 100)
  await page.getByText('43 of about 60 chunks, 21,300 rows', { exact: true }).waitFor()
})

test('stopping says what will happen, and stops, by keyboard alone', async () => {
  const page = await screens.open('/admin/tenable/sync')
  await page.getByRole('button', { name: 'Cancel', exact: true }).press('Enter')
  const one = page.getByRole('dialog', { name: 'Cancel run 2 of Head office?' })
  await one.getByText('The 21,300 rows read so far stay').waitFor()
  await page.keyboard.press('Escape')
  await one.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Stop all' }).press('Enter')
  const all = page.getByRole('dialog', { name: 'Stop every run?' })
  await all.getByText('Run 2 of Head office: 21,300 rows read so far').waitFor()
  // What keeps running has the keyboard first.
  await page.keyboard.press('Tab')
  await expect
    .poll(() => all.getByRole('button', { name: 'Stop 1 run' }).evaluate(one => one === document.activeElement))
    .toBe(true)
  await page.keyboard.press('Enter')
  await all.waitFor({ state: 'detached' })
  await page.getByText('Stopping').first().waitFor()
  await expect
    .poll(() => screens.count('select count(*) from run where cancel_requested_at is not null'), patience)
    .toBe(1)
})

describe('the console of an operator', () => {
  let desk: Screens
  beforeAll(async () => {
    desk = await openScreens()
    await addEstate(desk.database)
    await addConsole(desk.database)
  })
  afterAll(() => desk.close())

  test('a lane for each source says how it does, how fresh it is, what comes next and how it is called', async () => {
    const page = await desk.open('/admin/tenable/sync')
    const lane = page.getByRole('listitem', { name: 'Source Head office' })
    await lane.getByText('Healthy').waitFor()
    await lane.getByText(/old; stale after 8 h/).waitFor()
    await lane.getByText(/^In 2 h( \d min)?: changes/).waitFor()
    const calls = await desk.count(
      `select calls from source_call where source_id = 1 and hour = (select max(hour) from source_call)`,
    )
    await lane.getByText(`${grouped(calls)} of `).waitFor()
    const other = page.getByRole('listitem', { name: /^Source Plant/ })
    await other.getByText('as the environment says').waitFor()
    const upcoming = page.getByRole('table', { name: 'Queue and upcoming' })
    await upcoming
      .getByRole('row', { name: /Head office.*schedule changes/ })
      .first()
      .waitFor()
  })

  test('changes are read more often with one choice, and a source is paused and resumed', async () => {
    const page = await desk.open('/admin/tenable/sync')
    await page.getByRole('combobox', { name: 'How often changes of Head office are read' }).click()
    await page.getByRole('option', { name: 'Every 2 hours' }).click()
    const hours = () => desk.count(`select interval_hours from schedule where source_id = 1 and name = 'changes'`)
    await expect.poll(hours).toBe(2)
    await page.getByRole('button', { name: 'Pause Head office' }).click()
    const lane = page.getByRole('listitem', { name: 'Source Head office' })
    await lane.getByText('Paused: none.').waitFor()
    await lane.getByText('Nothing starts by itself').waitFor()
    await expect
      .poll(() => desk.count('select count(*) from source_health where paused_at is not null'), patience)
      .toBe(1)
    await page.getByRole('button', { name: 'Resume Head office' }).click()
    await lane.getByText('Healthy').waitFor()
  })

  test('the history is filtered in the address, and each number is that of the rows', async () => {
    const page = await desk.open('/admin/tenable/sync?status=failed')
    const failed = await desk.count(`select count(*) from run where status = 'failed'`)
    await page.getByText(`${grouped(failed)} runs`, { exact: true }).waitFor()
    expect(
      await page
        .getByRole('table', { name: 'Runs' })
        .getByRole('row', { name: /Failed/ })
        .count(),
    ).toBe(failed)
    await page.getByRole('combobox', { name: 'Started by' }).click()
    await page.getByRole('option', { name: 'Schedule' }).click()
    await page.waitForURL(/status=failed.*trigger=schedule/)
    const scheduled = await desk.count(`select count(*) from run where status = 'failed' and trigger = 'schedule'`)
    await page.getByText(scheduled === 1 ? '1 run' : `${grouped(scheduled)} runs`, { exact: true }).waitFor()
    const from = new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10)
    await page.goto(`/admin/tenable/sync?started_from=${from}&source_id=1`)
    const recent = await desk.count(`select count(*) from run where source_id = 1 and started_at >= $1::timestamptz`, [
      `${from}T00:00:00Z`,
    ])
    await page.getByText(`${grouped(recent)} runs`, { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    const all = await desk.count('select count(*) from run')
    await page.getByText(`${grouped(all)} runs`, { exact: true }).waitFor()
  })

  test('charts have the numbers of the runs, as a table and as CSV, and a bar opens its run', async () => {
    const page = await desk.open('/admin/tenable/sync?tab=charts')
    const panel = page.getByRole('region', { name: 'Rows read' })
    await panel.getByText('Table').click()
    const table = panel.getByRole('table', { name: 'Rows read' })
    const rows = await desk.count('select count(*) from run where started_at is not null')
    await expect.poll(() => table.getByRole('row').count()).toBe(rows + 1)
    const download = page.waitForEvent('download')
    await panel.getByRole('button', { name: 'CSV of Rows read' }).click()
    const text = await readFile(await (await download).path(), 'utf8')
    const sum = text
      .trimEnd()
      .split('\r\n')
      .slice(1)
      .reduce((total, line) => total + Number(line.split(',').at(-1)), 0)
    expect(sum).toBe(await desk.count('select sum(received) from export_chunk'))
    await page.getByRole('region', { name: 'Use of the rate limit, Head office' }).getByText('Table').click()
    const hours = await desk.count('select count(*) from source_call')
    const limit = page.getByRole('table', { name: 'Use of the rate limit, Head office' })
    await expect.poll(() => limit.getByRole('row').count(), patience).toBe(hours + 1)
    await table.getByRole('link', { name: '1', exact: true }).click()
    await page.getByRole('complementary', { name: /^Run 1:/ }).waitFor()
  })

  test('a run of some streams is started, one is run again, and what failed is made up for once', async () => {
    const page = await desk.open('/admin/tenable/sync')
    await page.getByRole('button', { name: 'Custom run of Head office' }).click()
    const dialog = page.getByRole('dialog', { name: 'A run of Head office' })
    await dialog.getByLabel('Findings').uncheck()
    await dialog.getByLabel('Tags').check()
    await dialog.getByRole('button', { name: 'Start the run' }).click()
    await expect.poll(() => dialog.count()).toBe(0)
    const waiting = `select count(*) from run where status = 'pending' and kind = 'delta' and streams = array['assets', 'tags']`
    await expect.poll(() => desk.count(waiting), patience).toBe(1)
    await page.getByRole('table', { name: 'Queue and upcoming' }).getByText('waiting since').waitFor()
    await desk.database.query(`update run set status = 'cancelled', finished_at = now() where status = 'pending'`)

    await page.getByRole('button', { name: 'Retry all failed' }).click()
    await page.getByText(/(Nothing to make up for in the last 7 days\.|\d runs? queued\.)/).waitFor()
    await desk.database.query(`update run set status = 'cancelled', finished_at = now() where status = 'pending'`)
    await page.goto('/admin/tenable/sync?status=failed')
    await page
      .getByRole('button', { name: /^Run \d+ again$/ })
      .first()
      .click()
    await expect
      .poll(() => desk.count(`select count(*) from run where status = 'pending'`), { timeout: 30_000 })
      .toBe(1)
    await desk.database.query(`update run set status = 'cancelled', finished_at = now() where status = 'pending'`)
  })

  test('a held sweep says what it would end, with examples, and is decided in exact words', async () => {
    const page = await desk.open('/admin/tenable/sync')
    const held = page.getByRole('listitem', { name: 'Sweep of run 1' })
    const gone = await desk.count(`select count(*) from sweep_finding where cause = 'asset_gone'`)
    const withdrawn = await desk.count(`select count(*) from sweep_finding where cause = 'withdrawn'`)
    const what = `3 assets and ${grouped(gone + withdrawn)} findings`
    await held.getByText(`Head office: ${what} would end`).waitFor()
    await held.getByText(`${grouped(gone)} findings`, { exact: true }).waitFor()
    await held.getByRole('button', { name: 'Show examples' }).click()
    await held.getByRole('row', { name: /srv-010.*asset aged out/ }).waitFor()
    await held.getByText(`The first 20 of ${grouped(3 + gone + withdrawn)}.`).waitFor()
    await held.getByRole('button', { name: 'End them' }).click()
    const ending = page.getByRole('dialog', { name: `End ${what} of Head office?` })
    await ending.getByText('None is called fixed, their history stays').waitFor()
    await ending.getByRole('button', { name: 'Decide later' }).click()
    await held.getByRole('button', { name: 'Leave everything' }).click()
    const leaving = page.getByRole('dialog', { name: `Leave ${what} of Head office as they are?` })
    await leaving.getByRole('button', { name: 'Leave everything as it is' }).click()
    await expect.poll(() => held.count()).toBe(0)
    await expect.poll(() => desk.count(`select count(*) from sweep where status = 'rejected'`), patience).toBe(1)
    await page.getByRole('tab', { name: 'Sweeps' }).click()
    await page.getByRole('row', { name: /left as it was/ }).waitFor()
  })

  test('who may only look has no buttons, and is told why', async () => {
    const viewer = await addPerson(desk.database, 'a viewer', wholeRole('viewer'))
    const page = await desk.open('/admin/tenable/sync', { userId: viewer })
    await page.getByText('Starting, pausing and stopping runs needs the role Operator. Your role is Viewer').waitFor()
    await page.getByRole('table', { name: 'Runs' }).waitFor()
    for (const name of ['Full sync', 'Pause Head office', 'Retry all failed', 'Custom run of Head office']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    }
    await page.getByRole('tab', { name: /^Rejected/ }).click()
    await page.getByText('It can be granted by').waitFor()
  })
})
