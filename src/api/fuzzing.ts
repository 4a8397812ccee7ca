import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { z } from 'zod'
import { addPerson, sessionOf, tokenOf, wholeRole } from '../../test/support/accounts.ts'
import type { Problem } from '../contract/problem.ts'
import { type RouteSpec, scopeOf } from '../contract/routes.ts'
import { includesRole, type Role, roles } from '../domain/role.ts'
import { csrfTokenOf } from './cookies.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// Calls that nobody would make, and the judge of what is answered: the OpenAPI document. They go past the sockets, so
// that there can be thousands.

export type Caller = Role | 'nobody' | 'stranger'
export const callers: readonly Caller[] = [...roles, 'nobody', 'stranger']

/** A schema of the document, as far as it is looked at here. */
export interface DocumentedSchema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, DocumentedSchema>>
  readonly items?: DocumentedSchema
}
interface Content {
  readonly schema: DocumentedSchema
  readonly example?: unknown
}
export interface DocumentedOperation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: unknown }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>
}

/** Bytes as they go over the wire. */
export interface Payload {
  readonly type: string
  readonly text: string
}

export interface Answered {
  readonly status: number
  readonly type: string
  readonly text: string
  /** Undefined when it is no JSON. */
  readonly json: ReturnType<typeof JSON.parse>
}

export interface FuzzedServer {
  readonly server: TestServer
  operationOf(route: RouteSpec): DocumentedOperation
  /** Makes the callers anew if since the last time they may have ended their sessions, or one another. */
  renewCallers(): Promise<void>
  /** Calls, and holds the answer against the document and against what the caller may. */
  ask(route: RouteSpec, url: string, who: Caller, payload?: Payload): Promise<Answered>
  stop(): Promise<void>
}

export async function startFuzzedServer(): Promise<FuzzedServer> {
  const server = await startTestServer()
  const { app } = server.api
  const document = app.swagger() as unknown as { paths: Record<string, Record<string, DocumentedOperation>> }
  const expectDescribed = judgeBy(document)
  const shown = new Map<Caller, Credentials>()
  let isSpent = true
  const renewCallers = async () => {
    if (!isSpent) return
    isSpent = false
    for (const caller of callers) {
      if (caller !== 'stranger') shown.set(caller, await credentialsOf(server, caller))
    }
  }
  await renewCallers()
  return {
    server,
    renewCallers,
    operationOf: route => document.paths[placeOf(route)]![route.method.toLowerCase()]!,
    async ask(route, url, who, payload) {
      const response = await app.inject({
        method: route.method,
        url,
        headers: {
          host: 'localhost',
          ...headersOf(shown.get(who), route),
          ...(payload && { 'content-type': payload.type, 'content-length': String(Buffer.byteLength(payload.text)) }),
        },
        ...(payload && { payload: payload.text }),
      })
      isSpent ||= route.method !== 'GET' && response.statusCode < 300 && changesAccounts.test(route.path)
      const type = String(response.headers['content-type'] ?? '').split(';')[0]!
      const text = response.payload
      const isJson = type.endsWith('json') && type !== 'application/x-ndjson' && text !== ''
      const answered = { status: response.statusCode, type, text, json: isJson ? JSON.parse(text) : undefined }
      const what = `${who}: ${route.method} ${url} ${payload?.text ?? ''}: ${answered.status} ${type} ${text.slice(0, 500)}`
      expect(answered.status, what).toBeLessThan(500)
      // With an id of nothing, or one that only walks upward, it is another path.
      if (/\/(\.|%2e)*(\/|\?|$)/i.test(url)) return answered
      expectDescribed(route, answered, what)
      expectLetIn(route, who, answered, what)
      expectNamedFields(answered, what)
      return answered
    },
    stop: () => server.stop(),
  }
}

/** What may end a session or a token, or change what somebody may. */
const changesAccounts = /^\/api\/(auth|users|tokens)(\/|$)/

interface Credentials {
  readonly token: string
  readonly cookies: string
  readonly csrf: string
}

let lastPerson = 0

async function credentialsOf({ db: { database } }: TestServer, who: Role | 'nobody'): Promise<Credentials> {
  const userId = await addPerson(database, `${who} ${++lastPerson}`, who === 'nobody' ? [] : wholeRole(who))
  const session = await sessionOf(database, userId)
  return {
    token: await tokenOf(database, userId),
    cookies: `tenfold_session=${session.reveal()}`,
    csrf: csrfTokenOf(session),
  }
}

/** A program's token, or a browser's session where only that will do. */
function headersOf(shown: Credentials | undefined, route: RouteSpec): Record<string, string> {
  if (!shown) return {}
  if (route.role !== 'stranger' && scopeOf(route) === 'session') {
    return { cookie: shown.cookies, 'x-csrf-token': shown.csrf }
  }
  return { authorization: `Bearer ${shown.token}` }
}

export function placeOf({ path }: Pick<RouteSpec, 'path'>): string {
  return path.replace(/:([a-z]+)/g, '{$1}')
}

