import { afterAll, beforeAll, test } from 'vitest'
import { passingCases } from './cases.ts'
import { play } from './play.ts'
import { type FaultedTenant, openFaultedTenant } from './tenant.ts'

// Faults that pass: the run ends as if nothing had been. All over one tenant that lives on.

let tenant: FaultedTenant
beforeAll(async () => {
  tenant = await openFaultedTenant()
})
afterAll(() => tenant.close())

for (const fault of passingCases.filter(({ isLong }) => !isLong)) {
  test(fault.name, () => play(tenant, fault))
}
