import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectNoBarriers, expectNoSidewaysScroll, openScreens, patience, type Screens, widths } from './screens.ts'

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
  await expect.poll(() => page.getByRole('searchbox').inputValue(), patience).toBe('retry jobs')
  await expect
    .poll(() => page.getByRole('region', { name: /^Run an ended run again/ }).isVisible(), patience)
    .toBe(true)
  await expect.poll(() => page.locator('section.operation:visible').count(), patience).toBe(2)
})

test('the API reference has no barriers in either theme', async () => {
  const page = await screens.open('/docs/api?q=assets')
  await expectFound(page)
  await expectNoBarriers(page, 'structure')
  // Colours are those of a few pieces, which every operation repeats.
  await page.goto('/docs/api?q=views')
  await expectFound(page)
  await expectNoBarriers(page, 'colours')
  await page.emulateMedia({ colorScheme: 'dark' })
  await expectNoBarriers(page, 'colours')
})

/** Of thousands of elements that are not shown there is nothing to say, but axe reads each of them: they go. */
async function expectFound(page: Page): Promise<void> {
  await page
    .getByRole('status')
    .filter({ hasText: /operations$/ })
    .waitFor()
  await page.evaluate(() => {
    for (const hidden of document.querySelectorAll('[hidden]')) hidden.remove()
  })
}

test('the API reference fits the width of a phone', async () => {
  for (const width of Object.values(widths)) {
    const page = await screens.open('/docs/api', { width })
    await expectNoSidewaysScroll(page)
    await page.close()
  }
})
