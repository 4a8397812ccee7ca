import type { ScheduleView } from '../../contract/schedule.ts'
import type { WeekDay } from '../../domain/schedule.ts'

type Times = Pick<ScheduleView, 'cron' | 'interval_hours'>

/** The ways people choose how often, with the pattern behind them. */
export type Frequency = '2h' | '4h' | '8h' | 'daily' | 'weekly' | 'monthly' | 'interval' | 'cron'

export interface FrequencyChoice {
  readonly frequency: Frequency
  /** `HH:MM`, of daily, weekly and monthly. */
  readonly at: string
  readonly weekDay: WeekDay
  readonly hours: number
  readonly cron: string
}

export const frequencyLabels = {
  '2h': 'Every 2 hours',
  '4h': 'Every 4 hours',
  '8h': 'Every 8 hours',
  daily: 'Daily',
  weekly: 'Weekly',
  monthly: 'Monthly, on the 1st',
  interval: 'Every so many hours',
  cron: 'Cron pattern',
} as const satisfies Record<Frequency, string>

export const weekDayLabels = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const satisfies Record<WeekDay, string>

const usual: FrequencyChoice = { frequency: '4h', at: '02:00', weekDay: 'sun', hours: 4, cron: '0 2 * * *' }
const presetHours = { '2h': 2, '4h': 4, '8h': 8 } as const satisfies Partial<Record<Frequency, number>>

/** The choice that a schedule's times are; a pattern that no choice makes is shown as it is. */
export function choiceOf({ cron, interval_hours: hours }: Times): FrequencyChoice {
  if (hours !== null) {
    const preset = (Object.keys(presetHours) as (keyof typeof presetHours)[]).find(key => presetHours[key] === hours)
    return { ...usual, frequency: preset ?? 'interval', hours }
  }
  const pattern = cron ?? usual.cron
  const choice = { ...usual, cron: pattern }
  const [, minute = '', hour = '', day, month, weekDay = ''] =
    /^(\d{1,2}) (\d{1,2}) (\*|1) (\*) (\*|[a-z]{3})$/i.exec(pattern) ?? []
  if (month === undefined) return { ...choice, frequency: 'cron' }
  const at = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  if (day === '1') return weekDay === '*' ? { ...choice, at, frequency: 'monthly' } : { ...choice, frequency: 'cron' }
  if (weekDay === '*') return { ...choice, at, frequency: 'daily' }
  const known = (Object.keys(weekDayLabels) as WeekDay[]).find(one => one === weekDay.toLowerCase())
  return known ? { ...choice, at, weekDay: known, frequency: 'weekly' } : { ...choice, frequency: 'cron' }
}

/** What the API takes for a choice. */
export function timesOf(choice: FrequencyChoice): { cron: string } | { interval_hours: number } {
  const [hour = '2', minute = '0'] = choice.at.split(':')
  const clock = `${Number(minute)} ${Number(hour)}`
  switch (choice.frequency) {
    case '2h':
    case '4h':
    case '8h':
      return { interval_hours: presetHours[choice.frequency] }
    case 'interval':
      return { interval_hours: choice.hours }
    case 'daily':
      return { cron: `${clock} * * *` }
    case 'weekly':
      return { cron: `${clock} * * ${choice.weekDay}` }
    case 'monthly':
      return { cron: `${clock} 1 * *` }
    case 'cron':
      return { cron: choice.cron }
  }
}

/** `every 4 hours`, `Sundays at 02:00 (Europe/Amsterdam)` */
export function timesText(schedule: Times & Pick<ScheduleView, 'time_zone'>): string {
  const choice = choiceOf(schedule)
  const zone = ` (${schedule.time_zone})`
  switch (choice.frequency) {
    case 'daily':
      return `daily at ${choice.at}${zone}`
    case 'weekly':
      return `${weekDayLabels[choice.weekDay]}s at ${choice.at}${zone}`
    case 'monthly':
      return `on the 1st of each month at ${choice.at}${zone}`
    case 'cron':
      return `cron ${choice.cron}${zone}`
    default:
      return choice.hours === 1 ? 'every hour' : `every ${choice.hours} hours`
  }
}

/** Zones that the browser knows, with the one that is set whether it knows that or not. */
export function timeZones(present: string): readonly string[] {
  return [...new Set(['UTC', present, ...Intl.supportedValuesOf('timeZone')])]
}
