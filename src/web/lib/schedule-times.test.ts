import { expect, test } from 'vitest'
import { choiceOf, timesOf, timesText } from './schedule-times.ts'

const cases = [
  { times: { cron: null, interval_hours: 2 }, frequency: '2h', text: 'every 2 hours' },
  { times: { cron: null, interval_hours: 4 }, frequency: '4h', text: 'every 4 hours' },
  { times: { cron: null, interval_hours: 8 }, frequency: '8h', text: 'every 8 hours' },
  { times: { cron: null, interval_hours: 1 }, frequency: 'interval', text: 'every hour' },
  { times: { cron: null, interval_hours: 0.5 }, frequency: 'interval', text: 'every 0.5 hours' },
  { times: { cron: '30 1 * * *', interval_hours: null }, frequency: 'daily', text: 'daily at 01:30 (UTC)' },
  { times: { cron: '0 2 * * sun', interval_hours: null }, frequency: 'weekly', text: 'Sundays at 02:00 (UTC)' },
  {
    times: { cron: '15 23 1 * *', interval_hours: null },
    frequency: 'monthly',
    text: 'on the 1st of each month at 23:15 (UTC)',
  },
  { times: { cron: '0 2 1 * sun', interval_hours: null }, frequency: 'cron', text: 'cron 0 2 1 * sun (UTC)' },
  {
    times: { cron: '*/30 8-18 * * mon-fri', interval_hours: null },
    frequency: 'cron',
    text: 'cron */30 8-18 * * mon-fri (UTC)',
  },
  { times: { cron: '0 2 * * xyz', interval_hours: null }, frequency: 'cron', text: 'cron 0 2 * * xyz (UTC)' },
] as const

for (const { times, frequency, text } of cases) {
  test(`${times.cron ?? `${times.interval_hours} h`} is ${text}, there and back`, () => {
    const choice = choiceOf(times)
    expect(choice.frequency).toBe(frequency)
    expect(timesText({ ...times, time_zone: 'UTC' })).toBe(text)
    expect(timesOf(choice)).toEqual(
      times.cron === null ? { interval_hours: times.interval_hours } : { cron: times.cron },
    )
  })
}
