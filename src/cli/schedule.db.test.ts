import { afterAll, beforeAll, expect, test } from 'vitest'
import { signedIn } from '../../test/support/accounts.ts'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, startTenfold, tenfold, withoutKeys } from '../../test/support/command-line.ts'
import { ScheduleList, ScheduleView, UpcomingList } from '../contract/schedule.ts'
import { SweepDetail, SweepView } from '../contract/sweeps.ts'

// When a source is read by itself, and what a full sync may end: from the terminal and beside a server.

let setting: Setting
beforeAll(async () => {
  setting = await openSetting({ assets: 60, findings: 1200 })
})
afterAll(() => setting.close())

const run = (...args: readonly string[]) => tenfoldHere(args, setting.environment)

interface Listed {
  readonly items: readonly ScheduleView[]
  readonly upcoming: readonly { readonly schedule: string }[]
  readonly is_served: boolean
}

test('the environment’s source has the environment’s times, which people may pause and black out, not change', async () => {
  const times = { TENABLE_SYNC_INTERVAL_HOURS: '2', TENABLE_FULL_SYNC_INTERVAL_HOURS: '720', TZ: 'Europe/Berlin' }
  const first = await tenfold(['schedule', '--json'], { ...setting.environment, ...times })
  const listed = first.json<Listed>()
  expect(listed.items).toMatchObject([
    {
      name: 'changes',
      interval_hours: 2,
      streams: ['assets', 'findings', 'networks', 'scanners', 'agents', 'tags', 'scans', 'compliance'],
      managed_by: 'environment',
    },
    { name: 'plugins', cron: '30 1 * * *', time_zone: 'Europe/Berlin' },
    { name: 'everything', kind: 'full', interval_hours: 720, streams: null },
  ])
  expect(listed).toMatchObject({ is_served: false, upcoming: Array.from({ length: 5 }, () => expect.anything()) })
  for (const schedule of listed.items) expect(ScheduleView.strict().safeParse(schedule).error?.issues ?? []).toEqual([])

  const { stdout } = await run('schedule')
  expect(stdout).toMatch(
    /Tenable VM +changes +delta: assets, findings, networks, scanners, agents, tags, scans, compliance +every/,
  )
  expect(stdout).toMatch(/everything +full: all +0 2 \* \* sun/)
  expect(stdout).toContain('No server works on this database, so nothing starts by itself')

  const refused = await run('schedule', 'set', 'changes', '--every', '1h', '--json')
  expect(refused.code).toBe(2)
  expect(refused.json()).toMatchObject({ error: { code: 'schedule_managed_by_environment' } })
  const changed = await run(
    'schedule',
    'set',
    'changes',
    '--blackout',
    'mon-fri 08:00-18:00',
    '--jitter',
    '60',
    '--json',
  )
  expect(changed.json()).toMatchObject({ jitter_seconds: 60, blackout: [{ from: '08:00', to: '18:00' }] })
  const without = await run('schedule', 'set', 'changes', '--no-blackout', '--json')
  expect(without.json()).toMatchObject({ blackout: [], jitter_seconds: 60 })
})

test('a schedule is added, paused, resumed and removed by name', async () => {
  const added = await run(
    'schedule',
    'set',
    'monthly',
    '--cron',
    '0 3 1 * *',
    '--kind',
    'full',
    '--time-zone',
    'Europe/Berlin',
  )
  expect(added.stdout).toMatch(/monthly +full: all +0 3 1 \* \* Europe\/Berlin/)
  expect((await run('schedule', 'pause', 'monthly')).stdout).toContain('1 schedule paused')
  expect((await run('schedule', 'pause')).stdout).toContain('4 schedules paused')
  expect((await run('schedule')).stdout).toContain('Nothing comes next.')
  expect((await run('schedule', 'resume', '--json')).json<Listed>().items).toHaveLength(4)
  expect((await run('schedule', 'remove', 'monthly')).stdout).toContain('is removed')
  const gone = await run('schedule', 'pause', 'monthly')
  expect(gone.code).toBe(1)
  expect(gone.stderr).toContain('The schedules are: changes, plugins, everything. [schedule_not_found]')
  const bad = await run('schedule', 'set', 'nightly', '--cron', '0 99 * * *', '--json')
  expect(bad.json()).toMatchObject({ error: { code: 'bad_schedule' } })
  expect(bad.code).toBe(2)
})

