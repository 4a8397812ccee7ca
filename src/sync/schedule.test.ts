import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BlackoutWindow, weekDays } from '../domain/schedule.ts'
import { instantsOf, wallTimeAt } from '../platform/zoned-time.ts'
import { minutesOf } from './blackout.ts'
import { checkRule, longestGapHours, nextOccurrence, occurrences, type ScheduleRule } from './schedule.ts'

const usual: ScheduleRule = {
  id: 1,
  cron: null,
  intervalHours: null,
  anchorAt: '2026-01-01T00:00:00Z',
  timeZone: 'UTC',
  jitterSeconds: 0,
  blackout: [],
}

const every = (hours: number, rest: Partial<ScheduleRule> = {}): ScheduleRule => ({
  ...usual,
  intervalHours: hours,
  ...rest,
})
const cron = (pattern: string, timeZone: string, rest: Partial<ScheduleRule> = {}): ScheduleRule => ({
  ...usual,
  cron: pattern,
  timeZone,
  ...rest,
})

function times(rule: ScheduleRule, after: string, count: number): string[] {
  const found: string[] = []
  for (const { at } of occurrences(rule, new Date(after))) {
    found.push(at.toISOString().replace(':00.000Z', 'Z'))
    if (found.length === count) break
  }
  return found
}

interface Case {
  readonly name: string
  readonly rule: ScheduleRule
  readonly after: string
  readonly due: readonly string[]
}

const fullOfBerlin = cron('0 2 * * sun', 'Europe/Berlin')

