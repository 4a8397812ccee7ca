import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { lastingCases, passingCases, wayCases } from './cases.ts'
import { drawn, playTogether } from './drawn.ts'
import { play } from './play.ts'
import { type FaultedTenant, openFaultedTenant } from './tenant.ts'
import { openTenantBehindTls } from './way.ts'

// What the sample of the quick suite leaves out: TENFOLD_FAULTS draws of several faults at once, 60 unless told.

const draws = Number(process.env.TENFOLD_FAULTS ?? 60)

let tenant: FaultedTenant
let behindTls: FaultedTenant
beforeAll(async () => {
  tenant = await openFaultedTenant()
  behindTls = await openTenantBehindTls()
})
afterAll(async () => {
  await tenant.close()
  await behindTls.close()
})

for (const fault of [...passingCases, ...lastingCases].filter(({ isLong }) => isLong)) {
  test(fault.name, () => play(tenant, fault))
}

for (const fault of wayCases.filter(({ isLong }) => isLong)) {
  test(fault.name, () => play(behindTls, fault))
}

test(`${draws} times faults that come together close nothing falsely, and without them the next run is equal`, async () => {
  await fc.assert(
    fc.asyncProperty(drawn, draw => playTogether(tenant, draw)),
    { numRuns: draws, seed: 7, endOnFailure: true },
  )
})
