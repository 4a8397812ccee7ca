import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { drawn, playTogether } from './drawn.ts'
import { type FaultedTenant, openFaultedTenant } from './tenant.ts'

let tenant: FaultedTenant
beforeAll(async () => {
  tenant = await openFaultedTenant()
})
afterAll(() => tenant.close())

test('of faults that come together none closes anything falsely, and without them the next run is equal', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, draw => playTogether(tenant, draw)),
    { numRuns: 3, seed: 20_261_124, endOnFailure: true },
  )
}, 180_000)
