import { afterEach, expect, test } from 'vitest'
import { mirrorLines, openScMirror, type ScMirror, truthLines } from '../../test/support/security-center.ts'

// A Security Center over real HTTP into a real database: what we hold equals what it holds.

let mirror: ScMirror
afterEach(() => mirror.close())

test('a full sync equals the truth, and a second one writes nothing', async () => {
  mirror = await openScMirror()
  const first = await mirror.sync()
  expect(first).toMatchObject({ status: 'completed', error_code: null })
  const truth = truthLines(mirror.simulator)
  expect(await mirrorLines(mirror.database)).toEqual(truth)
  const again = await mirror.sync()
  expect(again.status).toBe('completed')
  expect(again.streams.findings).toMatchObject({ inserted: 0, changed: 0, unchanged: truth.length, rejected: 0 })
  for (const stream of ['assets', 'plugins', 'networks', 'scans']) {
    expect(again.streams[stream]).toMatchObject({ status: 'completed', inserted: 0, changed: 0, rejected: 0 })
  }
  expect(await mirrorLines(mirror.database)).toEqual(truth)
})
