import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'

// Nearly every value is a text, and "", "-1" and often "0" are how nothing is written.

export function textOf(value: Json | undefined): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' ? String(value) : null
}

export function numberOf(value: Json | undefined): number | null {
  const text = textOf(value)
  if (text === null || text.trim() === '') return null
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

/** Findings of one scan have one time: what was read is remembered, up to so many. */
const instants = new Map<string, string>()
const mostInstants = 10_000

/** Unix seconds as ISO 8601; undefined for what can be no time. */
export function instantOf(value: Json | undefined): string | null | undefined {
  const text = textOf(value)
  if (text === null || text === '-1' || text === '0') return null
  const known = instants.get(text)
  if (known !== undefined) return known
  const seconds = Number(text)
  // Until the year 9999.
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 253_402_300_799) return undefined
  const instant = `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}Z`
  if (instants.size >= mostInstants) instants.clear()
  // A long text would be kept with it.
  if (text.length <= 20) instants.set(text, instant)
  return instant
}

export function isYes(value: Json | undefined): boolean | null {
  const text = textOf(value)?.toLowerCase()
  if (text === undefined) return typeof value === 'boolean' ? value : null
  if (text === 'yes' || text === 'true' || text === '1') return true
  return text === 'no' || text === 'false' || text === '0' ? false : null
}

/** The non-empty items of a list in one text. */
export function itemsOf(value: Json | undefined, separator: RegExp): string[] | null {
  const text = textOf(value)
  if (text === null) return null
  const items = text.split(separator).map(item => item.trim())
  return items.filter(item => item !== '')
}

export function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined
}

/** JSON inside a text; what is none stays a text. */
export function embedded(value: Json | undefined): Json | null {
  const text = textOf(value)
  if (text === null || text === '[]' || text === '{}') return null
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

/** A page of `POST /analysis`. */
export interface Page {
  readonly rows: readonly Json[]
  /** Missing now and then. The count of returned rows is not here: it has been seen wrong. */
  readonly total: number | null
}

export function pageOf(response: Json): Page | undefined {
  if (!isJsonObject(response)) return undefined
  const { results, totalRecords } = response
  if (!Array.isArray(results) && results !== undefined && results !== null && results !== '') return undefined
  return { rows: Array.isArray(results) ? (results as readonly Json[]) : [], total: numberOf(totalRecords) }
}

export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : []
}
