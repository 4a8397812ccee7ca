import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import type { Clock } from '../platform/clock.ts'
import { Secret } from '../platform/secret.ts'
import { verifyAudit } from '../store/audit.ts'
import type { ScheduleDefaults } from '../store/default-schedules.ts'
import { listSchedules } from '../store/schedules.ts'
import { parseKey, sealingWith } from '../store/sealing.ts'
import { createSource, followEnvironment, updateSource } from '../store/sources.ts'
import { pauseSchedules, removeSchedule, type ScheduleDeps, setSchedule } from './schedule-changes.ts'
import { scheduleView, upcomingRuns } from './upcoming.ts'

const actor = { kind: 'local', name: 'local' } as const
const sealing = sealingWith(parseKey('0123456789abcdef0123456789abcdef', 'K'), 'K')
const credentials = { accessKey: new Secret('a'.repeat(64)), secretKey: new Secret('b'.repeat(64)) }
const now = new Date('2026-11-24T15:00:00Z')
const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error('nobody sleeps here')) }

let db: TestDatabase
let deps: ScheduleDeps
beforeAll(async () => {
  db = await createTestDatabase()
  deps = { database: db.database, clock }
})
afterAll(() => db.drop())
beforeEach(() => db.database.query('truncate run, source, schedule restart identity cascade'))

function add(schedules?: ScheduleDefaults, settings = {}) {
  return createSource(
    { database: db.database, sealing, ...(schedules ? { schedules } : {}) },
    { name: 'Cloud', kind: 'tenable-vm', baseUrl: 'https://cloud.tenable.com', credentials, settings },
    actor,
  )
}

async function schedules() {
  return Object.fromEntries((await listSchedules(db.database)).map(schedule => [schedule.name, schedule]))
}

async function lastAudit() {
  const { rows } = await db.database.query<{ action: string; subject: string; detail: object }>(
    'select action, subject, detail from audit_event order by audit_id desc limit 1',
  )
  return rows[0]
}

const at = { sourceId: 1, name: 'changes' }

describe('a new source', () => {
  test('has its usual schedules: changes every 4 hours, plugins daily, everything on Sunday at 02:00 in its zone', async () => {
    await add({ intervalHours: 4, fullIntervalHours: 168, timeZone: 'Europe/Berlin' })
    expect(await schedules()).toMatchObject({
      changes: {
        kind: 'delta',
        streams: ['assets', 'findings', 'networks', 'scanners', 'agents', 'tags', 'scans', 'compliance'],
        intervalHours: 4,
        cron: null,
        longestGapHours: 4,
      },
      plugins: { kind: 'delta', streams: ['plugins'], cron: '30 1 * * *' },
      everything: { kind: 'full', streams: null, cron: '0 2 * * sun', timeZone: 'Europe/Berlin', managedBy: 'people' },
    })
  })

  const defaults = [
    { hours: 24, is: { cron: '0 2 * * *', intervalHours: null } },
    { hours: 720, is: { cron: null, intervalHours: 720, anchorAt: expect.stringMatching(/T0[01]:00:00/) } },
  ]
  for (const { hours, is } of defaults) {
    test(`reads everything every ${hours} hours when told so, at night`, async () => {
      await add({ intervalHours: 8, fullIntervalHours: hours, timeZone: 'Europe/Berlin' })
      expect(await schedules()).toMatchObject({ changes: { intervalHours: 8 }, everything: is })
    })
  }

  test('with times of its own in its settings has these, and follows them', async () => {
    const source = await add(undefined, { sync_interval_hours: 0.5 })
    expect((await schedules()).changes).toMatchObject({ intervalHours: 0.5, longestGapHours: 0.5 })
    const settings = { sync_interval_hours: 12, full_sync_interval_hours: 24 }
    await updateSource({ database: db.database, sealing }, source.id, { settings }, actor)
    expect(await schedules()).toMatchObject({ changes: { intervalHours: 12 }, everything: { cron: '0 2 * * *' } })
    await setSchedule(deps, at, { cron: '0 6 * * *' }, actor)
    await updateSource({ database: db.database, sealing }, source.id, { name: 'Other' }, actor)
    expect((await schedules()).changes).toMatchObject({ cron: '0 6 * * *' })
  })
})

