import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { signedIn } from '../../test/support/accounts.ts'
import { openBrowser } from '../../test/support/api-browser.ts'
import { openSetting, type Setting, startTenfold, tenfold, withoutKeys } from '../../test/support/command-line.ts'
import type { RunReport } from './run-report.ts'

let setting: Setting
beforeEach(async () => {
  setting = await openSetting()
})
afterEach(() => setting.close())

interface Ready {
  readonly url: string
  readonly run_id: number | null
  readonly setup_url: string | null
  readonly sign_in_url: string
}

test('up reads the environment’s source at once, serves it, does the work of others, and stops cleanly', async () => {
  const { environment, tenant } = setting
  const server = startTenfold(['up', '--no-web', '--json'], environment)
  const ready = readyLine(await server.says(/^\{.*\}$/m))
  expect(ready).toMatchObject({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    source: 'Tenable VM',
    run_id: 1,
    setup_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/setup#[\w-]{43}$/),
  })
  await server.says(/findings: [\d,]+ records \(completed\)/)
  // Its streams end before it does: asked for meanwhile, a sync would go on with this very run.
  await vi.waitFor(async () => {
    const { rows } = await setting.test.database.query<{ status: string }>('select status from run where run_id = 1')
    expect(rows[0]?.status).toBe('completed')
  }, 20_000)

  const statistics = await fetch(`${ready.url}/api/tenable/stats/vulnerabilities`, {
    headers: await signedIn(setting.test),
  })
  expect(statistics.status).toBe(200)
  expect(((await statistics.json()) as { total: number }).total).toBeGreaterThan(0)

  // It must not end before somebody has asked again.
  tenant.control.addFaults({ on: { path: '/vulns/export/*/status', nth: 'every' }, do: { kind: 'job_stuck' } })
  const queued = await tenfold(['sync', '--full', '--json'], environment)
  expect(queued.code).toBe(0)
  expect(queued.json()).toMatchObject({ run_id: 2, source: 'Tenable VM', kind: 'full', created: true })
  expect(queued.stderr).not.toContain('No server works on this database')
  const waiting = startTenfold(['sync', '--wait', '--json'], environment)
  await waiting.says('already has a full sync under way: going on with run 2. A delta one was not started')
  tenant.control.clearFaults()
  const waited = await waiting.ended
  expect(waited.json()).toMatchObject({ run_id: 2, status: 'completed' })
  expect(waited.json<RunReport>().streams.findings?.unchanged).toBe(tenant.control.truth().findings.total)

  server.child.kill('SIGTERM')
  const { code, stdout, stderr } = await server.ended
  expect(code).toBe(0)
  expect(stdout + stderr).not.toContain(tenant.secretKey)
  await expect(fetch(ready.url)).rejects.toThrow()

  const again = startTenfold(['up', '--no-web', '--json'], environment)
  const line = readyLine(await again.says(/^\{.*\}$/m))
  // There is an account now, so that nothing is printed that could make another.
  expect([line.run_id, line.setup_url]).toEqual([null, null])
  again.child.kill('SIGINT')
  expect((await again.ended).code).toBe(0)
})

test('up on a port that is taken says so', async () => {
  const { environment, tenant } = setting
  const { code, stderr } = await tenfold(['up', '--no-web', '--port', new URL(tenant.url).port], environment)
  expect(code).toBe(2)
  expect(stderr).toMatch(/Port \d+ is in use\. Set PORT to another one.*\[port_in_use\]/)
})

const demo = ['demo', '--assets', '30', '--findings', '900', '--json']

test('the demonstration is equal to its tenant’s truth, and finds nothing new the second time', async () => {
  const { environment } = setting
  const first = await tenfold([...demo, '--once'], environment)
  expect(first.stderr).toContain('A demonstration with a simulated tenant of 30 assets')
  const report = first.json<{ equal: boolean; run: RunReport; comparison: { source: unknown; mirror: unknown }[] }>()
  expect(report).toMatchObject({ url: null, equal: true, run: { status: 'completed', source: 'Demo tenant' } })
  expect(report.comparison.length).toBeGreaterThan(8)
  expect(first.code).toBe(0)

  const second = await tenfold([...demo, '--once'], environment)
  expect(second.json()).toMatchObject({ equal: true })
  const { findings, assets } = second.json<{ run: RunReport }>().run.streams
  expect(findings).toMatchObject({ inserted: 0, changed: 0, unchanged: findings?.received })
  expect(assets).toMatchObject({ inserted: 0, changed: 0, unchanged: assets?.received })

  const other = await tenfold([...demo, '--once', '--seed', '2'], environment)
  expect(other.code).toBe(2)
  expect(other.json()).toMatchObject({ error: { code: 'other_demo' } })
})

test('the demonstration serves until it is stopped, and leaves nothing running', async () => {
  const server = startTenfold([...demo, '--no-web'], setting.environment)
  const { url, sign_in_url: signIn } = readyLine(await server.says(/^\{.*\}$/m))
  const tenantUrl = /Full sync of Demo tenant at (\S+)/.exec(await server.says('Full sync of'))?.[1] ?? ''
  expect((await fetch(`${url}/livez`)).status).toBe(200)
  // The link that it prints signs one browser in, once.
  const browser = openBrowser(url)
  expect((await browser.call('listAssets')).status).toBe(401)
  const token = signIn.split('/setup#')[1]
  expect((await browser.call('useLink', { body: { token } })).json).toMatchObject({ user_name: 'demo', role: 'admin' })
  expect((await browser.call('listAssets')).json.items.length).toBeGreaterThan(0)
  expect((await openBrowser(url).call('useLink', { body: { token } })).json.code).toBe('link_not_valid')
  const twice = await tenfold([...demo, '--once'], setting.environment)
  expect(twice.json()).toMatchObject({ error: { code: 'demo_runs' } })
  server.child.kill('SIGINT')
  expect((await server.ended).code).toBe(0)
  await expect(fetch(url)).rejects.toThrow()
  await expect(fetch(tenantUrl)).rejects.toThrow()
})

test('the demonstration does not mix with real data', async () => {
  const { environment } = setting
  await tenfold(['migrate'], environment)
  const { code, stdout } = await tenfold([...demo, '--once'], environment)
  expect(code).toBe(2)
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'not_a_demo_database', message: expect.stringContaining('"Tenable VM"') },
  })
})

test('simulator prints how to reach it, serves its options, and stops', async () => {
  const running = startTenfold([
    'simulator',
    '--seed',
    '7',
    '--assets',
    '20',
    '--findings',
    '300',
    '--role',
    '16',
    '--json',
  ])
  const said = JSON.parse(await running.says('\n')) as { url: string; access_key: string; secret_key: string }
  const session = await fetch(`${said.url}/session`, {
    headers: { 'x-apikeys': `accessKey=${said.access_key};secretKey=${said.secret_key}` },
  })
  expect(await session.json()).toMatchObject({ permissions: 16 })
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
})

test('a source that nobody knows yet needs no keys to start up', async () => {
  const server = startTenfold(['up', '--no-web'], withoutKeys(setting.environment))
  expect(await server.says('Press Ctrl-C')).toMatch(
    /is running at http:\/\/127\.0\.0\.1:\d+\n[\s\S]*source: none from the environment/,
  )
  server.child.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
})

/** The one line of JSON among the remarks of a server that goes on. */
function readyLine(said: string): Ready {
  return JSON.parse(said.split('\n').find(line => line.startsWith('{')) ?? '') as Ready
}
