import { expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/index.ts'
import { expectNoBarriers, grouped, openScreens, patience } from './screens.ts'

test('from two keys to the first complete sync, with nothing of the keys left on the page', async () => {
  const simulator = await startSimulator({ assets: 40, findings: 800, clock: 'real' })
  const screens = await openScreens({ withEngine: true })
  try {
    const page = await screens.open('/')
    await page.getByText('Connect Tenable to start').waitFor()
    await page.getByText('New keys end the old pair at once.').waitFor()
    await page.getByRole('link', { name: 'Vulnerabilities' }).click()
    await page.getByText('Nothing has been read yet.').waitFor()
    await page.goBack()

    await page.getByLabel(/^Access key/).fill('wrong')
    await page.getByLabel(/^Secret key/).fill('wrong')
    await page.getByLabel('Address').fill(simulator.url)
    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByRole('alert').waitFor()

    await page.getByLabel(/^Access key/).fill(simulator.accessKey)
    await page.getByLabel(/^Secret key/).fill(simulator.secretKey)
    await page.getByRole('button', { name: 'Test connection' }).click()
    const rights = page.getByRole('list', { name: 'What the key may do' })
    await rights.getByText('findings export').waitFor()
    await page.getByRole('button', { name: 'Save and go on' }).click()

    const scope = page.getByRole('form', { name: 'Scope' })
    for (const severity of ['Critical', 'High', 'Medium', 'Low']) await scope.getByLabel(severity).check()
    await scope.getByRole('button', { name: 'Save the scope' }).click()
    await page.getByRole('button', { name: 'Start the first sync within the scope' }).click()
    await page.getByText(/^Everything was read: /).waitFor({ timeout: 60_000 })
    await page.getByText(/^The store is sound: /).waitFor({ timeout: 60_000 })
    const { rows } = await screens.database.query<{ checks: number }>('select checks from verification')
    await page.getByText(`The store is sound: ${rows[0]?.checks} checks passed`).waitFor()
    await expectNoBarriers(page)
    await page.getByRole('button', { name: 'Open the overview' }).click()

    const total = () =>
      screens.count(
        `select count(*) from finding f join asset a using (asset_id)
         where f.state <> 'fixed' and f.ended_at is null and a.status = 'live'
           and a.is_licensed is not false and a.is_tracked is not false`,
      )
    await page.getByRole('link', { name: `${grouped(await total())} open findings` }).waitFor()
    await expect.poll(() => screens.count(`select count(*) from finding where severity = 'info'`), patience).toBe(0)
    expect(await page.content()).not.toContain(simulator.secretKey)

    await page.goto('/admin/tenable/sync')
    await page.getByText(`key ending in ${simulator.accessKey.slice(-4)}`).waitFor()
    await page.getByRole('button', { name: 'Full sync' }).click()
    await page
      .getByRole('table', { name: 'Runs' })
      .getByRole('row', { name: /Complete/ })
      .nth(1)
      .waitFor({ timeout: 60_000 })
    expect(await page.content()).not.toContain(simulator.secretKey)
  } finally {
    await screens.close()
    await simulator.stop()
  }
})
