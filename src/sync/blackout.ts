import { type BlackoutWindow, weekDays } from '../domain/schedule.ts'
import { dayMs, instantsOf, wallTimeAt } from '../platform/zoned-time.ts'

const minuteMs = 60_000

/**
 * The first instant from `at` on that lies in no window: `at` itself when it does not. On the days when clocks change a
 * window is never shorter than its wall times say.
 * @returns undefined when the windows leave no time at all
 */
export function afterBlackout(windows: readonly BlackoutWindow[], timeZone: string, at: number): number | undefined {
  let clear = at
  // Windows repeat each week: what is not found by then is never found.
  while (clear - at <= 8 * dayMs) {
    const end = endOfBlackout(windows, timeZone, clear)
    if (end === undefined) return clear
    clear = end
  }
  return undefined
}

function endOfBlackout(windows: readonly BlackoutWindow[], timeZone: string, at: number): number | undefined {
  if (windows.length === 0) return undefined
  const today = startOfDay(wallTimeAt(at, timeZone))
  let latest: number | undefined
  for (const day of [today - dayMs, today, today + dayMs]) {
    for (const window of windows) {
      if (!window.days.includes(weekDayOf(day))) continue
      const from = minutesOf(window.from)
      const to = minutesOf(window.to)
      const start = instantsOf(day + from * minuteMs, timeZone).earliest
      const end = instantsOf(day + to * minuteMs + (to <= from ? dayMs : 0), timeZone).latest
      if (start <= at && at < end) latest = Math.max(latest ?? end, end)
    }
  }
  return latest
}

/** Minutes since midnight of `HH:MM`. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}

function startOfDay(wallTime: number): number {
  return Math.floor(wallTime / dayMs) * dayMs
}

/** 1970 began on a Thursday. */
function weekDayOf(wallTime: number) {
  return weekDays[(Math.floor(wallTime / dayMs) + 3) % 7]!
}
