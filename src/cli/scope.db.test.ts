import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting } from '../../test/support/command-line.ts'
import type { RunReport } from './run-report.ts'

// A source limited to a part of what it has, and a few rows at once, from the terminal.

let setting: Setting
beforeAll(async () => {
  setting = await openSetting({ assets: 40, findings: 400 })
})
afterAll(() => setting.close())

const run = (...args: readonly string[]) => tenfoldHere(args, setting.environment)

test('the environment’s source is limited, read within its scope, and shown with it', async () => {
  expect((await run('sync', '--streams', 'assets,findings', '--json')).code).toBe(0)
  const limits = ['--scope-tag', 'operating_system_linux:linux', '--scope-severity', 'critical,high']
  const set = await run('source', 'set', 'Tenable VM', ...limits)
  expect(set.code).toBe(0)
  expect(set.stdout).toContain('is now: tag operating_system_linux is linux; severity high or critical.')
  const listed = await run('source', 'list', '--json')
  expect(listed.json()).toMatchObject({
    items: [{ scope: { tags: [{ key: 'operating_system_linux', value: 'linux' }], severities: ['high', 'critical'] } }],
  })
  expect((await run('source', 'list')).stdout).toContain('tag operating_system_linux is linux')
  const synced = await run('sync', '--streams', 'assets,findings', '--json')
  const report = synced.json<RunReport>()
  expect(report).toMatchObject({ kind: 'full', status: 'completed' })
  expect(report.notes.join('\n')).toMatch(/Outside the scope: \d+ assets and \d+ findings/)
  const status = await run('status', '--json')
  const { leftOut } = status.json<{
    leftOut: { assets: { out_of_scope: number }; findings: { out_of_scope: number } }
  }>()
  expect(leftOut.assets.out_of_scope).toBeGreaterThan(0)
  expect(leftOut.findings.out_of_scope).toBeGreaterThan(0)
  expect((await run('status')).stdout).toMatch(/out of scope/)
  const outside = await run('assets', '--include', 'out_of_scope', '--json')
  expect(outside.stdout).toContain('"out_of_scope_at":"')

  const mistyped = await run('source', 'set', 'Tenable VM', '--scope-tag', 'Env:Prod')
  expect(mistyped.code).toBe(0)
  const checked = await run('check', '--source', 'Tenable VM')
  expect(checked.stdout).toContain('[SCOPE] The scope names the tag Env:Prod, which the source does not have.')
  const widened = await run('source', 'set', 'Tenable VM', '--scope-everything', '--json')
  expect(widened.json()).toMatchObject({ scope: {} })
})

test('a scope that is none is refused with its code', async () => {
  const cases = [
    [['--scope-tag', 'Environment'], 'bad_scope'],
    [['--scope-network', 'Default'], 'bad_scope'],
    [[], 'bad_scope'],
    [['--scope-severity', 'worst'], 'bad_usage'],
    [['--scope-everything', '--scope-tag', 'a:b'], 'bad_usage'],
  ] as const
  for (const [args, code] of cases) {
    const refused = await run('source', 'set', 'Tenable VM', ...args, '--json')
    expect([args, refused.code]).toEqual([args, 2])
    expect(refused.json()).toMatchObject({ error: { code } })
  }
})

test('some assets, or one plugin, are read at once', async () => {
  const uuid = [...setting.tenant.control.truthFindings()].find(
    row => row.asset_tracked && row.state === 'OPEN',
  )!.asset_uuid
  const asset = await run('sync', '--asset', uuid, '--wait', '--json')
  expect(asset.code).toBe(0)
  expect(asset.json<RunReport>()).toMatchObject({ kind: 'targeted', status: 'completed' })
  expect(asset.stderr).toContain('is queued')
  const plugin = await run('sync', '--plugin', '19506', '--json')
  expect(plugin.json<RunReport>()).toMatchObject({ kind: 'targeted', status: 'completed' })
  expect(Object.keys(plugin.json<RunReport>().streams)).toEqual(['findings'])
  const unknown = await run('sync', '--asset', 'nobody', '--json')
  expect(unknown.json()).toMatchObject({ error: { code: 'asset_not_found' } })
  expect((await run('sync', '--asset', uuid, '--full', '--json')).code).toBe(2)
})
