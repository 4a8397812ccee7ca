import { isUtf8 } from 'node:buffer'
import type { Json } from '../../domain/json.ts'

/**
 * What had to be replaced by U+FFFD because PostgreSQL cannot hold it: NUL in a text, half of a surrogate pair, bytes that
 * are not UTF-8.
 */
export interface Repairs {
  readonly nul: boolean
  readonly surrogate: boolean
  readonly utf8: boolean
}

/** Shared: most texts need none. */
export const noRepairs: Repairs = { nul: false, surrogate: false, utf8: false }

/** Matches more than it must (an escaped backslash before `u0000`): cleaning then changes nothing. */
const suspectEscape = /\\u(?:0000|[dD][89a-fA-F])/

/**
 * @param text a JSON text decoded from `bytes`
 * @returns `noRepairs` itself when there is nothing to do
 */
export function repairsOf(text: string, bytes: Buffer): Repairs {
  // Both searches are cheap: escapes of this kind are rare, and in a one-byte string the second answers at once.
  const isSuspect = text.includes('\\u') && suspectEscape.test(text)
  const isReplaced = text.includes('\ufffd') && !isUtf8(bytes)
  if (!isSuspect && !isReplaced) return noRepairs
  return {
    nul: isSuspect && /\\u0000/.test(text),
    surrogate: isSuspect && /\\u[dD][89a-fA-F]/.test(text),
    utf8: isReplaced,
  }
}

export interface Cleaned {
  readonly value: Json
  readonly hadNul: boolean
  readonly hadSurrogate: boolean
}

/**
 * Replaces in every text and key what PostgreSQL cannot hold.
 * @param suspected what `repairsOf` said of its text; with `noRepairs` the value itself comes back
 */
export function clean(value: Json, suspected: Repairs): Cleaned {
  if (suspected === noRepairs) return { value, hadNul: false, hadSurrogate: false }
  const found = { hadNul: false, hadSurrogate: false }
  return { value: cleaned(value, found), ...found }
}

function cleaned(value: Json, found: { hadNul: boolean; hadSurrogate: boolean }): Json {
  if (typeof value === 'string') return cleanText(value, found)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => cleaned(item as Json, found))
  // fromEntries defines own properties, so that a key `__proto__` stays one.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [cleanText(key, found), cleaned(inner as Json, found)]),
  )
}

function cleanText(text: string, found: { hadNul: boolean; hadSurrogate: boolean }): string {
  let result = text
  if (result.includes('\0')) {
    found.hadNul = true
    result = result.replaceAll('\0', '\ufffd')
  }
  if (!result.isWellFormed()) {
    found.hadSurrogate = true
    result = result.toWellFormed()
  }
  return result
}
