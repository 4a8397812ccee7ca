import { expect, test } from 'vitest'
import { scheduleInWords } from './scan-schedule.ts'

const cases = [
  { rrules: null, is: 'on demand' },
  { rrules: 'FREQ=DAILY;INTERVAL=1', is: 'daily at 01:30 (Europe/Zurich)' },
  { rrules: 'FREQ=WEEKLY;INTERVAL=1;BYDAY=MO', is: 'weekly on Monday at 01:30 (Europe/Zurich)' },
  {
    rrules: 'FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,WE,FR',
    is: 'every 3 weeks on Monday, Wednesday and Friday at 01:30 (Europe/Zurich)',
  },
  { rrules: 'FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=22', is: 'monthly on the 22nd at 01:30 (Europe/Zurich)' },
  { rrules: 'FREQ=MONTHLY;INTERVAL=1;BYDAY=-1SU', is: 'monthly on the last Sunday at 01:30 (Europe/Zurich)' },
  { rrules: 'FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU', is: 'every 2 months on the 2nd Tuesday at 01:30 (Europe/Zurich)' },
  { rrules: 'FREQ=ONETIME;INTERVAL=1', is: 'once on 2026-01-05 at 01:30 (Europe/Zurich)' },
  { rrules: 'FREQ=SECONDLY', is: 'FREQ=SECONDLY' },
]

test.each(cases)('$rrules is $is', ({ rrules, is }) => {
  const schedule = { rrules, starts: '20260105T013000', timeZone: 'Europe/Zurich', isEnabled: true }
  expect(scheduleInWords(schedule)).toBe(is)
})

test('one that is switched off says so, and what is not told is left out', () => {
  const off = { rrules: 'FREQ=DAILY;INTERVAL=1', starts: null, timeZone: null, isEnabled: false }
  expect(scheduleInWords(off)).toBe('daily, switched off')
  expect(scheduleInWords({ ...off, rrules: null })).toBe('on demand, switched off')
})
