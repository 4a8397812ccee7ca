import { afterEach, expect, test } from 'vitest'
import { connectorTo, full, never } from '../../../test/support/tenable-vm.ts'
import { Secret } from '../../platform/secret.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/index.ts'
import type { Connector, PlanStep } from '../connector.ts'
import type { TenableVmOptions } from './index.ts'

let tenant: Simulator
let connector: Connector
afterEach(async () => {
  await connector.close()
  await tenant.stop()
})

async function open(simulator: SimulatorOptions, options: Partial<TenableVmOptions>) {
  tenant = await startSimulator({ assets: 20, findings: 100, ...simulator })
  const keys = { accessKey: new Secret(tenant.accessKey), secretKey: new Secret(tenant.secretKey) }
  connector = connectorTo(tenant.url, { ...keys, maxConcurrentExports: 3, ...options })
}

/** The steps of several plans in the order in which they came. */
async function together(...streams: readonly ('assets' | 'findings')[]) {
  const seen: { stream: string; step: PlanStep }[] = []
  await Promise.all(
    streams.map(async stream => {
      for await (const step of connector.plan(full(stream), never)) seen.push({ stream, step })
    }),
  )
  return seen
}

const statusOf = ({ step }: { step: PlanStep }) => (step.kind === 'progress' ? step.status : '')

test('an export waits while our share is used, says so, and starts when another has ended', async () => {
  await open({ jobPace: { queuedPolls: 5 } }, { maxConcurrentExports: 1 })
  const seen = await together('assets', 'findings')
  const waited = seen.findIndex(one => /^waiting: 1 exports of ours/.test(statusOf(one)))
  expect(waited).toBeGreaterThanOrEqual(0)
  const first = seen.find(({ step }) => step.kind === 'export')!.stream
  const ended = seen.findIndex(({ stream, step }) => stream === first && step.kind === 'end')
  const second = seen.findIndex(({ stream, step }) => stream !== first && step.kind === 'export')
  expect(second).toBeGreaterThan(ended)
})

test('within the share exports are made at the same time', async () => {
  await open({ jobPace: { queuedPolls: 5 } }, {})
  const seen = await together('assets', 'findings')
  expect(seen.filter(one => statusOf(one).startsWith('waiting'))).toEqual([])
})

test('everybody’s exports count: a full container is waited for, and asked for nothing', async () => {
  await open({}, {})
  tenant.control.setForeignJobs(10)
  const seen: string[] = []
  for await (const step of connector.plan(full('findings'), never)) {
    seen.push(step.kind === 'progress' ? step.status : step.kind)
    if (seen.length === 3) tenant.control.setForeignJobs(0)
  }
  expect(seen.slice(0, 3)).toEqual(
    Array.from({ length: 3 }, () => 'waiting: the container makes 10 exports, and 10 are the most at once'),
  )
  expect(seen.at(-1)).toBe('end')
  const posts = tenant.control
    .requests()
    .requests.filter(({ method, path }) => method === 'POST' && path === '/vulns/export')
  expect(posts).toHaveLength(1)
})

test('a container that stays full is given up with a reason, without having asked', async () => {
  await open({}, { stuckAfterMinutes: 0.001 })
  tenant.control.setForeignJobs(10)
  await expect(together('findings')).rejects.toMatchObject({ code: 'exports_full', retry: 'later' })
  expect(tenant.control.requests().requests.some(({ method }) => method === 'POST')).toBe(false)
})
