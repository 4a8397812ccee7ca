import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Mirror, openMirror, readMirror, readRun, tester, truthOf } from '../../test/support/mirror.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/log.ts'
import { Secret } from '../platform/secret.ts'
import { unrestricted } from '../store/access.ts'
import { loadFreshness } from '../store/queries/freshness.ts'
import { updateSource } from '../store/sources.ts'
import { queueDueRuns } from './scheduler.ts'

// What happens to a source that fails: its circuit, its key, and what starts by itself meanwhile.

let mirror: Mirror
beforeEach(async () => {
  mirror = await openMirror({ assets: 30, findings: 200 }, { retryMaxAttempts: 1 })
})
afterEach(() => mirror.close())

const health = async () => (await loadFreshness(unrestricted(mirror.database), new Date()))[0]!.health
const hours = (count: number) => new Date(Date.now() + count * 3_600_000)
const requests = () => mirror.simulator.control.requests().requests.length

/** Runs that schedules start at an instant, read to their end. */
async function scheduled(at: Date): Promise<readonly string[]> {
  const { database, engine } = mirror
  const queued = await queueDueRuns({ database, clock: systemClock, log: silentLog }, at)
  return Promise.all(queued.map(runId => engine.waitForRun(runId)))
}

async function topics(): Promise<readonly string[]> {
  const { rows } = await mirror.database.query<{ topic: string }>(
    `select topic from outbox where topic not like 'finding.%' order by outbox_id`,
  )
  return rows.map(row => row.topic)
}

async function saveKeys(keys: { readonly accessKey: string; readonly secretKey: string }): Promise<void> {
  const credentials = { accessKey: new Secret(keys.accessKey), secretKey: new Secret(keys.secretKey) }
  await updateSource(mirror, mirror.sourceId, { credentials }, tester)
}

const down = { on: { path: '/**', nth: 'every' }, do: { kind: 'status', status: 503 } } as const

describe('a source that does not answer', () => {
  test('opens its circuit after three runs in a row, is tried again by one run, and closes it by an answer', async () => {
    await mirror.sync()
    mirror.simulator.control.addFaults(down)
    for (const _attempt of [1, 2, 3]) expect(await mirror.sync()).toMatchObject({ status: 'failed' })
    expect(await health()).toMatchObject({ circuit: 'open', failures: 3, error_code: 'server_error' })
    expect((await health()).words).toContain('failed 3 times in a row (server_error)')

    // Everything is due, and nothing starts before the time of the probe; then one run tries, and doubles the wait.
    await mirror.database.query('update schedule set next_at = now()')
    expect(await scheduled(hours(0.1))).toEqual([])
    expect(await scheduled(hours(0.3))).toEqual(['failed'])
    expect(await health()).toMatchObject({ circuit: 'open', failures: 4 })
    await mirror.database.query('update schedule set next_at = now()')
    expect(await scheduled(hours(0.3))).toEqual([])

    // A person's run tries at once.
    mirror.simulator.control.clearFaults()
    expect(await mirror.sync()).toMatchObject({ status: 'completed' })
    expect(await health()).toMatchObject({ circuit: 'closed', failures: 0, words: null })
    expect(await topics()).toEqual([
      ...['run.failed', 'run.failed', 'run.failed', 'source.circuit_opened', 'run.failed', 'source.circuit_closed'],
    ])
    expect(await scheduled(hours(0.3))).toEqual(['completed'])
  }, 120_000)

  test('failures of our own and answers in between do not open it', async () => {
    await mirror.sync()
    mirror.simulator.control.addFaults(down)
    for (const _attempt of [1, 2]) await mirror.sync()
    mirror.simulator.control.clearFaults()
    await mirror.sync()
    mirror.simulator.control.addFaults(down)
    for (const _attempt of [1, 2]) await mirror.sync()
    expect(await health()).toMatchObject({ circuit: 'closed', failures: 2 })
  }, 120_000)
})

