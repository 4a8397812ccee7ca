import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OperationId, pathOf } from '../contract/paths.ts'
import { routes } from '../contract/routes.ts'
import { startTestServer, type TestServer } from './test-server.ts'

interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, { readonly schema: object }> }
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: Record<string, { readonly schema: object }> }
  >
}
interface Document {
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
  const route = routes.find(one => one.operationId === operationId)!
  return document.paths[route.path.replace(/:([a-z]+)/g, '{$1}')]![route.method.toLowerCase()]!
}
const absolute = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components'))

describe('the OpenAPI document', () => {
  test('has every operation of the contract with what a reader needs, and no other', () => {
    const described = Object.values(document.paths).flatMap(path => Object.values(path))
    expect(described.map(operation => operation.operationId).sort()).toEqual(
      routes.map(route => route.operationId).sort(),
    )
    for (const operation of described) {
      expect(operation.summary, operation.operationId).toBeTruthy()
      expect(operation.tags?.length).toBeGreaterThan(0)
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response.description, `${operation.operationId} ${status}`).toBeTruthy()
        expect(Object.keys(response.content).length).toBeGreaterThan(0)
      }
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
      const validate = ajv.compile(absolute(described!.schema))
      validate(await response.json())
      expect(validate.errors).toBeNull()
    })
  }
})
