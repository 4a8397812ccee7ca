// Times of a filter: an ISO 8601 instant, a date (its first moment in UTC), or how long ago, as `-30d`.

export interface TimeBounds {
  /** Inclusive. */
  readonly from?: string
  /** Exclusive. */
  readonly to?: string
}

const duration = /^(\d{1,5})([mhdw])$/
const date = /^\d{4}-\d{2}-\d{2}$/
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const agoPattern = /^-\d{1,5}[mhdw]$/

export function isAgo(text: string): boolean {
  return agoPattern.test(text)
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** The instant that `-30d` means now. */
export function resolveAgo(text: string, nowMs: number): string {
  const [, count = '0', unit = 'd'] = duration.exec(text.slice(1)) ?? []
  return new Date(nowMs - Number(count) * unitMs[unit as keyof typeof unitMs]).toISOString()
}

/**
 * What a value of a time field says. Durations are ages: `>30d` is longer ago than thirty days.
 * @returns a text with what is wrong
 */
export function readTime(text: string, isAge: boolean): TimeBounds | string {
  const [, operator = '', rest = ''] = /^(>=|<=|>|<|)(.*)$/s.exec(text) ?? []
  const [first = '', second] = operator === '' ? rest.split('..', 2) : [rest]
  if (second !== undefined) return between(first, second, isAge)
  if (duration.test(rest)) return ages(operator, rest)
  if (isAge) return 'Write an age such as >30d, <12h or 7d..30d.'
  if (isDate(rest)) return dates(operator, rest)
  if (isInstant(rest)) return instants(operator, rest)
  return 'Write a date (2026-11-01), a range (2026-11-01..2026-11-30) or an age (<7d, >30d).'
}

function between(first: string, second: string, isAge: boolean): TimeBounds | string {
  if (duration.test(first) && duration.test(second)) {
    const [near, far] = msOf(first) <= msOf(second) ? [first, second] : [second, first]
    return { from: `-${far}`, to: `-${near}` }
  }
  if (isAge) return 'Write a range of ages such as 7d..30d.'
  if (isDate(first) && isDate(second)) {
    return first <= second ? { from: first, to: dayAfter(second) } : `${first} is after ${second}.`
  }
  return 'Write a range of two dates (2026-11-01..2026-11-30) or of two ages (7d..30d).'
}

function ages(operator: string, age: string): TimeBounds | string {
  if (operator === '') return `Write <${age} for less than ${age} ago, or >${age} for longer ago.`
  return operator.startsWith('>') ? { to: `-${age}` } : { from: `-${age}` }
}

function dates(operator: string, day: string): TimeBounds {
  switch (operator) {
    case '>':
      return { from: dayAfter(day) }
    case '>=':
      return { from: day }
    case '<':
      return { to: day }
    case '<=':
      return { to: dayAfter(day) }
    default:
      return { from: day, to: dayAfter(day) }
  }
}

function instants(operator: string, at: string): TimeBounds | string {
  if (operator === '>=') return { from: at }
  if (operator === '<') return { to: at }
  return `With a time of day, write >=${at} or <${at}.`
}

/** As a bound is written in a query. */
export function printBound(bound: 'from' | 'to', value: string): string {
  if (isAgo(value)) return bound === 'from' ? `<${value.slice(1)}` : `>${value.slice(1)}`
  return bound === 'from' ? `>=${value}` : `<${value}`
}

function isDate(text: string): boolean {
  return date.test(text) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)
}

function isInstant(text: string): boolean {
  return instant.test(text) && !Number.isNaN(Date.parse(text))
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + unitMs.d).toISOString().slice(0, 10)
}

function msOf(age: string): number {
  const [, count = '0', unit = 'd'] = duration.exec(age) ?? []
  return Number(count) * unitMs[unit as keyof typeof unitMs]
}
