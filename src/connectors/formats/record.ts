import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { QualityIssue } from '../connector.ts'
import type { Repairs } from './clean-text.ts'
import { instantOf, isInstant } from './instant.ts'

/** A record that cannot become a row; the reason is for a person. */
export class UnreadableRecord extends Error {}

/** @throws UnreadableRecord */
export function idOf(value: Json | undefined, what: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new UnreadableRecord(`The ${what} has no usable id: ${shown(value ?? null)}.`)
}

/**
 * What is gathered while one record is read: the fields without a column, kept at their own path, and what is odd
 * about it. Readers answer `null` for what is absent; a value of an impossible kind is kept and reported, never lost.
 */
export class RecordNotes {
  issues: QualityIssue[] | null = null
  #extra: Record<string, Json> | null = null
  #record = ''

  /** @param record its key, for a person */
  constructor(record = '') {
    this.#record = record
  }

  get extra(): JsonObject | null {
    return this.#extra
  }

  name(record: string): void {
    this.#record = record
    if (this.issues) this.issues = this.issues.map(issue => ({ ...issue, record }))
  }

  keep(section: string | null, field: string, value: Json | undefined): void {
    // null says no more than absence does.
    if (value === null || value === undefined) return
    this.#extra ??= {}
    if (section === null) {
      assign(this.#extra, field, value)
      return
    }
    let inner: Record<string, Json> = this.#extra
    for (const name of section.split('.')) {
      const existing = Object.hasOwn(inner, name) ? inner[name] : undefined
      const next: Record<string, Json> = isJsonObject(existing) ? (existing as Record<string, Json>) : {}
      if (next !== existing) assign(inner, name, next)
      inner = next
    }
    assign(inner, field, value)
  }

  issue(field: string, problem: string): void {
    this.issues ??= []
    this.issues.push({ field, problem, record: this.#record })
  }

  odd(section: string | null, field: string, value: Json, problem: string): null {
    this.keep(section, field, value)
    this.issue(section === null ? field : `${section}.${field}`, problem)
    return null
  }

  repaired(repairs: Repairs): void {
    if (repairs.nul) this.issue('*', 'A NUL character was replaced by U+FFFD.')
    if (repairs.surrogate) this.issue('*', 'Half of a surrogate pair was replaced by U+FFFD.')
    if (repairs.utf8) this.issue('*', 'Bytes that are not UTF-8 were replaced by U+FFFD.')
  }

  /** One text; a list gives its first, and is kept when it has more. */
  text(section: string | null, field: string, value: Json | undefined): string | null {
    if (typeof value === 'string') return value === '' ? null : value
    if (value === null || value === undefined) return null
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    if (Array.isArray(value)) {
      const first = value[0] as Json | undefined
      if (value.length === 0) return null
      if (value.length === 1 && typeof first !== 'object') return this.text(section, field, first)
      this.keep(section, field, value)
      return typeof first === 'object' ? null : this.text(section, field, first)
    }
    return this.odd(section, field, value, 'A text was expected.')
  }

  texts(section: string | null, field: string, value: Json | undefined): string[] {
    if (value === null || value === undefined || value === '') return []
    if (typeof value === 'string') return [value]
    if (!Array.isArray(value)) {
      if (typeof value !== 'object') return [String(value)]
      this.odd(section, field, value, 'A list of texts was expected.')
      return []
    }
    const items = value as readonly Json[]
    if (items.every(item => typeof item === 'string')) return items as string[]
    if (items.some(item => typeof item === 'object' && item !== null)) {
      this.odd(section, field, value, 'A list of texts was expected.')
    }
    return items.filter(item => item !== null && typeof item !== 'object').map(String)
  }

  objects(section: string | null, field: string, value: Json | undefined): JsonObject[] {
    if (value === null || value === undefined) return []
    if (isJsonObject(value)) return [value]
    if (!Array.isArray(value)) {
      this.odd(section, field, value, 'A list of objects was expected.')
      return []
    }
    const items = value as readonly Json[]
    if (items.every(isJsonObject)) return items as JsonObject[]
    this.odd(section, field, value, 'A list of objects was expected.')
    return items.filter(isJsonObject)
  }

  object(section: string | null, field: string, value: Json | undefined): JsonObject | null {
    if (value === null || value === undefined) return null
    if (isJsonObject(value)) return isEmpty(value) ? null : value
    return this.odd(section, field, value, 'An object was expected.')
  }

  instant(section: string | null, field: string, value: Json | undefined): string | null {
    if (typeof value === 'string' && isInstant(value)) return value
    if (value === null || value === undefined || value === '' || value === 0) return null
    if (Array.isArray(value) && value.length === 1) return this.instant(section, field, value[0] as Json)
    return instantOf(value) ?? this.odd(section, field, value, `This is not a possible time: ${shown(value)}.`)
  }

  boolean(section: string | null, field: string, value: Json | undefined): boolean | null {
    if (typeof value === 'boolean') return value
    if (value === null || value === undefined || value === '') return null
    const text = String(value).toLowerCase()
    if (text === 'true' || text === '1') return true
    if (text === 'false' || text === '0') return false
    return this.odd(section, field, value, `Yes or no was expected, not ${shown(value)}.`)
  }

  number(section: string | null, field: string, value: Json | undefined): number | null {
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (value === null || value === undefined || value === '') return null
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
    if (Number.isFinite(number)) return number
    return this.odd(section, field, value, `A number was expected, not ${shown(value)}.`)
  }

  /** A whole number that a column of `bits` can hold. */
  integer(section: string | null, field: string, value: Json | undefined, bits: 32 | 53 = 32): number | null {
    const number = this.number(section, field, value)
    if (number === null) return null
    const limit = bits === 32 ? 2_147_483_647 : Number.MAX_SAFE_INTEGER
    if (Number.isInteger(number) && Math.abs(number) <= limit) return number
    return this.odd(section, field, value as Json, `A whole number was expected, not ${shown(value as Json)}.`)
  }
}

/** As JSON.parse does: a key `__proto__` is a key like any other. */
function assign(target: Record<string, Json>, key: string, value: Json): void {
  if (key !== '__proto__') target[key] = value
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

export function isEmpty(value: JsonObject): boolean {
  for (const _ in value) return false
  return true
}

export function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 80)
}
