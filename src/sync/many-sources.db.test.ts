import { afterEach, describe, expect, test } from 'vitest'
import { SleeplessClock } from '../../test/support/clocks.ts'
import { type Mirror, openMirror, quickLimits, readMirror, tester, truthOf } from '../../test/support/mirror.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { Secret } from '../platform/secret.ts'
import type { Fault } from '../simulator/faults.ts'
import { type Simulator, startSimulator } from '../simulator/index.ts'
import { createSource } from '../store/sources.ts'
import { createEngine } from './engine.ts'
import type { Engine } from './engine-contract.ts'

let mirror: Mirror
const tenants: Simulator[] = []
const engines: Engine[] = []
afterEach(async () => {
  await Promise.all(engines.splice(0).map(engine => engine.stop()))
  await mirror.close()
  for (const tenant of tenants.splice(0)) await tenant.stop()
})

async function addSource(name: string, faults: readonly Fault[] = []): Promise<number> {
  const tenant = await startSimulator({ assets: 40, findings: 400, faults })
  tenants.push(tenant)
  const credentials = { accessKey: new Secret(tenant.accessKey), secretKey: new Secret(tenant.secretKey) }
  const input = { name, kind: 'tenable-vm', baseUrl: tenant.url, credentials } as const
  return (await createSource(mirror, input, tester)).id
}

function engineOf(options: Partial<Parameters<typeof createEngine>[0]>): Engine {
  const engine = createEngine({
    database: mirror.database,
    sealing: mirror.sealing,
    clock: systemClock,
    log: silentLog,
    limits: quickLimits,
    workers: 2,
    logLevel: 'silent',
    ...options,
  })
  engines.push(engine)
  return engine
}

const request = (engine: Engine, sourceId: number, trigger: 'cli' | 'schedule' = 'cli') =>
  engine.requestRun({ sourceId, kind: 'full', trigger }, tester)

describe('several sources at once', () => {
  test('one that stalls and one that fails delay nobody', async () => {
    mirror = await openMirror({ assets: 40, findings: 400 }, {}, { workers: 2 })
    const { engine } = mirror
    const time = async () => {
      const from = performance.now()
      expect(await mirror.sync()).toMatchObject({ status: 'completed' })
      return performance.now() - from
    }
    await time()
    const alone = await time()
    // Chunks that never come hold every thread that their source is given.
    const chunks = { path: '/vulns/export/*/chunks/*', nth: 'every' } as const
    const stalled = await addSource('stalled', [{ on: chunks, do: { kind: 'stall' } }])
    const failing = await addSource('failing', [
      { on: { path: '/**', nth: 'every' }, do: { kind: 'status', status: 500 } },
    ])
    await request(engine, stalled)
    await request(engine, failing)
    await expect
      .poll(
        async () => (await mirror.database.query(`select from export_chunk where status = 'reading'`)).rows.length,
        {
          timeout: 20_000,
        },
      )
      .toBeGreaterThan(0)
    const together = await time()
    // A new thread begins anew: it takes half a second.
    expect(together).toBeLessThan(2 * alone + 3_000)
    await engine.stopAll(tester)
  }, 120_000)

  test('a process holds so many runs at once; what a person asked for goes before what is scheduled', async () => {
    mirror = await openMirror({ assets: 20, findings: 100 })
    await mirror.engine.stop()
    const sources = [mirror.sourceId, await addSource('second'), await addSource('third')]
    const engine = engineOf({ maxRuns: 1 })
    const first = await request(engine, sources[0]!, 'schedule')
    const second = await request(engine, sources[1]!, 'schedule')
    const third = await request(engine, sources[2]!, 'cli')
    await engine.start()
    for (const { runId } of [first, second, third]) expect(await engine.waitForRun(runId)).toBe('completed')
    const { rows } = await mirror.database.query<{ run_id: number; is_alone: boolean }>(
      `select run_id, coalesce(started_at >= lag(finished_at) over (order by started_at), true) as is_alone
       from run order by started_at`,
    )
    expect(rows.map(row => row.run_id)).toEqual([third.runId, first.runId, second.runId])
    expect(rows.every(row => row.is_alone)).toBe(true)
  }, 120_000)
})

test('the settings of a source go before those of the environment, for its calls and its exports', async () => {
  mirror = await openMirror({ assets: 300, findings: 600 })
  await mirror.database.query('update source set settings = $1', [
    { asset_chunk_size: 150, vuln_chunk_size: 60, rate_limit_requests_per_minute: 500, rate_limit_burst: 40 },
  ])
  await mirror.sync()
  const { rows } = await mirror.database.query<{ asked: Record<string, number> }>(
    `select asked from export_job where stream in ('assets', 'findings') order by stream`,
  )
  expect(rows.map(row => row.asked)).toMatchObject([{ chunk_size: 150 }, { num_assets: 60 }])
  await mirror.engine.stop()
  const calls = await mirror.database.query('select distinct allowed_per_minute from source_call')
  expect(calls.rows).toEqual([{ allowed_per_minute: 500 }])
}, 60_000)

test('after a chunk that was too much the next export asks for smaller ones, and says so', async () => {
  mirror = await openMirror(
    {
      assets: 120,
      findings: 600,
      faults: [{ on: { path: '/vulns/export/*/chunks/*', times: 2 }, do: { kind: 'truncate' } }],
    },
    { vulnAssetsPerChunk: 200, retryMaxAttempts: 1 },
  )
  const first = await mirror.sync()
  expect(first.notes).toContainEqual(
    expect.stringMatching(
      /^findings: the next export asks for chunks of 100 assets \(200 in this one\): 1 chunk was too much/,
    ),
  )
  await mirror.sync()
  const { rows } = await mirror.database.query<{ size: number }>(
    `select (asked ->> 'num_assets')::integer as size from export_job where stream = 'findings' order by export_job_id`,
  )
  expect(rows.map(row => row.size)).toEqual([200, 100])
}, 60_000)

test('a run of hours survives: nothing limits it but its own silence', async () => {
  mirror = await openMirror({ assets: 600, findings: 1200, jobPace: { queuedPolls: 1, chunksPerPoll: 1 } })
  await mirror.engine.stop()
  const clock = new SleeplessClock(Date.now())
  const from = clock.now().getTime()
  const limits = { ...quickLimits, stuckAfterMinutes: 2_880, pollDelayMs: { firstMs: 3_600_000, maxMs: 3_600_000 } }
  const engine = engineOf({ clock, limits })
  const { runId } = await request(engine, mirror.sourceId)
  // As old as a run gets that began yesterday.
  await mirror.database.query(`update run set created_at = now() - interval '30 hours'`)
  await engine.start()
  expect(await engine.waitForRun(runId)).toBe('completed')
  expect(clock.now().getTime() - from).toBeGreaterThan(5 * 3_600_000)
  expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
}, 60_000)
