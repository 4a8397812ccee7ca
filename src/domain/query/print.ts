import type { QueryField } from './fields.ts'
import type { QueryFilter, QueryValue } from './filter.ts'
import { isAgo, printBound } from './time.ts'
import { quoted } from './tokens.ts'

/** A filter as a query: what `parseQuery` reads back as the same filter. Keys that no field has are left out. */
export function printQuery(filter: QueryFilter, fields: readonly QueryField[]): string {
  const terms = fields.flatMap(field => termsOf(field, filter))
  const words = typeof filter.q === 'string' && filter.q.trim() !== '' ? [wordsOf(filter.q)] : []
  return [...terms, ...words].join(' ')
}

/** The keys of a filter that the language has no word for. */
export function unprintable(filter: QueryFilter, fields: readonly QueryField[]): readonly string[] {
  const known = new Set(['q', ...fields.flatMap(keysOf)])
  return Object.keys(filter).filter(key => !known.has(key))
}

function keysOf(field: QueryField): readonly string[] {
  switch (field.kind) {
    case 'range':
      return [field.min, field.max]
    case 'time':
      return field.to === undefined ? [field.from] : [field.from, field.to]
    default:
      return [field.key]
  }
}

function termsOf(field: QueryField, filter: QueryFilter): string[] {
  const name = field.names[0]
  switch (field.kind) {
    case 'range':
      return rangeTerms(name, filter[field.min], filter[field.max])
    case 'time':
      return [
        ...timeTerm(field, 'from', filter[field.from]),
        ...(field.to === undefined ? [] : timeTerm(field, 'to', filter[field.to])),
      ]
    default: {
      const value = filter[field.key]
      return value === undefined ? [] : [`${name}:${listed(value)}`]
    }
  }
}

function rangeTerms(name: string, min: QueryValue | undefined, max: QueryValue | undefined): string[] {
  if (min !== undefined && min === max) return [`${name}:${decimal(min)}`]
  return [
    ...(min === undefined ? [] : [`${name}:>=${decimal(min)}`]),
    ...(max === undefined ? [] : [`${name}:<=${decimal(max)}`]),
  ]
}

/** Never with an exponent. */
function decimal(value: QueryValue): string {
  return Number(value)
    .toFixed(9)
    .replace(/\.?0+$/, '')
}

/** Of two fields over the same keys, the age has what is said as an age and the other the rest. */
function timeTerm(field: QueryField & { kind: 'time' }, bound: 'from' | 'to', value: QueryValue | undefined): string[] {
  if (typeof value !== 'string') return []
  if (field.names[0] === 'first_found' && isAgo(value)) return []
  if (field.isAge && !isAgo(value)) return []
  return [`${field.names[0]}:${printBound(bound, value)}`]
}

function listed(value: QueryValue): string {
  const values = Array.isArray(value) ? (value as readonly (string | number)[]) : [value as string | number | boolean]
  return values.map(one => quoted(String(one))).join(',')
}

/** Words stay words when they read as such; a text with its own spacing is quoted whole. */
function wordsOf(q: string): string {
  const words = q.split(' ')
  return words.every(word => word !== '') ? words.map(quoted).join(' ') : quoted(q)
}
