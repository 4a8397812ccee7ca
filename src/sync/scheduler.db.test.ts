import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SleeplessClock } from '../../test/support/clocks.ts'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { openMirror } from '../../test/support/mirror.ts'
import { streamNames } from '../connectors/connector.ts'
import { silentLog } from '../platform/log.ts'
import { Secret } from '../platform/secret.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { listSchedules } from '../store/schedules.ts'
import { parseKey, sealingWith } from '../store/sealing.ts'
import { createSource } from '../store/sources.ts'
import { queueDueRuns, Scheduler, type SchedulerDeps } from './scheduler.ts'

// Runs are queued here and read by nobody, unless a test says so.

const hourMs = 3_600_000
const sealing = sealingWith(parseKey('0123456789abcdef0123456789abcdef', 'K'), 'K')

let db: TestDatabase
let database: Database
let deps: SchedulerDeps
let made: Date
beforeAll(async () => {
  db = await createTestDatabase()
  database = db.database
  deps = { database, log: silentLog, clock: new SleeplessClock() }
})
afterAll(() => db.drop())
beforeEach(async () => {
  await database.query('truncate run, source, schedule restart identity cascade')
  await addSource('Cloud')
  made = new Date((await named('changes')).anchorAt)
  // Whatever the day of this test, the full sync of a Sunday night is not in its first hours.
  await database.query(`update schedule set cron = null, interval_hours = 168 where name = 'everything'`)
  await database.query(`update schedule set cron = null, interval_hours = 24 where name = 'plugins'`)
})

async function addSource(name: string): Promise<number> {
  const credentials = { accessKey: new Secret('a'.repeat(64)), secretKey: new Secret('b'.repeat(64)) }
  const input = { name, kind: 'tenable-vm', baseUrl: 'https://cloud.tenable.com', credentials } as const
  return (await createSource({ database, sealing }, input, { kind: 'local', name: 'local' })).id
}

async function named(name: string, sourceId = 1) {
  const schedule = (await listSchedules(database, sourceId)).find(one => one.name === name)!
  return { ...schedule, nextAt: schedule.nextAt && new Date(schedule.nextAt).toISOString() }
}

const later = (hours: number) => new Date(made.getTime() + hours * hourMs)
const due = (hours: number) => queueDueRuns(deps, later(hours))

async function runs() {
  const { rows } = await database.query<{ run_id: number; kind: string; trigger: string; streams: string[] }>(
    'select run_id, kind, trigger, streams from run order by run_id',
  )
  return rows
}

async function end(runId: number, status = 'completed'): Promise<void> {
  await database.query('update run set status = $2, finished_at = now() where run_id = $1', [runId, status])
  await database.query(
    `insert into run_stream (run_id, stream, status, watermark_at)
     select run_id, unnest(streams), $2, now() from run where run_id = $1
     on conflict do nothing`,
    [runId, status === 'completed' ? 'completed' : 'failed'],
  )
}

/** The source was read to its end, so that there are changes to ask for. */
async function readOnce(sourceId = 1): Promise<void> {
  const { rows } = await database.query<{ run_id: number }>(
    `insert into run (source_id, kind, trigger, streams, status)
     values ($1, 'full', 'cli', '{assets,findings,plugins}', 'completed') returning run_id`,
    [sourceId],
  )
  await end(rows[0]!.run_id)
}

