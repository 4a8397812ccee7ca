import type { Json } from '../../domain/json.ts'

/**
 * The vendor's times as ISO 8601 in UTC. The usual form passes through as it is, without a Date object: a finding has
 * eight of them.
 * @returns undefined when the value cannot be a time
 */
export function instantOf(value: Json): string | undefined {
  if (typeof value === 'string') return isInstant(value) ? value : fromText(value)
  return typeof value === 'number' ? fromUnix(value) : undefined
}

/** `YYYY-MM-DDTHH:MM:SS[.fraction]Z`, and a time that exists. */
export function isInstant(text: string): boolean {
  const length = text.length
  if (length < 20 || length > 30 || text.charCodeAt(length - 1) !== 0x5a) return false
  if (text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash || text.charCodeAt(10) !== 0x54) return false
  if (text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return false
  if (length > 20 && !isFraction(text, length)) return false
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  // NaN from a character that is no digit fails each comparison.
  return (
    year >= 1 &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysIn(year, month) &&
    twoDigits(text, 11) <= 23 &&
    twoDigits(text, 14) <= 59 &&
    twoDigits(text, 17) <= 59
  )
}

const dash = 0x2d
const colon = 0x3a

function isFraction(text: string, length: number): boolean {
  if (length === 21 || text.charCodeAt(19) !== 0x2e) return false
  for (let at = 20; at < length - 1; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return true
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30
  const ones = text.charCodeAt(at + 1) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Rare forms: a bare date, slashes as in the plugin details, an offset, no zone, Unix time as text. */
function fromText(value: string): string | undefined {
  const text = value.trim()
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return fromUnix(Number(text))
  const parts = /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(
    text,
  )
  if (!parts) return undefined
  const [, year, month, day, time = '00:00:00', fraction = '', zone = 'Z'] = parts
  const inUtc = `${year}-${month}-${day}T${time}${fraction.slice(0, 10)}Z`
  if (!isInstant(inUtc)) return undefined
  if (zone.toUpperCase() === 'Z') return inUtc
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 15 || minutes > 59) return undefined
  const offsetMs = (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000
  return fromUnix(Date.parse(`${year}-${month}-${day}T${time}Z`) - offsetMs, 'ms', fraction.slice(0, 10))
}

/** Eleven digits and fewer are seconds until the year 5138, thirteen are milliseconds. */
function fromUnix(value: number, unit: 's' | 'ms' = value < 1e11 ? 's' : 'ms', fraction = ''): string | undefined {
  const ms = unit === 's' ? value * 1000 : value
  if (!Number.isFinite(ms) || ms < -62_135_596_800_000 || ms > 253_402_300_799_999) return undefined
  if (unit === 's' && value < 0) return undefined
  const iso = new Date(ms).toISOString()
  return fraction === '' ? iso.replace('.000Z', 'Z') : `${iso.slice(0, 19)}${fraction}Z`
}
