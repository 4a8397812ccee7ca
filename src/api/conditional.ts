import type { FastifyRequest } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { type RouteSpec, routes } from '../contract/routes.ts'
import { ifMatchHeader, readOfSamePath } from '../contract/server-wide.ts'
import { TenfoldError } from '../platform/errors.ts'
import { entityTagOf, namesTag } from './entity-tag.ts'

/** What a call that changes something under If-Match is compared with: the GET of the same path. */
export interface Condition {
  readonly ifMatch: string
  readonly path: string
  readonly read: RouteSpec
}

export function conditionOf(route: RouteSpec, request: FastifyRequest): Condition | undefined {
  const ifMatch = request.headers[ifMatchHeader]
  const read = readOfSamePath(route)
  if (ifMatch === undefined || read === undefined) return undefined
  return { ifMatch, path: request.url.split('?')[0]!, read: routes.find(one => one.operationId === read)! }
}

const queues = new Map<string, Promise<unknown>>()

/**
 * Does it when the path still says what the caller read. Of those who change one path with a condition, one goes after the
 * other: the second sees what the first did.
 * @param load what the GET of the path answers now
 * @throws TenfoldError 412 `changed_meanwhile`
 */
export async function changeIfUnchanged<T>(
  condition: Condition,
  load: () => Promise<unknown>,
  change: () => Promise<T>,
): Promise<T> {
  const before = queues.get(condition.path) ?? Promise.resolve()
  const mine = before.then(async () => {
    const tag = entityTagOf(serialised(condition.read, await load()))
    if (!namesTag(condition.ifMatch, tag)) throw changedMeanwhile(condition.path)
    return change()
  })
  const settled = mine.catch(() => undefined)
  queues.set(condition.path, settled)
  try {
    return await mine
  } finally {
    if (queues.get(condition.path) === settled) queues.delete(condition.path)
  }
}

function changedMeanwhile(path: string): TenfoldError {
  return new TenfoldError(
    'changed_meanwhile',
    `${path} is no longer what If-Match names; nothing was done. Read it again, look at what changed, and repeat the call with its new ETag.`,
  )
}

function serialised(read: RouteSpec, body: unknown): string {
  const schema = read.responses[200]!.content['application/json']
  const serialise = serializerCompiler({ schema, method: read.method, url: read.path, httpStatus: '200' } as never)
  return serialise(body)
}
