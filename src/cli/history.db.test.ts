import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, tenfold } from '../../test/support/command-line.ts'
import type { Changes } from '../contract/changes.ts'
import type { StatusReport } from '../contract/statistics.ts'

// The past, on the command line.

let setting: Setting
beforeAll(async () => {
  setting = await openSetting()
  await tenfold(['sync', '--full', '--wait', '--json'], setting.environment)
  setting.tenant.control.advance({ days: 7 })
  const ended = await tenfold(['sync', '--full', '--wait', '--json'], setting.environment)
  expect(ended.json()).toMatchObject({ status: 'completed' })
})
afterAll(() => setting.close())

const run = (...args: readonly string[]) => tenfoldHere(args, setting.environment)

interface Then {
  readonly assets: Readonly<Record<string, number>>
  readonly findings: { readonly total: number } & StatusReport['findings']
  readonly leftOut: { readonly findings: Readonly<Record<string, number>> }
  readonly history: { readonly is_unknown: boolean; readonly reconstructed_before: string }
}

test('status as of the last day is the status of now', async () => {
  const now = (await run('status', '--json')).json<StatusReport>()
  const then = (await run('status', '--as-of', '2026-06-08', '--json')).json<Then>()
  expect(then.findings.state).toEqual(now.findings.state)
  expect(then.findings.severity).toEqual(now.findings.severity)
  expect(then.leftOut.findings).toEqual(now.leftOut.findings)
  expect(then.assets).toEqual(now.assets)
})

test('status of an earlier day says what it rests on', async () => {
  const { stdout } = await run('status', '--as-of', '2026-05-01')
  expect(stdout).toContain('As of 2026-05-01 23:59:59 UTC; before 2026-06-01 06:00:00 UTC it is made of the dates')
  const unknown = await run('status', '--as-of', '2001-01-01')
  expect(unknown.stdout).toContain('nothing is known before 20')
  expect((await run('status', '--as-of', 'yesterday')).code).toBe(2)
})

test('changes between two dates', async () => {
  const week = ['--from', '2026-06-02', '--to', '2026-06-09']
  const changes = (await run('changes', ...week, '--json')).json<Changes>()
  expect(changes.counts.opened).toBeGreaterThan(0)
  expect(changes.items.length).toBeGreaterThan(0)
  const { code, stdout } = await run('changes', ...week, '--change', 'fixed', '--severity', 'critical,high')
  expect(code).toBe(0)
  expect(stdout).toContain('From 2026-06-02 00:00:00 UTC to 2026-06-09 00:00:00 UTC')
  expect((await run('changes', '--from', '2026-06-02')).code).toBe(2)
})