describe('the environment’s source', () => {
  const environment = { baseUrl: 'https://cloud.tenable.com', credentials }
  const follow = (intervalHours: number, timeZone = 'UTC') =>
    followEnvironment(
      { database: db.database, sealing, schedules: { intervalHours, fullIntervalHours: 168, timeZone } },
      environment,
    )

  test('follows the environment’s times at each start, and keeps what people add', async () => {
    await follow(4)
    await pauseSchedules(deps, { sourceId: 1 }, true, actor)
    await setSchedule(deps, at, { blackout: [{ days: ['mon'], from: '08:00', to: '18:00' }] }, actor)
    await setSchedule(deps, { sourceId: 1, name: 'mine' }, { cron: '0 5 * * *' }, actor)
    await follow(2, 'Europe/Berlin')
    expect(await schedules()).toMatchObject({
      changes: { intervalHours: 2, timeZone: 'Europe/Berlin', isPaused: true, managedBy: 'environment', nextAt: null },
      everything: { cron: '0 2 * * sun', timeZone: 'Europe/Berlin' },
      mine: { cron: '0 5 * * *', managedBy: 'people', timeZone: 'UTC' },
    })
    expect((await schedules()).changes!.blackout).toHaveLength(1)
    expect(await lastAudit()).toMatchObject({ action: 'schedule.changed' })
    const { rows } = await db.database.query('select from audit_event')
    await follow(2, 'Europe/Berlin')
    expect((await db.database.query('select from audit_event')).rows).toHaveLength(rows.length)
  })

  test('is not given other times by people, nor robbed of a schedule', async () => {
    await follow(4)
    const { changes } = await schedules()
    const refused = { code: 'schedule_managed_by_environment', message: expect.stringContaining('TENABLE_SYNC') }
    for (const change of [
      { intervalHours: 1 },
      { cron: '0 5 * * *' },
      { timeZone: 'Europe/Berlin' },
      { streams: null },
    ]) {
      await expect(setSchedule(deps, at, change, actor)).rejects.toMatchObject(refused)
    }
    await expect(removeSchedule(deps, changes!.id, actor)).rejects.toMatchObject(refused)
    expect((await setSchedule(deps, at, { jitterSeconds: 60, intervalHours: 4 }, actor)).jitterSeconds).toBe(60)
  })
})

