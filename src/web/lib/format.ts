const grouped = new Intl.NumberFormat('en')
const scores = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat('en', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 })
const leastChance = 0.001

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export function count(value: number): string {
  return grouped.format(value)
}

/** `1 finding`, `12,408 findings` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `12.4k` where room is short. */
export function shortCount(value: number): string {
  if (value < 10_000) return count(value)
  if (value < 999_500) return `${trimmed(value / 1_000)}k`
  return `${trimmed(value / 1_000_000)}M`
}

export function score(value: number | null): string {
  return value === null ? '–' : scores.format(value)
}

/** EPSS is stored 0 to 1 and read as a chance. */
export function chance(value: number | null): string {
  if (value === null) return '–'
  // Rounded down to nothing it would say that nobody ever will.
  return value > 0 && value < leastChance ? `< ${percent.format(leastChance)}` : percent.format(value)
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  return `${trimmed(value / 1_000 ** power)} ${units[power]}`
}

/** `42 s`, `3 min 10 s`, `2 h 5 min`, `3 d 4 h` */
export function duration(ms: number): string {
  if (ms < 1_000) return '< 1 s'
  if (ms < minuteMs) return `${Math.floor(ms / 1_000)} s`
  if (ms < hourMs) return twoParts(ms, minuteMs, 'min', 1_000, 's')
  if (ms < dayMs) return twoParts(ms, hourMs, 'h', minuteMs, 'min')
  return twoParts(ms, dayMs, 'd', hourMs, 'h')
}

/** `just now`, `14 min ago`, `in 3 h`; a date when it is long ago. */
export function relative(instant: string, nowMs: number): string {
  const at = Date.parse(instant)
  if (Number.isNaN(at)) return instant
  const ms = nowMs - at
  const size = Math.abs(ms)
  if (size < minuteMs) return 'just now'
  if (size > 60 * dayMs) return dateOnly(at)
  const [unitMs, unit] = size < hourMs ? [minuteMs, 'min'] : size < dayMs ? [hourMs, 'h'] : ([dayMs, 'd'] as const)
  // What comes is told to the nearest: nobody calls four hours less a minute three.
  return ms < 0 ? `in ${Math.round(size / unitMs)} ${unit}` : `${Math.floor(size / unitMs)} ${unit} ago`
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const local = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** `23 Nov` for a date without a time. */
export function dayAndMonth(date: string): string {
  return dayMonth.format(Date.parse(date))
}

export function dateOnly(at: number): string {
  return day.format(at)
}

/** `09:42`, with the day when it is not today. */
export function clockTime(instant: string, nowMs: number): string {
  const at = Date.parse(instant)
  if (Number.isNaN(at)) return instant
  const text = clock.format(at)
  return day.format(at) === day.format(nowMs) ? text : `${day.format(at)}, ${text}`
}

/** The exact time in the viewer's zone and in UTC. */
export function exact(instant: string): string {
  const at = new Date(instant)
  if (Number.isNaN(at.getTime())) return instant
  const utc = at.toISOString().replace('T', ' ').slice(0, 19)
  return `${local.format(at)} (${zone})\n${utc} UTC`
}

function trimmed(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toFixed(1)))
}

function twoParts(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const first = Math.floor(ms / largeMs)
  const rest = Math.floor((ms % largeMs) / smallMs)
  return rest === 0 ? `${first} ${large}` : `${first} ${large} ${rest} ${small}`
}
