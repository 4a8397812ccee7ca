import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OperationId, pathOf } from '../../contract/paths.ts'
import type { Problem } from '../../contract/problem.ts'
import { routes } from '../../contract/routes.ts'
import { isRateLimited, readOfSamePath, takesIdempotencyKey } from '../../contract/server-wide.ts'
import { problemKinds } from '../problems.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import { openApi31 } from './openapi-31.fixture.ts'

interface Shown {
  readonly schema: object
  readonly example?: unknown
}
interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly (Shown & { readonly name: string; readonly in: string; readonly required?: boolean })[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, Shown> }
  readonly responses: Record<string, { readonly description: string; readonly content: Record<string, Shown> }>
}
interface Document {
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object> }
}

let server: TestServer
let document: Document
let ajv: Ajv2020
beforeAll(async () => {
  server = await startTestServer()
  document = (await server.call('getOpenApi')).json
  // What the document says, judged by somebody else than the library that made it.
  ajv = new Ajv2020({ strict: false, allErrors: true })
  ;(addFormats as unknown as (ajv: Ajv2020) => void)(ajv)
  ajv.addSchema({ $id: 'openapi', ...document })
})
afterAll(() => server.stop())

const operationAt = (operationId: OperationId): Operation => {
  const [, path, method] = placeOf(operationId)
  return document.paths[path!]![method!]!
}
const mediaOf = (content: Record<string, Shown> = {}, ...where: string[]): [string[], Shown][] =>
  Object.entries(content).map(([type, one]) => [[...where, 'content', type], one])
/** With everything that it refers to, as text. */
const wholeText = (schema: object, within: readonly string[] = []): string => {
  const text = JSON.stringify(schema)
  const names = [...text.matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)].map(match => match[1]!)
  const others = names.filter(name => !within.includes(name))
  return [text, ...others.map(name => wholeText(document.components.schemas[name]!, [...within, ...others]))].join('\n')
}
/** What one place of the document says, compiled where it stands, so that what is named is compiled once. */
const validatorAt = (...path: readonly string[]) => {
  const pointer = path.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
  return ajv.compile({ $ref: `openapi#/${pointer}` })
}
const placeOf = (operationId: OperationId): readonly string[] => {
  const route = routes.find(one => one.operationId === operationId)!
  return ['paths', route.path.replace(/:([a-z]+)/g, '{$1}'), route.method.toLowerCase()]
}

