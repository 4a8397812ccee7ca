import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csvOf } from '../../test/support/read-file.ts'
import { type RouteSpec, routes } from '../contract/routes.ts'
import {
  type Answered,
  bodiesLike,
  type Caller,
  callers,
  type DocumentedSchema,
  type FuzzedServer,
  isHarmless,
  keysOf,
  mayCall,
  type Payload,
  placeOf,
  startFuzzedServer,
} from './fuzzing.ts'

// Things are made, read, changed and removed in any order and by anybody: every call is answered as the document says, what
// was just written is what is read, and what was removed is not there. Which call gives what another needs, the document
// says: by its paths and by the names of its schemas.

let fuzzed: FuzzedServer
beforeAll(async () => {
  fuzzed = await startFuzzedServer()
})
afterAll(() => fuzzed.stop())

/** What a path with a parameter is about, with all that can be done to one, and what tells of some. */
interface Resource {
  readonly path: string
  readonly parameter: string
  readonly routes: readonly RouteSpec[]
  readonly read: RouteSpec | undefined
}

const parametric = /^(.*?)\/\{([a-z]+)\}/

const resources: readonly Resource[] = [
  ...new Set(routes.flatMap(route => parametric.exec(placeOf(route))?.[0] ?? [])),
].map(path => {
  const [, collection, parameter] = parametric.exec(path)!
  const own = routes.filter(route => placeOf(route) === collection || parametric.exec(placeOf(route))?.[0] === path)
  return {
    path,
    parameter: parameter!,
    routes: own,
    read: own.find(route => route.method === 'GET' && placeOf(route) === path),
  }
})

/** Only these: a course of what merely is read would be no course. */
const changeable = resources.filter(({ routes }) => routes.some(route => route.method !== 'GET'))

/** The name of what an operation answers when it succeeds, or of what it lists. */
function answeredSchema(route: RouteSpec): string | undefined {
  const { responses } = fuzzed.operationOf(route)
  const good = Object.entries(responses).find(([status]) => /^20[0-9]$/.test(status))?.[1]
  return nameOf(good?.content?.['application/json']?.schema)
}

function nameOf(schema: DocumentedSchema | undefined): string | undefined {
  return schema?.$ref?.split('/').at(-1)
}

/** Others that answer with one: a job of maintenance is made by what it is to do. */
function makersElsewhere({ read, routes: own }: Resource): readonly RouteSpec[] {
  const name = read && answeredSchema(read)
  return name === undefined
    ? []
    : routes.filter(route => route.method !== 'GET' && !own.includes(route) && answeredSchema(route) === name)
}

/** Removing these leaves them to be read: a source and what was read of it, a run, an import. */
const isKept = /^\/api\/tenable\/(config|sync\/jobs|imports)\//

const findings = csvOf([
  ['Plugin ID', 'Risk', 'Host', 'Port', 'Protocol', 'Name'],
  ['77', 'High', 'fuzzed.example.org', '443', 'tcp', 'Check'],
])
const uploads: readonly Payload[] = [
  { type: 'application/octet-stream', text: findings },
  { type: 'application/octet-stream', text: 'cve,epss\nCVE-2024-1001,0.1\n' },
  { type: 'application/octet-stream', text: '' },
  {
    type: 'multipart/form-data; boundary=b',
    text: `--b\r\ncontent-disposition: form-data; name="file"; filename="f.csv"\r\n\r\n${findings}\r\n--b--\r\n`,
  },
  { type: 'multipart/form-data; boundary=b', text: '--b\r\nnothing' },
]

interface Step {
  readonly route: RouteSpec
  readonly who: Caller
  /** Which of the known ones; beyond them, one that is not there. */
  readonly pick: number
  readonly payload: Payload | undefined
  /** Names are made to differ, and now and then not to. */
  readonly suffix: number
}

function stepOf(route: RouteSpec): fc.Arbitrary<Step> {
  return fc.record({
    route: fc.constant(route),
    who: fc.oneof(
      { weight: 6, arbitrary: fc.constant<Caller>('admin') },
      { weight: 4, arbitrary: fc.constantFrom<Caller>('operator', 'analyst', 'viewer') },
      { weight: 1, arbitrary: fc.constantFrom(...callers) },
    ),
    pick: fc.nat(4),
    payload: payloadsOf(route),
    suffix: fc.nat(8),
  })
}

function payloadsOf(route: RouteSpec): fc.Arbitrary<Payload | undefined> {
  if (route.upload !== undefined) return fc.constantFrom(...uploads)
  if (!route.body) return fc.constant(undefined)
  const example = fuzzed.operationOf(route).requestBody?.content['application/json']?.example ?? {}
  const json = (text: string): Payload => ({ type: 'application/json', text })
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(json(JSON.stringify(example))) },
    { weight: 1, arbitrary: bodiesLike(example, keysOf(route.body)).map(json) },
  )
}

/** What a course has come to know. */
class Course {
  readonly #resource: Resource
  readonly #known: unknown[] = []
  readonly #removed = new Set<unknown>()
  /** The last value of each name: what one call answers, the next one gives. */
  readonly #said = new Map<string, unknown>()

  constructor(resource: Resource) {
    this.#resource = resource
  }

