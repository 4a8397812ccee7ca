import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../simulator/index.ts'
import { startTestServer, type TestServer } from './test-server.ts'

// Which part of a source is mirrored, and a few rows of it at once. The engine of the server reads nothing here.

let server: TestServer
let simulator: Simulator
let sourceId: number

beforeAll(async () => {
  server = await startTestServer()
  simulator = await startSimulator({ assets: 5, findings: 20, plugins: 120 })
  sourceId = (await call('createSource', { body: newSource('Never read') })).json.id
  const { name: _name, ...keys } = newSource('')
  await call('updateSource', { params: { id: 1 }, body: keys })
})
afterAll(async () => {
  await simulator.stop()
  await server.stop()
})

const call: TestServer['call'] = (operationId, input) => server.call(operationId, input)

const newSource = (name: string) => ({
  name,
  base_url: simulator.url,
  access_key: simulator.accessKey,
  secret_key: simulator.secretKey,
})

test('a source is limited to a scope, which is audited, and what it refuses is named', async () => {
  const { id } = (await call('createSource', { body: newSource('Limited') })).json
  const scope = { tags: [{ key: 'Env', value: 'Prod' }], severities: ['critical'] }
  const changed = await call('updateSource', { params: { id }, body: { settings: { scope, vuln_chunk_size: 50 } } })
  expect(changed.json).toMatchObject({ scope, settings: { scope, vuln_chunk_size: 50 } })
  expect((await call('getSource', { params: { id } })).json).toMatchObject({
    scope,
    out_of_scope: { assets: 0, findings: 0 },
  })
  const audit = await call('listAudit', { query: { action: 'source.changed', limit: 1 } })
  expect(JSON.stringify(audit.json.items[0].detail)).toContain('Prod')
  const tried = await call('testConnection', { body: { id } })
  expect(tried.json.warnings).toEqual(['The scope names the tag Env:Prod, which the source does not have.'])
  const refusals = [
    [{ sensors: ['AGENT'] }, 'body.settings.scope.sensors'],
    [{ networks: ['Default'] }, 'body.settings.scope.networks.0'],
    [{ severities: ['worst'] }, 'body.settings.scope.severities.0'],
    [{ tags: [{ key: 'Env' }] }, 'body.settings.scope.tags.0.value'],
  ] as const
  for (const [wrong, field] of refusals) {
    const refused = await call('updateSource', { params: { id }, body: { settings: { scope: wrong } } })
    expect([refused.status, refused.json.errors[0].field]).toEqual([400, field])
  }
  const widened = await call('updateSource', { params: { id }, body: { settings: {} } })
  expect(widened.json.scope).toEqual({})
  await call('removeSource', { params: { id } })
})

describe('a refresh', () => {
  test('some assets, or one plugin, are read beside a run; the answer says when', async () => {
    const full = (await call('startSync', { body: { source_id: 1 } })).json.importId
    const { id, uuid } = (await call('getAsset', { params: { id: 1 } })).json
    const assets = await call('refreshAssets', { body: { asset_ids: [id, uuid] } })
    expect(assets.status).toBe(202)
    expect(assets.json).toMatchObject({
      success: true,
      created: true,
      message: expect.stringContaining(`It does not wait for run ${full} (full)`),
      job: { kind: 'targeted', status: 'pending', target: { asset_ids: [id] }, scope: null },
    })
    const again = await call('refreshAssets', { body: { asset_ids: [uuid] } })
    expect([again.status, again.json.created, again.json.importId]).toEqual([200, false, assets.json.importId])
    const plugin = await call('refreshFindings', { body: { plugin_id: 19_506, source_id: 1 } })
    expect(plugin.json).toMatchObject({ job: { target: { plugin_ids: [19_506] } } })
    expect(plugin.json.message).toContain('1 asked for earlier goes first')
    await call('cancelJob', { params: { id: plugin.json.importId } })
    const retried = await call('retryJob', { params: { id: plugin.json.importId } })
    expect(retried.json).toMatchObject({ kind: 'targeted', target: { plugin_ids: [19_506] } })
    expect((await call('stopSync')).json.stopped).toBe(3)
    const audit = await call('listAudit', { query: { action: 'run.requested', limit: 1 } })
    expect(audit.json.items[0].detail).toMatchObject({ kind: 'targeted', plugin_ids: [19_506] })
  })

  const refreshRefusals = [
    { name: 'nothing', operation: 'refreshFindings', body: {}, status: 400, code: 'bad_request' },
    {
      name: 'both',
      operation: 'refreshFindings',
      body: { plugin_id: 1, asset_ids: [1] },
      status: 400,
      code: 'bad_request',
    },
    { name: 'no asset', operation: 'refreshAssets', body: { asset_ids: [] }, status: 400, code: 'bad_request' },
    {
      name: 'an unknown asset',
      operation: 'refreshAssets',
      body: { asset_ids: ['x'] },
      status: 404,
      code: 'asset_not_found',
    },
    {
      name: 'assets of two sources',
      operation: 'refreshAssets',
      body: { asset_ids: [1, 31] },
      status: 409,
      code: 'several_sources_meant',
    },
    {
      name: 'a source that was never read',
      operation: 'refreshFindings',
      body: { plugin_id: 1, source_id: 0 },
      status: 409,
      code: 'never_complete',
    },
    {
      name: 'one of several sources',
      operation: 'refreshFindings',
      body: { plugin_id: 1 },
      status: 409,
      code: 'several_sources',
    },
  ] as const
  for (const { name, operation, body, status, code } of refreshRefusals) {
    test(`a refresh of ${name} is refused with ${code}`, async () => {
      const answer = await call(operation, {
        body: code === 'never_complete' ? { ...body, source_id: sourceId } : body,
      })
      expect([answer.status, answer.json.code]).toEqual([status, code])
    })
  }
})
