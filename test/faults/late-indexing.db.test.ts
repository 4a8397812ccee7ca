import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMirror, type SyncedRun, truthOf } from '../support/mirror.ts'
import { break_, expectEqualToTruth, type FaultedTenant, lift, openFaultedTenant } from './tenant.ts'

// What a scan found can be read hours after it was found. A tenant that can only be asked by when it was found is asked
// as far back as its rows tell.

let tenant: FaultedTenant
beforeAll(async () => {
  tenant = await openFaultedTenant()
})
afterAll(() => tenant.close())

const byFoundDates = [
  {
    on: { method: 'POST', path: '/vulns/export', nth: 'every' },
    do: { kind: 'drop_filter', filter: 'indexed_at' },
  },
] as const

async function delay(): Promise<number | null> {
  const { rows } = await tenant.mirror.database.query<{ seconds: number | null }>(
    'select indexing_delay_seconds as seconds from source',
  )
  return rows[0]!.seconds
}

/** Some assets are scanned, and what was found can be read so many minutes later, which is now. */
function scanned(indexedAfterMinutes: number, assets: readonly (string | undefined)[]): (string | undefined)[] {
  const { control } = tenant.mirror.simulator
  return assets
    .flatMap(
      uuid =>
        control.edit('scan-asset', { ...(uuid === undefined ? {} : { asset_uuid: uuid }), indexedAfterMinutes })
          .changed,
    )
    .map(target => target.asset_uuid)
}

async function askedSince({ runId }: SyncedRun): Promise<number> {
  const { rows } = await tenant.mirror.database.query<{ since: number }>(
    `select (asked->'filters'->>'since')::int as since from export_job
     where run_id = $1 and stream = 'findings' order by export_job_id desc limit 1`,
    [runId],
  )
  return rows[0]!.since
}

test('a row indexed five hours after its scan is not lost by a delta that asks by found dates', async () => {
  const { mirror } = tenant
  const { control } = mirror.simulator
  control.advance({ days: 2 })
  const late = scanned(
    600,
    Array.from({ length: 40 }, () => undefined),
  )
  expect(late.length).toBeGreaterThan(10)
  expect(await mirror.sync()).toMatchObject({ status: 'completed' })
  await expectEqualToTruth(tenant)
  const measured = await delay()
  expect(measured).toBeGreaterThanOrEqual(10 * 3600)

  control.advance({ hours: 0.5 })
  expect(scanned(300, late.slice(0, 5)).length).toBeGreaterThan(2)
  break_(tenant, byFoundDates)
  // Had the rows not told how late they are, an hour would not have been enough.
  await mirror.database.query('update source set indexing_delay_seconds = 3600')
  const blind = await mirror.sync({ kind: 'delta' })
  expect(blind.status).toBe('completed')
  expect(await readMirror(mirror.database)).not.toEqual(truthOf(mirror.simulator))

  await mirror.database.query('update source set indexing_delay_seconds = $1', [measured])
  const run = await mirror.sync({ kind: 'delta' })
  lift(tenant)
  expect(run.status).toBe('completed')
  expect(run.notes.join()).toContain('so much later this source indexes what was found')
  // Half an hour lies between the readings that the two start from.
  expect((await askedSince(blind)) - (await askedSince(run))).toBe(measured! - 3600 - 1800)
  await expectEqualToTruth(tenant)
})

test('a delta can only learn that it takes longer; a full run learns it anew', async () => {
  const { database } = tenant.mirror
  await database.query('update source set indexing_delay_seconds = 70 * 3600')
  await tenant.mirror.sync({ kind: 'delta' })
  expect(await delay()).toBe(70 * 3600)
  await tenant.mirror.sync({ kind: 'full' })
  expect(await delay()).toBeLessThan(70 * 3600)
})
