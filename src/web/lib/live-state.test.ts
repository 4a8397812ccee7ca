import { expect, test } from 'vitest'
import type { RunView } from '../../contract/sync.ts'
import { activeRuns, emptyLiveState, endedBetween, rateKey, withEvent } from './live-state.ts'

function aRun(status: RunView['status'], received: number): RunView {
  const counts = { received, inserted: received, changed: 0, unchanged: 0, rejected: 0, bytes: 0 }
  const stream = { stream: 'findings', status: 'reading', counts, parts_total: 60, parts_done: 1 }
  return { id: 7, status, streams: [stream], counts } as unknown as RunView
}

test('events of a run become its progress, its rate and the rows it wrote', () => {
  const started = withEvent(emptyLiveState, { event: 'snapshot', data: { at: '', jobs: [aRun('running', 100)] } }, 0)
  expect(started.changed.findings).toBe(0)
  const later = withEvent(started, { event: 'run', data: aRun('running', 2_100) }, 4_000)
  expect(activeRuns(later).map(run => run.id)).toEqual([7])
  expect(later.changed.findings).toBe(2_000)
  expect(later.rates.get(rateKey(7, 'findings'))).toBe(500)
})

test('what was seen before the page was open is no news', () => {
  const opened = withEvent(emptyLiveState, { event: 'snapshot', data: { at: '', jobs: [aRun('completed', 900)] } }, 0)
  expect(opened.changed.findings).toBe(0)
  expect(activeRuns(opened)).toEqual([])
})

test('a run that ends is told once', () => {
  const running = withEvent(emptyLiveState, { event: 'run', data: aRun('running', 1) }, 0)
  const ended = withEvent(running, { event: 'run', data: aRun('completed', 1) }, 1)
  expect(endedBetween(running, ended).map(run => run.id)).toEqual([7])
  expect(endedBetween(ended, withEvent(ended, { event: 'run', data: aRun('completed', 1) }, 2))).toEqual([])
})
