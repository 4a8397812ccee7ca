import { readInstant } from '../../formats/instants.ts'
import type { HexCell, HexRecord } from './tables.ts'

/** A value of either kind of file: what PostgreSQL cannot hold is taken out, and what is no text and no number is nothing. */
export function cellOf(value: unknown): HexCell {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd')
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean') return value ? 1 : 0
  return null
}

/** Null when there is nothing in it. */
export function textIn(record: HexRecord, column: string): string | null {
  const cell = record[column]
  const text = cell === null || cell === undefined ? '' : String(cell).trim()
  return text === '' || /^(null|n\/a|undefined)$/i.test(text) ? null : text
}

export function numberIn(record: HexRecord, column: string): number | null {
  const text = textIn(record, column)
  if (text === null || !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return null
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

const firstDay = '1990-01-01'

/**
 * A day of HexTrackr: `2026-03-05`, or the day in UTC of an instant.
 * @returns undefined when it is written and is no day, or one that cannot be
 */
export function dayIn(record: HexRecord, column: string, notAfter: string): string | null | undefined {
  const text = textIn(record, column)
  if (text === null) return null
  const day = readInstant(text, { dayFirst: false, zoneOffsetMinutes: 0 })?.slice(0, 10)
  return day !== undefined && day >= firstDay && day <= notAfter ? day : undefined
}

export function instantOf(day: string): string {
  return `${day}T00:00:00.000Z`
}
