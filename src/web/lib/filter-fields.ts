import { isAgo } from '../../domain/query/index.ts'
import { type RawSearch, valuesOf } from './search-params.ts'

export interface Option {
  readonly value: string
  readonly label: string
}

interface FieldBase<K extends string> {
  /** As the API spells it. */
  readonly key: K
  readonly label: string
  readonly group: string
  readonly hint?: string
}

/** One thing a list can be filtered by; the controls, the chips and the URL are all made from it. */
export type Field<K extends string = string> = FieldBase<K> &
  (
    | { readonly kind: 'set'; readonly options: readonly Option[] }
    | { readonly kind: 'flag'; readonly yes: string; readonly no: string }
    | { readonly kind: 'text' }
    | { readonly kind: 'texts' }
    | { readonly kind: 'ids' }
    | { readonly kind: 'number'; readonly max: number; readonly step: number }
    | { readonly kind: 'date' }
  )

export type FieldValue = string | number | boolean | readonly string[] | readonly number[]
/** A filter, as far as the controls know it. */
export type FilterValues = Readonly<Record<string, FieldValue | undefined>>

export interface Chip {
  readonly key: string
  readonly label: string
  readonly text: string
}

/** The fields of a filter that a URL holds; what is unknown or malformed is left out. */
export function readFilter(fields: readonly Field[], raw: RawSearch): FilterValues {
  const filter: Record<string, FieldValue> = {}
  for (const field of fields) {
    const value = readField(field, raw)
    if (value !== undefined) filter[field.key] = value
  }
  return filter
}

/** What is filtered by, in words. */
export function chipsOf(fields: readonly Field[], filter: FilterValues): readonly Chip[] {
  return fields.flatMap(field => {
    const value = filter[field.key]
    return value === undefined ? [] : [{ key: field.key, label: field.label, text: textOf(field, value) }]
  })
}

export function without(filter: FilterValues, key: string): FilterValues {
  return Object.fromEntries(Object.entries(filter).filter(([name]) => name !== key))
}

function readField(field: Field, raw: RawSearch): FieldValue | undefined {
  const values = valuesOf(raw, field.key)
  const first = values[0]
  if (first === undefined) return undefined
  switch (field.kind) {
    case 'set': {
      const wanted = new Set(values.flatMap(value => value.split(',')))
      // In the order of the options, so that the same filter has one URL.
      return nonEmpty(field.options.map(option => option.value).filter(value => wanted.has(value)))
    }
    case 'flag':
      return first === 'true' ? true : first === 'false' ? false : undefined
    case 'text':
      return first.slice(0, 200)
    case 'texts':
      return nonEmpty(values.map(value => value.slice(0, 500)))
    case 'ids':
      return nonEmpty(
        values
          .flatMap(value => value.split(','))
          .filter(isId)
          .map(Number),
      )
    case 'number': {
      const value = Number(first)
      return Number.isFinite(value) && value >= 0 && value <= field.max ? value : undefined
    }
    case 'date':
      return isAgo(first) || !Number.isNaN(Date.parse(first)) ? first : undefined
  }
}

function textOf(field: Field, value: FieldValue): string {
  switch (field.kind) {
    case 'set':
      return field.options
        .filter(option => (value as readonly string[]).includes(option.value))
        .map(option => option.label.toLowerCase())
        .join(', ')
    case 'flag':
      return value === true ? field.yes : field.no
    case 'texts':
    case 'ids':
      return (value as readonly (string | number)[]).join(', ')
    case 'date':
      return isAgo(String(value))
        ? `${String(value).slice(1, -1)} ${ageUnits[String(value).at(-1) ?? ''] ?? ''} ago`
        : String(value)
    default:
      return String(value)
  }
}

const ageUnits: Readonly<Record<string, string>> = { m: 'min', h: 'h', d: 'd', w: 'weeks' }

function isId(text: string): boolean {
  return /^\d{1,15}$/.test(text.trim())
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
