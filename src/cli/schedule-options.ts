import { InvalidArgumentError } from 'commander'
import { type BlackoutWindow, type WeekDay, weekDays } from '../domain/schedule.ts'

/** Parses `4`, `4h`, `90m` or `7d`: hours. */
export function hours(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([mhd]?)$/.exec(text.trim())
  const value = Number(match?.[1]) * { m: 1 / 60, h: 1, d: 24 }[(match?.[2] || 'h') as 'm' | 'h' | 'd']
  if (!match || value < 0.25 || value > 8_784) {
    throw new InvalidArgumentError('It must be a time such as 4h, 90m or 7d, from 15 minutes to a year.')
  }
  return value
}

/** Parses `mon-fri 08:00-18:00`, `sat,sun 00:00-24:00` or `22:00-02:00`; the option may be repeated. */
export function blackout(
  text: string,
  before: readonly BlackoutWindow[] | false | undefined,
): readonly BlackoutWindow[] {
  const match = /^(?:([a-z,-]+)\s+)?((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.exec(
    text.trim().toLowerCase(),
  )
  const days = match && daysOf(match[1])
  if (!match || !days) {
    throw new InvalidArgumentError('It must be as "mon-fri 08:00-18:00", "sat,sun 00:00-24:00" or "22:00-02:00".')
  }
  return [...(before || []), { days, from: match[2]!, to: match[3]! }]
}

/** The windows as they are typed. */
export function describeBlackout({ days, from, to }: BlackoutWindow): string {
  const first = days.map(day => weekDays.indexOf(day)).sort((one, other) => one - other)
  const isRow = first.length > 2 && first.every((day, index) => day === first[0]! + index)
  const names =
    first.length === weekDays.length
      ? 'daily'
      : isRow
        ? `${weekDays[first[0]!]}-${weekDays[first.at(-1)!]}`
        : first.map(day => weekDays[day]).join(',')
  return `${names} ${from}-${to}`
}

function daysOf(text: string | undefined): readonly WeekDay[] | undefined {
  if (text === undefined || text === 'daily') return weekDays
  const ranges = text.split(',').map(part => {
    const [first = '', last = first, ...rest] = part.split('-')
    const [from, to] = [weekDays.indexOf(first as WeekDay), weekDays.indexOf(last as WeekDay)]
    if (from < 0 || to < 0 || rest.length > 0) return undefined
    // fri-mon goes over the week's end.
    const length = ((to - from + weekDays.length) % weekDays.length) + 1
    return Array.from({ length }, (_, index) => weekDays[(from + index) % weekDays.length]!)
  })
  if (ranges.includes(undefined)) return undefined
  return [...new Set(ranges.flatMap(range => range ?? []))]
}
