import { afterAll, beforeAll, expect, test } from 'vitest'
import { addEstate, hostile } from './estate.ts'
import { openScreens, type Screens } from './screens.ts'

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
  expect(await complete.textContent()).toContain('20,500')
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
  expect(await raw.textContent()).toContain(hostile.plugin.replaceAll('"', '\\"'))
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
  await page.getByText('42 of about 60 chunks, 21,200 rows').waitFor()
  await page.route('**/api/tenable/events', route => route.abort())
  await page.reload()
  await page.getByText('live connection lost; asking every 5 s').waitFor()
  await addChunk('43', 100)
  await page.getByText('43 of about 60 chunks, 21,300 rows').waitFor()
})

test('stopping says what will happen, and stops', async () => {
  const page = await screens.open('/admin/tenable/sync')
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  const one = page.getByRole('dialog', { name: 'Cancel run 2 of Head office?' })
  await one.getByText('The 21,300 rows read so far stay').waitFor()
  await one.getByRole('button', { name: 'Keep running' }).click()
  await expect.poll(() => one.count()).toBe(0)

  await page.getByRole('button', { name: 'Stop all' }).click()
  const all = page.getByRole('dialog', { name: 'Stop every run?' })
  await all.getByText('Run 2 of Head office: 21,300 rows read so far').waitFor()
  await all.getByRole('button', { name: 'Stop 1 run' }).click()
  await expect.poll(() => all.count()).toBe(0)
  await page.getByText('Stopping').first().waitFor()
  expect(await screens.count('select count(*) from run where cancel_requested_at is not null')).toBe(1)
})
