import { afterAll, beforeAll, expect, test } from 'vitest'
import { BentClock } from '../support/clocks.ts'
import type { SyncedRun } from '../support/mirror.ts'
import type { Answered, Passing } from './meddler.ts'
import { expectEqualToTruth, type FaultedTenant, lift, live, openFaultedTenant, toldOf } from './tenant.ts'

// Clocks that are wrong, ours and the tenant's, before a delta and while one runs.

const hourMs = 3_600_000

const clock = new BentClock()
let tenant: FaultedTenant
beforeAll(async () => {
  tenant = await openFaultedTenant({}, { clock })
})
afterAll(() => tenant.close())

/** A delta after some life; equal to the truth whatever the clocks say. */
async function deltaIsEqual(): Promise<{ readonly run: SyncedRun; readonly kind: string; readonly told: string }> {
  live(tenant)
  const run = await tenant.mirror.sync({ kind: 'delta' })
  expect(run).toMatchObject({ status: 'completed', error_code: null })
  await expectEqualToTruth(tenant)
  return { run, kind: await kindOf(run), told: await toldOf(tenant, run) }
}

async function kindOf({ runId }: SyncedRun): Promise<string> {
  const { rows } = await tenant.mirror.database.query<{ kind: string }>('select kind from run where run_id = $1', [
    runId,
  ])
  return rows[0]!.kind
}

/** The tenant's clock is told wrong, by its `Date` header and, when it is really wrong, by its jobs too. */
function shiftTenantClock(hours: number, isReal: boolean): void {
  tenant.meddler.meddle({
    changed: (call: Passing, answer: Answered) => {
      const date = new Date(Date.parse(String(answer.headers.date)) + hours * hourMs).toUTCString()
      const headers = { ...answer.headers, date }
      if (!isReal || !call.path.endsWith('/status')) return { ...answer, headers }
      const text = answer.body
        .toString('utf8')
        .replace(/"created":(\d+)/g, (_, at) => `"created":${Number(at) + hours * hourMs}`)
      return { ...answer, headers, body: Buffer.from(text) }
    },
    plain: true,
  })
}

test('a delta that nothing speaks against stays one, and says from when it asked', async () => {
  const { run, kind } = await deltaIsEqual()
  expect(kind).toBe('delta')
  const { rows } = await tenant.mirror.database.query<{ since: string; overlap: number; watermark: string }>(
    `select since, overlap_seconds as overlap,
            (select watermark_at from run_stream where run_id = $1 - 1 and stream = 'findings') as watermark
     from run_stream where run_id = $1 and stream = 'findings'`,
    [run.runId],
  )
  expect(rows[0]?.overlap).toBe(3600)
  expect(Date.parse(rows[0]!.since)).toBe(Math.floor(Date.parse(rows[0]!.watermark) / 1000) * 1000 - hourMs)
})

test('our clock set back by hours is no matter: the tenant’s times are compared with its own', async () => {
  clock.offsetMs -= 10 * hourMs
  expect((await deltaIsEqual()).kind).toBe('delta')
})

test('our clock set forward looks like the tenant’s gone back, and everything is read once', async () => {
  clock.offsetMs += 10 * hourMs
  const { kind, told } = await deltaIsEqual()
  expect({ kind, told }).toEqual({ kind: 'full', told: expect.stringContaining('[clock_went_back]') })
  expect((await deltaIsEqual()).kind).toBe('delta')
})

for (const hours of [9, -9]) {
  test(`our clock that jumps by ${hours} hours while chunks are read gives up nothing`, async () => {
    let isSet = false
    tenant.meddler.meddle({
      instead: ({ path }) => {
        if (!isSet && path.includes('/chunks/')) clock.offsetMs += hours * hourMs
        isSet ||= path.includes('/chunks/')
        return false
      },
    })
    await deltaIsEqual()
    lift(tenant)
    expect(isSet).toBe(true)
    const { rows } = await tenant.mirror.database.query('select from export_job where attempt > 1')
    expect(rows).toEqual([])
  })
}

test('a tenant whose clock was hours ahead for one run is read whole when it is right again', async () => {
  await tenant.mirror.sync()
  shiftTenantClock(5, true)
  await deltaIsEqual()
  lift(tenant)
  const { kind, told } = await deltaIsEqual()
  expect({ kind, told }).toEqual({ kind: 'full', told: expect.stringContaining('[watermark_in_future]') })
  expect((await deltaIsEqual()).kind).toBe('delta')
})

test('and also when so much time has passed that the reading no longer lies ahead', async () => {
  await tenant.mirror.sync()
  shiftTenantClock(5, true)
  await deltaIsEqual()
  lift(tenant)
  tenant.mirror.simulator.control.advance({ hours: 6 })
  clock.offsetMs += 8 * hourMs
  const { kind, told } = await deltaIsEqual()
  expect({ kind, told }).toEqual({ kind: 'full', told: expect.stringContaining('[clock_went_back]') })
})

test('a gateway that writes another time than the tenant’s costs a full run, never a row', async () => {
  await tenant.mirror.sync()
  shiftTenantClock(-7, false)
  const { kind, told } = await deltaIsEqual()
  lift(tenant)
  expect({ kind, told }).toEqual({ kind: 'full', told: expect.stringContaining('[watermark_in_future]') })
})

test('a reading of more than a month ago is not gone on from', async () => {
  await tenant.mirror.sync()
  tenant.mirror.simulator.control.advance({ days: 40 })
  clock.offsetMs += 40 * 24 * hourMs
  const { kind, told } = await deltaIsEqual()
  expect({ kind, told }).toEqual({ kind: 'full', told: expect.stringContaining('[watermark_too_old]') })
})

test('asked to wait for years, we wait an hour', async () => {
  let isRefused = false
  tenant.meddler.meddle({
    instead: ({ method, path }, response) => {
      if (isRefused || method !== 'POST' || path !== '/vulns/export') return false
      isRefused = true
      response.writeHead(429, { 'retry-after': '999999999' }).end()
      return true
    },
  })
  clock.skippedMs = 0
  // The pause is told to other processes on the database's clock, which no test can bend: there it is over at once.
  const over = setInterval(() => {
    void tenant.mirror.database.query('update request_budget set paused_until = null')
  }, 200)
  try {
    await deltaIsEqual()
  } finally {
    clearInterval(over)
  }
  lift(tenant)
  expect(isRefused).toBe(true)
  expect(clock.skippedMs).toBeGreaterThanOrEqual(hourMs)
  expect(clock.skippedMs).toBeLessThan(5 * hourMs)
})
