import { afterAll, beforeAll, expect, test } from 'vitest'
import { tester } from '../support/mirror.ts'
import { expectEqualToTruth, type FaultedTenant, lift, live, openFaultedTenant } from './tenant.ts'

// A run that is cancelled at the worst moment: its export is being asked for, and the answer has not come.

let tenant: FaultedTenant
beforeAll(async () => {
  tenant = await openFaultedTenant()
})
afterAll(() => tenant.close())

/** Cancels a run while the answer to its request of findings is on the way; says afterwards whether it arrives. */
async function cancelWhileAsking(doesAnswerArrive: boolean): Promise<void> {
  const { mirror, meddler } = tenant
  live(tenant)
  mirror.simulator.control.clearRequests()
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<boolean>()
  meddler.meddle({
    held: ({ method, path }) => {
      if (method !== 'POST' || path !== '/vulns/export') return undefined
      asked.resolve()
      return answer.promise
    },
  })
  const request = { sourceId: mirror.sourceId, kind: 'full', trigger: 'api' } as const
  const { runId } = await mirror.engine.requestRun(request, tester)
  await asked.promise
  expect(await mirror.engine.cancelRun(runId, tester)).toBe(true)
  answer.resolve(doesAnswerArrive)
  expect(await mirror.engine.waitForRun(runId)).toBe('cancelled')
  const calls = mirror.simulator.control.requests().requests
  const made = calls.filter(({ method, path }) => method === 'POST' && path === '/vulns/export')
  const cancelled = calls.filter(({ path }) => /^\/vulns\/export\/[^/]+\/cancel$/.test(path))
  expect([made.length, cancelled.length]).toEqual([1, 1])
  expect(await running()).toEqual([])
  lift(tenant)
  expect(await mirror.sync()).toMatchObject({ status: 'completed' })
  await expectEqualToTruth(tenant)
}

/** Exports of ours that the tenant still makes. */
async function running(): Promise<readonly unknown[]> {
  const { simulator } = tenant.mirror
  const headers = { 'x-apikeys': `accessKey=${simulator.accessKey};secretKey=${simulator.secretKey}` }
  const lists = ['/vulns/export/status', '/assets/export/status', '/compliance/export/status'].map(async path => {
    const { exports } = (await (await fetch(`${simulator.url}${path}`, { headers })).json()) as {
      exports: { status: string }[]
    }
    return exports.filter(({ status }) => status === 'QUEUED' || status === 'PROCESSING')
  })
  return (await Promise.all(lists)).flat()
}

test('the export it had just asked for is cancelled too, once the answer names it', () => cancelWhileAsking(true))

test('when that answer is lost, the export is found in the tenant’s list and cancelled', () => cancelWhileAsking(false))