  async take(step: Step): Promise<void> {
    const { route, who } = step
    const id = this.#known[step.pick] ?? 987_654_321
    const payload = step.payload && this.#filledIn(step.payload, step.suffix)
    if (route.body && payload && !isHarmless(route, payload.text)) return
    const answered = await fuzzed.ask(route, urlOf(route, id), who, payload)
    if (answered.status >= 300 || answered.json === undefined) return
    this.#learn(answered.json)
    if (placeOf(route) !== this.#resource.path && route.method !== 'POST') return
    if (route.method === 'DELETE') return this.#expectGone(id, who)
    if (route.method !== 'GET') await this.#expectRead(step, answered)
  }

  #filledIn({ type, text }: Payload, suffix: number): Payload {
    if (type !== 'application/json') return { type, text }
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return { type, text }
    const pairs = Object.entries(body).map(([name, value]) => {
      if (/name$/.test(name) && typeof value === 'string') return [name, `${value} ${suffix}`]
      const said = this.#said.get(name)
      return [name, /^(token|source_id|id)$/.test(name) && said !== undefined ? said : value]
    })
    return { type, text: JSON.stringify(Object.fromEntries(pairs)) }
  }

  #learn(json: Record<string, unknown>): void {
    const { parameter } = this.#resource
    const items = Array.isArray(json.items) ? (json.items as Record<string, unknown>[]) : [json]
    for (const item of items) {
      const value = item[parameter]
      if (value !== undefined && !this.#known.includes(value) && !this.#removed.has(value)) this.#known.unshift(value)
      for (const [name, one] of Object.entries(item)) if (one !== null) this.#said.set(name, one)
    }
    this.#known.splice(6)
  }

  async #expectGone(id: unknown, who: Caller): Promise<void> {
    const { read, path } = this.#resource
    if (isKept.test(path)) return
    this.#removed.add(id)
    this.#known.splice(this.#known.indexOf(id), 1)
    // Whoever removed themselves is nobody any more.
    if (!read || !mayCall(read, who) || path === '/api/users/{id}') return
    const { status } = await fuzzed.ask(read, urlOf(read, id), who)
    expect(status, `${path} after its end`).toBe(404)
  }

  /** The one who wrote it reads the same. */
  async #expectRead({ route, who }: Step, { json }: Answered): Promise<void> {
    const { read, parameter, path } = this.#resource
    if (!read || !mayCall(read, who) || answeredSchema(read) !== answeredSchema(route)) return
    const { status, json: found } = await fuzzed.ask(read, urlOf(read, json[parameter]), who)
    expect(status, `${path} after ${route.operationId}`).toBe(200)
    expect(settled(found)).toEqual(settled(json))
  }
}

/** Without what goes on by itself. */
function settled(json: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(json).filter(([name]) => !/_at$|^(status|progress|health|as_of)$/.test(name)),
  )
}

function urlOf(route: RouteSpec, id: unknown): string {
  const path = route.path.replace(/:[a-z]+/g, () => encodeURIComponent(String(id)))
  return route.operationId === 'createImport' ? `${path}?source=Fuzzed` : path
}

describe('a course of calls', () => {
  for (const resource of changeable) {
    test(`about ${resource.path}`, async () => {
      const makers = makersElsewhere(resource)
      const all = [...resource.routes, ...makers].filter(route => !/testConnection/.test(route.operationId))
      // What makes and lists comes first, or nothing would be known.
      const first = all.filter(route => !route.path.includes(':') || makers.includes(route))
      const course = fc.tuple(
        fc.oneof(...first.map(stepOf)).map(step => ({ ...step, who: 'admin' as const })),
        fc.array(fc.oneof(...all.map(stepOf)), { minLength: 3, maxLength: 10 }),
      )
      await fc.assert(
        fc
          .asyncProperty(course, async ([begin, steps]) => {
            const course = new Course(resource)
            for (const step of [begin, ...steps]) await course.take(step)
          })
          .beforeEach(() => fuzzed.renewCallers()),
        { numRuns: 25, seed: 20261124 },
      )
    }, 120_000)
  }

  test('about everything at once, by people who change one another', async () => {
    const all = routes.filter(route => route.method !== 'GET' && !/testConnection/.test(route.operationId))
    const steps = fc.array(fc.oneof(...all.map(stepOf)), { minLength: 6, maxLength: 14 })
    await fc.assert(
      fc
        .asyncProperty(steps, async steps => {
          for (const { route, who, pick, payload } of steps) {
            if (payload && !isHarmless(route, payload.text)) continue
            await fuzzed.ask(route, urlOf(route, pick + 1), who, payload)
          }
        })
        .beforeEach(() => fuzzed.renewCallers()),
      { numRuns: 40, seed: 20261124 },
    )
  }, 120_000)
})

test('the links that courses follow are those of the document', () => {
  const linked = changeable.map(({ path }) => path)
  for (const path of ['/api/views/{id}', '/api/groups/rules/{id}', '/api/users/{id}', '/api/tenable/config/{id}']) {
    expect(linked).toContain(path)
  }
  const jobs = resources.find(({ path }) => path === '/api/maintenance/jobs/{id}')!
  expect(makersElsewhere(jobs).map(({ operationId }) => operationId)).toContain('startCleanup')
})
