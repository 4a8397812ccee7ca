import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectEveryDay, expectFindings, expectTotalsOfEvents, truthfulShare } from './compare.ts'
import { addDays, type LivedTenant, liveThrough } from './lived-tenant.ts'

// A year of a livelier tenant: a full reading every week, a delta in between.

let lived: LivedTenant
beforeAll(async () => {
  lived = await liveThrough({ seed: 1, assets: 150, findings: 5000, days: 365, every: 7, deltaAfter: 3 })
}, 3_000_000)
afterAll(() => lived?.close())

test('the totals of every day of a year are those of the oracle', async () => {
  await expectEveryDay(lived, 900)
})

test('what runs added day by day is what the events say', async () => {
  await expectTotalsOfEvents(lived)
})

test('every finding of a day is as the oracle has it, by what is known now and by what was known then', async () => {
  // Each moment of a year with 80,000 findings takes a minute or two.
  for (let day = -120; day <= 365; day += 95) {
    await expectFindings(lived, addDays(lived.firstDay, day))
    const reading = Math.max(1, Math.floor((day / 7) * 2))
    await expectFindings(lived, addDays(lived.firstDay, day), reading)
  }
})

test('nearly all of what truly was can be known', () => {
  expect(truthfulShare(lived)).toBeGreaterThan(0.95)
})
