import { badRequest } from './answer.ts'

/** Reads of untrusted request fields: each gives the typed value, undefined when absent, or refuses with 400. */
export type RequestObject = Readonly<Record<string, unknown>>

export function objectOf(value: unknown, name: string): RequestObject {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as RequestObject
  throw badRequest(`"${name}" must be an object`)
}

/** Integers are also taken as text: a recorded request sent `num_assets: "50"`. */
export function integerOf(body: RequestObject, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value)) return value
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value)
  throw badRequest(`child "${name}" fails because ["${name}" must be an integer]`)
}

/** An instant in Unix seconds; text is refused. */
export function secondsOf(body: RequestObject, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw badRequest(`child "${name}" fails because ["${name}" must be a number of seconds]`)
}

export function booleanOf(body: RequestObject, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw badRequest(`child "${name}" fails because ["${name}" must be a boolean]`)
}

export function textOf(body: RequestObject, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw badRequest(`child "${name}" fails because ["${name}" must be a string]`)
}

export function textsOf(body: RequestObject, name: string): string[] | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value
  throw badRequest(`child "${name}" fails because ["${name}" must be an array of strings]`)
}

export function integersOf(body: RequestObject, name: string): number[] | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value) && value.every(item => Number.isInteger(item))) return value as number[]
  throw badRequest(`child "${name}" fails because ["${name}" must be an array of integers]`)
}
