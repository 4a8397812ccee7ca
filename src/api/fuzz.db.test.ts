import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { Problem } from '../contract/problem.ts'
import { type RouteSpec, routes } from '../contract/routes.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// Whatever is asked, the answer is one that the contract has, and a fault is never ours.

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const oddTexts = fc.oneof(
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
const oddJson = fc.oneof(
  oddTexts,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(1, 0, -1, 1e308, true, null, [], {}, ['assets'], { settings: { asset_chunk_size: 1 } }),
)

/** The names that a schema knows, through whatever wraps it. */
function keysOf(schema: z.ZodType | undefined): string[] {
  if (!schema) return []
  const definition = schema.def as unknown as { shape?: object; innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType }
  if (definition.shape) return Object.keys(definition.shape)
  return [...keysOf(definition.innerType), ...keysOf(definition.in), ...keysOf(definition.out)]
}

function objectOf(known: readonly string[], values: fc.Arbitrary<unknown>) {
  const key =
    known.length === 0
      ? fc.string({ maxLength: 8 })
      : fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...known) },
          { weight: 1, arbitrary: fc.constantFrom('apiKey', 'colour', '__proto__', 'id') },
        )
  return fc.array(fc.tuple(key, values), { maxLength: 5 })
}

const requests = (route: RouteSpec) =>
  fc.record({
    params: fc.array(fc.oneof(oddTexts, fc.constantFrom('1', '2', '3')), { minLength: 1, maxLength: 1 }),
    query: objectOf(keysOf(route.query), oddTexts),
    body: fc.oneof(
      {
        weight: 6,
        arbitrary: objectOf(keysOf(route.body), oddJson).map(pairs => JSON.stringify(Object.fromEntries(pairs))),
      },
      { weight: 1, arbitrary: fc.constantFrom('', '{', '[]', 'null', '"x"', '{"__proto__":1}') },
    ),
  })

// A test of a connection would go out to whatever address comes up, and a wait would wait.
const harmless = (route: RouteSpec, body: string) =>
  !/https?:|"wait":true/.test(body) && !(/testConnection/.test(route.operationId) && !/base_url|"id"/.test(body))

describe('no fault of ours', () => {
  for (const route of routes) {
    test(`${route.method} ${route.path}`, async () => {
      await fc.assert(
        fc.asyncProperty(requests(route), async ({ params, query, body }) => {
          fc.pre(!route.body || harmless(route, body))
          const path = route.path.replace(/:[a-z]+/g, () => encodeURIComponent(params[0]!.toWellFormed()))
          const search = new URLSearchParams(query as [string, string][])
          if (route.operationId === 'followEvents') search.set('once', 'true')
          const response = await server.fetch(`${path}?${search}`, {
            method: route.method,
            redirect: 'manual',
            ...(route.body ? { headers: { 'content-type': 'application/json' }, body } : {}),
          })
          const text = await response.text()
          const type = response.headers.get('content-type')?.split(';')[0] ?? ''
          expect(response.status, text).toBeLessThan(500)
          // With an id of nothing, or one that only walks upward, it is another path.
          if (route.path.includes(':') && /^[./]*$/.test(params[0]!)) return
          const described = route.responses[response.status]?.content[type]
          expect(described, `${response.status} ${type} ${text.slice(0, 300)}`).toBeDefined()
          if (type === 'application/problem+json') {
            const problem = Problem.parse(JSON.parse(text))
            if (problem.code === 'bad_request' && problem.errors) expect(problem.errors.length).toBeGreaterThan(0)
          }
        }),
        { numRuns: 60, seed: 20261124 },
      )
    }, 120_000)
  }

  test('in any order of calls that change something', async () => {
    const changing = routes.filter(route => route.method !== 'GET' && !/testConnection/.test(route.operationId))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...changing), fc.integer({ min: 1, max: 6 })), { maxLength: 12 }),
        async steps => {
          for (const [route, id] of steps) {
            const body = { name: `Source ${id}`, access_key: 'a'.repeat(20), secret_key: 'b' }
            const response = await server.fetch(route.path.replace(/:[a-z]+/g, String(id)), {
              method: route.method,
              ...(route.body
                ? {
                    headers: { 'content-type': 'application/json' },
                    body: JSON.stringify(/Sync|Job/.test(route.operationId) ? { source_id: id } : body),
                  }
                : {}),
            })
            const text = await response.text()
            expect(Object.keys(route.responses), `${route.operationId}: ${text}`).toContain(String(response.status))
            expect(response.status, text).toBeLessThan(500)
          }
        },
      ),
      { numRuns: 25, seed: 20261124 },
    )
  }, 120_000)
})