export function mayCall(route: RouteSpec, who: Caller): boolean {
  if (route.role === 'stranger') return true
  if (who === 'stranger') return false
  return route.role === 'account' || (who !== 'nobody' && includesRole(who, route.role))
}

/** Whoever may not is told so whatever else is wrong with the call, and learns nothing more. */
function expectLetIn(route: RouteSpec, who: Caller, { status, json }: Answered, what: string): void {
  if (mayCall(route, who)) return
  const refused = who === 'stranger' ? [401, 'not_signed_in'] : [403, 'role_missing']
  // An address that cannot be read has no route yet.
  if (status === 400 && json?.errors === undefined) return
  expect([status, json?.code], what).toEqual(refused)
}

function expectNamedFields({ status, json }: Answered, what: string): void {
  const { code, errors, detail } = (json ?? {}) as Partial<Problem>
  if (status !== 400 || code !== 'bad_request' || isUnreadable(detail)) return
  expect(errors?.length, what).toBeGreaterThan(0)
  for (const { field } of errors ?? []) expect(field, what).toMatch(/^(query|params|body|headers)(\.|$)/)
}

/** What HTTP itself cannot take has no fields. */
const isUnreadable = (detail = '') =>
  /not a valid url component|Content-Length|Invalid header|is not valid JSON/i.test(detail)

/** Compiles what the document says of an answer when one comes, once. */
function judgeBy(document: object) {
  const ajv = new Ajv2020({ strict: false, validateFormats: true })
  ;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
  ajv.addSchema({ $id: 'openapi', ...document })
  const compiled = new Map<string, ValidateFunction>()
  const validatorAt = (...where: readonly string[]) => {
    const pointer = where.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` })
    compiled.set(pointer, known)
    return known
  }
  return (route: RouteSpec, { status, type, json }: Answered, what: string) => {
    const content = route.responses[status]?.content
    expect(content, what).toBeDefined()
    expect(Object.keys(content!), what).toContain(type)
    if (json === undefined) return
    const where = ['paths', placeOf(route), route.method.toLowerCase(), 'responses', String(status), 'content', type]
    const validate = validatorAt(...where, 'schema')
    if (!validate(json)) expect(validate.errors, what).toBeNull()
  }
}

// What is drawn.

export const oddTexts = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1',
    '2147483648',
    '9007199254740993',
    '1e400',
    'NaN',
    'true',
    'false',
    'null',
    'all',
    'high,critical',
    ',',
    '%',
    '_',
    '\\',
    "'; drop table asset; --",
    '2026-11-20',
    '2026-11-20T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '9999-12-31T23:59:59+00:00',
    '0001-01-01T00:00:00+14:00',
    '-000001-01-01T00:00:00Z',
    '\u0000',
    '\ud800',
    '😀'.repeat(40),
    'x'.repeat(3_000),
    '../../etc/passwd',
    '1.10002.0.icmp',
    '1.10002.0.icmp.AA',
    '__proto__',
    'constructor',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
)

export const oddJson = fc.oneof(
  oddTexts,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(1, 0, -1, 1e308, true, null, [], {}, ['assets'], { settings: { asset_chunk_size: 1 } }),
)

/** The names that a schema knows, through whatever wraps it. */
export function keysOf(schema: z.ZodType | undefined): string[] {
  if (!schema) return []
  const definition = schema.def as unknown as { shape?: object; innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType }
  if (definition.shape) return Object.keys(definition.shape)
  return [...keysOf(definition.innerType), ...keysOf(definition.in), ...keysOf(definition.out)]
}

export function pairsOf(known: readonly string[], values: fc.Arbitrary<unknown>): fc.Arbitrary<[string, unknown][]> {
  const key =
    known.length === 0
      ? fc.string({ maxLength: 8 })
      : fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...known) },
          { weight: 1, arbitrary: fc.constantFrom('apiKey', 'colour', '__proto__', 'id') },
        )
  return fc.array(fc.tuple(key, values), { maxLength: 5 })
}

/** The example of the document, some of it overwritten or left out; a JSON object when there is none. */
export function bodiesLike(example: unknown, known: readonly string[]): fc.Arbitrary<string> {
  const base = typeof example === 'object' && example !== null && !Array.isArray(example) ? example : {}
  const names = [...new Set([...Object.keys(base), ...known])]
  return fc
    .record({ odd: pairsOf(names, oddJson), without: fc.subarray(names, { maxLength: Math.min(1, names.length) }) })
    .map(({ odd, without }) => {
      const pairs = [...Object.entries(base), ...odd].filter(([name]) => !without.includes(name))
      return JSON.stringify(Object.fromEntries(pairs))
    })
}

// A test of a connection would go out to whatever address comes up, and a wait would wait.
export const isHarmless = (route: RouteSpec, body: string) =>
  !/https?:|"wait":true/.test(body) && !(/testConnection/.test(route.operationId) && !/base_url|"id"/.test(body))