describe('what is due', () => {
  test('is queued when its time has come, once, and told of in the audit', async () => {
    await readOnce()
    expect(await due(3.9)).toEqual([])
    const [runId] = await due(4)
    expect((await runs()).at(-1)).toEqual({
      run_id: runId,
      kind: 'delta',
      trigger: 'schedule',
      streams: ['assets', 'findings', 'networks', 'scanners', 'agents', 'tags', 'scans', 'compliance'],
    })
    expect(await due(4.01)).toEqual([])
    const schedule = await named('changes')
    expect(schedule).toMatchObject({ lastRunId: runId, nextAt: later(8).toISOString() })
    const { rows } = await database.query(
      'select actor_kind, actor, action, subject, detail from audit_event order by audit_id desc limit 1',
    )
    expect(rows[0]).toMatchObject({
      actor_kind: 'schedule',
      actor: 'changes',
      action: 'run.requested',
      subject: `run:${runId}`,
      detail: { source: 'Cloud', kind: 'delta', trigger: 'schedule', schedule: 'changes' },
    })
  })

  test('of a source that was never read is everything', async () => {
    await due(4)
    expect(await runs()).toMatchObject([{ kind: 'full', streams: [...streamNames] }])
  })

  test('after weeks of downtime is one run, the broadest; it does the work of the others', async () => {
    await readOnce()
    const [runId, ...more] = await due(24 * 30 + 1)
    expect(more).toEqual([])
    expect((await runs()).at(-1)).toMatchObject({ run_id: runId, kind: 'full' })
    for (const schedule of await listSchedules(database, 1)) {
      expect(schedule.lastRunId).toBe(runId)
      expect(Date.parse(schedule.nextAt!)).toBeGreaterThan(later(24 * 30 + 1).getTime())
    }
    await end(runId!)
    expect(await due(24 * 30 + 2)).toEqual([])
  })

  test('is left out when the source already does that work, and waits when it does less', async () => {
    await readOnce()
    const [delta] = await due(4)
    // Still running when the next changes and the plugins are due.
    expect(await due(24)).toEqual([])
    expect(await named('changes')).toMatchObject({ lastRunId: delta, nextAt: later(28).toISOString() })
    expect(await named('plugins')).toMatchObject({ lastRunId: null, nextAt: later(24).toISOString() })
    await end(delta!)
    const [plugins] = await due(24.1)
    expect((await runs()).at(-1)).toMatchObject({ run_id: plugins, kind: 'delta', streams: ['plugins'] })
    expect(await named('plugins')).toMatchObject({ lastRunId: plugins, nextAt: later(48).toISOString() })
  })

  test('waits for a run that is being cancelled', async () => {
    await readOnce()
    const [runId] = await due(4)
    await database.query(`update run set status = 'running', cancel_requested_at = now() where run_id = $1`, [runId])
    expect(await due(8)).toEqual([])
    await end(runId!, 'cancelled')
    expect(await due(8.1)).toHaveLength(1)
  })

  test('after a run that failed comes again at the next time', async () => {
    await readOnce()
    const [runId] = await due(4)
    await end(runId!, 'failed')
    expect(await due(7.9)).toEqual([])
    expect(await due(8)).toHaveLength(1)
  })

  test('but a full that failed is tried again after an hour, three times in a day, unless time does not mend it', async () => {
    await readOnce()
    await database.query(`update schedule set is_paused = true where name <> 'everything'`)
    // The clock of the database is the one that says when a run was made and ended: here it is about now.
    await database.query('update schedule set next_at = now()')
    const start = Date.now()
    const at = (hours: number) => queueDueRuns(deps, new Date(start + hours * hourMs))
    const [first] = await at(0.01)
    await end(first!, 'failed')
    expect(await at(0.9)).toEqual([])
    const tries = []
    for (let hours = 1.1; hours < 20; hours += 1.1) {
      for (const runId of await at(hours)) {
        tries.push(runId)
        await end(runId, 'partial')
        await database.query(`update run set finished_at = $2 where run_id = $1`, [
          runId,
          new Date(start + hours * hourMs).toISOString(),
        ])
      }
    }
    expect(tries).toHaveLength(3)
    await database.query(`update run set created_at = created_at - interval '2 days', error_code = 'bad_credentials'`)
    expect(await at(21)).toEqual([])
    await database.query(`update run set error_code = 'server_error'`)
    expect(await at(22)).toHaveLength(1)
  })

  const quiet = [
    ['is switched off', 'update source set is_enabled = false'],
    ['has no keys', 'update source set credentials = null'],
    ['is removed', 'update source set removed_at = now()'],
    ['has its schedules paused', 'update schedule set is_paused = true'],
  ] as const
  for (const [what, statement] of quiet) {
    test(`is nothing while the source ${what}`, async () => {
      await database.query(statement)
      expect(await due(24 * 8)).toEqual([])
      expect(await runs()).toEqual([])
    })
  }

  test('waits for the end of a blackout, also when it comes late', async () => {
    await readOnce()
    const at = new Date('2030-01-07T09:00:00Z')
    const windows = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' }]
    await database.query('update schedule set blackout = $1, next_at = $2', [
      JSON.stringify(windows),
      '2030-01-07T07:59:00Z',
    ])
    expect(await queueDueRuns(deps, at)).toEqual([])
    expect((await named('changes')).nextAt).toBe('2030-01-07T18:00:00.000Z')
    expect(await queueDueRuns(deps, new Date('2030-01-07T18:00:01Z'))).toHaveLength(1)
  })

  test('is reckoned anew when a clock was ahead', async () => {
    await readOnce()
    await due(4)
    await database.query(`update schedule set next_at = '2099-01-01'`)
    await due(5)
    expect((await named('changes')).nextAt).toBe(later(8).toISOString())
  })
})