const cases: readonly Case[] = [
  {
    name: 'a full of Sunday 02:00 in Berlin, on the Sunday that skips 02:00, comes when the clocks have jumped',
    rule: fullOfBerlin,
    after: '2026-03-23T00:00:00Z',
    due: ['2026-03-29T01:00Z', '2026-04-05T00:00Z'],
  },
  {
    name: 'and on the Sunday that has 02:00 twice, it comes at the first',
    rule: fullOfBerlin,
    after: '2026-10-19T00:00:00Z',
    due: ['2026-10-25T00:00Z', '2026-11-01T01:00Z'],
  },
  {
    name: 'asked for between the two 02:00, the next is a week later',
    rule: fullOfBerlin,
    after: '2026-10-25T00:30:00Z',
    due: ['2026-11-01T01:00Z'],
  },
  {
    name: 'a daily 02:30 in Berlin that is skipped comes at 03:00, the day after at 02:30 again',
    rule: cron('30 2 * * *', 'Europe/Berlin'),
    after: '2026-03-28T12:00:00Z',
    due: ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
  },
  {
    name: 'a daily 02:30 in New York that is skipped comes at 03:00',
    rule: cron('30 2 * * *', 'America/New_York'),
    after: '2026-03-07T12:00:00Z',
    due: ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
  },
  {
    name: 'a daily 01:30 in New York that comes twice is one',
    rule: cron('30 1 * * *', 'America/New_York'),
    after: '2026-10-31T12:00:00Z',
    due: ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
  },
  {
    name: 'so is each of a list of hours',
    rule: cron('30 1,13 * * *', 'America/New_York'),
    after: '2026-11-01T05:00:00Z',
    due: ['2026-11-01T05:30Z', '2026-11-01T18:30Z', '2026-11-02T06:30Z'],
  },
  {
    name: 'the first night of each month, in a zone',
    rule: cron('0 2 1 * *', 'Europe/Berlin'),
    after: '2026-01-15T00:00:00Z',
    due: ['2026-02-01T01:00Z', '2026-03-01T01:00Z', '2026-04-01T00:00Z'],
  },
  {
    name: 'every two hours by interval',
    rule: every(2, { anchorAt: '2026-01-01T00:30:00Z' }),
    after: '2026-01-01T01:00:00Z',
    due: ['2026-01-01T02:30Z', '2026-01-01T04:30Z'],
  },
  {
    name: 'a zone without daylight saving never moves',
    rule: cron('0 2 * * *', 'Asia/Kolkata'),
    after: '2026-03-28T00:00:00Z',
    due: ['2026-03-28T20:30Z', '2026-03-29T20:30Z', '2026-03-30T20:30Z'],
  },
  {
    name: 'every four hours by pattern stays on the wall clock: the night that skips an hour has a shorter gap',
    rule: cron('0 */4 * * *', 'Europe/Berlin'),
    after: '2026-03-28T22:30:00Z',
    due: ['2026-03-28T23:00Z', '2026-03-29T02:00Z', '2026-03-29T06:00Z'],
  },
  {
    name: 'every four hours by interval counts hours that pass, whatever the clocks do',
    rule: every(4, { timeZone: 'Europe/Berlin', anchorAt: '2026-03-28T21:00:00Z' }),
    after: '2026-03-28T21:00:00Z',
    due: ['2026-03-29T01:00Z', '2026-03-29T05:00Z', '2026-03-29T09:00Z'],
  },
  {
    name: 'after a week of downtime the next is one interval on the old count, not the ones that were missed',
    rule: every(4, { anchorAt: '2026-01-01T01:00:00Z' }),
    after: '2026-01-08T03:10:00Z',
    due: ['2026-01-08T05:00Z'],
  },
  {
    name: 'an occurrence itself is not after itself',
    rule: every(24),
    after: '2026-01-02T00:00:00Z',
    due: ['2026-01-03T00:00Z'],
  },
  {
    name: 'the last day of each month',
    rule: cron('0 2 L * *', 'Europe/Berlin'),
    after: '2026-02-01T00:00:00Z',
    due: ['2026-02-28T01:00Z', '2026-03-31T00:00Z'],
  },
  {
    name: 'what falls into office hours comes at their end, once',
    rule: every(4, { blackout: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' }] }),
    after: '2026-01-02T04:00:00Z',
    due: ['2026-01-02T18:00Z', '2026-01-02T20:00Z', '2026-01-03T00:00Z', '2026-01-03T04:00Z', '2026-01-03T08:00Z'],
  },
  {
    name: 'a blackout over midnight belongs to the day on which it begins',
    rule: cron('0 * * * *', 'UTC', { blackout: [{ days: ['fri'], from: '22:00', to: '02:00' }] }),
    after: '2026-01-02T20:30:00Z',
    due: ['2026-01-02T21:00Z', '2026-01-03T02:00Z', '2026-01-03T03:00Z'],
  },
  {
    name: 'blackouts that follow each other are one',
    rule: cron('0 2 * * *', 'UTC', {
      blackout: [
        { days: ['fri'], from: '00:00', to: '24:00' },
        { days: ['sat'], from: '00:00', to: '09:00' },
      ],
    }),
    after: '2026-01-01T12:00:00Z',
    due: ['2026-01-03T09:00Z', '2026-01-04T02:00Z'],
  },
  {
    name: 'a blackout holds both passes of an hour that comes twice',
    rule: cron('*/30 * * * *', 'Europe/Berlin', { blackout: [{ days: ['sun'], from: '02:00', to: '02:30' }] }),
    after: '2026-10-24T23:40:00Z',
    due: ['2026-10-25T01:30Z', '2026-10-25T02:00Z'],
  },
]

for (const { name, rule, after, due } of cases) {
  test(name, () => expect(times(rule, after, due.length)).toEqual(due))
}

describe('jitter', () => {
  const rule = cron('0 2 * * *', 'Europe/Berlin', { jitterSeconds: 600 })
  const moved = (id: number) =>
    [...times({ ...rule, id }, '2026-01-01T00:00:00Z', 5)].map(at => Date.parse(at) % 3_600_000)

  test('is the same for the same time on every server, and another for another schedule', () => {
    expect(moved(1)).toEqual(moved(1))
    expect(moved(1)).not.toEqual(moved(2))
  })

  test('differs from day to day and stays within its length', () => {
    expect(new Set(moved(3)).size).toBeGreaterThan(1)
    for (const ms of moved(3)) expect(ms).toBeLessThan(600_000)
  })
})

const refusals = [
  { name: 'neither pattern nor interval', rule: usual, field: 'interval_hours' },
  { name: 'both', rule: { ...every(4), cron: '0 2 * * *' }, field: 'cron' },
  { name: 'an unknown zone', rule: every(4, { timeZone: 'Europe/Bern' }), field: 'time_zone' },
  { name: 'a pattern of four parts', rule: cron('0 2 * *', 'UTC'), field: 'cron' },
  { name: 'a pattern with seconds', rule: cron('0 0 2 * * *', 'UTC'), field: 'cron' },
  { name: 'a date', rule: cron('2026-12-01T00:00:00', 'UTC'), field: 'cron' },
  { name: 'a question mark, which means now', rule: cron('? 2 * * *', 'UTC'), field: 'cron' },
  { name: 'a day that never comes', rule: cron('0 2 30 2 *', 'UTC'), field: 'cron' },
  { name: 'every minute', rule: cron('* * * * *', 'UTC'), field: 'cron' },
  { name: 'every six minutes', rule: every(0.1), field: 'interval_hours' },
  { name: 'more jitter than interval', rule: every(0.5, { jitterSeconds: 1800 }), field: 'jitter_seconds' },
  {
    name: 'a blackout without length',
    rule: every(4, { blackout: [{ days: ['mon'], from: '08:00', to: '08:00' }] }),
    field: 'blackout',
  },
  {
    name: 'a blackout of every hour of the week',
    rule: every(4, { blackout: [{ days: weekDays, from: '00:00', to: '24:00' }] }),
    field: 'blackout',
  },
]
for (const { name, rule, field } of refusals) {
  test(`refuses ${name}`, () => {
    expect(() => checkRule(rule, new Date('2026-01-01T00:00:00Z'))).toThrow(
      expect.objectContaining({ code: 'bad_schedule', context: { field } }),
    )
  })
}

test('the longest gap counts what a blackout holds up', () => {
  const from = new Date('2026-01-01T00:00:00Z')
  expect(longestGapHours(every(4), from)).toBe(4)
  expect(longestGapHours(cron('0 2 * * sun', 'UTC'), from)).toBe(168)
  expect(longestGapHours(every(4, { blackout: [{ days: ['sat'], from: '00:00', to: '24:00' }] }), from)).toBe(28)
})

describe('whatever the rule and the moment', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Havana']
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 45))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)
  const window: fc.Arbitrary<BlackoutWindow> = fc
    .record({ days: fc.uniqueArray(fc.constantFrom(...weekDays), { minLength: 1 }), from: time, to: time })
    .filter(({ from, to }) => from !== to)
  const rules: fc.Arbitrary<ScheduleRule> = fc
    .record({
      id: fc.integer({ min: 1, max: 1000 }),
      timing: fc.constantFrom(
        { cron: '0 2 * * sun', intervalHours: null },
        { cron: '30 2 * * *', intervalHours: null },
        { cron: '0 */4 * * *', intervalHours: null },
        { cron: '15 1,13 1,15 * *', intervalHours: null },
        { cron: null, intervalHours: 0.25 },
        { cron: null, intervalHours: 4 },
        { cron: null, intervalHours: 168 },
      ),
      anchorAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-11-24T15:07:31.250Z'),
      timeZone: fc.constantFrom(...zones),
      jitterSeconds: fc.constantFrom(0, 60, 800),
      blackout: fc.array(window, { maxLength: 3 }),
    })
    .map(({ timing, ...rest }) => ({ ...timing, ...rest }))
  // Also around the days on which clocks change.
  const moments = fc.oneof(
    fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true }),
    fc
      .tuple(
        fc.constantFrom('2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-11-01T06:00Z'),
        fc.integer({ min: -7200, max: 7200 }),
      )
      .map(([at, seconds]) => new Date(Date.parse(at) + seconds * 1000)),
  )

  test('the next time is later, outside every blackout, and never before one that was asked for earlier', () => {
    fc.assert(
      fc.property(rules, moments, fc.integer({ min: 0, max: 100 * 3600 }), (rule, now, seconds) => {
        const next = nextOccurrence(rule, now)
        if (!next) return
        expect(next.at.getTime()).toBeGreaterThan(now.getTime())
        expect(next.at.getTime()).toBeGreaterThanOrEqual(next.plannedFor.getTime())
        expect(rule.blackout.filter(one => shows(one, wallTimeAt(next.at.getTime(), rule.timeZone)))).toEqual([])
        const later = nextOccurrence({ ...rule, jitterSeconds: 0 }, new Date(now.getTime() + seconds * 1000))
        const earlier = nextOccurrence({ ...rule, jitterSeconds: 0 }, now)
        if (later && earlier) expect(later.at.getTime()).toBeGreaterThanOrEqual(earlier.at.getTime())
      }),
      { numRuns: 500 },
    )
  })

  test('a wall time leads to its instants and back', () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), moments, (zone, moment) => {
        const instant = Math.floor(moment.getTime() / 1000) * 1000
        const { earliest, latest } = instantsOf(wallTimeAt(instant, zone), zone)
        expect([earliest, latest]).toContain(instant)
      }),
      { numRuns: 500 },
    )
  })
})

/** Whether a wall clock that shows this is within the window, reckoned without any zone. */
function shows({ days, from, to }: BlackoutWindow, wallTime: number): boolean {
  const day = Math.floor(wallTime / 86_400_000)
  const minutes = (wallTime - day * 86_400_000) / 60_000
  const name = (number: number) => weekDays[(number + 3) % 7]!
  const [start, end] = [minutesOf(from), minutesOf(to)]
  if (start < end) return days.includes(name(day)) && start <= minutes && minutes < end
  return (days.includes(name(day)) && minutes >= start) || (days.includes(name(day - 1)) && minutes < end)
}
