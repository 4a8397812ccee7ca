import { expect } from 'vitest'
import type { FaultCase } from './cases.ts'
import {
  break_,
  expectEqualToTruth,
  expectNothingClosedFalsely,
  type FaultedTenant,
  lift,
  live,
  toldOf,
} from './tenant.ts'

/** The tenant lives on, the fault strikes a run, is lifted, and one more run makes the mirror equal. */
export async function play(tenant: FaultedTenant, fault: FaultCase): Promise<void> {
  const { mirror, meddler } = tenant
  live(tenant)
  break_(tenant, fault.faults ?? [])
  if (fault.meddling) meddler.meddle(fault.meddling)
  if (fault.way) tenant.way!.strike(fault.way)
  const run = await mirror.sync({ kind: fault.kind })
  const asked = mirror.simulator.control.requests().requests
  const told = await toldOf(tenant, run)
  const { status, code } = fault
  expect({ status: run.status, code: run.error_code, told }).toEqual({ status, code, told: expect.any(String) })
  for (const words of fault.says) expect(told).toContain(words)
  if (fault.requestsAtMost !== undefined) expect(asked.length).toBeLessThanOrEqual(fault.requestsAtMost)
  if (fault.cancels !== undefined)
    expect(asked.filter(({ path }) => path.endsWith('/cancel'))).toHaveLength(fault.cancels)
  await expectNothingClosedFalsely(tenant)
  lift(tenant)
  if (fault.status === 'completed' && !fault.isBehind) {
    await expectEqualToTruth(tenant)
    return
  }
  const healed = await mirror.sync({ kind: fault.isBehind ? 'full' : fault.kind })
  expect(healed).toMatchObject({ status: 'completed', error_code: null })
  await expectEqualToTruth(tenant)
}
