import type { Schema as ExampleSchema } from '../openapi/example.ts'

export interface Schema extends ExampleSchema {
  readonly description?: string
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

/** A schema in a few words: `string (date-time) or null`, `list of Asset`, `1–500`. */
export function typeOf(schema: Schema): string {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map(typeOf))].join(' or ')
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1)!
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map(one => (one === null ? 'null' : String(one))).join(' | ')
  const types = schema.type === undefined ? ['anything'] : typeof schema.type === 'string' ? [schema.type] : schema.type
  return types.map(type => typeWords(type, schema)).join(' or ') + defaultWords(schema)
}

function typeWords(type: string, schema: Schema): string {
  if (type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (type === 'string' && schema.format !== undefined) return `string (${schema.format})`
  if (type === 'integer' || type === 'number') return `${type}${rangeWords(schema)}`
  return type
}

/** Bounds that are those of the numbers themselves are none. */
function rangeWords({ minimum, maximum }: Schema): string {
  const isBound = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER
  if (isBound(minimum) && isBound(maximum)) return ` ${minimum}–${maximum}`
  if (isBound(minimum)) return ` ≥ ${minimum}`
  return isBound(maximum) ? ` ≤ ${maximum}` : ''
}

function defaultWords(schema: Schema): string {
  return schema.default === undefined || schema.default === null
    ? ''
    : `, ${JSON.stringify(schema.default)} when left out`
}

/** The names of schemas that it refers to. */
export function namesIn(schema: Schema): string[] {
  return [...JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)].map(match => match[1]!)
}
