import { afterEach, beforeEach, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import {
  type Ended,
  openSetting,
  type Setting,
  type Started,
  startTenfold,
  tenfold,
  withoutKeys,
} from '../../test/support/command-line.ts'
import { streamNames } from '../domain/batch.ts'
import type { RunReport } from './run-report.ts'

let setting: Setting
beforeEach(async () => {
  setting = await openSetting()
})
afterEach(() => setting.close())

const chunks = '/vulns/export/*/chunks/*'

test('a full sync ends with one JSON object, and a second one finds nothing new', async () => {
  const { tenant, environment } = setting
  const first = await tenfold(['sync', '--full', '--wait', '--json'], environment)
  expect(first.code).toBe(0)
  const truth = tenant.control.truth()
  const report = first.json<RunReport>()
  expect(Object.keys(report)).toEqual([
    'run_id',
    'source',
    'kind',
    'status',
    'streams',
    'duration_ms',
    'bytes',
    'error',
    'notes',
  ])
  expect(report).toMatchObject({ source: 'Tenable VM', kind: 'full', status: 'completed', error: null })
  expect(Object.keys(report.streams).sort()).toEqual([...streamNames].sort())
  expect(report.streams.findings).toEqual({
    status: 'completed',
    received: truth.findings.total,
    inserted: truth.findings.total,
    changed: 0,
    unchanged: 0,
    rejected: 0,
    bytes: expect.any(Number),
    error: null,
  })
  expect(report.streams.assets?.inserted).toBe(truth.assets.total)
  expect(report.bytes).toBeGreaterThan(100_000)
  expect(report.duration_ms).toBeGreaterThan(0)

  const second = await tenfold(['sync', '--full', '--wait', '--json'], environment)
  expect(second.code).toBe(0)
  expect(second.json<RunReport>().streams.findings).toMatchObject({
    inserted: 0,
    changed: 0,
    unchanged: truth.findings.total,
  })
  expectNoKeys(setting, first, second)
})

test('without --full it reads everything the first time, then what changed', async () => {
  const { environment } = setting
  const first = await tenfold(['sync', '--json'], environment)
  expect(first.json()).toMatchObject({ kind: 'full', status: 'completed' })
  expect(first.stderr).toContain('No server works on this database')
  const second = await tenfold(['sync', '--streams', 'assets,findings'], environment)
  expect(second.code).toBe(0)
  expect(second.stdout).toContain('completed, delta sync')
  expect(second.stdout).not.toContain('plugins')
})

test('keys that Tenable does not know end with 1 and their code', async () => {
  const { environment } = setting
  const ended = await tenfold(['sync', '--wait', '--json'], { ...environment, TENABLE_SECRET_KEY: 'f'.repeat(64) })
  expect(ended.code).toBe(1)
  expect(ended.json()).toMatchObject({ status: 'failed', error: { code: 'bad_credentials' } })
  expect(ended.stdout + ended.stderr).not.toContain('f'.repeat(64))
  expectNoKeys(setting, ended)
})

test('an export that fails in part ends with 3, and what came stays', async () => {
  const { tenant, environment } = setting
  tenant.control.addFaults({ on: { method: 'POST', path: '/vulns/export' }, do: { kind: 'chunk_failed', count: 1 } })
  const ended = await tenfold(['sync', '--wait', '--json'], environment)
  const report = ended.json<RunReport>()
  expect(report.streams.assets).toMatchObject({ status: 'completed' })
  expect(report.streams.findings).toMatchObject({ status: 'incomplete', error: { code: 'export_incomplete' } })
  expect(report.status).toBe('partial')
  expect(ended.code).toBe(3)
})

test('stopped by Ctrl-C it says so, and the next sync goes on with the same run', async () => {
  const { tenant, environment } = setting
  tenant.control.addFaults({ id: 'stall', on: { path: chunks }, do: { kind: 'stall' } })
  const running = startTenfold(['sync', '--full', '--wait', '--json'], environment)
  await fired(tenant, running)
  running.child.kill('SIGINT')
  const stopped = await running.ended
  expect(stopped.code).toBe(1)
  expect(stopped.json<{ error: object }>().error).toMatchObject({
    code: 'interrupted',
    message: expect.stringMatching(/^Run \d+ stopped where it was and stays open/),
  })
  const status = await tenfoldHere(['status', '--json'], environment)
  const [open] = status.json<{ runs: { id: number; status: string }[] }>().runs
  expect(open).toMatchObject({ status: 'running' })

  tenant.control.clearFaults()
  const next = await tenfold(['sync', '--wait', '--json'], environment)
  expect(next.stderr).toContain(`already has a full sync under way: going on with run ${open?.id}`)
  expect(next.json<RunReport>()).toMatchObject({ run_id: open?.id, status: 'completed' })
  expect(next.json<RunReport>().streams.findings?.received).toBe(tenant.control.truth().findings.total)
})

test('--cancel ends a sync that another process does', async () => {
  const { tenant, environment } = setting
  tenant.control.addFaults({ id: 'stall', on: { path: chunks }, do: { kind: 'stall' } })
  const running = startTenfold(['sync', '--wait', '--json'], environment)
  await fired(tenant, running)
  const cancelled = await tenfold(['sync', '--cancel', '--json'], environment)
  expect(cancelled.code).toBe(0)
  expect(cancelled.json()).toMatchObject({ status: 'cancelled' })
  const ended = await running.ended
  expect(ended.code).toBe(1)
  expect(ended.json()).toMatchObject({ status: 'cancelled' })
  const none = await tenfoldHere(['sync', '--cancel', '--json'], environment)
  expect(none.json()).toEqual({ cancelled: 0 })
})

test('sync stop ends it as well; what failed is run again by number, or all of it', async () => {
  const { tenant, environment } = setting
  tenant.control.addFaults({ on: { path: '/**', nth: 'every' }, do: { kind: 'status', status: 503 } })
  const failed = await tenfold(['sync', '--full', '--wait', '--json'], {
    ...environment,
    TENABLE_RETRY_MAX_ATTEMPTS: '1',
  })
  expect(failed.json()).toMatchObject({ run_id: 1, status: 'failed', error: { code: 'server_error' } })
  // With the id of the request, which the vendor's support asks for.
  expect(failed.json<RunReport>().error?.message).toMatch(/Request id: [0-9a-f]{32}\./)
  tenant.control.clearFaults()
  const again = await tenfold(['sync', '--retry', '1', '--wait', '--json'], environment)
  expect(again.json()).toMatchObject({ run_id: 2, kind: 'full', status: 'completed' })
  const nothing = await tenfoldHere(['sync', '--retry-failed', '3', '--json'], environment)
  expect([nothing.code, nothing.json()]).toEqual([0, { runs: [] }])
  const unknown = await tenfoldHere(['sync', '--retry', '99', '--json'], environment)
  expect(unknown.json()).toMatchObject({ error: { code: 'run_not_found' } })
  const stopped = await tenfoldHere(['sync', 'stop', '--all', '--json'], environment)
  expect([stopped.code, stopped.json()]).toEqual([0, { cancelled: 0 }])
})

test('a source is paused and resumed, and the status says so', async () => {
  const { environment } = setting
  const paused = await tenfoldHere(['source', 'pause', 'Tenable VM', '--json'], environment)
  expect(paused.json()).toMatchObject({ name: 'Tenable VM', is_paused: true, changed: true })
  expect((await tenfoldHere(['status'], environment)).stdout).toMatch(
    /Tenable VM is paused since .*: no schedule starts/,
  )
  const resumed = await tenfoldHere(['source', 'resume', '1', '--json'], environment)
  expect(resumed.json()).toMatchObject({ is_paused: false, changed: true })
})

test('two syncs at once are one run', async () => {
  const { environment } = setting
  const ended = await Promise.all([1, 2].map(() => tenfold(['sync', '--wait', '--json'], environment)))
  const reports = ended.map(one => one.json<RunReport>())
  expect(reports.map(report => report.status)).toEqual(['completed', 'completed'])
  expect(new Set(reports.map(report => report.run_id)).size).toBe(1)
})

const unusable = [
  { name: 'half a key', environment: { TENABLE_SECRET_KEY: '' }, code: 'bad_setting', says: 'TENABLE_SECRET_KEY' },
  {
    name: 'a port that is none',
    environment: { PORT: 'http' },
    code: 'bad_setting',
    says: 'PORT must be a whole number',
  },
  {
    name: 'a cloud without https',
    environment: { TENABLE_BASE_URL: 'http://cloud.tenable.com' },
    code: 'bad_setting',
    says: 'an https address',
  },
  {
    name: 'a database server that has no address',
    environment: { DATABASE_URL: 'postgres://tenfold:hunter2@name.invalid/mirror' },
    code: 'database_refused',
    says: 'mirror at name.invalid',
  },
  { name: 'an unknown source', args: ['--source', 'Nowhere'], code: 'source_not_found', says: '"Nowhere"' },
]
for (const { name, environment = {}, args = [], code, says } of unusable) {
  test(`${name} ends with 2`, async () => {
    const ended = await tenfoldHere(['sync', '--wait', '--json', ...args], { ...setting.environment, ...environment })
    expect(ended.code).toBe(2)
    expect(ended.json()).toEqual({ error: { code, message: expect.stringContaining(says) } })
    expect(ended.stdout + ended.stderr).not.toContain('hunter2')
    expectNoKeys(setting, ended)
  })
}

test('a database server that is away ends with 1', async () => {
  const environment = { ...setting.environment, DATABASE_URL: 'postgres://tenfold:hunter2@127.0.0.1:1/mirror' }
  const ended = await tenfold(['status', '--json'], environment)
  expect(ended.code).toBe(1)
  expect(ended.json<{ error: { code: string; message: string } }>().error.code).toBe('database_unreachable')
  expect(ended.stdout + ended.stderr).not.toContain('hunter2')
})

test('without any source it says how to get one', async () => {
  const ended = await tenfold(['sync'], withoutKeys(setting.environment))
  expect(ended.code).toBe(2)
  expect(ended.stdout).toBe('')
  expect(ended.stderr).toMatch(/^tenfold: There is no source to read from\. Set TENABLE_ACCESS_KEY .* \[no_source\]\n$/)
})

test('a source is added with its keys on standard input, synchronised, and removed', async () => {
  const { tenant } = setting
  const environment = withoutKeys(setting.environment)
  const keys = `${tenant.accessKey}\n${tenant.secretKey}\n`
  const added = await tenfold(
    ['source', 'add', '--name', 'Head office', '--url', tenant.url, '--json'],
    environment,
    keys,
  )
  expect(added.json()).toMatchObject({ name: 'Head office', has_credentials: true })
  const synced = await tenfold(['sync', '--source', 'head office', '--wait', '--json'], environment)
  expect(synced.json()).toMatchObject({ source: 'Head office', status: 'completed' })
  const removed = await tenfoldHere(['source', 'remove', 'Head office', '--json'], environment)
  expect(removed.json()).toMatchObject({ has_credentials: false, is_enabled: false })
  const list = await tenfoldHere(['source', 'list', '--json'], environment)
  expect(list.json()).toEqual({ items: [] })
  const audit = await tenfoldHere(['audit', 'verify', '--json'], environment)
  expect(audit.json()).toMatchObject({ ok: true, first_broken: null })
  expectNoKeys(setting, added, synced, removed, list, audit)
})

/** Resolves when the first of the tenant's faults has struck the command. */
async function fired(tenant: Setting['tenant'], running: Started): Promise<void> {
  const faults = () => tenant.control.faults() as readonly { readonly fired?: number }[]
  let hasEnded = false
  void running.ended.then(() => {
    hasEnded = true
  })
  while (!faults()[0]?.fired) {
    if (hasEnded) throw new Error(`it ended first: ${JSON.stringify(await running.ended)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

function expectNoKeys({ tenant }: Setting, ...ended: readonly Ended[]): void {
  for (const { stdout, stderr } of ended) {
    expect(stdout + stderr).not.toContain(tenant.accessKey)
    expect(stdout + stderr).not.toContain(tenant.secretKey)
  }
}
