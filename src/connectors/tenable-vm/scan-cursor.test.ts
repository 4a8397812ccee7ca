import { expect, test } from 'vitest'
import { encodeCursor, isSettled, knownBefore } from './scan-cursor.ts'

const day = 86_400
const now = 1_780_000_000
const nowMs = now * 1000
const scan = { uuid: 'run-3', status: 'completed', last_modification_date: now - day }
const run = (daysAgo: number, status = 'completed', is_archived = false) => ({
  time_start: now - daysAgo * day,
  status,
  is_archived,
})

test('a scan whose list entry is as it was is settled; a new run, another status and a run that goes on are not', () => {
  const cursor = encodeCursor(scan, [run(1), run(8)], undefined, nowMs)
  expect(isSettled(cursor, scan, nowMs)).toBe(true)
  expect(isSettled(cursor, { ...scan, uuid: 'run-4' }, nowMs)).toBe(false)
  expect(isSettled(cursor, { ...scan, status: 'imported' }, nowMs)).toBe(false)
  const running = { ...scan, status: 'running' }
  expect(isSettled(encodeCursor(running, [run(0, 'running')], undefined, nowMs), running, nowMs)).toBe(false)
  expect(isSettled(undefined, scan, nowMs)).toBe(false)
})

test('the history is read back to the first run that went on, or to the newest', () => {
  const settled = encodeCursor(scan, [run(1), run(8)], undefined, nowMs)
  expect(knownBefore(settled, nowMs)).toBe(now - day)
  const open = encodeCursor(scan, [run(0, 'running'), run(2, 'paused'), run(8)], undefined, nowMs)
  expect(knownBefore(open, nowMs)).toBe(now - 2 * day - 1)
})

test('once a week it is read back to the runs that were archived, so that those archived since are noticed', () => {
  const cursor = encodeCursor(scan, [run(1), run(30), run(40, 'completed', true)], undefined, nowMs)
  expect(knownBefore(cursor, nowMs + 6 * day * 1000)).toBe(now - day)
  expect(knownBefore(cursor, nowMs + 7 * day * 1000)).toBe(now - 40 * day)
  // A scan that runs no more is asked when its last results have become old, and then no more.
  const later = nowMs + 36 * day * 1000
  expect(isSettled(cursor, scan, nowMs + 20 * day * 1000)).toBe(true)
  expect(isSettled(cursor, scan, later)).toBe(false)
  const archived = encodeCursor(scan, [run(1, 'completed', true)], cursor, later)
  expect(isSettled(archived, scan, later + 100 * day * 1000)).toBe(true)
})
