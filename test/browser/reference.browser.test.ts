import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectNoBarriers, expectNoSidewaysScroll, openScreens, type Screens, widths } from './screens.ts'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
})
afterAll(() => screens.close())

test('the API reference is found in the menu, searched, and linked to', async () => {
  const page = await screens.open('/')
  await page.getByRole('button', { name: /^Account:/ }).click()
  await page.getByRole('menuitem', { name: 'API reference' }).click()
  await page.getByRole('heading', { level: 1, name: 'Tenfold API' }).waitFor()
  await page.waitForLoadState('load')
  await page.keyboard.press('/')
  await page.keyboard.type('retry jobs')
  await page
    .getByRole('status')
    .filter({ hasText: /^2 operations$/ })
    .waitFor()
  await page.getByRole('link', { name: 'POST /sync/jobs/{id}/retry' }).click()
  expect(new URL(page.url()).hash).toBe('#retryJob')
  await page.reload()
  expect(await page.getByRole('searchbox').inputValue()).toBe('retry jobs')
  expect(await page.getByRole('region', { name: /^Run an ended run again/ }).isVisible()).toBe(true)
  expect(await page.locator('section.operation:visible').count()).toBe(2)
})

for (const scheme of ['light', 'dark'] as const) {
  test(`the API reference has no barriers, ${scheme}`, async () => {
    const page = await screens.open('/docs/api?q=assets', { scheme })
    await page
      .getByRole('status')
      .filter({ hasText: /operations$/ })
      .waitFor()
    await expectNoBarriers(page)
  })
}

test('the API reference fits the width of a phone', async () => {
  for (const width of Object.values(widths)) {
    const page = await screens.open('/docs/api', { width })
    await expectNoSidewaysScroll(page)
    await page.close()
  }
})
