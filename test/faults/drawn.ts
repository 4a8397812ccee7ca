import fc from 'fast-check'
import { expect } from 'vitest'
import type { Fault } from '../../src/simulator/index.ts'
import { lastingCases, passingCases } from './cases.ts'
import { break_, expectEqualToTruth, expectNothingClosedFalsely, type FaultedTenant, lift, live } from './tenant.ts'

// Faults seldom come alone.

/** What the tenant can do at once with others; a gateway has only one say. */
const pool: readonly (readonly Fault[])[] = [...passingCases, ...lastingCases].flatMap(({ faults }) =>
  faults ? [faults] : [],
)

/** Two to four of them at a time, through a full run or a delta. */
export const drawn = fc.record({
  faults: fc.uniqueArray(fc.nat({ max: pool.length - 1 }), { minLength: 2, maxLength: 4 }),
  kind: fc.constantFrom('full' as const, 'delta' as const),
})

export async function playTogether(
  tenant: FaultedTenant,
  { faults, kind }: { readonly faults: readonly number[]; readonly kind: 'full' | 'delta' },
): Promise<void> {
  live(tenant)
  break_(
    tenant,
    faults.flatMap(index => pool[index] ?? []),
  )
  const run = await tenant.mirror.sync({ kind })
  expect(['completed', 'partial', 'failed']).toContain(run.status)
  // Whatever it says, it says why.
  if (run.status !== 'completed') expect(run.error_message).toBeTruthy()
  await expectNothingClosedFalsely(tenant)
  lift(tenant)
  expect(await tenant.mirror.sync()).toMatchObject({ status: 'completed' })
  await expectEqualToTruth(tenant)
}