describe('a source that refuses its key', () => {
  test('is not called again for days of schedules, until a new key is saved; then the run is made up for', async () => {
    await mirror.sync()
    mirror.simulator.control.revokeKeys()
    mirror.simulator.control.clearRequests()
    await mirror.database.query('update schedule set next_at = now()')
    expect(await scheduled(hours(0.1))).toEqual(['failed'])
    expect(await health()).toMatchObject({ needs_key: true, error_code: 'bad_credentials' })
    expect((await health()).words).toContain('needs a new key')
    for (let hour = 1; hour <= 72; hour++) expect(await scheduled(hours(hour))).toEqual([])
    expect(requests()).toBeLessThanOrEqual(3)
    expect(await topics()).toEqual(['run.failed', 'source.needs_key'])

    await saveKeys(mirror.simulator.control.rotateKeys())
    expect(await health()).toMatchObject({ needs_key: false, words: null })
    const { rows } = await mirror.database.query<{ run_id: number }>('select max(run_id) as run_id from run')
    expect(await mirror.engine.waitForRun(rows[0]!.run_id)).toBe('completed')
    expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
  }, 120_000)

  test('a key that is replaced while a run reads is taken up by that run, and nothing is read twice', async () => {
    await mirror.close()
    mirror = await openMirror(
      { assets: 200, findings: 1000, jobPace: { queuedPolls: 0, chunksPerPoll: 1 } },
      { pollDelayMs: { firstMs: 700, maxMs: 700 } },
    )
    const { database, engine, sourceId, simulator } = mirror
    const { runId } = await engine.requestRun({ sourceId, kind: 'full', trigger: 'cli' }, tester)
    await expect
      .poll(async () => (await database.query(`select from export_chunk where status = 'done'`)).rows.length, {
        timeout: 30_000,
        interval: 20,
      })
      .toBeGreaterThan(0)
    await saveKeys(simulator.control.rotateKeys())
    expect(await engine.waitForRun(runId)).toBe('completed')
    expect((await readRun(database, runId)).notes).toContainEqual(expect.stringContaining('The key was replaced'))
    expect(await readMirror(database)).toEqual(truthOf(simulator))
    const posts = simulator.control
      .requests()
      .requests.filter(({ method, path }) => method === 'POST' && path === '/vulns/export')
    expect(posts).toHaveLength(1)
    const again = await database.query('select from export_chunk where attempts > 2')
    expect(again.rows).toEqual([])
  }, 120_000)
})

test('of a paused source no schedule starts a run, a person may, and resumed it goes on', async () => {
  await mirror.sync()
  expect(await mirror.engine.pauseSource(mirror.sourceId, true, tester)).toBe(true)
  expect(await mirror.engine.pauseSource(mirror.sourceId, true, tester)).toBe(false)
  await mirror.database.query('update schedule set next_at = now()')
  expect(await scheduled(hours(1))).toEqual([])
  expect((await health()).words).toContain('is paused')
  expect(await mirror.sync()).toMatchObject({ status: 'completed' })
  await mirror.engine.pauseSource(mirror.sourceId, false, tester)
  expect(await scheduled(hours(1))).toEqual(['completed'])
  const { rows } = await mirror.database.query<{ action: string }>(
    `select action from audit_event where action like 'source.%ed' and action <> 'source.created' order by audit_id`,
  )
  expect(rows.map(row => row.action)).toEqual(['source.paused', 'source.resumed'])
}, 60_000)

describe('what failed', () => {
  test('is run again, one run for each source, unless a later one has made up for it', async () => {
    mirror.simulator.control.addFaults(down)
    await mirror.sync()
    await mirror.sync({ kind: 'full', streams: ['plugins'] })
    mirror.simulator.control.clearFaults()
    const [again, ...more] = await mirror.engine.retryFailed(7, 'cli', tester)
    expect(more).toEqual([])
    expect(again).toMatchObject({ created: true, retries: 1 })
    expect(await mirror.engine.waitForRun(again!.runId)).toBe('completed')
    expect(await mirror.engine.retryFailed(7, 'cli', tester)).toEqual([])
  }, 60_000)

  test('in part is run again too; what was partial only for records that cannot be read is not', async () => {
    const { control } = mirror.simulator
    await mirror.sync()
    control.addFaults({ on: { path: '/vulns/export', nth: 'every' }, do: { kind: 'forbidden' } })
    const part = await mirror.sync({ kind: 'delta' })
    expect(part).toMatchObject({ status: 'partial', error_code: 'forbidden' })
    control.clearFaults()
    const [again, ...more] = await mirror.engine.retryFailed(7, 'api', tester)
    expect([again, more]).toMatchObject([{ created: true, retries: part.runId }, []])
    expect(await mirror.engine.waitForRun(again!.runId)).toBe('completed')
    expect(await readMirror(mirror.database)).toEqual(truthOf(mirror.simulator))
    control.addFaults({
      on: { path: '/vulns/export/*/chunks/*', times: 1 },
      do: { kind: 'malformed_element', shape: 'number' },
    })
    expect(await mirror.sync()).toMatchObject({ status: 'partial', error_code: 'records_rejected' })
    expect(await mirror.engine.retryFailed(7, 'cli', tester)).toEqual([])
  }, 60_000)
})