test('a server says what comes next and starts what is due; told not to, it does not', async () => {
  const { environment, test: testDatabase } = setting
  const headers = await signedIn(testDatabase)
  const off = startTenfold(['up', '--no-web', '--json'], { ...environment, TENABLE_SYNC_ENABLED: 'false' })
  const quiet = JSON.parse(/^\{.*\}$/m.exec(await off.says(/^\{.*\}$/m))![0]) as { url: string }
  await off.says(/findings: [\d,]+ records \(completed\)/)
  const list = async (url: string) =>
    ScheduleList.parse(await (await fetch(`${url}/api/tenable/sync/schedule`, { headers })).json())
  expect((await list(quiet.url)).is_on).toBe(false)
  off.child.kill('SIGTERM')
  await off.ended

  await testDatabase.database.query(`update schedule set next_at = now() where name = 'changes'`)
  const server = startTenfold(['up', '--no-web', '--json'], environment)
  const { url } = JSON.parse(/^\{.*\}$/m.exec(await server.says(/^\{.*\}$/m))![0]) as { url: string }
  await expect
    .poll(
      async () => {
        const { rows } = await testDatabase.database.query<{ status: string; kind: string }>(
          `select kind, status from run where trigger = 'schedule'`,
        )
        return rows
      },
      { timeout: 30_000, interval: 200 },
    )
    .toEqual([{ kind: 'delta', status: 'completed' }])
  const schedules = await list(url)
  expect(schedules.is_on).toBe(true)
  expect(schedules.items.find(schedule => schedule.name === 'changes')?.last_run_id).not.toBeNull()
  const upcoming = UpcomingList.parse(
    await (await fetch(`${url}/api/tenable/sync/upcoming?limit=3`, { headers })).json(),
  )
  expect(upcoming.items).toHaveLength(3)
  expect(Date.parse(upcoming.items[0]!.at)).toBeGreaterThan(Date.now())
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)

  const { rows } = await testDatabase.database.query<{ calls: number; timed: number; bytes: number; failed: number }>(
    'select sum(calls) as calls, sum(timed) as timed, sum(bytes)::float8 as bytes, sum(failed) as failed from source_call',
  )
  expect(rows[0]).toMatchObject({ failed: 0 })
  expect(rows[0]!.calls).toBeGreaterThan(rows[0]!.timed)
  expect(rows[0]!.bytes).toBeGreaterThan(1000)
})

test('what a full sync would end is shown, rejected and confirmed', async () => {
  const { tenant } = setting
  expect((await run('sweep')).stdout).toContain('No sweep waits for a decision.')
  tenant.control.edit('age-out-asset', { count: 30 })
  const first = await run('sync', '--full', '--wait', '--json')
  const { run_id: runId } = first.json<{ run_id: number }>()
  expect((await run('sweep')).stdout).toMatch(new RegExp(`${runId} +Tenable VM +held +30 of \\d+`))
  const shown = await run('sweep', 'show', String(runId))
  expect(shown.stdout).toMatch(/assets aged out +30 of \d+/)
  expect(shown.stdout).toContain(`Decide: tenfold sweep confirm ${runId}`)
  const detail = (await run('sweep', 'show', String(runId), '--cause', 'aged_out', '--limit', '100', '--json')).json()
  expect(SweepDetail.parse(detail).rows.items).toHaveLength(30)
  const rejected = await run('sweep', 'reject', String(runId))
  expect(rejected.stdout).toContain('Nothing was ended: 30 assets')

  const again = (await run('sync', '--full', '--wait', '--json')).json<{ run_id: number }>()
  const confirmed = await run('sweep', 'confirm', String(again.run_id), '--json')
  expect(SweepView.parse(confirmed.json())).toMatchObject({ status: 'applied', would_end: { assets: 30 } })
  const status = await tenfoldHere(['status', '--json'], withoutKeys(setting.environment))
  expect(status.json()).toMatchObject({ assets: { aged_out: 30 } })
  const twice = await run('sweep', 'confirm', String(again.run_id))
  expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('[sweep_not_held]')])
  const nothing = await run('sweep', 'show', '99999')
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('[sweep_not_found]')])
  expect((await run('sweep', 'list', '--status', 'applied,rejected')).stdout).toContain('rejected')
}, 120_000)

test('a confirmed sweep need not be waited for, and whoever works next does the rest of what a dead process left', async () => {
  setting.tenant.control.edit('age-out-asset', { count: 25 })
  const { run_id: runId } = (await run('sync', '--full', '--wait', '--json')).json<{ run_id: number }>()
  const queued = await run('sweep', 'confirm', String(runId), '--no-wait')
  expect([queued.code, queued.stdout]).toEqual([0, expect.stringContaining('Queued: 25 assets')])
  expect((await run('sweep', 'show', String(runId))).stdout).toContain('nobody has begun yet')
  const killed = startTenfold(['sync'], { ...setting.environment, TENABLE_LOG_LEVEL: 'debug' })
  await killed.says('a confirmed sweep is carried out')
  killed.child.kill('SIGKILL')
  await killed.ended
  expect((await run('sync', '--full', '--wait')).code).toBe(0)
  const applied = await run('sweep', 'show', String(runId), '--json')
  expect(SweepDetail.parse(applied.json())).toMatchObject({ status: 'applied', would_end: { assets: 25 } })
}, 120_000)
