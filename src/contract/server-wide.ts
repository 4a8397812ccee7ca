import { z } from 'zod'
import { type OperationSpec, problems, type ResponseSpec } from './operation-parts.ts'
import { type Method, type OperationId, paths } from './paths.ts'

// What holds for operations by where they are and how they are called, and is said in no operation by itself.

interface Placed extends OperationSpec {
  readonly operationId: OperationId
  readonly method: Method
  readonly path: string
}

/** Probes and metrics are asked by machines that must never be told to wait. */
export function isRateLimited({ path }: Pick<Placed, 'path'>): boolean {
  return path.startsWith('/api/')
}

/**
 * A repeated POST may make a thing twice; with a key it makes it once. A stranger has nobody to keep a key for, and a file
 * is not read before it is taken.
 */
export function takesIdempotencyKey({ method, role, upload }: Placed): boolean {
  return method === 'POST' && role !== 'stranger' && upload === undefined
}

/** The operation that answers with what this one changes: its ETag is what If-Match compares. */
export function readOfSamePath({ method, path }: Pick<Placed, 'method' | 'path'>): OperationId | undefined {
  if (method !== 'PUT' && method !== 'DELETE') return undefined
  return (Object.keys(paths) as OperationId[]).find(id => paths[id].method === 'GET' && paths[id].path === path)
}

const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters, such as a UUID')
  .optional()
  .meta({
    description:
      'Makes it safe to repeat the call: for 24 hours a repeated one is answered as the first was, and does nothing. A UUID is best.',
    examples: ['0b2f6c4e-5d0c-4a1b-9c61-0f5d1a7e2c33'],
  })

const ifMatch = z
  .string()
  .max(2_000)
  .optional()
  .meta({
    description: 'The ETag of the same path as it was read; when it was changed since, nothing is done.',
    examples: ['W/"XyJ0oXh9m0Zk1m4c0y2f6nY2T5E"'],
  })

export const idempotencyHeader = 'idempotency-key'
export const ifMatchHeader = 'if-match'

/** Headers that the operation understands, beside those that every operation does. */
export function headersOf(route: Placed): z.ZodType | undefined {
  const shape = {
    ...(takesIdempotencyKey(route) && { [idempotencyHeader]: idempotencyKey }),
    ...(readOfSamePath(route) && { [ifMatchHeader]: ifMatch }),
  }
  return Object.keys(shape).length === 0 ? undefined : z.looseObject(shape)
}

/** The answers that it may give besides its own. */
export function responsesOf(route: Placed): Readonly<Record<number, ResponseSpec>> {
  const more = [
    ...(isRateLimited(route) ? ([429] as const) : []),
    ...(takesIdempotencyKey(route) ? ([409, 422] as const) : []),
    ...(readOfSamePath(route) ? ([404, 412] as const) : []),
  ]
  return { ...pick(problems(...more), more), ...route.responses }
}

function pick<T>(from: Readonly<Record<number, T>>, keys: readonly number[]): Record<number, T> {
  return Object.fromEntries(keys.map(key => [key, from[key]!]))
}
