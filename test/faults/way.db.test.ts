import { afterAll, beforeAll, test } from 'vitest'
import { wayCases } from './cases.ts'
import { play } from './play.ts'
import type { FaultedTenant } from './tenant.ts'
import { openTenantBehindTls } from './way.ts'

// Faults on the way to a tenant, and jobs of it that never end: the run says which, and with the fault mended the next one
// puts everything right. All over one tenant that lives on.

let tenant: FaultedTenant
beforeAll(async () => {
  tenant = await openTenantBehindTls()
})
afterAll(() => tenant.close())

for (const fault of wayCases.filter(({ isLong }) => !isLong)) {
  test(fault.name, () => play(tenant, fault))
}