describe('several servers', () => {
  let pools: Database[] = []
  afterEach(async () => {
    await Promise.all(pools.map(pool => pool.close()))
    pools = []
  })

  test('queue one run for each time, and none is missed', async () => {
    await addSource('Lab')
    for (const sourceId of [1, 2]) await readOnce(sourceId)
    pools = Array.from({ length: 6 }, () => openDatabase(db.connectionString, { max: 3 }))
    for (let hours = 4; hours <= 20; hours += 4) {
      // Their clocks do not agree to the second.
      const answers = await Promise.all(
        pools.map((pool, n) => queueDueRuns({ ...deps, database: pool }, new Date(later(hours).getTime() + n * 700))),
      )
      const queued = answers.flat()
      expect({ hours, queued: queued.length }).toEqual({ hours, queued: 2 })
      for (const runId of queued) await end(runId)
    }
    const scheduled = (await runs()).filter(run => run.trigger === 'schedule')
    expect(scheduled).toHaveLength(10)
  })

  test('a person who asks at the same moment gets the same run', async () => {
    await readOnce()
    pools = [openDatabase(db.connectionString)]
    const [queued] = await Promise.all([
      due(4),
      pools[0]!.query(
        `insert into run (source_id, kind, trigger, streams) values (1, 'full', 'api', '{assets,findings,plugins}')
         on conflict (source_id) where status in ('pending', 'running') and kind <> 'targeted' do nothing`,
      ),
    ])
    const open = (await runs()).slice(1)
    expect(open).toHaveLength(1)
    expect(queued.length).toBe(open[0]!.trigger === 'schedule' ? 1 : 0)
  })
})

test('a source whose schedule cannot be followed does not hold up the others', async () => {
  const other = await addSource('Lab')
  for (const sourceId of [1, other]) await readOnce(sourceId)
  await database.query(
    `update schedule set cron = '0 2 * * *', interval_hours = null, time_zone = 'No/Where' where source_id = 1`,
  )
  expect(await due(4.5)).toHaveLength(1)
  expect((await named('changes', other)).lastRunId).not.toBeNull()
})

test('a scheduler looks again and again until it is stopped', async () => {
  await readOnce()
  const clock = new SleeplessClock(later(3.95).getTime())
  const scheduler = new Scheduler({ ...deps, clock })
  expect(scheduler.isOn).toBe(false)
  scheduler.start()
  expect(scheduler.isOn).toBe(true)
  await expect.poll(async () => (await runs()).length).toBe(2)
  await scheduler.stop()
  expect(scheduler.isOn).toBe(false)
  const slept = clock.slept.length
  await new Promise(resolve => setTimeout(resolve, 30))
  expect(clock.slept.length).toBe(slept)
})

test('a server reads a source by itself; an engine that was not told to does not', async () => {
  const mirror = await openMirror({ assets: 20, findings: 300 })
  try {
    await mirror.database.query('update schedule set next_at = now()')
    await new Promise(resolve => setTimeout(resolve, 300))
    expect((await mirror.database.query('select from run')).rows).toEqual([])
    expect(mirror.engine.isScheduling).toBe(false)
    mirror.engine.startSchedules()
    expect(mirror.engine.isScheduling).toBe(true)
    await expect
      .poll(async () => (await mirror.database.query<{ status: string }>('select status from run')).rows[0]?.status, {
        timeout: 30_000,
      })
      .toBe('completed')
    await mirror.engine.stop()
    expect(mirror.engine.isScheduling).toBe(false)
  } finally {
    await mirror.close()
  }
})
