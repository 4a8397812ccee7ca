import { afterAll, beforeAll, test } from 'vitest'
import { lastingCases } from './cases.ts'
import { play } from './play.ts'
import { type FaultedTenant, openFaultedTenant } from './tenant.ts'

// Faults that stay: the run says what is the matter, and the next one, without them, puts everything right. All over one tenant that lives on.

let tenant: FaultedTenant
beforeAll(async () => {
  tenant = await openFaultedTenant()
})
afterAll(() => tenant.close())

for (const fault of lastingCases.filter(({ isLong }) => !isLong)) {
  test(fault.name, () => play(tenant, fault))
}
