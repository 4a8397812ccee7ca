import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'

/** Numbers and texts stand for each other here and there. */
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

/** An id, as the scanner counts them. */
export function idOf(value: Json | undefined): number | null {
  const id = numberOf(value)
  return id !== null && Number.isSafeInteger(id) && id >= 0 ? id : null
}

/** Unix seconds as ISO 8601; null for what is no time, 0 among it. */
export function instantOf(value: Json | undefined): string | null {
  const seconds = numberOf(value)
  if (seconds === null || seconds <= 0 || seconds > 253_402_300_799) return null
  return new Date(Math.floor(seconds) * 1000).toISOString()
}

export function booleanOf(value: Json | undefined): boolean | null {
  if (typeof value === 'boolean') return value
  const number = numberOf(value)
  return number === null ? null : number !== 0
}

export function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined
}

/** Lists are null, not empty, when there is nothing in them. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : []
}
