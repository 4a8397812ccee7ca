import type { z } from 'zod'
import { type RouteSpec, routes } from '../../contract/routes.ts'
import { isRateLimited, takesIdempotencyKey } from '../../contract/server-wide.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import { toProblem } from '../problems.ts'
import { type ExampleOptions, exampleOf, type Schema } from './example.ts'
import { bodies } from './example-values.ts'
import { problemExampleOf } from './problem-examples.ts'

// What the document says of every operation beside its own schemas: examples, and the headers that go with the answers.

interface MediaType {
  schema?: Schema
  example?: Json
}
interface Parameter {
  name: string
  in: string
  description?: string
  schema: Schema
  example?: Json
}
export interface DocumentedOperation {
  operationId?: string
  parameters?: Parameter[]
  requestBody?: { content: Record<string, MediaType> }
  responses?: Record<string, { description: string; content?: Record<string, MediaType>; headers?: JsonObject }>
}
interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>>; headers?: JsonObject }
}

const header = (description: string, schema: JsonObject, example: Json): JsonObject => ({
  description,
  schema,
  example,
})
const text = { type: 'string' }
const whole = { type: 'integer', minimum: 0 }

/** In `components.headers`. */
export const headers: JsonObject = {
  ETag: header('Names what was answered; send it back as If-None-Match or If-Match.', text, 'W/"XyJ0oXh9m0Zk1m4c0y2f"'),
  RetryAfter: header('Seconds to wait before the call is worth repeating.', { type: 'integer', minimum: 1 }, 2),
  RateLimitLimit: header('Calls that may come at once after a quiet time.', whole, 600),
  RateLimitRemaining: header('Calls that may come at once now.', whole, 598),
  RateLimitReset: header('Seconds until everything may come at once again.', whole, 1),
  IdempotencyReplayed: header('true: the answer of the first call with the key; nothing was done.', text, 'true'),
}
const ref = (name: string): JsonObject => ({ $ref: `#/components/headers/${name}` })

const limitHeaders: JsonObject = {
  'RateLimit-Limit': ref('RateLimitLimit'),
  'RateLimit-Remaining': ref('RateLimitRemaining'),
  'RateLimit-Reset': ref('RateLimitReset'),
}

/** Completes each operation of the document where it stands. */
export function completeOperations(made: object): void {
  const document: Document = made
  const options: ExampleOptions = { schemas: document.components?.schemas ?? {} }
  const byId = new Map<string, RouteSpec>(routes.map(route => [route.operationId, route]))
  for (const path of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(path)) {
      const route = byId.get(operation.operationId ?? '')
      if (!route) continue
      completeParameters(operation, route, options)
      completeBody(operation, route, options)
      completeAnswers(operation, route, options)
    }
  }
}

/** As they are written by hand; HTTP does not care. */
const writtenHeaders: Readonly<Record<string, string>> = {
  'idempotency-key': 'Idempotency-Key',
  'if-match': 'If-Match',
}

function completeParameters(operation: DocumentedOperation, route: RouteSpec, options: ExampleOptions): void {
  for (const parameter of operation.parameters ?? []) {
    parameter.name = writtenHeaders[parameter.name] ?? parameter.name
    parameter.example ??= exampleOf(parameter.schema, options, parameter.name)
  }
  if (!answersJson(route)) return
  const known: Parameter = {
    name: 'If-None-Match',
    in: 'header',
    description: 'The ETag of an earlier answer: 304 and nothing else when it would be the same.',
    schema: { type: 'string' },
    example: 'W/"XyJ0oXh9m0Zk1m4c0y2f"',
  }
  operation.parameters = [...(operation.parameters ?? []), known]
}

function completeBody(operation: DocumentedOperation, route: RouteSpec, options: ExampleOptions): void {
  for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
    if (media.schema && type === 'application/json') media.example = bodyExample(route, media.schema, options)
  }
}

/** As brief as the schema allows, or with everything where only that is understood. */
function bodyExample(route: RouteSpec, schema: Schema, options: ExampleOptions): Json {
  const brief = exampleOf(schema, { ...options, isBrief: true })
  const choices = [bodies[route.operationId], isEmpty(brief) ? undefined : brief, exampleOf(schema, options), brief]
  return choices.find(one => one !== undefined && (route.body as z.ZodType).safeParse(one).success) ?? brief
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function completeAnswers(operation: DocumentedOperation, route: RouteSpec, options: ExampleOptions): void {
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    for (const [type, media] of Object.entries(response.content ?? {})) {
      media.example = answerExample(route, Number(status), type, media, options)
    }
    const named = headersOfAnswer(route, Number(status))
    if (!isEmpty(named)) response.headers = named
  }
  if (!answersJson(route) || !operation.responses) return
  operation.responses['304'] = {
    description: 'As If-None-Match names it; nothing is sent.',
    headers: { ETag: ref('ETag') },
  }
}

function answerExample(
  route: RouteSpec,
  status: number,
  type: string,
  media: MediaType,
  options: ExampleOptions,
): Json {
  if (type === 'application/problem+json')
    return toProblem(problemExampleOf(route, status), '5f0c1a7e2c33') as unknown as Json
  if (type.endsWith('json') && type !== 'application/x-ndjson') return exampleOf(media.schema ?? {}, options)
  return filesByType[type] ?? 'text'
}

const filesByType: Readonly<Record<string, string>> = {
  'text/csv': 'asset_id,name,ip_address\r\n1042,web-01.example.com,192.0.2.10\r\n',
  'application/x-ndjson': '{"asset_id":1042,"name":"web-01.example.com","ip_address":"192.0.2.10"}\n',
  'application/vnd.apache.parquet': 'PAR1…',
  'text/event-stream': 'event: snapshot\nid: 17\ndata: {"active":[],"as_of":"2026-11-24T09:42:00.123456Z"}\n\n',
  'text/html': '',
  'text/plain': '# TYPE tenfold_source_up gauge\ntenfold_source_up{source="Production"} 1\n',
}

function headersOfAnswer(route: RouteSpec, status: number): JsonObject {
  return {
    ...(isRateLimited(route) && (status < 300 || status === 429) ? limitHeaders : {}),
    ...(answersJson(route) && status === 200 ? { ETag: ref('ETag') } : {}),
    ...(takesIdempotencyKey(route) && status < 300 ? { 'Idempotency-Replayed': ref('IdempotencyReplayed') } : {}),
    ...(status === 429 || (status === 409 && takesIdempotencyKey(route)) ? { 'Retry-After': ref('RetryAfter') } : {}),
  }
}

/** Whether its answers carry an ETag. */
function answersJson(route: RouteSpec): boolean {
  return (
    route.method === 'GET' &&
    route.path.startsWith('/api/') &&
    'application/json' in (route.responses[200]?.content ?? {})
  )
}