describe('the OpenAPI document', () => {
  test('has every operation of the contract with what a reader needs, and no other', () => {
    const described = Object.values(document.paths).flatMap(path => Object.values(path))
    expect(described.map(operation => operation.operationId).sort()).toEqual(
      routes.map(route => route.operationId).sort(),
    )
    for (const operation of described) {
      expect(operation.summary, operation.operationId).toBeTruthy()
      expect(operation.tags?.length).toBeGreaterThan(0)
      const known = document.tags.map(tag => tag.name)
      expect(
        operation.tags?.filter(tag => !known.includes(tag)),
        operation.operationId,
      ).toEqual([])
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response.description, `${operation.operationId} ${status}`).toBeTruthy()
        if (status !== '304') expect(Object.keys(response.content).length).toBeGreaterThan(0)
      }
    }
  })

  test('is OpenAPI 3.1, and nothing in it is a word that OpenAPI does not know', () => {
    const validate = new Ajv2020({ strict: false, allErrors: true }).compile(openApi31)
    validate(document)
    expect(validate.errors?.slice(0, 5) ?? null).toBeNull()
  })

  test('every operation says what it may answer before it is even understood', () => {
    for (const route of routes) {
      const answers = Object.keys(operationAt(route.operationId).responses)
      const wanted = [
        ...['400', '403', '500', '503'],
        ...(route.role === 'stranger' ? [] : ['401']),
        ...(isRateLimited(route) ? ['429'] : []),
        ...(takesIdempotencyKey(route) ? ['409', '422'] : []),
        ...(readOfSamePath(route) ? ['404', '412'] : []),
      ]
      expect(
        wanted.filter(status => !answers.includes(status)),
        route.operationId,
      ).toEqual([])
    }
  })

  test('an answer that holds a secret is known as one: it is kept nowhere', () => {
    const secretive = (schema: object) => /"description":"[^"]*(shown this one time|works once)/.test(wholeText(schema))
    for (const route of routes.filter(one => one.method === 'POST' && one.role !== 'stranger')) {
      const { responses } = operationAt(route.operationId)
      const bodies = Object.entries(responses).flatMap(([status, { content }]) =>
        status < '300' ? Object.values(content).map(one => one.schema) : [],
      )
      const says = responses['201']?.description.includes('this one time') ?? false
      expect(says || bodies.some(secretive), route.operationId).toBe(route.answersSecret === true)
    }
  })

  test('every path parameter is there and required', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const wanted = [...path.matchAll(/\{([a-z]+)\}/g)].map(match => match[1])
      for (const operation of Object.values(operations)) {
        const given = (operation.parameters ?? []).filter(parameter => parameter.in === 'path')
        expect(given.map(parameter => parameter.name)).toEqual(wanted)
        expect(given.every(parameter => parameter.required)).toBe(true)
      }
    }
  })

  test('every reference leads somewhere, every schema is used, and each can be compiled', () => {
    const text = JSON.stringify(document)
    const references = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(match => match[1]))
    expect([...references].sort()).toEqual(Object.keys(document.components.schemas).sort())
    for (const name of references) {
      expect(() => ajv.compile({ $ref: `openapi#/components/schemas/${name}` })).not.toThrow()
    }
  })

  test('a body that may be left out is not required', () => {
    expect(operationAt('startSync').requestBody?.required).toBe(false)
    expect(operationAt('createSource').requestBody?.required).not.toBe(false)
  })

  describe('has an example', () => {
    for (const route of routes) {
      test(`of everything in ${route.operationId}, and each is what its schema says`, () => {
        const { parameters = [], requestBody, responses } = operationAt(route.operationId)
        const shown: [string[], Shown][] = [
          ...parameters.map((one, index): [string[], Shown] => [['parameters', String(index)], one]),
          ...mediaOf(requestBody?.content, 'requestBody'),
          ...Object.entries(responses).flatMap(([status, { content }]) => mediaOf(content, 'responses', status)),
        ]
        for (const [where, { schema, example }] of shown) {
          if ((schema as { format?: string }).format === 'binary') continue
          expect(example, where.join(' ')).toBeDefined()
          const validate = validatorAt(...placeOf(route.operationId), ...where, 'schema')
          validate(example)
          expect(validate.errors?.map(one => [where, one.instancePath, one.message, one.params]) ?? []).toEqual([])
        }
        const body = requestBody?.content['application/json']?.example
        // What its schema cannot say is asked of it too.
        if (body !== undefined) expect(route.body!.safeParse(body).error?.issues).toBeUndefined()
        for (const [status, { content }] of Object.entries(responses)) {
          const problem = content?.['application/problem+json']?.example as Problem | undefined
          if (problem)
            expect([problem.status, problemKinds[problem.code]?.status]).toEqual([Number(status), Number(status)])
        }
      })
    }
  })

  const reads: [OperationId, object?][] = [
    ['listSources'],
    ['getSource', { params: { id: 1 } }],
    ['getSyncStatus'],
    ['listJobs'],
    ['getJob', { params: { id: 1 } }],
    ['getJobLog', { params: { id: 1 } }],
    ['listSchedules'],
    ['listUpcoming'],
    ['listSweeps'],
    ['getSweep', { params: { id: 1 } }],
    ['listAssets', { query: { include: ['all'], limit: 500 } }],
    ['getAsset', { params: { id: 1 } }],
    ['getAssetTimeline', { params: { id: 1 } }],
    ['listAssetFindings', { params: { id: 2 } }],
    ['listFindings', { query: { include: ['all'], limit: 500 } }],
    ['getFinding', { params: { id: '1.10002.0.icmp' } }],
    ['listFindings', { query: { as_of: '2026-11-12', include: ['all'], limit: 500 } }],
    ['listAssetFindings', { params: { id: 2 }, query: { known_at: '2026-11-20T06:03:30Z' } }],
    ['getFinding', { params: { id: '1.10002.0.icmp' }, query: { as_of: '2026-11-12' } }],
    ['getFinding', { params: { id: '1.10002.0.icmp' }, query: { as_of: '2000-01-01' } }],
    ['getFindingHistory', { params: { id: '1.10002.0.icmp' } }],
    ['listPlugins', { query: { counts: true } }],
    ['getPlugin', { params: { id: 10001 } }],
    ['listFindingPlugins', { query: { include: ['all'] } }],
    ['listPluginOwners', { params: { id: 10009 } }],
    ['getPluginHistory', { params: { id: 10009 } }],
    ['getFindingSeverities'],
    ['getFindingFlow', { query: { days: 300, per: 'week', due: true } }],
    ['getMttr', { query: { days: 60 } }],
    ['getSla'],
    ['listPluginAssets', { params: { id: 10009 } }],
    ['getAssetStatistics'],
    ['getFindingStatistics'],
    ['getFindingStatistics', { query: { as_of: '2026-11-12T12:00:00Z' } }],
    ['getDailyFindingStatistics', { query: { from: '2026-01-01' } }],
    ['listChanges', { query: { from: '2026-01-01', to: '2026-12-01' } }],
    ['getSyncStatistics'],
    ['listScans', { query: { include: ['gone'] } }],
    ['getScan', { params: { id: 1 } }],
    ['listScanRuns', { params: { id: 1 } }],
    ['getScanCoverage', { query: { days: 10 } }],
    ['listCompliance', { query: { include: ['all'], limit: 500 } }],
    ['listCompliance', { query: { group: 'check' } }],
    ['getComplianceCheck', { params: { id: 1 } }],
    ['getComplianceStatistics', { query: { from: '2026-11-01', to: '2026-11-20' } }],
    ['exportAssets', { query: { format: 'json', include: ['all'] } }],
    ['exportFindings', { query: { format: 'json', include: ['all'], output: true } }],
    ['listCompliance', { query: { group: 'asset' } }],
    ['listCompliance', { query: { as_of: '2026-11-11' } }],
    ['exportScans', { query: { format: 'json' } }],
    ['exportScanCoverage', { query: { format: 'json', by: 'os' } }],
    ['exportScanRuns', { params: { id: 1 }, query: { format: 'json' } }],
    ['exportCompliance', { query: { format: 'json', include: ['all'] } }],
    ['exportCompliance', { query: { format: 'json', group: 'audit_file' } }],
    ['exportAgents', { query: { format: 'json' } }],
    ['exportFindingPlugins', { query: { format: 'json', sort: '-affected_assets' } }],
    ['exportJobs', { query: { format: 'json' } }],
    ['exportRejected', { query: { format: 'json' } }],
    ['exportQualityIssues', { query: { format: 'json' } }],
    ['exportAudit', { query: { format: 'json' } }],
    ['exportUsers', { query: { format: 'json' } }],
    ['exportGroupRules', { query: { format: 'json' } }],
    ['exportImports', { query: { format: 'json' } }],
    ['exportTags', { query: { format: 'json' } }],
    ['listRejected'],
    ['listQualityIssues'],
    ['listJobs', { query: { trigger: ['schedule'], started_from: '2026-01-01', started_to: '2026-12-01' } }],
    ['listAudit'],
    ['verifyAudit'],
    ['getVerification'],
    ['getLiveness'],
    ['getReadiness'],
    ['listAssets', { query: { limit: 0 } }],
    ['getAsset', { params: { id: 'nobody' } }],
  ]
  for (const [operationId, input] of reads) {
    test(`${operationId} ${JSON.stringify(input ?? {})} answers what it says`, async () => {
      const response = await server.fetch(pathOf(operationId, input ?? {}))
      const type = response.headers.get('content-type')!.split(';')[0]!
      const described = operationAt(operationId).responses[response.status]?.content[type]
      expect(described, `${response.status} ${type}`).toBeDefined()
      const validate = validatorAt(
        ...placeOf(operationId),
        'responses',
        String(response.status),
        'content',
        type,
        'schema',
      )
      validate(await response.json())
      expect(validate.errors).toBeNull()
    })
  }
})
