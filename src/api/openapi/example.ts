import type { Json } from '../../domain/json.ts'
import { valuesByEnding, valuesByFormat, valuesByName } from './example-values.ts'

/** A schema of the document, as far as an example needs to know it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly pattern?: string
  readonly const?: Json
  readonly enum?: readonly Json[]
  readonly default?: Json
  readonly examples?: readonly Json[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

export interface ExampleOptions {
  /** The schemas that a $ref may name. */
  readonly schemas: Readonly<Record<string, Schema>>
  /** Leaves out what may be left out. */
  readonly isBrief?: boolean
}

/**
 * A value that the schema takes and a reader understands: the same for the same schema, whatever made it. What a name says
 * of a value goes before what its type says.
 */
export function exampleOf(schema: Schema, options: ExampleOptions, name = '', within: readonly string[] = []): Json {
  if (schema.$ref !== undefined) {
    const id = schema.$ref.split('/').at(-1)!
    // A thing that holds its like is shown without it.
    return within.includes(id) ? {} : exampleOf(options.schemas[id] ?? {}, options, name, [...within, id])
  }
  const known = valuesByName[name]?.find(value => fits(schema, value, options))
  if (known !== undefined) return known
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]!
  const shown = schema.examples?.find(value => fits(schema, value, options))
  if (shown !== undefined) return shown
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) {
    const best = choices.find(one => one.type !== 'null') ?? choices[0]!
    return exampleOf(best, options, name, within)
  }
  if (schema.allOf) return mergeAll(schema.allOf.map(one => exampleOf(one, options, name, within)))
  return exampleOfType(schema, options, name, within)
}

function exampleOfType(schema: Schema, options: ExampleOptions, name: string, within: readonly string[]): Json {
  if (schema.default !== undefined && schema.default !== null) return schema.default
  switch (typesOf(schema)[0]) {
    case 'object':
      return exampleOfObject(schema, options, within)
    case 'array':
      return exampleOfList(schema, options, name, within)
    case 'string':
      return exampleOfText(schema, name)
    case 'integer':
    case 'number':
      return exampleOfNumber(schema, name)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      // Anything that JSON can hold.
      return {}
  }
}

function exampleOfObject(schema: Schema, options: ExampleOptions, within: readonly string[]): Json {
  const required = new Set(schema.required)
  const wanted = Object.entries(schema.properties ?? {}).filter(([key]) => !options.isBrief || required.has(key))
  return Object.fromEntries(wanted.map(([key, one]) => [key, exampleOf(one, options, key, within)]))
}

function exampleOfList(schema: Schema, options: ExampleOptions, name: string, within: readonly string[]): Json {
  if (!schema.items || schema.maxItems === 0) return []
  const item = exampleOf(schema.items, options, name.replace(/s$/, ''), within)
  return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => item)
}

function exampleOfText(schema: Schema, name: string): string {
  const { format, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema
  const byFormat = format === undefined ? undefined : valuesByFormat[format]
  if (byFormat !== undefined) return byFormat
  const byEnding = valuesByEnding.find(([ending]) => ending.test(name))?.[1]
  if (typeof byEnding === 'string' && isTextOf(schema, byEnding)) return byEnding
  if (schema.pattern !== undefined) return exampleOfPattern(schema)
  const words = name === '' ? 'text' : name.replaceAll('_', ' ')
  return words.padEnd(minLength, '.').slice(0, maxLength)
}

/** For the few patterns that there are; a test says when there is another. */
const patterned = [valuesByFormat.uuid!, '08:00', '24:00', '2026-11', '0b2f6c4e5d0c4a1b9c610f5d1a7e2c33', '1', 'a']

function exampleOfPattern(schema: Schema): string {
  return patterned.find(value => isTextOf(schema, value)) ?? 'text'
}

function exampleOfNumber({ minimum, maximum, exclusiveMinimum, type }: Schema, name: string): number {
  const usual = /score$/.test(name) ? 7.5 : /_ms$/.test(name) ? 840 : /count$|^total$|rows$|bytes$/.test(name) ? 128 : 3
  const least = minimum ?? (exclusiveMinimum === undefined ? Number.NEGATIVE_INFINITY : exclusiveMinimum + 1)
  const value = Math.min(Math.max(usual, least), maximum ?? Number.POSITIVE_INFINITY)
  return typesOf({ type: type ?? 'number' }).includes('integer') ? Math.round(value) : value
}

function mergeAll(values: readonly Json[]): Json {
  return Object.assign({}, ...values.map(value => (typeof value === 'object' && value !== null ? value : {}))) as Json
}

function typesOf({ type }: Pick<Schema, 'type'>): readonly string[] {
  return type === undefined ? [] : typeof type === 'string' ? [type] : type
}

/** Whether a schema takes a value: enough of the rules for the values that we choose among. */
function fits(schema: Schema, value: Json, options: ExampleOptions): boolean {
  if (schema.$ref !== undefined) return fits(options.schemas[schema.$ref.split('/').at(-1)!] ?? {}, value, options)
  if (schema.const !== undefined) return schema.const === value
  if (schema.enum) return schema.enum.includes(value)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return choices.some(one => fits(one, value, options))
  const types = typesOf(schema)
  if (value === null) return types.includes('null')
  if (Array.isArray(value)) {
    const { items, minItems = 0 } = schema
    return (
      types.includes('array') && value.length >= minItems && value.every(one => !items || fits(items, one, options))
    )
  }
  if (typeof value === 'string') return types.includes('string') && isTextOf(schema, value)
  if (typeof value === 'number') {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema
    const isOfType = types.includes('number') || (types.includes('integer') && Number.isInteger(value))
    return isOfType && value >= minimum && value <= maximum
  }
  return typeof value === 'boolean' && types.includes('boolean')
}

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT/,
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[0-9a-f]{8}-/,
  uri: /^https?:/,
}

function isTextOf({ pattern, format, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema, value: string) {
  if (value.length < minLength || value.length > maxLength) return false
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return false
  return formats[format ?? '']?.test(value) ?? true
}