describe('a change', () => {
  test('is audited with what was before, and reckoned from now', async () => {
    await add()
    const changed = await setSchedule(deps, at, { intervalHours: 2, timeZone: 'Europe/Berlin' }, actor)
    expect(changed).toMatchObject({
      intervalHours: 2,
      anchorAt: '2026-11-24T15:00:00Z',
      nextAt: '2026-11-24T17:00:00Z',
    })
    expect(await lastAudit()).toEqual({
      action: 'schedule.changed',
      subject: `schedule:${changed.id}`,
      detail: {
        source: 'Cloud',
        name: 'changes',
        before: { interval_hours: 4, time_zone: 'UTC' },
        after: { interval_hours: 2, time_zone: 'Europe/Berlin' },
      },
    })
    expect((await verifyAudit(db.database)).ok).toBe(true)
  })

  test('of a blackout lengthens the time after which data is late', async () => {
    await add()
    const blackout = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' }] as const
    expect((await setSchedule(deps, at, { blackout }, actor)).longestGapHours).toBeGreaterThan(10)
  })

  test('adds a schedule under a new name, in the zone of the others', async () => {
    await add({ intervalHours: 4, fullIntervalHours: 168, timeZone: 'Europe/Berlin' })
    const monthly = await setSchedule(
      deps,
      { sourceId: 1, name: 'monthly' },
      { kind: 'full', cron: '0 3 1 * *' },
      actor,
    )
    expect(monthly).toMatchObject({ timeZone: 'Europe/Berlin', nextAt: '2026-12-01T02:00:00Z', managedBy: 'people' })
    expect(await lastAudit()).toMatchObject({ action: 'schedule.created', detail: { before: null } })
    expect(await removeSchedule(deps, monthly.id, actor)).toMatchObject({ name: 'monthly' })
    expect(await schedules()).not.toHaveProperty('monthly')
    expect(await lastAudit()).toMatchObject({ action: 'schedule.removed', detail: { after: null } })
    await expect(removeSchedule(deps, monthly.id, actor)).rejects.toMatchObject({ code: 'schedule_not_found' })
  })

  test('that cannot be followed changes nothing', async () => {
    await add()
    const before = await schedules()
    await expect(setSchedule(deps, at, { cron: 'daily' }, actor)).rejects.toMatchObject({ code: 'bad_schedule' })
    await expect(setSchedule(deps, { sourceId: 9, name: 'x' }, { cron: '0 2 * * *' }, actor)).rejects.toMatchObject({
      code: 'source_not_found',
    })
    expect(await schedules()).toEqual(before)
  })

  test('pauses and resumes: a resumed one goes on with its next time, not with those it missed', async () => {
    await add()
    await db.database.query(`update schedule set next_at = '2026-11-20'`)
    expect(await pauseSchedules(deps, {}, true, actor)).toMatchObject({ changed: 3 })
    expect(await pauseSchedules(deps, {}, true, actor)).toMatchObject({ changed: 0 })
    const { changes } = await schedules()
    const resumed = await pauseSchedules(deps, { scheduleId: changes!.id }, false, actor)
    expect(resumed).toMatchObject({ changed: 1, schedules: [{ name: 'changes', isPaused: false }] })
    expect(Date.parse(resumed.schedules[0]!.nextAt!)).toBeGreaterThan(now.getTime())
    expect(await lastAudit()).toMatchObject({ action: 'schedule.resumed' })
    for (const choice of [{ scheduleId: 99 }, { sourceId: 99 }, { sourceId: 1, scheduleId: 99 }]) {
      await expect(pauseSchedules(deps, choice, true, actor)).rejects.toMatchObject({ code: /not_found/ })
    }
  })
})

describe('what comes next', () => {
  test('is of all schedules together, in order, without those that are paused', async () => {
    await add()
    await db.database.query(`update schedule set anchor_at = '2026-11-24T14:00:00Z', next_at = null`)
    const { plugins } = await schedules()
    await pauseSchedules(deps, { scheduleId: plugins!.id }, true, actor)
    const upcoming = upcomingRuns(await listSchedules(db.database), now, 30)
    expect(upcoming.slice(0, 2).map(run => [run.at, run.schedule, run.is_due])).toEqual([
      ['2026-11-24T18:00:00.000Z', 'changes', false],
      ['2026-11-24T22:00:00.000Z', 'changes', false],
    ])
    expect(upcoming.map(run => run.at)).toEqual(upcoming.map(run => run.at).sort())
    expect(upcoming.find(run => run.schedule === 'everything')).toMatchObject({
      at: '2026-11-29T02:00:00.000Z',
      kind: 'full',
      streams: null,
    })
    expect(upcoming.some(run => run.schedule === 'plugins')).toBe(false)
  })

  test('says of what is due already that it is, and nothing of a source without keys', async () => {
    await add()
    await db.database.query(`update schedule set next_at = '2026-11-24T14:59:00Z' where name = 'everything'`)
    const [first, second] = upcomingRuns(await listSchedules(db.database), now, 5)
    expect(first).toMatchObject({ schedule: 'everything', is_due: true, at: '2026-11-24T15:00:00.000Z' })
    expect(second?.is_due).toBe(false)
    await db.database.query('update source set credentials = null')
    const unreadable = await listSchedules(db.database)
    expect(upcomingRuns(unreadable, now, 5)).toEqual([])
    expect(unreadable.map(schedule => scheduleView(schedule, now).next_at)).toEqual([null, null, null])
  })
})
