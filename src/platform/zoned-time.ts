// Wall clocks. A wall time is written as the milliseconds that the same reading would be in UTC, so that it can be
// reckoned with.

/** What the clocks of a zone show at an instant. */
export function wallTimeAt(instant: number, timeZone: string): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(instant)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/**
 * When the clocks of a zone show a wall time. One that is skipped or comes twice has an earliest and a latest instant;
 * a skipped one is put as far before and after the jump as it is beyond it.
 */
export function instantsOf(wallTime: number, timeZone: string): { readonly earliest: number; readonly latest: number } {
  const offsets = [-dayMs, dayMs].map(shift => wallTimeAt(wallTime + shift, timeZone) - (wallTime + shift))
  const candidates = offsets.map(offset => wallTime - offset)
  const exact = candidates.filter(instant => wallTimeAt(instant, timeZone) === wallTime)
  const chosen = exact.length > 0 ? exact : candidates
  return { earliest: Math.min(...chosen), latest: Math.max(...chosen) }
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

export const dayMs = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}
