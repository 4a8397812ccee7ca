import { hash } from 'node:crypto'

// PostgreSQL's text format of COPY: one line a row, tabs between columns, \N for null, backslash escapes.

const special = /[\\\t\n\r]/
const specials = /[\\\t\n\r]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** One value of a COPY line. The text must hold no NUL; PostgreSQL cannot store one. */
export function copyText(value: string | null): string {
  if (value === null) return '\\N'
  return special.test(value) ? value.replace(specials, character => escapes[character] ?? character) : value
}

export function copyValue(value: string | number | boolean | null): string {
  if (value === null) return '\\N'
  return typeof value === 'string' ? copyText(value) : String(value)
}

/** A 64-bit fingerprint of a text, as the decimal text of a signed bigint. Equal texts have equal ones. */
export function textHash(text: string): string {
  return hash('md5', text, 'buffer').readBigInt64BE(0).toString()
}
