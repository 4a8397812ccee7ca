import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectEveryDay, expectFindings, expectTotalsOfEvents, truthfulShare } from './compare.ts'
import { addDays, type LivedTenant, liveThrough } from './lived-tenant.ts'

// Ninety days of a tenant with a life of its own, read every week: what the mirror says of each of these days, and of
// those before the first reading, is what can be known of it.

let lived: LivedTenant
beforeAll(async () => {
  lived = await liveThrough({ seed: 36, assets: 60, findings: 1500, days: 90, every: 7 })
}, 300_000)
afterAll(() => lived?.close())

test('the totals of every day are those of the oracle', async () => {
  await expectEveryDay(lived, 400)
})

test('what runs added day by day is what the events say', async () => {
  await expectTotalsOfEvents(lived)
})

test('every finding of a day is as the oracle has it', async () => {
  const { firstDay, lastDay } = lived
  for (const day of [addDays(firstDay, -200), addDays(firstDay, -1), firstDay, addDays(firstDay, 40), lastDay]) {
    await expectFindings(lived, day)
  }
})

test('known at an earlier reading is what that reading knew, also of days long before it', async () => {
  const { firstDay } = lived
  for (const reading of [1, 2, 6, 11]) {
    for (const days of [-30, 7 * (reading - 1) - 3, 7 * (reading - 1) + 10]) {
      await expectFindings(lived, addDays(firstDay, days), reading)
    }
  }
})

test('nearly all of what truly was can be known', () => {
  expect(truthfulShare(lived)).toBeGreaterThan(0.97)
})
