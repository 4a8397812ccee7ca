import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RouteSpec, routes } from '../contract/routes.ts'
import {
  bodiesLike,
  type Caller,
  callers,
  type FuzzedServer,
  isHarmless,
  keysOf,
  mayCall,
  oddJson,
  oddTexts,
  pairsOf,
  startFuzzedServer,
} from './fuzzing.ts'

// Whatever is asked, and whoever asks, the answer is one that the document has, and a fault is never ours.

let fuzzed: FuzzedServer
beforeAll(async () => {
  fuzzed = await startFuzzedServer()
})
afterAll(() => fuzzed.stop())

const who: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Caller>('admin') },
  { weight: 2, arbitrary: fc.constantFrom(...callers) },
)

interface Drawn {
  readonly who: Caller
  readonly param: string
  readonly query: readonly [string, unknown][]
  readonly body: string
}

function calls(route: RouteSpec): fc.Arbitrary<Drawn> {
  const example = fuzzed.operationOf(route).requestBody?.content['application/json']?.example
  const known = keysOf(route.body)
  return fc.record({
    who,
    param: fc.oneof(oddTexts, fc.constantFrom('1', '2', '3')),
    query: pairsOf(keysOf(route.query), oddTexts),
    body: fc.oneof(
      { weight: 5, arbitrary: bodiesLike(example, known) },
      { weight: 3, arbitrary: pairsOf(known, oddJson).map(pairs => JSON.stringify(Object.fromEntries(pairs))) },
      { weight: 1, arbitrary: fc.constantFrom('', '{', '[]', 'null', '"x"', '{"__proto__":1}') },
    ),
  })
}

function urlOf(route: RouteSpec, { param, query }: Drawn): string {
  const path = route.path.replace(/:[a-z]+/g, () => encodeURIComponent(param.toWellFormed()))
  const search = new URLSearchParams(query as [string, string][])
  if (route.operationId === 'followEvents') search.set('once', 'true')
  return `${path}?${search}`
}

/** What its own schema refuses is a mistake of the caller, and never one that has an effect. */
function expectRefused(route: RouteSpec, { who, param, body }: Drawn, status: number, text: string): void {
  if (!mayCall(route, who)) return
  const names = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name]) => [name!, param])
  const isBadParam = route.params?.safeParse(Object.fromEntries(names)).success === false
  const isBadBody = route.body !== undefined && body !== '' && !takes(route, body)
  if (isBadBody || (isBadParam && !/^[./]*$/.test(param) && param.isWellFormed())) {
    expect([status >= 400 && status < 500, text]).toEqual([true, text])
  }
}

function takes(route: RouteSpec, body: string): boolean {
  try {
    return route.body!.safeParse(JSON.parse(body)).success
  } catch {
    return false
  }
}

describe('no fault of ours', () => {
  for (const route of routes) {
    test(`${route.method} ${route.path}`, async () => {
      await fc.assert(
        fc
          .asyncProperty(calls(route), async drawn => {
            fc.pre(!route.body || isHarmless(route, drawn.body))
            const payload = route.body ? { type: 'application/json', text: drawn.body } : undefined
            const { status, text } = await fuzzed.ask(route, urlOf(route, drawn), drawn.who, payload)
            expectRefused(route, drawn, status, text)
          })
          .beforeEach(() => fuzzed.renewCallers()),
        { numRuns: 100, seed: 20261124 },
      )
    }, 120_000)
  }
})
