import { isInstant } from '../formats/instant.ts'
import { kept } from './values.ts'

/** How a file writes its dates. */
export interface DateHabits {
  readonly dayFirst: boolean
  /** Minutes east of UTC, where a time names no zone. */
  readonly zoneOffsetMinutes: number
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Common abbreviations, in minutes east of UTC. Those that several zones share mean the North American one. */
const zones: Readonly<Record<string, number>> = {
  ...{ utc: 0, gmt: 0, z: 0, ut: 0, wet: 0, bst: 60, ist: 330, cet: 60, cest: 120, eet: 120, eest: 180, msk: 180 },
  ...{ est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360, pst: -480, pdt: -420, akst: -540, akdt: -480 },
  ...{
    hst: -600,
    west: 60,
    mez: 60,
    mesz: 120,
    jst: 540,
    kst: 540,
    sgt: 480,
    hkt: 480,
    aest: 600,
    aedt: 660,
    nzst: 720,
  },
  ...{ nzdt: 780, sast: 120, brt: -180, awst: 480, acst: 570 },
}

/**
 * A date in whichever way these files write it, as ISO 8601 in UTC; undefined when it cannot be a date.
 * Unix seconds and milliseconds, ISO, `2013/06/25`, `Tue Jun 25 10:39:42 2013`, `Feb 9, 2024 10:48:42 UTC`, `25.06.2013 10:39`.
 */
export function readInstant(value: string, habits: DateHabits): string | undefined {
  const text = value.trim()
  if (isUsual(text)) return text
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return fromUnix(Number(text))
  return isoLike(text, habits) ?? named(text, habits) ?? numeric(text, habits)
}

/** As we write it ourselves, with milliseconds. */
function isUsual(text: string): boolean {
  return text.length === 24 && isInstant(text)
}

const remembered = 5_000

/** The dates of one file. Most of them come again and again, and the less usual forms take long to read. */
export class Instants {
  readonly #habits: DateHabits
  readonly #known = new Map<string, string>()

  constructor(habits: DateHabits) {
    this.#habits = habits
  }

  /** @see readInstant */
  read(text: string): string | undefined {
    if (isUsual(text)) return text
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const instant = readInstant(text, this.#habits)
    if (instant === undefined) return undefined
    if (this.#known.size >= remembered) this.#known.clear()
    this.#known.set(kept(text), instant)
    return instant
  }
}

/** Eleven digits and fewer are seconds until the year 5138. */
function fromUnix(value: number): string | undefined {
  return value === 0 ? undefined : isoOf(value < 1e11 ? value * 1000 : value)
}

function isoOf(ms: number): string | undefined {
  if (!Number.isFinite(ms) || ms < -62_135_596_800_000 || ms > 253_402_300_799_999) return undefined
  return new Date(ms).toISOString()
}

function isoLike(text: string, habits: DateHabits): string | undefined {
  const found =
    /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*([A-Za-z]{1,5}|[+-]\d{2}:?\d{2})?)?$/.exec(
      text,
    )
  if (!found) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = found
  return instantOf([year, month, day], [hour, minute, second, fraction], zone, habits)
}

const monthName = '([A-Za-z]{3,9})\\.?'
const clock = '(\\d{1,2}):(\\d{2})(?::(\\d{2})(\\.\\d+)?)?\\s*([AaPp][Mm])?'
const zoneName = '\\(?([A-Za-z]{1,5}|[+-]\\d{2}:?\\d{2})?\\)?'
const monthFirst = new RegExp(`^${monthName} +(\\d{1,2}),? +(\\d{4})(?:,? +${clock}\\s*${zoneName})?$`)
const dayFirst = new RegExp(`^(\\d{1,2})[ -]${monthName}[ -](\\d{4})(?:,? +${clock}\\s*${zoneName})?$`)
const unixStyle = new RegExp(`^[A-Za-z]{3},? ${monthName} +(\\d{1,2}) ${clock}\\s*([A-Za-z]{2,5})? ?(\\d{4})$`)

function named(text: string, habits: DateHabits): string | undefined {
  const unix = unixStyle.exec(text)
  if (unix) {
    const [, month, day, hour, minute, second, fraction, , zone, year] = unix
    return instantOf([year, monthOf(month), day], [hour, minute, second, fraction], zone, habits)
  }
  const found = monthFirst.exec(text)
  const [, first, second, year, hour, minute, secs, fraction, half, zone] = found ?? dayFirst.exec(text) ?? []
  if (first === undefined) return undefined
  const [month, day] = found ? [first, second] : [second, first]
  return instantOf([year, monthOf(month), day], [onFullDay(hour, half), minute, secs, fraction], zone, habits)
}

function monthOf(name: string | undefined): string {
  return String(months.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1)
}

function onFullDay(hour: string | undefined, half: string | undefined): string | undefined {
  if (hour === undefined || half === undefined) return hour
  return String((Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0))
}

const digits = new RegExp(`^(\\d{1,2})([./-])(\\d{1,2})\\2(\\d{4}|\\d{2})(?:,? +${clock}\\s*${zoneName})?$`)

/** What a spreadsheet has made of a date; which of the first two is the day is not in it. */
function numeric(text: string, habits: DateHabits): string | undefined {
  const found = digits.exec(text)
  if (!found) return undefined
  const [, first = '', separator, second = '', year = '', hour, minute, secs, fraction, half, zone] = found
  const isDayFirst = separator === '.' || Number(first) > 12 || (habits.dayFirst && Number(second) <= 12)
  const [day, month] = isDayFirst ? [first, second] : [second, first]
  const full = year.length === 2 ? `20${year}` : year
  return instantOf([full, month, day], [onFullDay(hour, half), minute, secs, fraction], zone, habits)
}

type Part = string | undefined

function instantOf(
  [year, month, day]: readonly Part[],
  [hour = '0', minute = '0', second = '0', fraction = '']: readonly Part[],
  zone: Part,
  habits: DateHabits,
): string | undefined {
  const offset = offsetOf(zone, habits)
  if (offset === undefined) return undefined
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (mo < 1 || mo > 12 || d < 1 || h > 23 || mi > 59 || s > 60) return undefined
  const date = new Date(0)
  date.setUTCFullYear(y, mo - 1, d)
  if (date.getUTCDate() !== d || date.getUTCMonth() !== mo - 1) return undefined
  date.setUTCHours(h, mi - offset, s, Math.round(Number(`0${fraction}`) * 1000))
  return isoOf(date.getTime())
}

function offsetOf(zone: Part, habits: DateHabits): number | undefined {
  if (zone === undefined || zone === '') return habits.zoneOffsetMinutes
  const numbers = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)
  if (!numbers) return zones[zone.toLowerCase()] ?? habits.zoneOffsetMinutes
  const minutes = Number(numbers[2]) * 60 + Number(numbers[3])
  return minutes > 900 ? undefined : numbers[1] === '-' ? -minutes : minutes
}
